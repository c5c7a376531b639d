"""Lookahead holds what the answer holds, for whatever is selected under whatever conditions."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from trunkline.engine import Selection, compile_operation, run_sync
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema

SDL = """
type Query { a: Node }
interface Node { a: Node  b: [Node!]  c: Int  d: Int }
type One implements Node { a: Node  b: [Node!]  c: Int  d: Int }
type Two implements Node { a: Node  b: [Node!]  c: Int  d: Int }
"""
DEPTH = 3

CONDITIONS = ["", "", "", "@include(if: $x)", "@skip(if: $x)", "@include(if: $y)", "@skip(if: $y)"]


def selections(depth: int) -> st.SearchStrategy[str]:
    """Draw a selection set: fields without aliases, and inline fragments on what there is."""
    conditions = st.sampled_from(CONDITIONS)
    one = st.tuples(st.sampled_from(["c", "d", "__typename"]), conditions).map(" ".join)
    if depth:
        name = st.sampled_from(["a", "b", "...", "... on Node"])
        type_name = st.sampled_from(["One", "Two"])
        below = selections(depth - 1)
        one |= st.tuples(name, conditions, below).map(" ".join)
        one |= st.tuples(type_name, conditions, below).map(_on_type)
    return st.lists(one, min_size=1, max_size=4).map(lambda each: f"{{ {' '.join(each)} }}")


def _on_type(drawn: tuple[str, str, str]) -> str:
    """Write a fragment on an object type, which within one on Node may stand anywhere."""
    return f"... on Node {{ ... on {' '.join(drawn)} }}"


def node(depth: int) -> dict[str, Any]:
    """Return a value that has everything, as deep as can be asked."""
    if not depth:
        return {"__typename": "One", "c": 1, "d": 2}
    below = node(depth - 1)
    return {"__typename": "One", "a": below, "b": [below], "c": 1, "d": 2}


VALUE = node(DEPTH + 1)


def shape(value: Any) -> dict[str, Any]:
    """Return the names in an answer, nested."""
    while isinstance(value, list):
        (value,) = value
    if not isinstance(value, dict):
        return {}
    return {name: shape(inner) for name, inner in value.items() if name != "__typename"}


def shown(selection: Selection) -> dict[str, Any]:
    return {name: shown(selection[name].on("One")) for name in selection}


def in_order(nested: dict[str, Any]) -> list[Any]:
    return [(name, in_order(inner)) for name, inner in nested.items()]


@settings(max_examples=100, deadline=None)
@given(selections(DEPTH), st.booleans(), st.booleans())
def test_a_selection_has_what_the_answer_has(text: str, x: bool, y: bool) -> None:  # noqa: FBT001
    def a(selection: Selection) -> dict[str, Any]:
        seen.append(selection)
        return VALUE

    seen: list[Selection] = []
    groups = SimpleNamespace(query=SimpleNamespace(a=a))
    schema = make_executable_schema(parse_schema(SDL), groups)
    head = "query ($x: Boolean!, $y: Boolean!)"
    use = "z: a @include(if: $x) @skip(if: $y) { c }"  # so that both variables are used
    operation = compile_operation(schema, f"{head} {{ a {text} {use} }}")
    result = run_sync(operation, {"x": x, "y": y})
    assert result.errors == []
    assert result.data is not None
    assert in_order(shown(seen[0].on("One"))) == in_order(shape(result.data["a"]))
