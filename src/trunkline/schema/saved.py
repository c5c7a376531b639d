"""What a build leaves behind of a schema, so that a start need not parse and check it again.

It is the checked document of all files, as data: from it graphql-core builds the schema as it does
from SDL, so descriptions, defaults, applied directives and their order are kept by construction.

The file is only as good as the folder it lies in: whoever can write there can change the schema,
as whoever can write the SDL can. But it is read as data, never run; and a seal over the SDL, the
versions of Trunkline and graphql-core, and the data themselves tells a file that is stale or broken
from one that can be used.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from secrets import token_hex
from typing import Any, cast

import msgspec
from graphql import DocumentNode, Node, OperationType
from graphql import version as graphql_core_version
from graphql.language import ast

__all__ = ["pack", "read_saved", "unpack", "write_saved"]

_FORMAT = 2  # to be raised with every change of `pack`, or of what is checked before it


def read_saved(path: Path, texts: Iterable[str]) -> DocumentNode | None:
    """Return the document that was saved for these texts; ``None`` where there is none of use."""
    try:
        seal, _, data = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    return unpack(data) if seal == _seal(texts, data) else None


def write_saved(path: Path, texts: Iterable[str], document: DocumentNode) -> None:
    """Save the document of these texts: whole, or not at all. Raises ``OSError``."""
    data = pack(document)
    new = path.with_name(f"{path.name}.{token_hex(8)}")
    try:
        new.write_bytes(_seal(texts, data) + b"\n" + data)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def pack(document: DocumentNode) -> bytes:
    """Write a document without its locations; nodes that are equal are written once.

    The bytes are JSON: a row per node, which stands on rows before it; the last is the document.
    A row has the node's class and the values of its fields, where a number is the node of that row.
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
    """Read what `pack` wrote. Equal nodes come back as one."""
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
    made_by = f"{_FORMAT} trunkline {version('trunkline')} graphql-core {graphql_core_version}"
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
    """Name what makes a node of its kind, its place in the text aside."""
    if kind is OperationType:
        return ("value",)
    return tuple(field.name for field in fields(kind) if field.name != "loc")
