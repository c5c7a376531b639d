"""How an operation is compiled, as a list of stages. Read this file first.

Each stage is a function that takes what the one before it returns, so a document's way through this
package can be read here and opened function by function:

- `document.py` parses the text within limits, validates it and chooses one operation. Validating is
  graphql-core's, walked through by `validation.py`.
- `planner.py` decides everything: `collect.py` merges fields, `dialect.py` says how the schema's
  functions are called, `arguments.py` and `directives.py` plan what their names say. The result is
  pure data, `plan.py`. `cost.py`, `authorization.py` and `caching.py` read what the
  limits, callers and caches need.
- `operation.py` has the plan written as Python, by `emit.py` and the files that it imports, and
  loads it. An `Operation` is what comes out; `trunkline.engine` runs it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import Any

from trunkline.compiler.authorization import CallerForms, Refusals
from trunkline.compiler.document import (
    ChosenOperation,
    ParsedDocument,
    SourceText,
    ValidDocument,
    check_size,
    choose_operation,
    find_operations,
    parse_document,
    validate_document,
)
from trunkline.compiler.limits import Limits
from trunkline.compiler.operation import Operation, load_inline, load_operation
from trunkline.compiler.planner import plan_operation
from trunkline.errors import LimitExceededError, RequestError
from trunkline.schema.bindings import Schema

__all__ = ["STAGES", "compile_chosen", "compile_document", "compile_operation"]


def prepare_forms(operation: Operation) -> Operation:
    """Let callers who may not have all of an operation get a form of it, compiled by itself."""
    read, required = operation.read, operation.required

    def compile_form(refusals: Refusals) -> Operation:
        form = compile_chosen(replace(read(), refusals=refusals))
        form.call_when_grown(operation.has_grown)
        return form

    if required is not None:
        forms = CallerForms(operation.schema, required, compile_form, operation.has_grown)
        operation.add_forms(forms)
    return operation


PARSING = (parse_document,)  # text → document

VALIDATING = (
    check_size,  # document → document within the limits
    validate_document,  # document → document that fits the schema
    choose_operation,  # document → one operation of it
)

COMPILING = (
    plan_operation,  # operation → plan: data, which decides everything
    load_operation,  # plan → Python text → functions, and the operation that they belong to
    prepare_forms,  # operation → operation for all callers
)

CHECKING = (*PARSING, *VALIDATING)

STAGES = (*CHECKING, *COMPILING)

_TIMED: tuple[tuple[Callable[[Any], Any], ...], ...] = (PARSING, VALIDATING, COMPILING)


def compile_operation(
    schema: Schema, text: str, operation_name: str | None = None, limits: Limits | None = None
) -> Operation:
    """Compile one operation of a document.

    ``operation_name`` chooses one of several. Raises the ``RequestError`` that says what is wrong
    with the document.
    """
    if not isinstance(schema, Schema):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(
            f"Operations are compiled for an executable schema, not {type(schema).__name__}:"
            " make_executable_schema(…) and adopt_schema(…) return one."
        )
    times = [0.0, 0.0, 0.0]
    made: Any = SourceText(schema, text, operation_name, limits or Limits())
    try:
        for number, stages in enumerate(_TIMED):
            began = perf_counter()
            try:
                made = _run(stages, made)
            finally:
                times[number] = perf_counter() - began
        operation: Operation = made
        operation.made_in = times[0], times[1], times[2]
    except RequestError as error:
        error.made_in = times[0], times[1], times[2]
        error.operation = _wanted(made)
        raise
    except RecursionError:
        raise LimitExceededError.because("The document is nested too deeply.") from None
    return operation


def compile_document(
    schema: Schema, text: str, limits: Limits, *, is_valid: bool = False
) -> dict[str | None, Operation]:
    """Compile all operations of a document for many executions; return them by name.

    A single operation is there without its name, too. ``is_valid`` says that the document is known
    to fit the schema. Raises the ``RequestError`` that says what is wrong with the document.
    """
    source = SourceText(schema, text, None, limits)
    operations: dict[str | None, Operation] = {}
    try:
        parsed = check_size(parse_document(source))
        document = parsed.document
        valid = ValidDocument(source, document) if is_valid else validate_document(parsed)
        found = find_operations(document, None)
        names = [None if len(found) == 1 or not node.name else node.name.value for node in found]
        for name in names or [None]:  # none at all is an error
            chosen = choose_operation(
                ValidDocument(replace(source, operation_name=name), valid.document)
            )
            operation: Operation = _run((plan_operation, load_inline, prepare_forms), chosen)
            operations[name] = operations[operation.name] = operation
    except RecursionError:
        raise LimitExceededError.because("The document is nested too deeply.") from None
    return operations


def compile_chosen(chosen: ChosenOperation) -> Operation:
    """Compile an operation that was checked and chosen already."""
    operation: Operation = _run(COMPILING, chosen)
    return operation


def _wanted(made: SourceText | ParsedDocument | ChosenOperation) -> tuple[str, str | None] | None:
    """Return the type and the name of the operation that could not be compiled, if it is known."""
    match made:
        case SourceText():
            return None
        case ParsedDocument(source, document):
            found = find_operations(document, source.operation_name)
        case ChosenOperation(node=node):
            found = [node]
    if len(found) != 1:
        return None
    return found[0].operation.value, found[0].name.value if found[0].name else None


def _run(stages: tuple[Callable[[Any], Any], ...], value: Any) -> Any:
    for stage in stages:
        value = stage(value)
    return value
