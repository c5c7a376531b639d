"""`trunkline init`: a new project that runs at once."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from trunkline.cli.reading import errors_end_command, stop

__all__ = ["init_command"]

_KEPT = ("README.md", ".gitattributes", ".gitignore")  # a new repository has them already


def init_command(
    name: Annotated[
        str, typer.Argument(help="The name of the project and its folder; . for this folder.")
    ],
) -> None:
    """Make a new project: a schema, resolvers, and an API that `trunkline serve` runs at once."""
    from trunkline.generate.configuration import read_configuration
    from trunkline.generate.files import write_files
    from trunkline.generate.generation import generate
    from trunkline.generate.scaffold import scaffold

    folder = Path(name).resolve()
    with errors_end_command():
        files = {
            path: text
            for path, text in scaffold(folder.name).items()
            if path not in _KEPT or not (folder / path).exists()
        }
        if folder.exists() and not folder.is_dir():
            stop(f"{folder} is a file. Name a folder that is new or empty.")
        there = [path for path in files if (folder / path).exists()]
        if there:
            stop(
                f"{folder} already has {', '.join(there)}. Nothing was written. For a program that"
                " exists, write [tool.trunkline] with `schema` and `package` into its"
                " pyproject.toml, and run `trunkline generate`."
            )
        write_files({folder / path: text.encode() for path, text in files.items()})
        generation = generate(read_configuration(folder))
        write_files(generation.files)
    typer.echo(f"Made {name}: {len(files) + len(generation.files)} files. Run it:\n")
    if name != ".":
        typer.echo(f"  cd {quote(name)}")
    typer.echo("  trunkline serve --reload\n\nThen open http://localhost:8080/playground.")
