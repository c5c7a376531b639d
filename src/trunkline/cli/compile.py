"""`trunkline compile`: print the Python that an operation is compiled to."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NoReturn, cast

import typer
from graphql import GraphQLSchema

from trunkline.cli.sources import import_attribute, is_attribute
from trunkline.cli.stop import stop
from trunkline.compiler.operation import Operation, compile_operation
from trunkline.errors import RequestError, SchemaError
from trunkline.runtime.leaves import PlainLeaf
from trunkline.runtime.marks import Mark
from trunkline.schema.bindings import Binding, Resolver, Schema
from trunkline.schema.load import load_schema
from trunkline.text.names import python_name

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
        executable = _load(schema)
    except SchemaError as error:
        stop(str(error))
    try:
        text = sys.stdin.read() if str(document) == "-" else document.read_text(encoding="utf-8")
    except OSError as error:
        stop(f"{document}: cannot be read ({error.strerror}).")
    except UnicodeDecodeError as error:
        stop(f"{document}: is not UTF-8 (byte {error.start}).")
    try:
        compiled = compile_operation(executable, text, operation)
    except RequestError as error:
        stop("\n".join(_sentences(error, str(document))))
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


def _load(sources: list[str]) -> Schema:
    if is_attribute(sources):
        return _executable(sources[0])
    return _with_stand_ins(load_schema(*sources))


def _executable(name: str) -> Schema:
    found = import_attribute(name)
    if not isinstance(found, Schema):
        raise SchemaError(f"{name}: is a {type(found).__name__}, not an executable schema.")
    return found


def _with_stand_ins(definition: GraphQLSchema) -> Schema:
    bindings: dict[str, Binding] = {}
    for root in filter(None, (definition.query_type, definition.mutation_type)):
        for name, field in root.fields.items():
            arguments = {argument: python_name(argument) for argument in field.args}
            bindings[f"{root.name}.{name}"] = Resolver(
                _stand_in, is_async=False, takes_parent=False, arguments=arguments
            )
    return Schema(definition, bindings, {})


def _stand_in(**_arguments: Any) -> NoReturn:
    raise AssertionError("what `trunkline compile` prints is not executed")


def _sentences(error: RequestError, document: str) -> list[str]:
    """Write each mistake as ``file:line:column: what is wrong``."""
    sentences: list[str] = []
    for each in error.errors:
        places = each.locations or []
        place = f":{places[0].line}:{places[0].column}" if places else ""
        sentences.append(f"{document}{place}: {each.message}")
    return sentences
