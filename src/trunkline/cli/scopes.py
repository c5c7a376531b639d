"""`trunkline scopes`: print what operations need of their callers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from graphql import GraphQLError, OperationDefinitionNode, parse

from trunkline.cli.executables import load_executable, read_document, sentences
from trunkline.cli.stop import stop
from trunkline.compiler.authorization import missing_scopes
from trunkline.compiler.operation import Operation
from trunkline.compiler.pipeline import compile_operation
from trunkline.errors import DocumentSyntaxError, RequestError, SchemaError
from trunkline.schema.bindings import Schema
from trunkline.schema.requirements import NOTHING, RequirementSet, describe_requirements

__all__ = ["scopes_command"]


class _Line(msgspec.Struct, omit_defaults=True):
    """What one operation, or one field, needs; ``scopes`` are the fewest that do."""

    name: str
    needs: str
    scopes: list[str]
    fields: dict[str, str] = {}
    inputs: str = ""


def scopes_command(
    schema: Annotated[
        list[str],
        typer.Option(
            help="A schema file, folder or glob, several times if need be; or the executable"
            " schema of a program, as package.module:attribute."
        ),
    ],
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
    """Print what operations need of their callers: scopes, policies, or any token."""
    try:
        executable = load_executable(schema)
    except SchemaError as error:
        stop(str(error))
    lines = list(_operations(executable, documents) if documents else _fields(executable))
    if json:
        typer.echo(msgspec.json.format(msgspec.json.encode(lines)).decode())
        return
    width = max((len(line.name) for line in lines), default=0)
    for line in lines:
        typer.echo(f"{line.name:<{width}}  {line.needs}")
        for coordinate, needs in line.fields.items() if fields else ():
            typer.echo(f"    {coordinate}  {needs}")
        if line.inputs:
            typer.echo(f"    and where its variables ask for it: {line.inputs}")


def _fields(schema: Schema) -> Iterator[_Line]:
    """Tell of the schema's own fields, arguments and inputs."""
    found = schema.requirements
    for coordinate, demands in {**found.fields, **found.arguments, **found.inputs}.items():
        yield _line(coordinate, demands)


def _operations(schema: Schema, paths: list[Path]) -> Iterator[_Line]:
    for path in _files(paths):
        text = read_document(path)
        try:
            for name in _names(text):
                yield _of_operation(compile_operation(schema, text, name))
        except RequestError as error:
            stop("\n".join(sentences(error, str(path))))


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        yield from sorted(path.rglob("*.graphql")) if path.is_dir() else [path]


def _names(text: str) -> list[str | None]:
    try:
        document = parse(text, no_location=True)
    except GraphQLError as error:
        raise DocumentSyntaxError([error]) from None
    return [
        node.name.value if node.name else None
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
    ]


def _of_operation(operation: Operation) -> _Line:
    needs = operation.required
    line = _line(f"{operation.kind} {operation.name or '-'}", needs.all if needs else NOTHING)
    if needs is not None:
        line.fields = {
            name: describe_requirements(each) for name, each in sorted(needs.fields.items())
        }
        line.inputs = describe_requirements(needs.possible - needs.all)
    return line


def _line(name: str, demands: RequirementSet) -> _Line:
    return _Line(name, describe_requirements(demands) or "nothing", sorted(missing_scopes(demands)))
