"""`trunkline generate`: write the typed code of a schema."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from trunkline.cli.stop import stop
from trunkline.errors import TrunklineError
from trunkline.generate.configuration import Project, read_configuration
from trunkline.generate.files import changed_files, write_files
from trunkline.generate.generation import Generation, generate
from trunkline.generate.places import shown_path

__all__ = ["generate_command", "write_generation"]

_LOOK_AROUND = 300  # milliseconds without a change
_WATCHED = {".graphql", ".graphqls", ".toml", ".py"}


def generate_command(
    context: typer.Context,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail where something would change.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Generate again whenever a file changes, until Ctrl-C.")
    ] = False,
) -> None:
    """Write the typed code of a schema, and stubs for the resolvers that it wants."""
    if context.invoked_subcommand is not None:
        return
    try:
        project = read_configuration(Path.cwd())
        if watch:
            _watch(project)
            return
        gc.disable()  # the process ends with this; collecting would take a third of its time
        generation = generate(project)
    except TrunklineError as error:
        stop(str(error))
    write_generation(generation, check=check)


def write_generation(generation: Generation, *, check: bool) -> None:
    """Write what has changed, and say so; or only say it, and fail, where it is checked."""
    try:
        changed = changed_files(generation.files)
        if not check:
            write_files(changed)
    except OSError as error:
        stop(f"{error.filename}: {error.strerror}. Nothing was written.")
    _tell(generation.messages, changed, check=check)
    if check and changed:
        stop("What is generated does not fit the schema: run `trunkline generate`.")


def _tell(messages: Iterable[str], changed: Iterable[Path], *, check: bool) -> None:
    for message in messages:
        typer.echo(message, err=True)
    for path in changed:
        typer.echo(f"{'would change' if check else 'wrote'} {shown_path(path)}")


def _watch(project: Project) -> None:
    """Generate after every change, in a process of its own: modules are imported but once."""
    from watchfiles import watch  # noqa: PLC0415  # only who watches needs it

    package = project.configuration.package
    generated = project.source.joinpath(*package.split("."))

    def is_watched(_change: object, path: str) -> bool:
        is_generated = bool(package) and Path(path).is_relative_to(generated)
        return Path(path).suffix in _WATCHED and not is_generated

    folders = {project.folder, project.source, *map(_folder, project.schema_sources)}
    command = [sys.executable, "-m", "trunkline.cli", "generate"]
    begun = False
    for changes in watch(
        *folders,
        watch_filter=is_watched,
        raise_interrupt=False,
        rust_timeout=_LOOK_AROUND,
        yield_on_timeout=True,
    ):
        if changes or not begun:  # once at first, when no change can escape any more
            subprocess.run(command, check=False)  # noqa: S603  # our own command
        if not begun:
            typer.echo("Watching; Ctrl-C ends it.")
            begun = True


def _folder(source: Path) -> Path:
    """Return the folder in which a schema source, or what matches it, lies."""
    while not source.is_dir():
        source = source.parent
    return source.resolve()
