"""Variables and arguments become what graphql-core makes of them, or its errors.

``TRUNKLINE_FUZZ_EXAMPLES`` says how many examples there are, as in ``tests/property``.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from graphql import GraphQLError, GraphQLSchema, Undefined, get_argument_values
from graphql.execution.values import VariableValues, get_variable_values
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.runtime.inputs import Example, Model, schemas, write_example

from trunkline.errors import VariablesError
from trunkline.runtime.variables import MAX_ERRORS, Variables, argument_builder

EXAMPLES = int(os.environ.get("TRUNKLINE_FUZZ_EXAMPLES", "150")) // 3
REQUESTS = 20  # to each example's schema

fuzz = settings(
    phases=[Phase.explicit, Phase.reuse, Phase.generate]
    if os.environ.get("NOSHRINK")
    else tuple(Phase),
    max_examples=EXAMPLES,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@fuzz
@given(schemas(), st.integers(0, 2**32))
def test_variables_are_graphql_cores(definition: GraphQLSchema, seed: int) -> None:
    chance = Random(seed)  # noqa: S311
    for _ in range(REQUESTS):
        _check_variables(
            write_example(definition, chance, spoiled=chance.choice((0, 0.05, 0.05, 0.3)))
        )


def _check_variables(example: Example) -> None:
    nodes = example.operation.variable_definitions or ()
    expected = get_variable_values(
        example.definition, nodes, example.provided, max_errors=MAX_ERRORS
    )
    variables = Variables(example.definition, nodes)
    if isinstance(expected, list):
        with pytest.raises(VariablesError) as caught:
            variables.coerce(example.provided)
        assert _errors(caught.value.errors) == _errors(expected)
        return
    values = variables.coerce(example.provided)[: len(variables.names)]
    by_name = [(name, expected.coerced.get(name, Undefined)) for name in variables.names]
    before = _canonical(by_name)
    assert _canonical(list(zip(variables.names, values, strict=True))) == before
    _change(values, keep=example.provided)
    again = variables.coerce(example.provided)[: len(variables.names)]
    assert _canonical(list(zip(variables.names, again, strict=True))) == before


@fuzz
@given(schemas(), st.integers(0, 2**32))
def test_arguments_are_graphql_cores(definition: GraphQLSchema, seed: int) -> None:
    chance = Random(seed)  # noqa: S311
    for _ in range(REQUESTS):
        example = write_example(definition, chance, spoiled=chance.choice((0, 0.02, 0.1)))
        nodes = example.operation.variable_definitions or ()
        theirs = get_variable_values(example.definition, nodes, example.provided)
        if not isinstance(theirs, list):  # which is the other test's subject
            _check_arguments(example, theirs)


def _check_arguments(example: Example, theirs: VariableValues) -> None:
    variables = Variables(example.definition, example.operation.variable_definitions or ())
    build = argument_builder(example.field, example.node, variables)
    values = variables.coerce(example.provided)
    expected = _outcome(lambda: get_argument_values(example.field, example.node, theirs))
    assert _outcome(lambda: build(values)) == expected
    if not isinstance(expected, tuple):
        _change(build(values), keep=values)
        assert _outcome(lambda: build(values)) == expected


def _outcome(build: Callable[[], object]) -> object:
    try:
        return _canonical(build())
    except GraphQLError as error:
        return tuple(_errors([error]))


def _errors(errors: Any) -> list[tuple[str, object, object]]:
    return [(error.message, error.locations, error.path) for error in errors]


def _canonical(value: object) -> str:
    """Write a value so that only those of one type, in one order, look equal."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k!r}: {_canonical(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__}({', '.join(map(_canonical, value))})"
    if isinstance(value, Model):
        return f"{value.name}{_canonical(value.values)}"
    return f"{type(value).__name__} {value!r}"


def _change(value: object, keep: object) -> None:
    """Change all lists and objects that were made, as a careless resolver might."""
    kept = _containers(keep)
    made = {number: each for number, each in _containers(value).items() if number not in kept}
    for each in made.values():
        each.clear()


def _containers(value: object) -> dict[int, Any]:
    if isinstance(value, Model):
        return _containers(value.values)
    if not isinstance(value, (dict, list)):
        return {}
    found: dict[int, Any] = {id(value): value}
    for item in value.values() if isinstance(value, dict) else value:
        found |= _containers(item)
    return found
