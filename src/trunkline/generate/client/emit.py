"""The model → text that reads as if a person had written it, and as ruff would format it."""

from __future__ import annotations

from contextlib import AbstractContextManager

from trunkline.generate.client.header import head_text
from trunkline.generate.client.methods import write_client
from trunkline.generate.client.model import (
    Attribute,
    ClassDefinition,
    Definition,
    EnumDefinition,
    Module,
    OperationMethod,
    UnionDefinition,
)
from trunkline.generate.client.options import ClientOptions
from trunkline.generate.client.styles import STYLES, Style
from trunkline.generate.client.types import Imports
from trunkline.text.docstrings import docstring_lines
from trunkline.text.literals import literal, text_block
from trunkline.text.source import INDENT, WIDTH, Source

__all__ = ["module_text"]


def module_text(module: Module, options: ClientOptions, imports: Imports) -> str:
    """Write a client's module."""
    writer = _Writer(STYLES[options.style], imports)
    for definition in (*module.schema_types, *module.fragments):
        writer.definition(definition)
    if module.serializers:
        writer.serializers(module)
    for operation in module.operations:
        for definition in operation.definitions:
            writer.definition(definition)
        writer.operation(operation, with_serializers=bool(module.serializers))
    write_client(writer.source, module.operations, options, imports)
    return head_text(options, imports, writer.style) + writer.source.text()


class _Writer:
    """Writes definitions, each after blank lines."""

    def __init__(self, style: Style, imports: Imports) -> None:
        self._style = self.style = style
        self._imports = imports
        self.source = Source[None]()

    def definition(self, definition: Definition) -> None:
        """Write a class, a union or an enum."""
        match definition:
            case ClassDefinition():
                self._class(definition)
            case UnionDefinition():
                self._union(definition)
            case EnumDefinition():
                self._enum(definition)

    def serializers(self, module: Module) -> None:
        """Write how custom scalars become JSON."""
        self._imports.runtime("Serializers")
        self._blank_lines(1 if self.source.is_empty else 2)
        with self.source.block("_SERIALIZERS: Serializers = {"):
            for type_, function in module.serializers:
                self.source.line(f"{type_}: {function},")
        self.source.line("}")

    def operation(self, operation: OperationMethod, *, with_serializers: bool) -> None:
        """Write the constant that a method calls."""
        self._imports.runtime("GeneratedOperation")
        self._blank_lines()
        names = [literal(operation.name), literal(operation.kind), operation.data]
        with self.source.block(f"{operation.constant} = GeneratedOperation("):
            for argument in names:
                self.source.line(f"{argument},")
            self._text(operation.text)
            if self._style.codec:
                self._imports.runtime(self._style.codec)
                self.source.line(f"codec={self._style.codec},")
            if with_serializers and operation.arguments:
                self.source.line("serializers=_SERIALIZERS,")
        self.source.line(")")

    def _text(self, text: str) -> None:
        """Write a document; its lines stand as they are sent, without our indentation."""
        first, *rest = text_block(text)
        if not rest:
            self.source.line(f"{first},")
            return
        self.source.line(first)
        for line in rest[:-1]:
            self.source.raw(line)
        self.source.raw(f"{rest[-1]},")

    def _class(self, definition: ClassDefinition) -> None:
        self._blank_lines()
        decorator = self._style.decorated(is_input=definition.is_input)
        if decorator:
            self._imports.names.setdefault("dataclasses", set()).add("dataclass")
            self.source.line(decorator)
        head = self._style.head(definition.base, is_input=definition.is_input)
        base = self._style.input_base if definition.is_input else self._style.base
        if base and not definition.base:
            self._imports.runtime(base)
        with self._head(definition.name, head):
            self._docstring(definition.doc)
            if definition.doc and definition.attributes:
                self.source.line()
            for attribute in definition.attributes:
                self._attribute(attribute)
            if not definition.doc and not definition.attributes:
                self.source.line("pass")

    def _head(self, name: str, head: str) -> AbstractContextManager[None]:
        if not head:
            return self.source.block(f"class {name}:")
        return self.source.call_block(f"class {name}(", head.split(", "), "):")

    def _attribute(self, attribute: Attribute) -> None:
        value = self._style.value(attribute)
        if isinstance(value, tuple):
            self._import_field()
            self._assign_call(attribute, f"{value[0]}(", value[1])
        else:
            tail = "" if value is None else f" = {value}"
            self._annotated(attribute, tail)
        self._docstring(attribute.doc)

    def _import_field(self) -> None:
        if self._style.library:
            self._imports.names.setdefault(self._style.library, set()).add(self._style.call)
        else:
            self._imports.runtime(self._style.call)

    def _assign_call(self, attribute: Attribute, head: str, arguments: list[str]) -> None:
        """Write an attribute with a call behind it.

        As ruff does: on one line if it fits, else the call's arguments below, else the whole call
        below, else the annotation on several lines.
        """
        flat = ", ".join(arguments)
        start = f"{attribute.name}: {attribute.annotation} = "
        if _fits(f"{start}{head}{flat})"):
            self.source.line(f"{start}{head}{flat})")
        elif not _fits(f"{start}("):
            self._split(attribute, f" = {head}", arguments)
        elif _fits(start + head):
            self._below(start + head, arguments)
        else:
            self._below(f"{start}(", [f"{head}{flat})"])

    def _annotated(self, attribute: Attribute, tail: str) -> None:
        """Write an attribute with an expression behind it, if any."""
        annotated = f"{attribute.name}: {attribute.annotation}"
        if _fits(annotated + tail):
            self.source.line(annotated + tail)
        elif tail and _fits(f"{annotated} = ("):
            self._below(f"{annotated} = (", [tail.removeprefix(" = ")])
        else:
            self._split(attribute, tail, None)

    def _split(self, attribute: Attribute, tail: str, arguments: list[str] | None) -> None:
        """Write an annotation that is too long for a line, and what is behind it."""
        first, *others = attribute.annotation.operands
        outer, bracket, inner = first.removesuffix("]").partition("[")
        if others:
            lines = [str(attribute.annotation)]
            if not _fits(INDENT + lines[0]):
                lines = [first, *(f"| {operand}" for operand in others)]
            self._between(f"{attribute.name}: (", lines, f"){tail}", arguments)
        elif bracket:
            items = inner.split(", ") if inner.startswith('"') else [inner]
            lines = [f"{item}," for item in items] if len(items) > 1 else items
            self._between(f"{attribute.name}: {outer}[", lines, f"]{tail}", arguments)
        else:
            self._close(f"{attribute.name}: {first}{tail}", arguments)

    def _between(self, start: str, lines: list[str], end: str, arguments: list[str] | None) -> None:
        with self.source.block(start):
            for line in lines:
                self.source.line(line)
        self._close(end, arguments)

    def _close(self, end: str, arguments: list[str] | None) -> None:
        """Write the end of an annotation, with the call that it opens."""
        if arguments is None:
            self.source.line(end)
        elif _fits(flat := f"{end}{', '.join(arguments)})"):
            self.source.line(flat)
        else:
            self._below(end, arguments)

    def _below(self, start: str, arguments: list[str]) -> None:
        """Write what stands in parentheses on lines of its own: one if that is enough."""
        flat = ", ".join(arguments)
        with self.source.block(start):
            if _fits(INDENT + flat) or len(arguments) == 1:
                self.source.line(flat)
            else:
                for argument in arguments:
                    self.source.line(f"{argument},")
        self.source.line(")")

    def _union(self, definition: UnionDefinition) -> None:
        self._blank_lines()
        self.source.call(f"{definition.name}: TypeAlias = OneOf[", [*definition.members], "]")

    def _enum(self, definition: EnumDefinition) -> None:
        self._imports.runtime("OpenEnum")
        self._blank_lines()
        with self._head(definition.name, "OpenEnum"):
            self._docstring(definition.doc)
            if definition.doc:
                self.source.line()
            for member in definition.members:
                self.source.line(f"{member.name} = {literal(member.value)}")
                self._docstring(member.doc)

    def _docstring(self, text: str) -> None:
        for line in docstring_lines(text) if text else ():
            self.source.line(line)

    def _blank_lines(self, count: int = 2) -> None:
        for _ in range(count):
            self.source.line()


def _fits(line: str) -> bool:
    """Say whether a line fits within a class's body."""
    return len(INDENT) + len(line) <= WIDTH
