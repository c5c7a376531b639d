"""`trunkline scopes`: print what operations require of their callers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
from trunkline.errors import RequestError

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
    """Yield a line for each operation of the documents, which share their fragments.

    They are read as a client is generated from them: in .py files, too, and with ``@catch``.
    """
    from graphql import DocumentNode, print_ast, separate_operations

    from trunkline.compiler.pipeline import compile_operation
    from trunkline.generate.client.documents import DocumentSource, check_documents
    from trunkline.generate.client.problems import Problems, place_of
    from trunkline.generate.client.settings import read_documents
    from trunkline.generate.configuration import ClientConfiguration, Configuration, Project
    from trunkline.schema.requirements import NOTHING, describe_requirements

    problems, folder = Problems(), Path.cwd()
    project = Project(folder / "pyproject.toml", folder, Configuration())
    client = ClientConfiguration("", "", [str(path) for path in paths if str(path) != "-"])
    sources = [DocumentSource("-", read_text(path)) for path in paths if str(path) == "-"]
    if client.operations:
        sources += read_documents(project, client, Path(), problems)
    documents = check_documents(schema.definition, sources, problems, catch=False, are_named=False)
    if problems.errors:
        stop("\n".join(map(str, problems.errors)))
    for each in documents.operations:
        name = each.node.name.value if each.node.name else None
        whole = DocumentNode(definitions=(each.node, *documents.fragments.values()))
        try:
            text = print_ast(separate_operations(whole)[name or ""])
            operation = compile_operation(schema, text, name)
        except RequestError as error:
            stop(error_lines(error, place_of(each.node)))
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
