"""`trunkline.engine.execute` answers as graphql-core's does, however the resolvers behave."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

import graphql
import pytest
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    NoUnusedVariablesRule,
    parse,
    specified_rules,
    validate,
)
from graphql.pyutils import is_awaitable
from hypothesis import given
from hypothesis import strategies as st
from tests.property.allowance import objections
from tests.property.core_documents import documents
from tests.property.core_world import SDL, Behavior, Parent, World, field_type
from tests.property.engines import Error, _without_propagation
from tests.property.test_engine import fuzz

from trunkline import engine

_SCHEMA = graphql.build_schema(SDL)
_RULES = [rule for rule in specified_rules if rule is not NoUnusedVariablesRule]

variables_of_requests = st.fixed_dictionaries(
    {},
    optional={
        "yes": st.booleans(),
        "no": st.booleans(),
        "n": st.sampled_from((4, None)),
        "i": st.sampled_from(({"n": 1, "m": 2}, {}, None)),
    },
)
behaviors = st.builds(
    Behavior,
    seed=st.integers(0, 10_000),
    awaited=st.sampled_from((0, 0.2, 0.5, 1)),
    failing=st.sampled_from((0, 0.05, 0.3)),
    has_resolvers=st.sampled_from((0, 0.5, 1)),
    tasks=st.sampled_from((0, 0.5)),
    types=st.sampled_from(("typename", "resolve_type", "is_type_of")),
)


@dataclass
class Answers:
    """What an engine answered: once, or for each event."""

    was_awaited: bool
    results: list[ExecutionResult]
    calls: Counter[str]
    left: int  # coroutines that were neither awaited to their end nor closed


@pytest.mark.filterwarnings(
    "ignore:coroutine '(Executor|default_type_resolver):RuntimeWarning",
    # The same, collected in code that cannot import what warns: a named tuple's.
    "ignore:Exception ignored in. <coroutine obj:pytest.PytestUnraisableExceptionWarning",
)  # graphql-core's own
@fuzz
@given(documents(_SCHEMA), behaviors, variables_of_requests)
def test_answers_are_graphql_cores(
    text: str, behavior: Behavior, variables: dict[str, Any]
) -> None:
    document = parse(text)
    assert validate(_SCHEMA, document, _RULES) == []
    ours = _ask(engine, document, behavior, variables)
    theirs = _ask(graphql, document, behavior, variables)
    unpropagated = _without_propagation(document)
    every = _ask(graphql, unpropagated, behavior, variables)

    assert ours.was_awaited == theirs.was_awaited
    assert [_text(result) for result in ours.results] == [_text(each) for each in theirs.results]
    for result, complete in zip(ours.results, every.results, strict=True):
        _check_errors(result, complete)
    if not any(result.errors for result in every.results):
        assert ours.calls == theirs.calls
    if not behavior.tasks:  # a task of a field that is given up runs on, and nobody reads its value
        assert ours.left == 0
    assert not ours.calls - every.calls


def _check_errors(ours: ExecutionResult, every: ExecutionResult) -> None:
    told, complete = _errors(ours), _errors(every)
    if any(not error.path for error in complete):
        assert told == complete
    else:
        assert objections(told, complete, _Types()) == []


def _ask(
    functions: Any, document: DocumentNode, behavior: Behavior, variables: dict[str, Any]
) -> Answers:
    world = World(behavior)
    was_awaited, results = asyncio.run(_execute(functions, world, document, variables))
    return Answers(was_awaited, results, Counter(world.calls), world.close())


async def _execute(
    functions: Any, world: World, document: DocumentNode, variables: dict[str, Any]
) -> tuple[bool, list[ExecutionResult]]:
    is_stream = document.definitions[0].operation.value == "subscription"  # type: ignore[attr-defined]
    function = functions.subscribe if is_stream else functions.execute
    answer = function(world.schema, document, Parent(world, "root", "Root"), "context", variables)
    was_awaited = is_awaitable(answer)
    if was_awaited:
        answer = await answer
    if isinstance(answer, ExecutionResult):
        return was_awaited, [answer]
    return was_awaited, [result async for result in answer]


def _text(result: ExecutionResult) -> str:
    return json.dumps(result.data)


def _errors(result: ExecutionResult) -> list[Error]:
    return [_error(error) for error in result.errors or ()]


def _error(error: GraphQLError) -> Error:
    path = tuple(map(str, error.path or ()))
    locations = tuple((place.line, place.column) for place in error.locations or ())
    return Error(path, error.message, locations, str(error.extensions or {}))


class _Types(dict[tuple[str, ...], Any]):
    """The types of fields by their path."""

    def __missing__(self, path: tuple[str, ...]) -> Any:
        return field_type(path[-1].split("_")[0])
