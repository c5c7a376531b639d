"""`trunkline compile`: print the Python that an operation is compiled to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast

import typer

from trunkline.cli.reading import (
    ExecutableOption,
    error_lines,
    errors_end_command,
    load_executable,
    read_text,
    stop,
)
from trunkline.errors import RequestError

__all__ = ["compile_command"]


def compile_command(
    document: Annotated[
        Path, typer.Argument(help="The .graphql file of the operation; - for standard input.")
    ],
    schema: ExecutableOption = None,
    operation: Annotated[
        str | None, typer.Option(help="The operation's name, if the document has several.")
    ] = None,
) -> None:
    """Print the Python that an operation is compiled to.

    With schema files, the fields of the root types are taken to have synchronous resolvers, and all
    others to be read from their parent.
    """
    from trunkline.compiler.pipeline import compile_operation

    with errors_end_command():
        executable = load_executable(schema)
    text = read_text(document)
    try:
        compiled = compile_operation(executable, text, operation)
    except RequestError as error:
        stop(error_lines(error, str(document)))
    typer.echo(compiled.source, nl=False)
    # The request's own words are not in the text: the constants have them.
    constants = {name: value for name, value in compiled.bound.items() if name.isupper()}
    constants.pop("MARKS")
    if constants:
        typer.echo("\n\n# Bound when the module is made:")
    for name, value in constants.items():
        typer.echo(f"# {name} = {_constant_text(value)}")


def _constant_text(value: object) -> str:
    from trunkline.runtime.positions import Mark
    from trunkline.runtime.values import PlainLeaf

    if isinstance(value, PlainLeaf):
        return value.mark.coordinate
    if isinstance(value, Mark):
        return value.coordinate
    if isinstance(value, tuple):
        return ", ".join(map(_constant_text, cast("tuple[object, ...]", value)))
    return repr(value)
