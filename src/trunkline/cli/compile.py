"""`trunkline compile`: print the Python that an operation is compiled to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, cast

import typer

from trunkline.cli.executables import load_executable, read_document, sentences
from trunkline.cli.stop import stop
from trunkline.compiler.operation import Operation
from trunkline.compiler.pipeline import compile_operation
from trunkline.errors import RequestError, SchemaError
from trunkline.runtime.positions import Mark
from trunkline.runtime.values import PlainLeaf

__all__ = ["compile_command"]


def compile_command(
    document: Annotated[
        Path, typer.Argument(help="The .graphql file that has the operation; - for standard input.")
    ],
    schema: Annotated[
        list[str],
        typer.Option(
            help="A schema file, folder or glob, several times if need be; or the executable"
            " schema of a program, as package.module:attribute."
        ),
    ],
    operation: Annotated[
        str | None, typer.Option(help="The operation's name, where the document has several.")
    ] = None,
) -> None:
    """Print the Python that an operation is compiled to.

    From schema files alone, the fields of the root types are taken to have synchronous resolvers,
    and all others to be looked up in their parent.
    """
    try:
        executable = load_executable(schema)
    except SchemaError as error:
        stop(str(error))
    text = read_document(document)
    try:
        compiled = compile_operation(executable, text, operation)
    except RequestError as error:
        stop("\n".join(sentences(error, str(document))))
    typer.echo(compiled.source, nl=False)
    typer.echo("".join(_constants(compiled)), nl=False)


def _constants(compiled: Operation) -> Iterator[str]:
    """Tell what stands behind the constants: the request's own words, which the text has not."""
    constants = {name: value for name, value in compiled.bound.items() if name.isupper()}
    constants.pop("MARKS")
    if constants:
        yield "\n\n# Bound when the module is made:\n"
    for name, value in constants.items():
        yield f"# {name} = {_shown(value)}\n"


def _shown(value: object) -> str:
    if isinstance(value, PlainLeaf):
        return value.mark.coordinate
    if isinstance(value, Mark):
        return value.coordinate
    if isinstance(value, tuple):
        return ", ".join(map(_shown, cast("tuple[object, ...]", value)))
    return repr(value)
