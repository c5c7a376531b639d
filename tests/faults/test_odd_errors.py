"""Exceptions of every program's own: whatever they are, only their field suffers."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from graphql import GraphQLError
from tests.server.calling import post

from trunkline.compiler.pipeline import compile_operation
from trunkline.engine import run
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema
from trunkline.server import GraphQL

SDL = "type Query { a: Int b: Int late: Int } type Mutation { a: Int b: Int late: Int }"


@dataclass(frozen=True)
class FrozenError(Exception):
    text: str


class StiffError(Exception):
    def __setattr__(self, name: str, value: object) -> None:
        raise RuntimeError("takes no attributes")


class BareError(Exception):
    def __getattribute__(self, name: str) -> Any:
        if name.startswith("__") and name not in {"__class__", "__traceback__"}:
            raise RuntimeError("has no attributes")
        return super().__getattribute__(name)


class SlottedError(Exception):
    __slots__ = ()


class HalfError(GraphQLError):
    """Its constructor does not call GraphQLError's."""

    def __init__(self) -> None:
        pass


class MuteError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


ERRORS = [
    FrozenError("x"),
    StiffError("x"),
    BareError("x"),
    SlottedError("x"),
    HalfError(),
    MuteError(),
    GraphQLError("x", extensions={"tags": {1, 2}}),
    GraphQLError("x", extensions={"nan": float("nan"), "at": object()}),
    GraphQLError("x", extensions=[1]),  # type: ignore[arg-type]
    GraphQLError("x", path=[object()]),  # type: ignore[list-item]
    GraphQLError(object()),  # type: ignore[arg-type]
]
"""Each is raised by one field."""


def fields_of(error: Exception) -> dict[str, Any]:
    def fail() -> int:
        raise error

    async def fail_later() -> int:
        raise error

    return {"a": fail, "b": lambda: 1, "late": fail_later}


@pytest.mark.parametrize("error", ERRORS, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("text", ["{ a b }", "mutation { b a }", "mutation { b late }"])
async def test_only_the_field_of_an_odd_error_suffers(error: Exception, text: str) -> None:
    query = SimpleNamespace(**fields_of(error))
    mutation = SimpleNamespace(**fields_of(error))
    resolvers = SimpleNamespace(query=query, mutation=mutation)
    schema = make_executable_schema(parse_schema(SDL), resolvers)
    for _ in range(4):
        result = await run(compile_operation(schema, text), None)
        assert result.data is not None
        assert result.data["b"] == 1
        (shown,) = result.errors
        assert shown.path in (["a"], ["late"])
    reply = await post(GraphQL(schema, auth=None), text)
    assert reply.status == 294
    answer = reply.json
    assert answer["data"]["b"] == 1
    assert len(answer["errors"]) == 1
