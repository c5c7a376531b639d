"""`trunkline scopes`: print what operations require of their callers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from trunkline.cli.reading import (
    ExecutableOption,
    error_lines,
    errors_end_command,
    load_executable,
    read_text,
    stop,
)
from trunkline.compiler.authorization import missing_scopes
from trunkline.compiler.document import SourceText, find_operations, parse_document
from trunkline.compiler.limits import Limits
from trunkline.compiler.pipeline import compile_operation
from trunkline.errors import RequestError
from trunkline.schema.bindings import Schema
from trunkline.schema.requirements import NOTHING, RequirementSet, describe_requirements

__all__ = ["scopes_command"]


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
            help="Files of operations, or folders of them. Without any, the fields of the schema"
            " are listed."
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
        lines = list(_operations(executable, documents))
    if json:
        typer.echo(msgspec.json.format(msgspec.json.encode(lines)).decode())
        return
    width = max((len(line.name) for line in lines), default=0)
    for line in lines:
        typer.echo(f"{line.name:<{width}}  {line.needs}")
        for coordinate, required in line.fields.items() if fields else ():
            typer.echo(f"    {coordinate}  {required}")
        if line.inputs:
            typer.echo(f"    and if its variables contain such inputs: {line.inputs}")


def _operations(schema: Schema, paths: list[Path]) -> Iterator[_Line]:
    """Yield a line for each operation of the documents."""
    files = [
        file
        for path in paths
        for file in (sorted(path.rglob("*.graphql")) if path.is_dir() else [path])
    ]
    for file in files:
        text = read_text(file)
        try:
            parsed = parse_document(SourceText(schema, text, None, Limits()))
            for node in find_operations(parsed.document, None):
                name = node.name.value if node.name else None
                operation = compile_operation(schema, text, name)
                required = operation.required
                title = f"{operation.kind} {operation.name or '-'}"
                line = _line(title, required.all if required else NOTHING)
                if required is not None:
                    fields = sorted(required.fields.items())
                    line.fields = {each: describe_requirements(what) for each, what in fields}
                    line.inputs = describe_requirements(required.possible - required.all)
                yield line
        except RequestError as error:
            stop(error_lines(error, str(file)))


def _line(name: str, required: RequirementSet) -> _Line:
    text = describe_requirements(required) or "nothing"
    return _Line(name, text, sorted(missing_scopes(required)))
