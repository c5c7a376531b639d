"""An error of a field that stands several times in a document points to those that take part.

Each field stands two or three times in its selection, under conditions, and its arguments may not
fit. The schemas and resolvers are those of `things.py`.
"""

from __future__ import annotations

from typing import Any

import pytest
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

VARIABLES = {"by": "Int = 1", "n": "Int", "yes": "Boolean!", "off": "Boolean!"}
CONDITIONS = (
    "",
    "@skip(if: $yes)",
    "@include(if: $yes)",
    "@skip(if: $off)",
    "@include(if: $off) @skip(if: $yes)",
)
FIELDS = {
    "Query": OBJECTS["Query"],
    "Item": (*CALLED, *CALLED, *OBJECTS["Item"], "s", "tags"),
    "Part": ("sure(by: $by)", "sure(by: $by)", "next", "rest", "text", "s"),
}


@st.composite
def documents(draw: st.DrawFn, leaves: tuple[str, ...]) -> str:
    def selections(type_name: str, depth: int) -> str:
        if type_name in {"Found", "Named"}:
            items, parts = selections("Item", depth), selections("Part", depth)
            return f"{{ ... on Item {items} ... on Part {parts} }}"
        written: list[str] = []
        fields = [field for field in FIELDS[type_name] if depth < 3 or not is_object(field)]
        for _ in range(draw(st.integers(1, 2))):
            field = draw(st.sampled_from((*fields, *leaves)))
            key = f"{field.partition('(')[0]}{len(field)}"
            for _ in range(draw(st.integers(2, 3))):
                below = selections(type_of(field), depth + 1) if is_object(field) else ""
                condition = draw(st.sampled_from(CONDITIONS))
                if draw(st.integers(0, 3)):
                    written.append(f"{key}: {field} {condition} {below}")
                else:
                    written.append(f"... {condition} {{ {key}: {field} {below} }}")
        return f"{{ {' '.join(draw(st.permutations(written)))} }}"

    written = selections("Query", 0)
    used = [f"${name}: {type_}" for name, type_ in VARIABLES.items() if f"${name}" in written]
    return f"query ({', '.join(used)}) {written}" if used else written


def type_of(field: str) -> str:
    return TYPES.get(field.partition("(")[0], "Item")


def is_object(field: str) -> bool:
    return any(field in fields for fields in OBJECTS.values())


variables = st.fixed_dictionaries(
    {"yes": st.booleans(), "off": st.booleans(), "by": st.sampled_from((None, None, 4))}
)


@pytest.mark.parametrize("field", [*CALLED, "part { sure(by: $by) }"])
@pytest.mark.parametrize(("skips", "line"), [(True, 2), (False, 1)])
def test_what_is_skipped_has_no_errors(field: str, line: int, *, skips: bool) -> None:
    text = f"""query ($by: Int = 1, $yes: Boolean!) {{ item @skip(if: $yes) {{ {field} }}
        item {{ {field} }} }}"""
    values = {"by": None, "yes": skips}
    told, expected = results(text, values, 0)
    assert told == expected
    assert results_in_core_form(text, values, 0) == (expected, expected)
    [(_, _, places)] = told[1]
    assert places.startswith(f"[SourceLocation(line={line},")


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
