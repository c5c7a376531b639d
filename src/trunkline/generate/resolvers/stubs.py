"""Stubs: a resolver that is still to be written, and a class of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from trunkline.generate.resolvers.file import File
from trunkline.generate.resolvers.imports import Imports
from trunkline.generate.resolvers.wanted import (
    Expression,
    Import,
    Parameter,
    WantedClass,
    WantedMethod,
)
from trunkline.text.docstrings import docstring_lines
from trunkline.text.literals import literal
from trunkline.text.source import INDENT, Source

__all__ = ["class_of_stubs", "parameter", "reindented", "signature", "stubs"]

_BATCH = Expression("batch", (Import("trunkline.server", "batch"),))


def class_of_stubs(
    wanted: WantedClass, name: str, methods: Sequence[WantedMethod], imports: Imports
) -> str:
    """Write a class with a stub for each method, without a line end after it."""
    source: Source[None] = Source()
    base = imports.write(wanted.base)
    with source.call_block(f"class {name}(", [base], "):"):
        text = wanted.docstring or f"Resolvers of `{wanted.type_name}`."
        for line in docstring_lines(text, len(INDENT)):
            source.line(line)
        shadowed = {method.name for method in wanted.methods}
        for method in methods:
            source.line()
            _stub(source, method, imports, shadowed)
    return source.text().rstrip("\n")


def stubs(methods: Sequence[WantedMethod], imports: Imports, shadowed: Collection[str]) -> str:
    """Write methods as they stand in a class of a module, without a line end after them."""
    source: Source[None] = Source()
    with source.block("class _:"):
        for number, method in enumerate(methods):
            if number:
                source.line()
            _stub(source, method, imports, shadowed)
    _, _, text = source.text().partition("\n")
    return text.rstrip("\n")


def _stub(
    source: Source[None], method: WantedMethod, imports: Imports, shadowed: Collection[str]
) -> None:
    def write(expression: Expression, *, is_annotation: bool) -> str:
        return imports.write(expression, shadowed, is_annotation=is_annotation)

    if method.is_batch:
        source.line(f"@{write(_BATCH, is_annotation=False)}")
    head, parameters, tail = _parts(method, write)
    with source.call_block(head, parameters, tail):
        for line in docstring_lines(method.docstring, 2 * len(INDENT)) if method.docstring else ():
            source.line(line)
        source.call("raise NotImplementedError(", [literal(method.coordinate)])
        if method.is_subscription:
            source.line("yield  # which makes it an asynchronous generator")


def signature(method: WantedMethod) -> str:
    """Write a method's signature on one line, for a message."""
    head, parameters, tail = _parts(method, _as_it_is)
    return (head + ", ".join(parameters) + tail).removesuffix(":")


def _as_it_is(expression: Expression, *, is_annotation: bool) -> str:
    del is_annotation
    return expression.text


def _parts(method: WantedMethod, write: Callable[..., str]) -> tuple[str, list[str], str]:
    """Return what is before a method's parameters, the parameters, and what is after them."""
    is_async = method.is_async or method.is_subscription
    parameters = ["self"]
    if method.parent:
        parameters.append(parameter(method.parent, write))
    if method.parameters:
        parameters.append("*")
    parameters += [parameter(each, write) for each in method.parameters]
    returns = write(method.returns, is_annotation=True)
    return f"{'async ' if is_async else ''}def {method.name}(", parameters, f") -> {returns}:"


def parameter(wanted: Parameter, write: Callable[..., str]) -> str:
    """Write a parameter."""
    text = f"{wanted.name}: {write(wanted.annotation, is_annotation=True)}"
    if wanted.default is None:
        return text
    return f"{text} = {write(wanted.default, is_annotation=False)}"


def reindented(text: str, file: File, base: str, depth: int = 1) -> str:
    """Give text the indentation of a file, where ``depth`` steps of it stand for ``base``."""
    lines = []
    for line in text.split("\n"):
        content = line.lstrip(" ")
        steps, rest = divmod(len(line) - len(content), len(INDENT))
        indentation = base + file.indent * (steps - depth) + " " * rest
        lines.append(indentation + content if content else "")
    return "\n".join(lines)
