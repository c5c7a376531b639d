"""The text of what is added: the stub of a method, its signature, and the class around several."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import partial
from textwrap import indent

from trunkline.generate.resolvers.imports import FileImports
from trunkline.generate.resolvers.wanted import WantedMethod
from trunkline.generate.server.plan import ParameterPlan
from trunkline.text.docstrings import docstring_lines
from trunkline.text.imports import Hint, Reference
from trunkline.text.literals import literal
from trunkline.text.source import INDENT, Source

__all__ = ["class_text", "full_signature", "short_signature", "signature_text", "stub_text"]

_BATCH = Hint.of("trunkline.server", "batch")
_UNSET = Hint.of("msgspec", "UNSET")

Write = Callable[..., str]  # (hint, *, is_annotation): how a file, or a message, names a type


def class_text(name: str, bases: list[str], docstring: str, members: Iterable[str]) -> str:
    """Write a class, without a line end after it; ``members`` have no indentation."""
    source = Source[None]()
    with (
        source.call_block(f"class {name}(", bases, "):")
        if bases
        else source.block(f"class {name}:")
    ):
        for line in docstring_lines(docstring, len(INDENT)):
            source.line(line)
    return (source.text() + "".join(f"\n{indent(each, INDENT)}\n" for each in members)).rstrip("\n")


def stub_text(method: WantedMethod, imports: FileImports, shadowed: Collection[str]) -> str:
    """Write a method that is still to be implemented, without indentation.

    ``shadowed`` are the names of the methods around it, which hide others of the module.
    """
    source = Source[None]()
    write = partial(imports.write, shadowed=shadowed)
    with source.block("class _:"):
        if method.is_batch:
            source.line(f"@{write(_BATCH, is_annotation=False)}")
        with source.call_block(*_header(method, write)):
            if method.docstring:
                for line in docstring_lines(method.docstring, 2 * len(INDENT)):
                    source.line(line)
            source.call("raise NotImplementedError(", [literal(method.coordinate)])
            if method.is_subscription:
                source.line("yield  # which makes it an asynchronous generator")
    return _dedented(source)


def signature_text(method: WantedMethod, imports: FileImports, shadowed: Collection[str]) -> str:
    """Write the first lines of a method, up to the colon, without indentation."""
    source = Source[None]()
    header = _header(method, partial(imports.write, shadowed=shadowed))
    with source.block("class _:"), source.call_block(*header):
        pass
    return _dedented(source)


def full_signature(method: WantedMethod) -> str:
    """Write the first line of a method with full names: ``def at(self) -> datetime.date:``."""
    return _one_line(method, lambda each: f"{each.module}.{each.name}".removeprefix("builtins."))


def short_signature(method: WantedMethod) -> str:
    """Write the first line of a method as messages show it."""
    decorator = "@batch " if method.is_batch else ""
    return decorator + _one_line(method, lambda each: each.name).removesuffix(":")


def _one_line(method: WantedMethod, name: Callable[[Reference], str]) -> str:
    def write(hint: Hint, *, is_annotation: bool) -> str:
        del is_annotation
        return hint.write(name)

    head, parameters, tail = _header(method, write)
    return head + ", ".join(parameters) + tail


def _header(method: WantedMethod, write: Write) -> tuple[str, list[str], str]:
    """Return what is before the parameters of a method, the parameters, and what follows."""

    def parameter(plan: ParameterPlan) -> str:
        text = f"{plan.name}: {write(plan.hint, is_annotation=True)}"
        if plan.default is None:
            return text
        is_unset = plan.default == "UNSET"
        return f"{text} = {write(_UNSET, is_annotation=False) if is_unset else plan.default}"

    parameters = ["self"]
    if method.parent:
        parameters.append(parameter(method.parent))
    if method.parameters:
        parameters += ["*", *map(parameter, method.parameters)]
    returns = write(method.returns, is_annotation=True)
    prefix = "async " if method.is_async else ""
    return f"{prefix}def {method.name}(", parameters, f") -> {returns}:"


def _dedented(source: Source[None]) -> str:
    """Return the lines of a class without its first line and without indentation."""
    _, *lines = source.text().rstrip("\n").split("\n")
    return "\n".join(line.removeprefix(INDENT) for line in lines)
