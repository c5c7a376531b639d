"""`trunkline call`: execute one operation, and print its data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, cast

import msgspec
import typer

from trunkline.cli import credentials
from trunkline.cli.reading import (
    HeaderOption,
    errors_end_command,
    read_pairs,
    read_text,
    stop,
    tell,
)
from trunkline.errors import ExecutionError
from trunkline.printable import printable

__all__ = ["call_command"]


def call_command(  # noqa: PLR0913  # what a call has
    url: Annotated[str, typer.Argument(help="The URL of the API.")],
    document: Annotated[
        str,
        typer.Argument(help="The operation: its text, a file with it, or - for standard input."),
    ] = "-",
    *,
    variables: Annotated[str, typer.Option(help="The variables, as a JSON object.")] = "{}",
    operation: Annotated[
        str | None, typer.Option(help="The name of the operation, if there are several.")
    ] = None,
    header: HeaderOption = None,
    schema: Annotated[
        Path | None,
        typer.Option(help="A file with the schema, by which the operation is checked first."),
    ] = None,
    profile: Annotated[
        bool,
        typer.Option(
            "--profile",
            help="Print to standard error what the server's resolvers took, and their SQL.",
        ),
    ] = False,
    timeout: Annotated[float, typer.Option(min=0.001, help="Seconds that the call may take.")] = 30,
    issuer: credentials.IssuerOption = None,
    client_id: credentials.ClientIDOption = None,
    secret_file: credentials.SecretFileOption = None,
    key: credentials.KeyOption = None,
    resource: credentials.ResourceOption = None,
    scope: credentials.ScopeOption = None,
) -> None:
    """Execute one operation, and print its data as JSON. Its errors go to standard error."""
    from trunkline.client.calls import CallOptions
    from trunkline.client.client import Client
    from trunkline.generate.client.schema import with_environment

    if document == "-" and secret_file == Path("-"):
        stop("Standard input has the operation or the secret, not both: name a file for one.")
    text = document if "{" in document else read_text(Path(document))
    try:
        given: Any = msgspec.json.decode(variables)
    except msgspec.DecodeError as error:
        stop(f"--variables is not JSON: {error}.")
    if not isinstance(given, dict):
        stop("--variables must be a JSON object.")
    values = cast("Mapping[str, object]", given)
    sdl = read_text(schema) if schema else None
    with errors_end_command(ValueError):
        headers = with_environment(read_pairs(header, ":", "header"))
        if profile:
            headers["graphql-profile"] = "1"
        options = CallOptions(headers=headers)
        auth = credentials.read_credentials(issuer, client_id, secret_file, key, resource, scope)
        with Client(url, schema=sdl, name="trunkline-call", timeout=timeout, auth=auth) as client:
            result = client.execute(
                text, values, operation, get_execution_result=True, options=options
            )
    typer.echo(msgspec.json.format(msgspec.json.encode(result.data), indent=2).decode())
    told = result.extensions.get("profile") if profile else None
    if told is not None:
        _show_profile(told)
    if result.errors:
        stop(str(ExecutionError(result.errors)))
    if profile and told is None:
        stop("There is no profile: the server gives one if it has GraphQL(…, profiling=…).")


def _show_profile(told: object) -> None:
    try:
        profile = msgspec.convert(told, _Profile)
    except msgspec.ValidationError as error:
        stop(f"The profile of the server is not one of Trunkline: {error}.")
    whole = _Field(
        "the whole operation", "", 1, profile.ms, 0.0, profile.statements, profile.sql_ms
    )
    rows = [(whole.key, whole), *_tree(profile.fields, "")]
    width = max(len(label) for label, _ in rows) + 1
    lines = [f"{'':<{width}}" + "".join(f"{heading:>{most}}" for heading, most, _ in _COLUMNS)]
    for label, each in rows:
        cells = (f"{cell(each):>{most}}" for _, most, cell in _COLUMNS)
        lines.append(f"{label:<{width}}{''.join(cells)}".rstrip())
    if profile.omitted:
        lines.append(f"{profile.omitted:,} more fields took less time.")
    tell("\n".join(lines))


class _Field(msgspec.Struct):
    """A field of a profile, with those below."""

    key: str
    field: str
    calls: int
    ms: float
    own_ms: float
    statements: int
    sql_ms: float
    parents: int | None = None
    items: int | None = None
    fields: list[_Field] = []


class _Profile(msgspec.Struct):
    ms: float
    statements: int
    sql_ms: float
    omitted: int
    fields: list[_Field]


def _tree(fields: Sequence[_Field], indent: str) -> Iterator[tuple[str, _Field]]:
    """Yield the fields with their labels, drawn as a tree."""
    for each in fields:
        is_last = each is fields[-1]
        name = each.field.rpartition(".")[2]
        label = each.key if name == each.key else f"{each.key}: {name}"
        yield f"{indent}{'└─' if is_last else '├─'} {printable(label)}", each
        yield from _tree(each.fields, f"{indent}{'   ' if is_last else '│  '}")


def _number(value: int | None) -> str:
    return f"{value:,}" if value else ""


def _time(ms: float) -> str:
    return f"{ms:,.1f} ms" if ms else ""


_COLUMNS: tuple[tuple[str, int, Callable[[_Field], str]], ...] = (
    ("time", 13, lambda each: _time(each.ms)),
    ("own", 13, lambda each: _time(each.own_ms)),
    ("calls", 8, lambda each: _number(each.calls)),
    ("parents", 9, lambda each: _number(each.parents)),
    ("items", 9, lambda each: _number(each.items)),
    ("SQL", 7, lambda each: _number(each.statements)),
    ("SQL time", 12, lambda each: _time(each.sql_ms)),
)
