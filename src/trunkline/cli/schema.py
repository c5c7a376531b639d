"""`trunkline schema …`: commands that need a schema alone."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from trunkline.cli import credentials
from trunkline.cli.reading import (
    HeaderOption,
    configured_sources,
    errors_end_command,
    load_definition,
    read_pairs,
)

__all__ = ["schema_app"]

schema_app = typer.Typer(name="schema", no_args_is_help=True, help="Print or fetch a schema.")


@schema_app.command("print")
def print_command(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILES",
            help="Schema files, folders or globs; or the schema of a program, as"
            " package.module:attribute. Without any, the project's.",
        ),
    ] = None,
) -> None:
    """Print a schema as one text, sorted: the same whatever the order of files and definitions."""
    from trunkline.schema.printing import print_schema

    with errors_end_command():
        text = print_schema(load_definition(configured_sources(sources)))
    typer.echo(text, nl=False)


@schema_app.command("fetch")
def fetch_command(  # noqa: PLR0913  # the options
    url: Annotated[str, typer.Argument(help="The URL of the API.")],
    *,
    header: HeaderOption = None,
    issuer: credentials.IssuerOption = None,
    client_id: credentials.ClientIDOption = None,
    secret_file: credentials.SecretFileOption = None,
    key: credentials.KeyOption = None,
    resource: credentials.ResourceOption = None,
    scope: credentials.ScopeOption = None,
) -> None:
    """Ask a server for its schema by introspection, and print it as SDL, sorted."""
    from trunkline.generate.client.schema import load_client_schema
    from trunkline.schema.printing import print_schema

    with errors_end_command(ValueError):
        auth = credentials.read_credentials(issuer, client_id, secret_file, key, resource, scope)
        schema = load_client_schema([url], read_pairs(header, ":", "header"), auth)
    typer.echo(print_schema(schema), nl=False)


@schema_app.command("configuration")
def configuration_command() -> None:
    """Print the JSON Schema of `trunkline.toml`, with which editors complete and check it."""
    from trunkline.generate.configuration import Configuration

    schema = msgspec.json.schema(Configuration)
    typer.echo(msgspec.json.format(msgspec.json.encode(schema), indent=2))
