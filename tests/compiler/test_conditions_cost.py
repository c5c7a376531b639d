"""Q-18: fragments under many conditions, which a short document can double with every fragment."""

from __future__ import annotations

import json
import re
from random import Random

import pytest
from graphql import build_schema, parse
from graphql import execute_sync as core_execute
from tests.compiler.work import lines_run

from trunkline import engine
from trunkline.compiler.cache import OperationCache
from trunkline.compiler.limits import Limits
from trunkline.compiler.pipeline import compile_operation
from trunkline.engine import adopt_schema
from trunkline.errors import LimitExceededError

SDL = """
type Query { cat: Cat, pet: Pet, pets: [Pet!], all: [Pet] }
interface Pet { id: ID, name: String, friend: Pet }
type Cat implements Pet { id: ID, name: String, friend: Pet, kitten: Cat }
type Dog implements Pet { id: ID, name: String, friend: Pet }
"""
SCHEMA = build_schema(SDL)
CAT = {"__typename": "Cat", "id": "1", "name": "Tom", "friend": {"__typename": "Dog", "id": "2"}}
ROOT = {"cat": CAT, "pet": CAT, "pets": [CAT, CAT["friend"]]}


def declared(names: list[str]) -> str:
    return f"query ({' '.join(f'${name}: Boolean!' for name in names)})"


def doubling(
    count: int, root: str = "cat", last: str = "id", on: str = "Cat", *, between: bool = False
) -> str:
    """Each fragment spreads the next twice, under variables of its own."""
    names = [f"{letter}{number}" for number in range(count) for letter in "ab"]
    fragments = [
        f"fragment F{number} on {on} {{ {f'u{number}: id' if between else ''}"
        f" ...F{number + 1} @include(if: $a{number}) {f'v{number}: id' if between else ''}"
        f" ...F{number + 1} @skip(if: $b{number}) {f'w{number}: id' if between else ''} }}"
        for number in range(count)
    ]
    end = f"fragment F{count} on {on} {{ {last} }}"
    return f"{declared(names)} {{ {root} {{ ...F0 }} }} {' '.join(fragments)} {end}"


def nested(depth: int, fields: int) -> str:
    """Inline fragments in each other, each under one more variable, around many fields."""
    names = [f"v{number}" for number in range(depth)]
    inner = " ".join(f"x{number}: id" for number in range(fields))
    for name in names:
        inner = f"... @include(if: ${name}) {{ {inner} {name}: id }}"
    return f"{declared(names)} {{ cat {{ {inner} }} }}"


def many(spreads: int, fields: int, template: str = "...F @include(if: ${name})") -> str:
    """One fragment under many variables side by side."""
    names = [f"v{number}" for number in range(spreads)]
    spread = " ".join(template.replace("{name}", name) for name in names)
    inner = " ".join(f"x{number}: id" for number in range(fields))
    return f"{declared(names)} {{ cat {{ {spread} }} }} fragment F on Cat {{ {inner} }}"


COSTLY = {
    "doubled": doubling(13),
    "doubled objects": doubling(13, last="friend { id } kitten { name kitten { id } }"),
    "doubled often": doubling(60),
    "doubled with fields between": doubling(13, between=True),
    "doubled on an interface": doubling(13, "pet", on="Pet", last="name", between=True),
    "side by side": many(700, 4),
    "aliases": many(700, 1, "same: id @include(if: ${name}) ...F"),
}
LIMITS = Limits(
    fields=20_000, aliases=20_000, tokens=50_000, directives=5_000, comparisons=10**6, cost=None
)


def values(text: str, chance: Random | None = None) -> dict[str, bool]:
    """Choose a value for each variable that a document declares: at random, or true."""
    names = re.findall(r"\$(\w+): Boolean!", text)
    return {name: chance is None or chance.random() < 0.5 for name in names}


@pytest.mark.parametrize("name", COSTLY)
def test_q18_conditions_without_end_are_refused_early(name: str) -> None:
    text = COSTLY[name]
    document = parse(text)

    def execute() -> None:
        (error,) = engine.execute_sync(SCHEMA, document, ROOT, None, values(text)).errors or []
        assert "under too many different conditions" in error.message

    def compile_and_run() -> None:
        try:
            operation = compile_operation(adopt_schema(SCHEMA), text, limits=LIMITS)
            (error,) = engine.run_sync(operation, values(text), None, ROOT).errors
        except LimitExceededError as refusal:
            (error,) = refusal.errors
        assert re.search("too many different conditions|selects .* fields", error.message)

    def serve() -> None:
        with pytest.raises(LimitExceededError):
            OperationCache(adopt_schema(SCHEMA)).get(text)

    for door in (execute, compile_and_run, serve):
        assert lines_run(door) < 600_000


def test_q18_a_type_is_refused_once_for_all_values() -> None:
    text = doubling(13, "all", on="Pet", last="name", between=True)
    document, root = parse(text), {"all": [CAT, CAT["friend"]] * 50}

    def execute() -> None:
        errors = engine.execute_sync(SCHEMA, document, root, None, values(text)).errors or []
        assert "under too many different conditions" in errors[0].message
        assert {error.message for error in errors} == {errors[0].message}
        assert len(errors) == 100

    assert lines_run(execute) < 600_000


def test_q18_all_types_and_fields_count_together() -> None:
    text = doubling(7, "all", on="Pet")
    fields = " ".join(f"a{number}: all {{ ...F0 }}" for number in range(60))
    text = text.replace("all { ...F0 }", fields)
    document, root = parse(text), {"all": [CAT, CAT["friend"]]}

    def execute() -> None:
        result = engine.execute_sync(SCHEMA, document, root, None, values(text))
        assert result.data is not None
        assert result.data["a0"] == [{"id": "1"}, {"id": "2"}]
        assert result.data["a59"] == [None, None]

    assert lines_run(execute) < 8_000_000


@pytest.mark.parametrize(
    "text",
    [
        doubling(6),
        doubling(5, between=True),
        doubling(5, "pets", on="Pet", between=True),
        doubling(5, last="friend { id } kitten { id }"),
        nested(20, 2),
        many(30, 3),
    ],
)
def test_q18_conditions_that_are_few_decide_as_ever(text: str) -> None:
    document = parse(text)
    for seed in range(20):
        variables = values(text, Random(seed))  # noqa: S311  # of a test
        expected = core_execute(SCHEMA, document, ROOT, None, variables)
        ours = engine.execute_sync(SCHEMA, document, ROOT, None, variables)
        assert json.dumps(ours.data) == json.dumps(expected.data)
        assert ours.errors == expected.errors


def test_q18_the_text_of_nested_conditions_grows_as_the_document_does() -> None:
    def lines(depth: int) -> int:
        text = nested(depth, 3)
        return compile_operation(adopt_schema(SCHEMA), text, limits=LIMITS).source.count("\n")

    assert lines(80) <= 2.2 * lines(40)


def test_q18_a_condition_that_is_implied_adds_nothing() -> None:
    """A key that is selected without condition absorbs the others, a shorter set a longer one."""
    text = (
        "query ($a: Boolean!, $b: Boolean!) { cat { id id @include(if: $a) ...F @skip(if: $b) "
        "... @include(if: $a) { name ... @include(if: $b) { name ...F } } ...F @skip(if: $b) } } "
        "fragment F on Cat { id @include(if: $b) }"
    )
    source = compile_operation(adopt_schema(SCHEMA), text).source
    assert source.count('entry["id"] = ') == 1
    assert source.count('entry["name"] = ') == 1
