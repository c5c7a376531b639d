"""The client's classes: a method for each operation."""

from __future__ import annotations

from collections.abc import Sequence

from trunkline.generate.client.model import Argument, OperationMethod
from trunkline.generate.client.options import ClientOptions, client_names
from trunkline.generate.client.types import Imports
from trunkline.text.docstrings import docstring_lines
from trunkline.text.literals import literal
from trunkline.text.source import INDENT, WIDTH, Source

__all__ = ["write_client"]

_OPTIONS = "options: CallOptions | None = None"


def write_client(
    source: Source[None],
    operations: Sequence[OperationMethod],
    options: ClientOptions,
    imports: Imports,
) -> None:
    """Write the class that blocks, the one that is awaited, or both."""
    imports.runtime("CallOptions")
    for name in client_names(options):
        is_async = options.calls == "async" or name != options.name
        base = "AsyncGeneratedClient" if is_async else "GeneratedClient"
        imports.runtime(base)
        source.line()
        source.line()
        with source.block(f"class {name}({base}):"):
            _write_docstring(source, f"The operations of {options.name}, as methods.")
            for operation in operations:
                source.line()
                _write_method(source, operation, imports, is_async=is_async)


def _write_method(
    source: Source[None], operation: OperationMethod, imports: Imports, *, is_async: bool
) -> None:
    returns = operation.data
    if operation.kind == "subscription":
        iterator = "AsyncIterator" if is_async else "Iterator"
        returns = f"{imports.name('collections.abc', iterator)}[{returns}]"
    elif operation.catches:
        imports.runtime("TypedResult")
        returns = f"TypedResult[{returns}]"
    awaited = is_async and operation.kind != "subscription"
    head = f"{'async ' if awaited else ''}def {operation.method}("
    parameters = ["self", "*", *map(_parameter, operation.arguments), _OPTIONS]
    with source.call_block(head, parameters, f") -> {returns}:"):
        if operation.doc:
            _write_docstring(source, operation.doc)
        _write_call(source, operation, awaited=awaited)


def _parameter(argument: Argument) -> str:
    """Write a parameter; one that is too long for a line has its union on several."""
    default = "" if argument.default is None else f" = {argument.default}"
    flat = f"{argument.name}: {argument.annotation}{default}"
    if 2 * len(INDENT) + len(flat) < WIDTH:  # a comma comes behind it
        return flat
    return f"{argument.name}: " + f"\n{2 * INDENT}| ".join(argument.annotation.operands) + default


def _write_call(source: Source[None], operation: OperationMethod, *, awaited: bool) -> None:
    execute = "_execute_caught" if operation.catches else "_execute"
    called = "_subscribe" if operation.kind == "subscription" else execute
    head = f"return {'await ' if awaited else ''}self.{called}("
    pairs = [f"{literal(each.variable)}: {each.name}" for each in operation.arguments]
    variables = "{" + ", ".join(pairs) + "}"
    flat = f"{head}{operation.constant}, {variables}, options)"
    if pairs and 2 * len(INDENT) + len(flat) > WIDTH:
        source.call("variables = {", pairs, "}")
        variables = "variables"
    source.call(head, [operation.constant, variables, "options"])


def _write_docstring(source: Source[None], text: str) -> None:
    for line in docstring_lines(text):
        source.line(line)
