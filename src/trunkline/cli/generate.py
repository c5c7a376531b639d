"""`trunkline generate`: write the typed code of a schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trunkline.cli.stop import stop
from trunkline.errors import TrunklineError
from trunkline.generate.configuration import read_configuration
from trunkline.generate.files import changed_files, write_files
from trunkline.generate.generation import generate
from trunkline.generate.places import shown_path

__all__ = ["generate_command"]


def generate_command(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail where something would change.")
    ] = False,
) -> None:
    """Write the typed code of a schema, and stubs for the resolvers that it wants."""
    try:
        project = read_configuration(Path.cwd())
        generation = generate(project)
    except TrunklineError as error:
        stop(str(error))
    changed = changed_files(generation.files)
    for message in generation.messages:
        typer.echo(message, err=True)
    if not check:
        write_files(changed)
    for path in changed:
        typer.echo(f"{'would change' if check else 'wrote'} {shown_path(path)}")
    if check and changed:
        stop("What is generated does not fit the schema: run `trunkline generate`.")
