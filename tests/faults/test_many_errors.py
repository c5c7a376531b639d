"""E-02: an execution with very many errors lists some, counts the rest, and nulls as ever."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from graphql import GraphQLError, parse
from tests.faults.both import Both

from trunkline import engine
from trunkline.compiler.limits import Limits
from trunkline.engine import graphql_core
from trunkline.schema.bindings import batch
from trunkline.schema.executable import adopt_schema

SDL = """
type Query { items(first: Int!): [Item!]  soft(first: Int!): [Item] }
type Item { plain: Int  refusing: Int  hard: Int!  later: Int  hardLater: Int!  ok: Int }
"""
LISTED = 7
TIMES = 300


def fail(_parent: object) -> int:
    raise ValueError("no")


def refuse(_parent: object) -> int:
    raise GraphQLError("not now")


async def fail_later(_parent: object) -> int:
    await asyncio.sleep(0)
    raise ValueError("no")


def items(first: int) -> list[dict[str, int]]:
    return [{"ok": number} for number in range(first)]


def both(limits: Limits | None = None) -> Both:
    resolvers = {
        "Query.items": items,
        "Query.soft": items,
        "Item.plain": fail,
        "Item.refusing": refuse,
        "Item.hard": fail,
        "Item.later": fail_later,
        "Item.hardLater": fail_later,
    }
    return Both(SDL, resolvers, limits=limits)


@pytest.mark.parametrize(
    ("selection", "times"),
    [
        ("items(first: 300) { ok plain }", TIMES),
        ("items(first: 300) { ok refusing }", TIMES),
        ("soft(first: 300) { ok hard }", TIMES),
        ("items(first: 300) { ok later }", TIMES),
        ("soft(first: 300) { ok hardLater }", TIMES),
        ("soft(first: 100) { ok plain later refusing }", TIMES),
    ],
)
def test_e02_the_rest_of_many_errors_is_counted(selection: str, times: int) -> None:
    text = f"{{ {selection} }}"
    bounded = both(Limits(errors=LISTED))
    whole = bounded.theirs(text)
    for runs in range(4):  # the third execution is of another text
        answer = bounded.ours(text)
        assert answer.data == whole.data
        *listed, more = answer.errors
        assert len(listed) == LISTED
        assert all(error in whole.errors for error in listed), runs
        assert f"{times - LISTED} more errors" in more.message
        assert more.path is None


def test_e02_what_is_counted_is_told_to_programs() -> None:
    operation = both(Limits(errors=LISTED)).compile("{ soft(first: 100) { refusing hard plain } }")
    result = asyncio.run(engine.run(operation, None))
    assert len(result.errors) == LISTED + 1
    assert result.omitted == 200 - LISTED
    assert 0 < result.omitted_faults < result.omitted
    assert result.errors[-1].extensions == {"code": "MORE_ERRORS", "count": result.omitted}


def test_e02_a_hundred_errors_are_listed_by_default_and_none_is_left_out_below() -> None:
    assert Limits().errors == 100
    exactly = both().ours("{ items(first: 100) { plain } }")
    assert len(exactly.errors) == 100
    assert all(error.message == "no" for error in exactly.errors)
    assert len(both().ours("{ items(first: 101) { plain } }").errors) == 101


def test_e02_graphql_cores_form_lists_all_as_graphql_core_does() -> None:
    core = both().core
    result: Any = graphql_core.execute(core, parse("{ items(first: 300) { plain } }"))
    assert len(result.errors) == TIMES


def test_e02_an_adopted_schema_in_our_form_has_the_limit() -> None:
    adopted = adopt_schema(both().core)
    operation = engine.compile_operation(adopted, "{ items(first: 300) { plain } }")
    result = asyncio.run(engine.run(operation, None))
    assert len(result.errors) == Limits().errors + 1


def test_e02_a_batch_that_fails_has_one_exception_for_all() -> None:
    @batch
    def plain(parents: list[Any]) -> list[int]:
        raise ValueError(len(parents))

    faulty = Both(SDL, {"Query.items": items, "Item.plain": plain}, limits=Limits(errors=LISTED))
    result = engine.run_sync(faulty.compile("{ items(first: 300) { plain } }"), None)
    assert len({id(error.original_error) for error in result.errors[:-1]}) == 1
    assert result.omitted_faults == 0  # it is listed
