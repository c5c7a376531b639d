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
        options = CallOptions(headers=with_environment(read_pairs(header, ":", "header")))
        with Client(url, schema=sdl, name="trunkline call", timeout=timeout) as client:
            result = client.execute(
                text, values, operation, get_execution_result=True, options=options
            )
    typer.echo(msgspec.json.format(msgspec.json.encode(result.data), indent=2).decode())
    if result.errors:
        stop(str(ExecutionError(result.errors)))
