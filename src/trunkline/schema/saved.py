"""A checked schema in a file, so that a start need not parse and check the SDL again.

The file has the checked document of all files, as data. graphql-core builds the schema from it as
it does from SDL, so descriptions, defaults, applied directives and their order are kept.

Who can write the file can change the schema, just as who can write the SDL. But the file is read as
data and never run. A seal shows whether the file is stale or broken: a hash of the SDL, of the
versions of Trunkline and graphql-core, and of the data.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from functools import cache
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Any, cast

import msgspec
from graphql import DocumentNode, Node, OperationType
from graphql import version as graphql_core_version
from graphql.language import ast

from trunkline.version import VERSION

__all__ = ["pack", "read_saved", "unpack", "write_saved"]

_FORMAT = 2  # raise it with every change of `pack`, or of the checks before it


def read_saved(path: Path, texts: Iterable[str]) -> DocumentNode | None:
    """Return the document that was saved for these texts, or ``None`` if there is none."""
    try:
        seal, _, data = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    return unpack(data) if seal == _seal(texts, data) else None


def write_saved(path: Path, texts: Iterable[str], document: DocumentNode) -> None:
    """Save the document of these texts, atomically. Raises ``OSError``."""
    data = pack(document)
    new = path.with_name(f"{path.name}.{token_hex(8)}")
    try:
        new.write_bytes(_seal(texts, data) + b"\n" + data)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def pack(document: DocumentNode) -> bytes:
    """Write a document without its locations. Equal nodes are written once.

    The bytes are JSON, with one row per node; the last row is the document. A row has the node's
    class and the values of its fields, where a number stands for the node of that earlier row.
    Equal documents give equal bytes.
    """
    rows: dict[tuple[object, ...], int] = {}

    def number(item: object) -> object:
        match item:
            case tuple():
                return tuple(map(number, cast("tuple[object, ...]", item)))
            case Node() | OperationType():
                kind: type = type(item)
                values = (getattr(item, name) for name in _names(kind))
                row = (kind.__name__, *map(number, values))
                return rows.setdefault(row, len(rows))
            case _:
                return item

    number(document)
    return msgspec.json.encode(list(rows))


def unpack(data: bytes) -> DocumentNode:
    """Read the bytes of `pack`. Equal nodes become one node."""
    nodes: list[Any] = []
    for name, *row in msgspec.json.decode(data, type=list[list[Any]]):
        values = [
            nodes[value]
            if type(value) is int
            else tuple([nodes[item] for item in value])
            if type(value) is list
            else value
            for value in row
        ]
        kind = _KINDS[name]
        nodes.append(kind(**dict(zip(_names(kind), values, strict=True))))
    return cast("DocumentNode", nodes[-1])


def _seal(texts: Iterable[str], data: bytes) -> bytes:
    made_by = f"{_FORMAT} trunkline {VERSION} graphql-core {graphql_core_version}"
    digest = sha256()
    for part in (made_by.encode(), *(text.encode() for text in texts), data):
        digest.update(b"%d:" % len(part))
        digest.update(part)
    return digest.hexdigest().encode()


_KINDS: dict[str, type] = {
    name: kind
    for name, kind in vars(ast).items()
    if isinstance(kind, type) and issubclass(kind, (Node, OperationType))
}


@cache
def _names(kind: type) -> tuple[str, ...]:
    """Return the names of a node's fields, except its location."""
    if kind is OperationType:
        return ("value",)
    return tuple(field.name for field in fields(kind) if field.name != "loc")
