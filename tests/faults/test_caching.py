"""Cases 15 and 21 to 24 of what goes wrong when operations are compiled: when, and how often."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from graphql import get_introspection_query
from tests.faults.both import Both, answer

from trunkline.compiler import document, emit
from trunkline.compiler.cache import OperationCache
from trunkline.compiler.limits import Limits
from trunkline.engine import run_sync
from trunkline.errors import OperationNotFoundError, RequestError, ValidationError

SDL = """
type Query { a: Int b: Int t: T ts: [T!]! n(i: Int): Int }
type T { x: Int y: Int t: T ts: [T!] }
"""


FIVE = Limits(memory=66_000)  # room for five short operations, and for three errors


def both(limits: Limits | None = None) -> Both:
    below = {"x": 1, "y": 2, "t": {"x": 3}, "ts": [{"x": 4}]}
    return Both(
        SDL,
        {
            "Query.a": lambda: 1,
            "Query.b": lambda: 2,
            "Query.t": lambda: below,
            "Query.ts": lambda: [below, below],
            "Query.n": lambda i=None: i,
        },
        limits=limits,
    )


@pytest.fixture(autouse=True)
def form() -> None:
    """What is counted here is what happens without anybody's patching."""


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Count what compiling costs."""
    counts = {"parse_document": 0, "validate": 0, "operation_module": 0}

    def count(module: Any, name: str) -> None:
        original = getattr(module, name)

        def counting(*arguments: Any, **named: Any) -> Any:
            counts[name] += 1
            return original(*arguments, **named)

        monkeypatch.setattr(module, name, counting)

    count(document._Parser, "parse_document")
    count(document, "validate")
    count(emit.ModuleWriter, "operation_module")
    return counts


# -- 15: the key of the cache ---------------------------------------------------------------------


def test_15_two_operations_of_one_text_are_two() -> None:
    operations = OperationCache(both().schema)
    text = "query X { a } query Y { b }"
    for _ in range(2):
        assert run_sync(operations.get(text, "X"), None).data == {"a": 1}
        assert run_sync(operations.get(text, "Y"), None).data == {"b": 2}
        for name in (None, "Z", ""):
            with pytest.raises(OperationNotFoundError):
                operations.get(text, name)


def test_15_schemas_and_limits_have_caches_of_their_own() -> None:
    text = "{ t { t { x } } }"
    schema = both().schema
    OperationCache(schema).get(text)
    with pytest.raises(Exception, match="3 fields deep"):
        OperationCache(schema, Limits(depth=2)).get(text)
    with pytest.raises(ValidationError):
        OperationCache(Both("type Query { z: Int }", {"Query.z": lambda: 0}).schema).get(text)


def test_15_one_operation_serves_every_value_of_its_conditions(counted: dict[str, int]) -> None:
    operations = OperationCache(both().schema)
    text = "query ($p: Boolean!) { a @include(if: $p) b @skip(if: $p) }"
    answers = [run_sync(operations.get(text), {"p": p}).data for p in (True, False, True)]
    assert answers == [{"a": 1}, {"b": 2}, {"a": 1}]
    # the third execution has the text that is for many
    assert counted == {"parse_document": 1, "validate": 1, "operation_module": 2}


# -- 21: introspection ----------------------------------------------------------------------------


def test_21_introspection_answers_as_graphql_core_does() -> None:
    query = get_introspection_query(
        descriptions=True, specified_by_url=True, directive_is_repeatable=True,
        schema_description=True, input_value_deprecation=True,
    )  # fmt: skip
    got = both().check(query)
    assert got.errors == []
    assert {type_["name"] for type_ in json.loads(got.data)["__schema"]["types"]} >= {"Query", "T"}


def test_21_two_requests_for_introspection_do_not_share_their_answers() -> None:
    operation = both().compile("{ __schema { types { name } } }")
    first, second = (run_sync(operation, None).data for _ in range(2))
    assert first == second
    assert first
    first["__schema"]["types"].clear()
    assert run_sync(operation, None).data == second


# -- 22: a selection is a function of its own -----------------------------------------------------


def test_22_every_object_and_every_list_has_a_function_of_its_own() -> None:
    source = both().compile("{ t { x t { y } ts { x } } ts { x } }").source
    documented = re.findall(
        r"^def (\w+)\(.*\n(?:.*\n)*?    \"\"\"(.*?)\"\"\"", source, re.MULTILINE
    )
    assert documented == [
        ("OPERATION", "Query"),
        ("complete_query_t", "Query.t: T"),
        ("complete_query_ts", "Query.ts: [T!]!"),
        ("complete_t_t", "T.t: T"),
        ("complete_t_ts", "T.ts: [T!]"),
    ]


@pytest.mark.parametrize("depth", [2, 25, 60, 150])
def test_22_the_text_is_as_flat_at_any_depth(depth: int) -> None:
    """CPython has room for 20 blocks and 100 indentations in one another."""
    engines = both(Limits(depth=200, tokens=20_000))
    text = "{ t " + "{ t " * depth + "{ x }" + " }" * depth + " }"
    source = engines.compile(text).source
    assert max(len(line) - len(line.lstrip()) for line in source.splitlines()) <= 20
    assert engines.check(text).errors == []


# -- 23: distinct documents without end -----------------------------------------------------------


def test_23_a_flood_of_distinct_documents_leaves_no_more_than_the_cache_holds(
    counted: dict[str, int],
) -> None:
    operations = OperationCache(both().schema, FIVE)
    for number in range(30):
        text = f"{{ n(i: {number}) }}"  # a literal where a variable should be
        assert run_sync(operations.get(text), None).data == {"n": number}
    assert counted["operation_module"] == 30
    assert len(operations._operations) == 5
    assert operations.get("{ n(i: 4) }")
    assert counted["operation_module"] == 30


def test_23_when_the_cache_is_full_a_document_is_kept_when_it_comes_again(
    counted: dict[str, int],
) -> None:
    operations = OperationCache(both().schema, FIVE)
    for number in range(30):
        operations.get(f"{{ n(i: {number}) }}")
    for _ in range(5):
        operations.get("{ n(i: 29) }")
    assert counted["operation_module"] == 31
    assert len(operations._operations) == 5


def test_23_what_is_asked_for_between_others_is_compiled_once(counted: dict[str, int]) -> None:
    operations = OperationCache(both().schema, FIVE)
    for number in range(40):
        operations.get(f"{{ n(i: {number}) }}")
        if number % 4 == 0:
            operations.get("{ a }")
    assert counted["operation_module"] == 41


def test_23_an_operation_that_has_become_larger_counts_as_it_is_now() -> None:
    operations = OperationCache(both().schema, FIVE)
    wide = operations.get("{ t { " + " ".join(f"a{number}: x" for number in range(16)) + " } }")
    others = [operations.get(f"{{ n(i: {number}) }}") for number in range(3)]
    before, kept = wide.weight, len(operations._operations)
    wide.inline()
    assert wide.weight > before
    assert sum(each.weight for each in operations._operations.values()) <= FIVE.memory
    assert len(operations._operations) < kept
    assert operations.get("{ n(i: 2) }") is others[2]


def test_23_wrong_documents_are_kept_apart_and_bounded(counted: dict[str, int]) -> None:
    operations = OperationCache(both().schema, FIVE)
    operations.get("{ a }")
    for _ in range(2):
        for number in range(3):
            with pytest.raises(ValidationError):
                operations.get(f"{{ a{number} }}")
    assert counted["validate"] == 1 + 3
    for number in range(30):
        with pytest.raises(ValidationError):
            operations.get(f"{{ a{number} }}")
    assert len(operations._errors) == 3
    operations.get("{ a }")
    assert counted["operation_module"] == 1


# -- 24: the cache is asked before anything else --------------------------------------------------


def test_24_a_document_that_is_known_is_not_even_parsed(counted: dict[str, int]) -> None:
    operations = OperationCache(both().schema)
    for _ in range(3):
        operations.get("{ a }")
        for wrong in ("{ nope }", "{"):
            with pytest.raises(RequestError):
                operations.get(wrong)
    assert counted == {"parse_document": 3, "validate": 2, "operation_module": 1}


def test_24_texts_that_differ_in_a_space_are_different_documents(counted: dict[str, int]) -> None:
    operations = OperationCache(both().schema)
    assert operations.get("{ a }") is not operations.get("{ a  }")
    assert counted["parse_document"] == 2
    assert both().check("{ a  }") == answer('{"a": 1}')
