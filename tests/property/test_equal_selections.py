"""Equal selections under several aliases have functions in common; each error has its own place.

Fields stand several times in the document, under conditions and with arguments that may not fit:
an error points to those that take part.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.property.test_engine import fewer
from tests.property.things import (
    CALLED,
    OBJECTS,
    TYPES,
    WHERE,
    results,
    results_in_core_form,
)

LEAVES = {
    "Query": ("__typename",),
    "Item": ("s", "n", "tags", "size(by: 3)", *CALLED, "number", "__typename"),
    "Part": ("s", "text", "n1", "sure(by: $by)"),
}
CONDITIONS = ("",) * 6 + (" @include(if: $yes)", " @skip(if: $yes)", " @include(if: $maybe)")
VARIABLES = {"n": "Int", "by": "Int = 1", "yes": "Boolean!", "maybe": "Boolean = true"}
FRAGMENTS = {"OnItem": "on Item { n s item { n tags } }", "OnPart": "on Part { s text n1 }"}


class Writer:
    def __init__(self, draw: st.DrawFn, leaves: tuple[str, ...]) -> None:
        self._draw = draw
        self._leaves = leaves

    def document(self) -> str:
        copies = " ".join(self.copies("Query", 0) for _ in range(self._draw(st.integers(1, 2))))
        used = [f"${name}: {type_}" for name, type_ in VARIABLES.items() if f"${name}" in copies]
        head = f"query ({', '.join(used)})" if used else ""
        fragments = [f"fragment {n} {text}" for n, text in FRAGMENTS.items() if f"...{n}" in copies]
        return " ".join([head, "{", copies, "}", *fragments])

    def copies(self, type_name: str, depth: int) -> str:
        """Write a field under several aliases, twice under one of them."""
        field = self._draw(st.sampled_from(OBJECTS[type_name]))
        name = field.partition("(")[0]
        below = self.selections(TYPES.get(name, "Item"), depth + 1)
        also = (
            self.selections(TYPES.get(name, "Item"), depth + 1) if self._draw(st.booleans()) else ""
        )
        condition = self._condition()
        written: list[str] = []
        for number in range(5):
            alias = f"{name}{len(field)}_{number}{depth}: {field}"
            written.append(f"{alias}{condition} {below}" + "\n" * self._draw(st.integers(0, 2)))
            if also:
                written.append(f"{alias}{self._condition()} {also}")
        return " ".join(written)

    def selections(self, type_name: str, depth: int) -> str:
        if type_name in {"Found", "Named"}:
            both = f"... on Item {self.selections('Item', depth + 1)} ...OnPart __typename"
            return f"{{ {both} }}"
        kinds = st.sampled_from(("leaf", "leaf", "leaf", "object", "fragment"))
        written = [self._leaf(type_name)]
        for _ in range(self._draw(st.integers(0, 3))):
            kind = self._draw(kinds) if depth < 3 else "leaf"
            if kind == "fragment":
                written.append(f"...On{type_name}{self._condition()}")
            elif kind == "leaf":
                written.append(self._leaf(type_name))
            elif self._draw(st.integers(0, 4)) == 4 and depth == 1:
                written.append(self.copies(type_name, 2))
            else:
                name = self._draw(st.sampled_from(OBJECTS[type_name]))
                written.append(f"{name} {self.selections(TYPES.get(name, 'Item'), depth + 1)}")
        return f"{{ {' '.join(written)} }}"

    def _leaf(self, type_name: str) -> str:
        leaf = self._draw(st.sampled_from((*LEAVES[type_name], *self._leaves)))
        alias = f"{leaf.partition('(')[0]}{len(leaf)}: " if "(" in leaf else ""
        times = self._draw(st.integers(1, 2))
        return "\n".join(f"{alias}{leaf}{self._condition()}" for _ in range(times))

    def _condition(self) -> str:
        condition: str = self._draw(st.sampled_from(CONDITIONS))
        return condition


@st.composite
def documents(draw: st.DrawFn, leaves: tuple[str, ...]) -> str:
    return Writer(draw, leaves).document()


variables = st.fixed_dictionaries(
    {"yes": st.booleans()},
    optional={"n": st.integers(0, 1), "by": st.sampled_from((4, None)), "maybe": st.none()},
)


@fewer
@given(documents(()), variables, st.integers(0, 1000))
def test_our_resolvers(text: str, values: dict[str, Any], seed: int) -> None:
    ours, expected = results(text, values, seed)
    assert ours == expected


@fewer
@given(documents((WHERE,)), variables, st.integers(0, 1000))
def test_resolvers_in_the_form_of_graphql_core(
    text: str, values: dict[str, Any], seed: int
) -> None:
    ours, expected = results_in_core_form(text, values, seed)
    assert ours == expected


def test_an_argument_that_fails_has_its_own_place() -> None:
    text = (
        "query ($by: Int = 1) {"
        + "".join(f"\na{n}: item {{ size(by: $by) }}" for n in range(5))
        + "}"
    )
    (data, errors), expected = results(text, {"by": None}, 0)
    assert (data, errors) == expected
    assert len(errors) == 5
