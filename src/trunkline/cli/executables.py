"""What commands compile: executable schemas, documents, and what is wrong with those."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NoReturn

from graphql import GraphQLSchema

from trunkline.cli.sources import import_attribute, is_attribute
from trunkline.cli.stop import stop
from trunkline.errors import RequestError, SchemaError
from trunkline.schema.bindings import Binding, Resolver, Schema
from trunkline.schema.load import load_schema
from trunkline.text.names import python_name

__all__ = ["load_executable", "read_document", "sentences"]


def read_document(path: Path) -> str:
    """Read a document from a file, from standard input for ``-``; stop where that fails."""
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except OSError as error:
        stop(f"{path}: cannot be read ({error.strerror}).")
    except UnicodeDecodeError as error:
        stop(f"{path}: is not UTF-8 (byte {error.start}).")


def load_executable(sources: list[str]) -> Schema:
    """Load a schema that operations can be compiled for; raises ``SchemaError``.

    ``sources`` are files, or one ``package.module:attribute``. From files alone, the fields of the
    root types are taken to have synchronous resolvers, and all others to be looked up.
    """
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
    raise AssertionError("what is compiled to be looked at is not executed")


def sentences(error: RequestError, document: str) -> list[str]:
    """Write each mistake as ``file:line:column: what is wrong``."""
    found: list[str] = []
    for each in error.errors:
        places = each.locations or []
        place = f":{places[0].line}:{places[0].column}" if places else ""
        found.append(f"{document}{place}: {each.message}")
    return found
