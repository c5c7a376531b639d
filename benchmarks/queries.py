"""The requests that are compared in process and over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from benchmarks.load import Request

__all__ = ["AUTHORS", "OWNERS", "Query", "list_of", "one"]

FIELDS = {2: "id title", 5: "id title text done priority"}


@dataclass(frozen=True, slots=True)
class Query:
    """A document with its variables, for so many objects: a list, or one by its id.

    ``path`` is where the hand-written endpoint answers it.
    """

    name: str
    text: str
    variables: dict[str, Any]
    path: str
    count: int | None

    def request(self, path: str = "/") -> Request:
        """Return the request that asks for it."""
        return Request(path, orjson.dumps({"query": self.text, "variables": self.variables}))


def list_of(count: int, fields: int) -> Query:
    text = f"query ($first: Int!) {{ todos(first: $first) {{ {FIELDS[fields]} }} }}"
    name = f"list of {count} with {fields} fields"
    return Query(name, text, {"first": count}, f"/list/{fields}", count)


def one(fields: int) -> Query:
    text = f"query ($id: ID!) {{ todo(id: $id) {{ {FIELDS[fields]} }} }}"
    return Query(f"one object with {fields} fields", text, {"id": "7"}, f"/one/{fields}", None)


AUTHORS = "query ($first: Int!) { todos(first: $first) { id title author { name } } }"
OWNERS = "query ($first: Int!) { todos(first: $first) { id title owner { name } } }"
