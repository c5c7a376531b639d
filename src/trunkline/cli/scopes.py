"""`trunkline scopes`: print what operations require of their callers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from trunkline.cli.reading import (
    ExecutableOption,
    compiled_operations,
    errors_end_command,
    load_executable,
)

if TYPE_CHECKING:
    from trunkline.schema.bindings import Schema
    from trunkline.schema.requirements import RequirementSet

__all__ = ["scopes_command"]


_NOTHING_DECLARED = (
    "The schema requires nothing of its callers: it has no @authenticated, @requiresScopes or"
    " @policy."
)


class _Line(msgspec.Struct, omit_defaults=True):
    """What one operation, or one field, requires; ``scopes`` are the fewest that are enough."""

    name: str
    needs: str
    scopes: list[str]
    fields: dict[str, str] = {}
    inputs: str = ""


def scopes_command(
    schema: ExecutableOption = None,
    documents: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Files with operations, .graphql or .py, or folders of them. Without any, the"
            " fields of the schema are listed."
        ),
    ] = None,
    *,
    fields: Annotated[bool, typer.Option("--fields", help="List each operation's fields.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print what operations require of their callers: scopes, policies, or any token."""
    with errors_end_command():
        executable = load_executable(schema)
    found = executable.requirements
    declared = {**found.fields, **found.arguments, **found.inputs}
    lines = [_line(*each) for each in declared.items()]
    if documents:
        with errors_end_command():
            lines = list(_operations(executable, documents))
    if json:
        typer.echo(msgspec.json.format(msgspec.json.encode(lines)).decode())
        return
    if not lines:
        what = "The documents have no operation." if documents else _NOTHING_DECLARED
        typer.echo(what, err=True)
    width = max((len(line.name) for line in lines), default=0)
    for line in lines:
        typer.echo(f"{line.name:<{width}}  {line.needs}")
        for coordinate, required in line.fields.items() if fields else ():
            typer.echo(f"    {coordinate}  {required}")
        if line.inputs:
            typer.echo(f"    and if its variables contain such inputs: {line.inputs}")


def _operations(schema: Schema, paths: list[Path]) -> Iterator[_Line]:
    """Yield a line for each operation of the documents."""
    from trunkline.schema.requirements import NOTHING, describe_requirements

    for operation in compiled_operations(schema, paths):
        required = operation.required
        line = _line(
            f"{operation.kind} {operation.name or '-'}", required.all if required else NOTHING
        )
        if required is not None:
            fields = sorted(required.fields.items())
            line.fields = {each: describe_requirements(what) for each, what in fields}
            line.inputs = describe_requirements(required.possible - required.all)
        yield line


def _line(name: str, required: RequirementSet) -> _Line:
    from trunkline.compiler.authorization import missing_scopes
    from trunkline.schema.requirements import describe_requirements

    text = describe_requirements(required) or "nothing"
    return _Line(name, text, sorted(missing_scopes(required)))
