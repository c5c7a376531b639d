"""What refusing a document costs: places are found and printed only when somebody reads them."""

from __future__ import annotations

import pytest
from graphql import GraphQLError, Source
from tests.compiler.library import library

from trunkline.compiler.cache import OperationCache
from trunkline.compiler.limits import Limits
from trunkline.errors import RequestError

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
    assert len(many_lines.value.errors) == 500_000 // 46_000 + 2
    assert "limit reached" in many_lines.value.errors[-1].message
