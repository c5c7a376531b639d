"""`trunkline serve`: run the API of a project."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from trunkline.cli.listening import listen
from trunkline.cli.reading import stop
from trunkline.errors import TrunklineError

__all__ = ["serve_command"]


def serve_command(
    app: Annotated[
        str | None,
        typer.Argument(
            help="The ASGI application, as package.module:name. Without it, the project's."
        ),
    ] = None,
    *,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port.", min=0, max=65535)] = 8080,
    reload: Annotated[
        bool, typer.Option("--reload", help="Start again whenever a file changes.")
    ] = False,
) -> None:
    """Run the project's API, with uvicorn.

    It stops 10 seconds after a signal at the latest, and cancels what is in flight then; with
    --reload, after a second. If the application has a `Health` that is asked, its drain comes
    before these seconds. More than 1,000 connections are answered with 503.
    """
    try:
        import uvicorn  # of the server's extra
        from uvicorn.config import STARTUP_FAILURE
        from uvicorn.supervisors import ChangeReload

        from trunkline.asgi.serving import GRACEFUL_SECONDS, MOST_CONNECTIONS, exit_on_sigterm
        from trunkline.cli.project_server import ProjectConfig
        from trunkline.server.lean import Protocol
    except ModuleNotFoundError:
        stop("`trunkline serve` needs uvicorn: pip install 'trunkline[server]'.")
    from trunkline.generate.configuration import read_configuration
    from trunkline.schema.threads import DEVELOPMENT

    source = Path.cwd()
    try:
        project = read_configuration(source)
        source, app = project.source, app or project.configuration.app
    except TrunklineError as error:
        if app is None:
            stop(str(error))
    if app is None:
        stop(
            "There is no application to serve: name it as package.module:name, or set `app` in"
            " [tool.trunkline]."
        )
    sys.path.insert(0, str(source))  # the process that a reload starts has it, too
    if reload:
        os.environ[DEVELOPMENT] = "1"
    listen(host, port).close()
    exit_on_sigterm()
    config = ProjectConfig(
        app,
        host=host,
        port=port,
        reload=reload,
        reload_dirs=[str(source)] if reload else None,
        reload_includes=["*.py", "*.graphql"] if reload else None,
        access_log=False,  # Trunkline logs one line per operation
        http=Protocol,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=1 if reload else GRACEFUL_SECONDS,
    )
    server = uvicorn.Server(config)
    with suppress(KeyboardInterrupt):
        if reload:
            ChangeReload(config, server.run, [config.bind_socket()]).run()
        else:
            config.load()  # no event loop runs yet: the application may run one
            server.run()
    if not (reload or server.started):
        raise typer.Exit(STARTUP_FAILURE)
