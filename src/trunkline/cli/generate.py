"""`trunkline generate`: write the typed code of a schema; `generate client`: write one client."""

from __future__ import annotations

import gc
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from trunkline.cli.reading import errors_end_command, read_pairs, stop, tell

if TYPE_CHECKING:
    from trunkline.generate.configuration import Project
    from trunkline.generate.generation import Generation

__all__ = ["generate_app"]

generate_app = typer.Typer(invoke_without_command=True)

Check = Annotated[bool, typer.Option("--check", help="Write nothing; fail if a file would change.")]

_QUIET = 300  # milliseconds without a change, after which the files are generated again
_WATCHED = {".graphql", ".graphqls", ".toml", ".py"}


@generate_app.callback()
def generate_command(
    context: typer.Context,
    *,
    check: Check = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="List the stubs that are not written yet, and fail.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Generate again whenever a file changes, until Ctrl-C.")
    ] = False,
) -> None:
    """Write the typed code of a schema, and stubs for the resolvers that it needs."""
    if context.invoked_subcommand is not None:
        return
    from trunkline.generate.configuration import read_configuration
    from trunkline.generate.generation import generate
    from trunkline.generate.server.start import check_start

    with errors_end_command():
        project = read_configuration(Path.cwd())
        if watch:
            _watch(project)
            return
        gc.disable()  # the process ends soon; collecting would take a third of its time
        generation = generate(project)
    _write(generation, check=check)
    if project.configuration.package:
        with errors_end_command():
            check_start(project)
    if strict and generation.unwritten:
        stop("\n".join(generation.unwritten))


@generate_app.command("client")
def generate_client_command(  # noqa: PLR0913  # what a configuration says, as options
    *,
    schema: Annotated[
        list[str],
        typer.Option(help="The server's schema: its URL, or files. Repeatable for files."),
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
        typer.Option(help="What the types of responses and inputs are made of."),
    ] = "msgspec",
    errors: Annotated[
        Literal["raise", "catch"],
        typer.Option(help="Whether a method raises the errors of a response, or returns them."),
    ] = "raise",
    scalar: Annotated[
        list[str] | None,
        typer.Option(help="A custom scalar as NAME=package.module:Class or NAME=str. Repeatable."),
    ] = None,
    ignore_rule: Annotated[
        list[str] | None,
        typer.Option(help="A validation rule that the documents need not keep. Repeatable."),
    ] = None,
    client_directive: Annotated[
        list[str] | None,
        typer.Option(help="A directive that is not sent, such as client. Repeatable."),
    ] = None,
    header: Annotated[
        list[str] | None,
        typer.Option(
            help="A header for the schema's URL, as 'Name: value'. ${NAME} is expanded from the"
            " environment by your shell. Repeatable."
        ),
    ] = None,
    manifest: Annotated[
        str | None, typer.Option(help="A file to write, which lists the documents with their ids.")
    ] = None,
    check: Check = False,
) -> None:
    """Write a typed client from a server's schema and the documents of a program."""
    from trunkline.generate.client import client_files
    from trunkline.generate.configuration import ClientConfiguration, Configuration, Project
    from trunkline.generate.generation import Generation

    if not all(word.isidentifier() for word in module.split(".")):
        stop(f"--module must be the name of a module, such as web.shop, not {module!r}.")
    client = ClientConfiguration(
        name=name,
        module=module,
        operations=operations,
        schema=schema,
        headers=read_pairs(header, ":", "header"),
        calls=calls,
        errors=errors,
        types=types,
        scalars=dict(read_pairs(scalar, "=", "scalar")),
        ignore_rules=ignore_rule or [],
        client_directives=client_directive or [],
        manifest=manifest,
    )
    folder = Path.cwd()
    project = Project(folder / "pyproject.toml", folder, Configuration(source="."))
    with errors_end_command():
        files, messages = client_files(project, client)
    _write(Generation(dict(files), list(messages)), check=check)


def _write(generation: Generation, *, check: bool) -> None:
    """Write the files that have changed, and print them; with ``check`` print only, and fail."""
    from trunkline.generate.elements import shown_path
    from trunkline.generate.files import changed_files, write_files

    try:
        changed = changed_files(generation.files)
        if not check:
            write_files(changed)
    except OSError as error:
        stop(f"{error.filename}: {error.strerror}. Nothing was written.")
    warnings = [each for each in generation.messages if ": warning: " in each]
    for message in generation.messages:
        if message not in warnings:
            tell(message)
    for path in changed:
        typer.echo(f"{'would change' if check else 'wrote'} {shown_path(path)}")
    for message in warnings:  # what people have to do: it stands last
        tell(message, typer.colors.YELLOW)
    if check and changed:
        stop("The generated files are out of date: run `trunkline generate`.")


def _watch(project: Project) -> None:
    """Generate after every change, in another process, because modules are imported only once."""
    from watchfiles import watch

    package = project.configuration.package
    generated = project.source.joinpath(*package.split("."))

    def is_watched(_change: object, path: str) -> bool:
        is_generated = bool(package) and Path(path).is_relative_to(generated)
        return Path(path).suffix in _WATCHED and not is_generated

    folders = {project.folder, project.source}
    for source in project.schema_sources:
        folders.add(next(each for each in (source, *source.parents) if each.is_dir()).resolve())
    command = [sys.executable, "-m", "trunkline.cli", "generate"]
    has_begun = False
    changes_in_time = watch(
        *folders,
        watch_filter=is_watched,
        raise_interrupt=False,
        rust_timeout=_QUIET,
        yield_on_timeout=True,
    )
    with suppress(KeyboardInterrupt):  # while the other process runs
        for changes in changes_in_time:
            if changes or not has_begun:  # once at first, when no change can be missed any more
                subprocess.run(command, check=False)  # noqa: S603  # our own command
            if not has_begun:
                typer.echo("Watching; Ctrl-C ends it.")
                has_begun = True
