"""What refusing a document costs: places are found and printed only when somebody reads them."""

from __future__ import annotations

import sys

import pytest
from graphql import GraphQLError, Source
from graphql.pyutils.suggestion_list import LexicalDistance
from tests.compiler.library import library

from trunkline.compiler.cache import OperationCache
from trunkline.compiler.limits import Limits
from trunkline.compiler.pipeline import compile_operation
from trunkline.errors import RequestError
from trunkline.schema.bindings import Schema
from trunkline.schema.load import parse_schema

SCHEMA = library()
_CIRCLE = "{ ...F0 } " + " ".join(
    f"fragment F{n} on Query {{ " + f"...F{(n + 1) % 190} " * 10 + "}" for n in range(190)
)
DOCUMENTS = {
    "a circle of 190 fragments, each spread 10 times": _CIRCLE,
    "the same behind 46,000 empty lines": "\n" * 46_000 + _CIRCLE,
    "one argument 1,600 times": "{ book(" + "id: 1 " * 1_600 + ") { id } }",
    "one variable 1,200 times": "query(" + "$a: Int " * 1_200 + ") { __typename }",
    "1,600 unknown fields in a literal": "{ book(id: {" + "a: 1 " * 1_600 + "}) { id } }",
    "1,600 unknown fields in a literal of an input": (
        "{ books(filter: {" + " ".join(f"a{n}: 1" for n in range(1_600)) + "}) { id } }"
    ),
}


@pytest.fixture
def prints(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that graphql-core makes of an error."""
    printed: list[str] = []
    original = GraphQLError.__str__

    def counted(self: GraphQLError) -> str:
        printed.append(self.message)
        return original(self)

    monkeypatch.setattr(GraphQLError, "__str__", counted)
    return printed


@pytest.mark.parametrize("text", DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_refused_document_is_not_printed(text: str, prints: list[str]) -> None:
    cache = OperationCache(SCHEMA, Limits(characters=200_000))
    for _ in range(3):
        with pytest.raises(RequestError) as caught:
            cache.get(text)
        assert all(len(error.positions or ()) <= 8 for error in caught.value.errors)
        assert all(len(error.message) <= 1_001 for error in caught.value.errors)
    assert prints == []


def test_a_repeat_searches_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = OperationCache(SCHEMA, Limits(characters=200_000))
    text = DOCUMENTS["one argument 1,600 times"]
    with pytest.raises(RequestError) as first:
        cache.get(text)

    def search(_: Source, __: int) -> None:
        pytest.fail("A repeat looked for the line of a place.")

    monkeypatch.setattr(Source, "get_location", search)
    with pytest.raises(RequestError) as again:
        cache.get(text)
    assert again.value.errors == first.value.errors


@pytest.mark.parametrize("text", ["{\n a\r\n  b\r c }", "{ a }\n\n\n{ b }", "\n\n{ c"])
def test_places_are_graphql_cores(text: str) -> None:
    with pytest.raises(RequestError) as caught:
        OperationCache(SCHEMA).get(text)
    for error in caught.value.errors:
        wanted = [Source(text).get_location(position) for position in error.positions or ()]
        assert error.locations == (wanted or None)


def test_the_text_of_many_errors_ends() -> None:
    error = RequestError([GraphQLError(f"mistake {number}") for number in range(50)])
    assert "mistake 19" in str(error)
    assert str(error).endswith("and 30 more")


def test_errors_of_several_places_read_few_lines() -> None:
    fields = " ".join(f"a{n}: book(id: 1, id: 2) {{ id }}" for n in range(120))
    with pytest.raises(RequestError) as few_lines:
        OperationCache(SCHEMA).get("{" + fields + "}")
    with pytest.raises(RequestError) as many_lines:
        OperationCache(SCHEMA).get("\n" * 46_000 + "{" + fields + "}")
    assert len(few_lines.value.errors) == Limits().errors + 1
    assert len(many_lines.value.errors) == 250_000 // 46_000 + 2
    assert "limit reached" in many_lines.value.errors[-1].message


def _measured(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of names that each wrong name is compared with."""
    compared: list[int] = []
    original = LexicalDistance.measure

    class Counted(LexicalDistance):
        def __init__(self, input_: str) -> None:
            super().__init__(input_)
            compared.append(0)

        def measure(self, option: str, threshold: int) -> int | None:
            compared[-1] += 1
            return original(self, option, threshold)

    monkeypatch.setattr(sys.modules["graphql.pyutils.suggestion_list"], "LexicalDistance", Counted)
    return compared


@pytest.mark.parametrize(
    "text",
    [
        "{ " + " ".join(f"boks{n}" for n in range(1_000)) + " }",
        "{ " + " ".join(f"a{n}: book(idd{n}: 1) {{ id }}" for n in range(300)) + " }",
        "{ count } " + " ".join(f"fragment F{n} on Bok{n} {{ id }}" for n in range(190)),
        "query("
        + " ".join(f"$v{n}: Gere{n}" for n in range(90))
        + ") { "
        + " ".join(f"a{n}: book(id: $v{n}) {{ id }}" for n in range(90))
        + " }",
        "{ books(filter: {" + " ".join(f"titls{n}: 1" for n in range(20)) + "}) { id } }",
        "{ " + " ".join(f"a{n}: books(genre: NOVL{n}) {{ id }}" for n in range(300)) + " }",
    ],
    ids=["fields", "arguments", "fragments", "variables", "input fields", "enum values"],
)
def test_q13_similar_names_are_looked_for_in_the_first_errors_only(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = _measured(monkeypatch)
    with pytest.raises(RequestError) as caught:
        OperationCache(SCHEMA).get(text)
    assert len(caught.value.errors) >= 20
    assert 1 <= len(compared) <= 20


def test_q13_among_many_types_a_similar_one_is_looked_for_once_and_for_a_short_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    types = " ".join(f"type Something{n} {{ a: Int }}" for n in range(1_000))
    schema = Schema(parse_schema(f"type Query {{ a: Something1 }} {types}"), {}, {})

    def refused(names: list[str]) -> str:
        with pytest.raises(RequestError) as caught:
            OperationCache(schema).get(" ".join(f"fragment F{n} on {n} {{ a }}" for n in names))
        return caught.value.errors[0].message

    compared = _measured(monkeypatch)
    assert "Did you mean" in refused(["Somethin1", "Somethin2"])
    assert [count for count in compared if count > 900] == compared[:1]
    assert "Did you mean" not in refused(["SomethingRatherLongerThanThat"])
    assert max(compared[1:]) == 0


def test_q13_a_long_literal_suggests_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = _measured(monkeypatch)
    names = " ".join(f"titls{n}: 1" for n in range(100))
    with pytest.raises(RequestError):
        OperationCache(SCHEMA).get("{ books(filter: {" + names + "}) { id } }")
    assert compared == []


def test_q17_a_literal_is_printed_for_few_of_its_errors() -> None:
    with pytest.raises(RequestError) as caught:
        compile_operation(SCHEMA, DOCUMENTS["1,600 unknown fields in a literal of an input"])
    printed = sum(len(error.message) for error in caught.value.errors)
    assert 10_000 < printed < 100_000
