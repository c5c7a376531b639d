"""The commands, put together."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from trunkline.cli.call import call_command
from trunkline.cli.compile import compile_command
from trunkline.cli.extras import missing_library
from trunkline.cli.generate import generate_app
from trunkline.cli.init import init_command
from trunkline.cli.mock import mock_command
from trunkline.cli.schema import schema_app
from trunkline.cli.scopes import scopes_command
from trunkline.cli.serve import serve_command
from trunkline.version import VERSION

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.command("init")(init_command)
app.add_typer(generate_app, name="generate")
app.command("serve")(serve_command)
app.command("mock")(mock_command)
app.command("call")(call_command)
app.command("compile")(compile_command)
app.add_typer(schema_app)
app.command("scopes")(scopes_command)

try:
    from trunkline.cli.clients import clients_app
    from trunkline.cli.issuer import issuer_app
except ImportError as error:  # of another extra
    _missing = missing_library(error)
    if _missing is None:
        raise
    _any = {"allow_extra_args": True, "ignore_unknown_options": True}
    _help = _missing.replace("[", r"\[")  # which would begin a style
    for _name in ("clients", "issuer"):
        app.command(_name, help=_help, context_settings=_any)(lambda: sys.exit(_missing))
else:
    app.add_typer(clients_app, name="clients")
    app.add_typer(issuer_app, name="issuer")


def _print_version(wanted: bool) -> None:  # noqa: FBT001  # Typer's form
    if wanted:
        typer.echo(f"trunkline {VERSION}")
        raise typer.Exit


@app.callback()
def trunkline(
    *,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """GraphQL between servers."""
