"""Cases 3 to 6 of what goes wrong when operations are compiled: what a document selects."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from tests.faults.both import Answer, Both, answer

from trunkline.engine import run_sync
from trunkline.errors import ValidationError

SDL = """
interface Node { id: ID! }
interface Named implements Node { id: ID! name: String }
union Thing = Cat | Dog | Stone
type Query { a: Cat b: Cat c: Int n(i: Int, s: String): Int cat: Cat node: Node things: [Thing!]! }
type Mutation { first: Cat second: Cat }
type Cat implements Named & Node { id: ID! name: String m: Int friend: Cat dog: Dog lives: Int! }
type Dog implements Named & Node { id: ID! name: String barks: Boolean friend: Cat }
type Stone { weight: Int }
"""

CAT: dict[str, Any] = {"__typename": "Cat", "id": 1, "name": "Tom", "m": 2, "lives": 9}
DOG: dict[str, Any] = {"__typename": "Dog", "id": 2, "name": "Rex", "barks": True, "friend": CAT}
STONE: dict[str, Any] = {"__typename": "Stone", "weight": 3}


class Calls:
    """The resolvers, and the order in which they were asked."""

    def __init__(self) -> None:
        self.log: list[str] = []
        cat = {**CAT, "friend": {**CAT, "id": 3}, "dog": DOG}
        resolvers = {
            f"Query.{name}": self._giving(name, value)
            for name, value in {
                "a": cat,
                "b": cat,
                "c": 3,
                "cat": cat,
                "node": DOG,
                "things": [cat, DOG, STONE],
            }.items()
        }
        resolvers["Query.n"] = lambda i=None, s=None: i or s and len(s)  # noqa: RUF021
        resolvers["Mutation.first"] = self._giving("first", cat)
        resolvers["Mutation.second"] = self._giving("second", cat)
        self.both = Both(SDL, resolvers)

    def _giving(self, name: str, value: object) -> Any:
        def resolve() -> object:
            self.log.append(name)
            return value

        return resolve


def check(text: str, variables: dict[str, Any] | None = None) -> Answer:
    return Calls().both.check(text, variables)


# -- 3: fields that are merged --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("{ a { id } a { m } }", '{"a": {"id": "1", "m": 2}}'),
        ("{ a { m } c a { id m } }", '{"a": {"m": 2, "id": "1"}, "c": 3}'),
        ("{ x: c y: c x: c }", '{"x": 3, "y": 3}'),
        (
            "{ c ...F a { id } } fragment F on Query { a { m friend { id } } c }",
            '{"c": 3, "a": {"m": 2, "friend": {"id": "3"}, "id": "1"}}',
        ),
        (
            "{ a { friend { id } } ... { a { friend { m } id } } ... on Query { a { m } } }",
            '{"a": {"friend": {"id": "3", "m": 2}, "id": "1", "m": 2}}',
        ),
        (
            (
                "{ ...F ...G } fragment F on Query { a { ...H } }"
                " fragment G on Query { a { id ...H } } fragment H on Cat { m }"
            ),
            '{"a": {"m": 2, "id": "1"}}',
        ),
        ("{ n(i: 1) n(i: 1) }", '{"n": 1}'),
        ('{ n(i: 2, s: "a") n(s: "a", i: 2) }', '{"n": 2}'),
        (
            "{ things { ... on Cat { id } ... on Dog { id } ... on Cat { m } __typename } }",
            (
                '{"things": [{"id": "1", "m": 2, "__typename": "Cat"},'
                ' {"id": "2", "__typename": "Dog"}, {"__typename": "Stone"}]}'
            ),
        ),
    ],
)
def test_03_fields_of_one_key_are_merged(text: str, data: str) -> None:
    assert check(text) == answer(data)


def test_03_fields_of_one_key_that_cannot_be_merged_are_refused() -> None:
    with pytest.raises(ValidationError, match="'x' conflict because they return conflicting types"):
        check("{ things { ... on Cat { x: name } ... on Dog { x: barks } } }")


def test_03_a_merged_field_is_resolved_once() -> None:
    calls = Calls()
    run_sync(
        calls.both.compile("{ a { id } ...F a { m } } fragment F on Query { a { name } }"), None
    )
    assert calls.log == ["a"]


def test_03_mutations_run_in_the_order_of_first_occurrence() -> None:
    """Fragments change nothing about it (graphql-jit #285)."""
    calls = Calls()
    text = "mutation { ...F first { m } } fragment F on Mutation { second { id } first { id } }"
    result = run_sync(calls.both.compile(text), None)
    assert calls.log == ["second", "first"]
    assert list(result.data or {}) == ["second", "first"]
    assert calls.both.check(text) == answer('{"second": {"id": "1"}, "first": {"id": "1", "m": 2}}')


# -- 4: conditions belong to the path, not to the node ---------------------------------------------

TWO_PLACES = """query ($p: Boolean!, $q: Boolean!) {
  x: a { ...F @include(if: $p) m }
  y: a { ...F @include(if: $q) m }
  ...G @include(if: $p)
  b { ...G2 @skip(if: $q) }
}
fragment F on Cat { id friend { ...G2 @skip(if: $p) m } }
fragment G on Query { b { id } }
fragment G2 on Cat { name id }"""


@pytest.mark.parametrize(("p", "q"), [*product([True, False], repeat=2)])
def test_04_a_fragment_in_two_places_has_the_condition_of_each(*, p: bool, q: bool) -> None:
    def friend() -> str:
        return '{"m": 2}' if p else '{"name": "Tom", "id": "3", "m": 2}'

    def cat(*, spread: bool) -> str:
        return f'{{"id": "1", "friend": {friend()}, "m": 2}}' if spread else '{"m": 2}'

    names = [] if q else ['"name": "Tom"', '"id": "1"']
    inside = ['"id": "1"', *names[:1]] if p else names
    data = f'{{"x": {cat(spread=p)}, "y": {cat(spread=q)}, "b": {{{", ".join(inside)}}}}}'
    assert check(TWO_PLACES, {"p": p, "q": q}) == answer(data)


def test_04_one_node_under_one_condition_at_two_depths() -> None:
    text = """query ($p: Boolean!) { a { ...F friend { ...F @include(if: $p) id } } }
    fragment F on Cat { name }"""
    assert check(text, {"p": False}) == answer('{"a": {"name": "Tom", "friend": {"id": "3"}}}')
    assert check(text, {"p": True}) == answer(
        '{"a": {"name": "Tom", "friend": {"name": "Tom", "id": "3"}}}'
    )


def test_04_conditions_that_are_repeated_do_not_multiply_the_text() -> None:
    """Twenty fragments in one another under one condition: it is asked once (graphql-jit #117)."""
    both = Calls().both

    def source(depth: int) -> str:
        fragments = " ".join(
            f"fragment F{n} on Cat {{ ...F{n + 1} @include(if: $p) ...F{n + 1} @include(if: $p) }}"
            for n in range(depth)
        )
        last = f"fragment F{depth} on Cat {{ id }}"
        text = f"query ($p: Boolean!) {{ a {{ ...F0 }} }} {fragments} {last}"
        return both.compile(text).source

    assert len(source(8)) == len(source(1))


# -- 5: directives on fragments --------------------------------------------------------------------


@pytest.mark.parametrize("p", [True, False])
@pytest.mark.parametrize(
    "selection",
    [
        "... @include(if: $p) { id }",
        "... @skip(if: $p) { id }",
        "... on Cat @include(if: $p) { id }",
        "... on Node @skip(if: $p) { id }",
        "...F @include(if: $p)",
        "...F @skip(if: $p)",
        "...F @include(if: $p) @skip(if: $p)",
        "... @include(if: $p) { ... @skip(if: $p) { id } }",
        "... @include(if: $p) { id } ... @skip(if: $p) { m id }",
        "id @skip(if: $p) ...F",
        "... @include(if: false) { id }",
        "...F @skip(if: true)",
    ],
)
def test_05_directives_on_fragments_hold(selection: str, *, p: bool) -> None:
    text = f"query ($p: Boolean!) {{ a {{ name {selection} }} }} fragment F on Cat {{ id }}"
    if "...F" not in selection:
        text = text.partition(" fragment")[0]
    if "$p" not in selection:
        text = text.replace("query ($p: Boolean!) ", "")
    has_id = {
        "... @include(if: $p) { id }": p,
        "... @skip(if: $p) { id }": not p,
        "... on Cat @include(if: $p) { id }": p,
        "... on Node @skip(if: $p) { id }": not p,
        "...F @include(if: $p)": p,
        "...F @skip(if: $p)": not p,
        "... @include(if: $p) { id } ... @skip(if: $p) { m id }": True,
        "id @skip(if: $p) ...F": True,
    }.get(selection, False)
    got = check(text, {"p": p})
    assert got.errors == []
    assert ('"id": "1"' in got.data) == has_id


# -- 6: types within types -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("{ cat { ... on Node { id } } }", '{"cat": {"id": "1"}}'),
        (
            "{ cat { ... on Named { ... on Node { id } ... on Cat { m } name } } }",
            '{"cat": {"id": "1", "m": 2, "name": "Tom"}}',
        ),
        ("{ cat { ... on Thing { ... on Cat { id } } } }", '{"cat": {"id": "1"}}'),
        ("{ cat { ... on Thing { ... on Stone { weight } } } }", '{"cat": {}}'),
        (
            "{ node { kind: __typename ... on Thing { t: __typename ... on Dog { barks } } } }",
            '{"node": {"kind": "Dog", "t": "Dog", "barks": true}}',
        ),
        ("{ node { ... on Cat { id } } }", '{"node": {}}'),
        (
            "{ things { ... on Node { id kind: __typename ... on Cat { lives } } } }",
            '{"things": [{"id": "1", "kind": "Cat", "lives": 9}, {"id": "2", "kind": "Dog"}, {}]}',
        ),
        (
            "{ things { ... on Dog { friend { ... on Thing { ... on Node { id } } } } } c }",
            '{"things": [{}, {"friend": {"id": "1"}}, {}], "c": 3}',
        ),
        ("{ a: __typename __typename }", '{"a": "Query", "__typename": "Query"}'),
    ],
)
def test_06_fragments_on_abstract_types_hold_within_concrete_ones(text: str, data: str) -> None:
    assert check(text) == answer(data)
