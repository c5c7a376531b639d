"""`trunkline generate client`: write one client, without a configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from trunkline.cli.generate import write_generation
from trunkline.cli.stop import stop
from trunkline.errors import TrunklineError
from trunkline.generate.clients import client_files
from trunkline.generate.configuration import ClientConfiguration, Configuration, Project
from trunkline.generate.generation import Generation

__all__ = ["generate_client_command"]


def generate_client_command(  # noqa: PLR0913  # what a configuration says, as options
    *,
    schema: Annotated[
        list[str],
        typer.Option(help="The server's schema: its URL; or files, several times if need be."),
    ],
    operations: Annotated[
        list[str],
        typer.Option(help="Files with the documents, .graphql or .py; folders and globs too."),
    ],
    module: Annotated[
        str, typer.Option(help="The module to write, as it is imported from here.")
    ] = "api",
    name: Annotated[str, typer.Option(help="The name of the client's class.")] = "API",
    calls: Annotated[
        Literal["sync", "async", "both"],
        typer.Option(help="Whether methods block, are awaited, or there is a class of each."),
    ] = "async",
    types: Annotated[
        Literal["msgspec", "dataclasses", "pydantic"],
        typer.Option(help="What answers and inputs are made of."),
    ] = "msgspec",
    errors: Annotated[
        Literal["raise", "catch"],
        typer.Option(help="What a method does with errors in an answer; catch: it returns them."),
    ] = "raise",
    scalar: Annotated[
        list[str] | None,
        typer.Option(help="A custom scalar as NAME=package.module:Class or NAME=str."),
    ] = None,
    header: Annotated[
        list[str] | None,
        typer.Option(help="Sent to the schema's URL, as 'Name: value'; ${NAME} is of the shell."),
    ] = None,
    manifest: Annotated[
        str | None, typer.Option(help="The file that lists the documents with their ids.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail where something would change.")
    ] = False,
) -> None:
    """Write a typed client from a server's schema and the documents of a program."""
    if not all(word.isidentifier() for word in module.split(".")):
        stop(f"--module is the name of a module, such as web.shop, not {module!r}.")
    client = ClientConfiguration(
        name=name,
        module=module,
        operations=operations,
        schema=schema,
        headers=_pairs(header, ":", "header"),
        calls=calls,
        errors=errors,
        types=types,
        scalars=dict(_pairs(scalar, "=", "scalar")),
        manifest=manifest,
    )
    folder = Path.cwd()
    project = Project(folder / "pyproject.toml", folder, Configuration(source="."))
    try:
        files, messages = client_files(project, client)
    except TrunklineError as error:
        stop(str(error))
    write_generation(Generation(dict(files), list(messages)), check=check)


def _pairs(given: list[str] | None, between: str, option: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in given or ():
        name, found, value = text.partition(between)
        if not (found and name.strip()):
            stop(f"--{option} is NAME{between}VALUE, not {text!r}.")
        pairs[name.strip()] = value.strip()
    return pairs
