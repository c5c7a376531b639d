"""Documents that were never seen before: ours until their answer is written.

Beside graphql-core's parsing and validating alone, which executes nothing yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import orjson
from graphql import parse, validate

from benchmarks.figures import Figure, at_most
from benchmarks.local import Sync
from benchmarks.peers.python import core
from benchmarks.peers.python.ours import SCHEMA
from benchmarks.race import Race, race
from trunkline.compiler.cache import OperationCache
from trunkline.engine import run_sync

__all__ = ["measure"]

# `#` becomes a number that no document had before
DOCUMENTS = {
    "one object": "query Q# { todo(id: 7) { id title } }",
    "a list": "query Q#($first: Int! = 1) { todos(first: $first) { id title text done priority } }",
    "fragments and aliases": """
        query Q#($first: Int! = 1, $withText: Boolean! = true) {
          some: todos(first: $first) { ...Shown text @include(if: $withText) }
          seven: todo(id: 7) { ...Shown priority }
          eight: todo(id: 8) { ...Shown priority }
        }
        fragment Shown on Todo { id title done }
    """,
}
_numbers = count()


def measure() -> Iterator[Figure]:
    for name, template in DOCUMENTS.items():
        result = compare(template)
        title = f"new document, {name}: ours / core's parse + validate"
        yield result.ratio(title, "ours", "graphql-core", at_most(1.3))


def compare(template: str) -> Race:
    operations = OperationCache(SCHEMA)

    def text() -> str:
        return template.replace("#", str(next(_numbers)))

    def ours() -> bytes:
        return orjson.dumps({"data": run_sync(operations.get(text()), None).data})

    def parse_and_validate() -> None:
        assert not validate(core.SCHEMA, parse(text()))  # noqa: S101

    return race(
        {"ours": Sync(ours), "graphql-core": Sync(parse_and_validate)}, seconds=0.2, rounds=15
    )
