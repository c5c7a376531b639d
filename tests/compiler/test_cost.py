"""What an operation may cost, told before anything is done (Q-15)."""

from __future__ import annotations

from typing import Any

import pytest
from tests.faults.both import Both

from trunkline import engine
from trunkline.compiler.limits import Limits
from trunkline.errors import LimitExceededError

SDL = "type Query { ts(first: Int, limit: Int): [T!]! } type T { x: Int ts(first: Int): [T!]! }"


def run(text: str, variables: dict[str, Any] | None = None, **limits: Any) -> Any:
    both = Both(SDL, {"Query.ts": lambda **_: []}, limits=Limits(**limits))
    return engine.run_sync(both.compile(text), variables).data


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("{ ts { x } }", 2),
        ("{ ts(first: 10) { x } }", 11),
        ("{ ts(first: 10) { x ts(first: 10) { x x2: x } } }", 221),
        ("{ ts(first: 3) { ...F } } fragment F on T { ts(first: 5) { x } }", 19),
        ("{ ts(first: -5) { x } again: ts(first: 0) { x } }", 4),
        ("{ ts(first: 10, limit: 2) { x } }", 21),
        ("{ ... { ts(first: null) { x } } }", 2),
    ],
)
def test_q15_lists_multiply_what_is_in_them(text: str, cost: int) -> None:
    assert run(text, cost=cost) is not None
    with pytest.raises(LimitExceededError, match=f"may cost {cost}: .* allows {cost - 1}"):
        run(text, cost=cost - 1)


def test_q15_variables_count_when_they_come() -> None:
    text = "query ($n: Int, $m: Int!) { ts(first: $n) { x ts(first: $m) { x } } }"
    for n, m, cost in [(10, 10, 121), (1, 1, 4), (None, 50, 53), (100, 1, 301)]:
        assert run(text, {"n": n, "m": m}, cost=cost) is not None
        with pytest.raises(LimitExceededError, match=f"may cost {cost}:"):
            run(text, {"n": n, "m": m}, cost=cost - 1)
    assert run(text, {"n": 9_999_999, "m": 9_999_999}, cost=None) is not None


@pytest.mark.parametrize(
    "text",
    [
        "{ ts(first: 99999999) { x } }",
        "{ ts(first: 1000) { ts(first: 1000) { x } } }",
        "query ($n: Int = 99999999) { ts(first: $n) { x } }",
    ],
)
def test_q15_too_much_is_refused_by_default(text: str) -> None:
    with pytest.raises(LimitExceededError, match="Ask for less at a time"):
        run(text)


@pytest.mark.parametrize(
    ("text", "limit", "sentence"),
    [
        ("{ ts { x @skip(if: false) } }", {"directives": 0}, "has 1 directives; .* allows 0"),
        ("{ ts { a: x ...F } } fragment F on T { b: x }", {"aliases": 1}, "has 2 aliases"),
        ("{ ts { x } } fragment F on T { x }", {"definitions": 1}, "has 2 definitions"),
    ],
)
def test_what_a_document_has_is_counted(text: str, limit: dict[str, Any], sentence: str) -> None:
    with pytest.raises(LimitExceededError, match=sentence):
        run(text, None, **limit)
