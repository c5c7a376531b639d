"""`trunkline mock`: serve plausible data from a schema's files alone."""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from trunkline.cli.extras import missing_library
from trunkline.cli.listening import listen
from trunkline.cli.reading import configured_sources, errors_end_command, stop

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

    The same request has the same response, today and tomorrow. When the files change, the
    next response follows what they say then.
    """
    try:
        import uvicorn  # all are of another extra

        from trunkline.asgi.serving import GRACEFUL_SECONDS
        from trunkline.mocking.server import create_mock
        from trunkline.server.lean import Protocol
    except ModuleNotFoundError as error:
        stop(missing_library(error) or str(error))
    from trunkline.server import log_operations

    with errors_end_command():
        files = configured_sources(sources)
        app = create_mock(files, seed, values)
    listening = listen(host, port)
    host, port = listening.getsockname()[:2]
    base = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    typer.echo(
        f"A mock of {', '.join(files)} is up:\n"
        f"  GraphQL     {base}/graphql\n"
        f"  Playground  {base}/playground\n"
        "Ctrl-C stops it.\n"
    )
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    log_operations()
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        http=Protocol,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )
    with suppress(KeyboardInterrupt), listening:
        uvicorn.Server(config).run(sockets=[listening])
