"""Q-16: from the third time on, equal selections share functions, which are told their place."""

from __future__ import annotations

import re

import pytest
from tests.compiler.library import library
from tests.compiler.work import lines_run

from trunkline.compiler.limits import Limits
from trunkline.compiler.operation import Operation
from trunkline.compiler.pipeline import compile_operation

LIMITS = Limits(fields=5_000, aliases=5_000, tokens=50_000, characters=500_000, cost=None)


def compiled(selection: str, times: int, before: str = "{", after: str = "}") -> Operation:
    copies = " ".join(selection.replace("#", str(number)) for number in range(times))
    return compile_operation(library(), f"{before} {copies} {after}", limits=LIMITS)


def functions(operation: Operation) -> int:
    return len(re.findall(r"^def complete_", operation.source, re.MULTILINE))


SHARED = {
    "an object": "a#: book(id: #) { id title }",
    "what is awaited below, and batches": "a#: book(id: 1) { author { name } publisher { name } }",
    "conditions": "a#: lent { id @include(if: $yes) title @skip(if: $yes) }",
    "merged": "a#: book(id: 1) { id } a#: book(id: 1) { title author { name } }",
    "fragments": "a#: book(id: 1) { ...On @include(if: $yes) ... on Book { id ...On } }",
    "a list": "a#: search(text: $text) { ... on Author { name } ... on Book { genre } }",
    "awaited": "a#: slowBook(id: #) { id author { books { id } } }",
    "an interface": "a#: work { id title }",
    "lists of lists": "a#: shelves { id pages }",
}
HEAD = 'query ($yes: Boolean! = true, $text: String! = "") {'
TAIL = """used: search(text: $text) { ...On @skip(if: $yes) } }
  fragment On on Book { title reviews }"""


@pytest.mark.parametrize("selection", SHARED.values(), ids=SHARED)
def test_the_number_of_functions_does_not_grow_with_aliases(selection: str) -> None:
    few, many = (functions(compiled(selection, times, HEAD, TAIL)) for times in (3, 30))
    assert few == many


OWN = {
    "other selections": "a#: book(id: 1) { related(first: #) { id } }",
    "an argument that can fail there": "a#: book(id: 1) { reviews copies(branch: $branch) }",
    "a condition that can fail there": "a#: book(id: 1) { id @include(if: $maybe) }",
    "an argument below an interface": 'a#: work { id ... on Book { copies(branch: "a") } }',
}


@pytest.mark.parametrize("selection", OWN.values(), ids=OWN)
def test_what_errors_place_in_the_document_is_not_shared(selection: str) -> None:
    head = "query ($maybe: Boolean = true, $branch: String) {"
    tail = "used: books { id @include(if: $maybe) copies(branch: $branch) } }"
    few, many = (functions(compiled(selection, times, head, tail)) for times in (3, 6))
    assert few < many


def test_q16_compiling_costs_little_for_each_alias() -> None:
    selection = "a#: book(id: #) { id title subtitle pages author { name } }"
    few, many = (lines_run(lambda n=n: compiled(selection, n)) for n in (50, 100))  # type: ignore[misc]
    assert many - few <= 50 * 2_000  # 1,500 for each; 3,600 when each had its own
