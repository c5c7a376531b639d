"""The commands, put together."""

from __future__ import annotations

from typing import Annotated

import typer

from trunkline.cli.cache import cache_app
from trunkline.cli.call import call_command
from trunkline.cli.clients import clients_app
from trunkline.cli.compile import compile_command
from trunkline.cli.documents import documents_command, retire_command, rule_command
from trunkline.cli.generate import generate_app
from trunkline.cli.init import init_command
from trunkline.cli.issuer import issuer_app
from trunkline.cli.mock import mock_command
from trunkline.cli.publish import publish_command
from trunkline.cli.schema import schema_app
from trunkline.cli.scopes import scopes_command
from trunkline.cli.serve import serve_command
from trunkline.cli.top import top_command
from trunkline.cli.usage import usage_command
from trunkline.version import VERSION

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # importing rich takes twice as long as all the rest of a help
)
app.command("init")(init_command)
app.add_typer(generate_app, name="generate")
app.command("serve")(serve_command)
app.command("mock")(mock_command)
app.command("call")(call_command)
app.command("publish")(publish_command)
app.command("compile")(compile_command)
app.add_typer(schema_app)
app.command("scopes")(scopes_command)
app.command("usage")(usage_command)
app.command("top")(top_command)
app.add_typer(cache_app)
clients_app.command("documents")(documents_command)
clients_app.command("rule")(rule_command)
clients_app.command("retire")(retire_command)
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
