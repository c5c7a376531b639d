"""`trunkline mock`: a stub server from a schema's files alone."""

from __future__ import annotations

import logging
import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trunkline.cli.sources import sources_or_configured
from trunkline.cli.stop import stop
from trunkline.errors import SchemaError, TrunklineError

if TYPE_CHECKING:
    from starlette.applications import Starlette

__all__ = ["mock_command"]


def mock_command(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILES",
            help="Schema files, folders or globs. Without any, the project's.",
        ),
    ] = None,
    *,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8080,
    seed: Annotated[int, typer.Option(help="Another seed gives other data.")] = 1,
    values: Annotated[
        Path | None,
        typer.Option(help="A TOML or JSON file with values for single fields, by type and field."),
    ] = None,
) -> None:
    """Serve plausible data for a schema, before there is a server.

    The same request has the same answer, today and tomorrow.
    The files may change meanwhile: what they say then is answered from.
    """
    try:
        files = sources_or_configured(sources)
    except TrunklineError as error:
        stop(str(error))
    app = _create(files, seed, values)
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        stop(f"{host}:{port} cannot be used ({reason}). Give another --port.")
    _announce(", ".join(files), listening)
    _serve(app, listening)


def _create(sources: list[str], seed: int, values: Path | None) -> Starlette:
    try:
        from trunkline.mocking.server import create_mock  # noqa: PLC0415  # other extras
    except ModuleNotFoundError as error:
        stop(f"`trunkline mock` needs {error.name}: pip install 'trunkline[cli,server]'.")
    try:
        return create_mock(sources, seed, values)
    except SchemaError as error:
        stop(str(error))


def _announce(name: str, listening: socket.socket) -> None:
    host, port = listening.getsockname()[:2]
    base = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    typer.echo(
        f"A mock of {name} is up:\n"
        f"  GraphQL     {base}/graphql\n"
        f"  Playground  {base}/playground\n"
        "Ctrl-C stops it.\n"
    )


def _serve(app: Starlette, listening: socket.socket) -> None:
    import uvicorn  # noqa: PLC0415  # see `_create`

    from trunkline.server import log_operations  # noqa: PLC0415

    logging.basicConfig(format="%(message)s", level=logging.INFO)
    log_operations()
    config = uvicorn.Config(app, log_config=None, log_level="warning", access_log=False)
    with suppress(KeyboardInterrupt), listening:
        uvicorn.Server(config).run(sockets=[listening])
