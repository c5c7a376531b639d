"""`trunkline call`: execute one operation, and print its data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, cast

import msgspec
import typer

from trunkline.cli.reading import (
    HeaderOption,
    errors_end_command,
    read_pairs,
    read_text,
    stop,
    tell,
)
from trunkline.errors import ExecutionError

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
) -> None:
    """Execute one operation, and print its data as JSON. Its errors go to standard error."""
    from trunkline.client.calls import CallOptions
    from trunkline.client.client import Client
    from trunkline.generate.client.schema import with_environment

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
        with Client(url, schema=sdl, name="trunkline call", timeout=timeout) as client:
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
    lines = [f"{'':<40}{'calls':>8}{'parents':>9}{'time':>12}{'SQL':>7}{'SQL time':>12}"]
    rows = [_Measured("the whole operation", 1, profile.ms, profile.statements, profile.sql_ms)]
    for each in (*rows, *profile.resolvers):
        parents = "" if each.parents is None else f"{each.parents:,}"
        lines.append(
            f"{each.field:<39} {each.calls:>8,}{parents:>9}{each.ms:>9,.1f} ms"
            f"{each.statements:>7,}{each.sql_ms:>9,.1f} ms"
        )
    tell("\n".join(lines))


class _Measured(msgspec.Struct):
    field: str
    calls: int
    ms: float
    statements: int
    sql_ms: float
    parents: int | None = None


class _Profile(msgspec.Struct):
    ms: float
    statements: int
    sql_ms: float
    resolvers: list[_Measured]
