"""Lookahead: what a resolver is told of the fields that are wanted below its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from trunkline.engine import Operation, Selection, compile_operation, run, run_sync, stream
from trunkline.schema.bindings import Schema, batch
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema

SDL = """
type Query { book(id: ID): Book  books: [Book!]  found: [[Found]]  pet: Pet  count: Int }
type Mutation { addBook: Book }
type Subscription { added: Book }
type Book { id: ID  title: String  author: Author  related: [Book!]  publisher: Publisher }
type Author { name: String  company: Company  books: [Book] }
type Company { name: String  city: String }
type Publisher { name: String  city: String }
union Found = Book | Author
interface Pet { name: String  friend: Pet }
type Dog implements Pet { name: String  friend: Pet  barks: Boolean }
type Cat implements Pet { name: String  friend: Pet  owner: Author }
"""

Seen = list[Selection]


def shown(selection: Selection) -> dict[str, Any]:
    return {name: shown(selection[name]) for name in selection}


class Recorder:
    """Resolvers that note what they are told."""

    def __init__(self) -> None:
        self.seen: Seen = []
        self.query = SimpleNamespace(
            book=self._book, books=self._all, found=self._all, pet=self._one, count=self._number
        )
        self.mutation = SimpleNamespace(add_book=self._awaited)
        self.subscription = SimpleNamespace(added=self._stream)
        self.book = SimpleNamespace(publisher=self._batch)

    def _book(self, selection: Selection, id: str | None = None) -> dict[str, Any]:  # noqa: A002
        return {"id": id, **self._one(selection)}

    def _one(self, selection: Selection) -> Any:
        self.seen.append(selection)
        return {"title": "T", "__typename": "Dog"}

    def _number(self, selection: Selection) -> int:
        self.seen.append(selection)
        return 1

    def _all(self, selection: Selection) -> list[Any]:
        self.seen.append(selection)
        return []

    async def _awaited(self, selection: Selection) -> dict[str, Any]:
        self.seen.append(selection)
        return {}

    async def _stream(self, selection: Selection) -> AsyncIterator[Any]:
        self.seen.append(selection)
        yield {"title": "T"}

    @staticmethod
    def _note(seen: Seen) -> Callable[..., Any]:
        @batch
        def publisher(books: list[Any], selection: Selection) -> list[Any]:
            seen.append(selection)
            return [None for _ in books]

        return publisher

    @property
    def _batch(self) -> Callable[..., Any]:
        return self._note(self.seen)


def compiled(text: str) -> tuple[Operation, Seen]:
    recorder = Recorder()
    return compile_operation(executable(recorder), text), recorder.seen


def executable(recorder: Recorder) -> Schema:
    return make_executable_schema(parse_schema(SDL), recorder)


def told(text: str, variables: dict[str, Any] | None = None) -> Selection:
    """Return what the first resolver that asks is told."""
    operation, seen = compiled(text)
    result = run_sync(operation, variables)
    assert result.errors == []
    return seen[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ book { title id } }", {"title": {}, "id": {}}),
        ("{ book { t: title } }", {"title": {}}),
        ("{ book { __typename title } }", {"title": {}}),
        ("{ book { __typename } }", {}),
        ("{ count }", {}),
        ("{ books { author { name company { city } } } }",
         {"author": {"name": {}, "company": {"city": {}}}}),
        ("""{ book { author { name } ...F author { company { city } } } }
            fragment F on Book { author { company { name } } }""",
         {"author": {"name": {}, "company": {"name": {}, "city": {}}}}),
        ("{ book { a: author { name } b: author { company { name } } } }",
         {"author": {"name": {}, "company": {"name": {}}}}),
        ("{ book { title @skip(if: true) id @include(if: false) author @skip(if: false) { name }}}",
         {"author": {"name": {}}}),
        ("{ found { ... on Book { title } ... on Author { name } } }", {"title": {}, "name": {}}),
        ("""{ pet { name ... on Dog { barks } ... on Cat { friend { ... on Dog { barks } } }
                    friend { name } } }""",
         {"name": {}, "barks": {}, "friend": {"name": {}, "barks": {}}}),
    ],
)  # fmt: skip
def test_a_resolver_is_told_the_fields_below(text: str, expected: dict[str, Any]) -> None:
    selection = told(text)
    got = shown(selection)
    assert got == expected
    assert list(selection) == list(got)


def test_what_is_not_wanted_is_empty() -> None:
    selection = told("{ book { author { company { city } } } }")
    assert "author" in selection
    assert "title" not in selection
    assert list(selection["title"]["more"]) == []
    assert not selection["title"]
    assert len(selection) == 1
    assert repr(selection) == "Selection(author)"


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("author", True),
        ("author.company", True),
        ("author.company.city", True),
        ("author.company.name", False),
        ("author.books", False),
        ("title", False),
        ("title.author", False),
        ("", False),
    ],
)
def test_a_path_says_what_is_wanted_further_below(path: str, wanted: bool) -> None:  # noqa: FBT001
    selection = told("{ book { author { company { city } } } }")
    assert selection.wants(path) is wanted


def test_one_object_type_of_an_abstract_one_can_be_asked_of() -> None:
    text = """{ pet { name ... on Dog { barks friend { ... on Cat { owner { name } } } }
                      ... on Cat { friend { name } } } }"""
    selection = told(text)
    assert shown(selection.on("Dog")) == {
        "name": {},
        "barks": {},
        "friend": {"owner": {"name": {}}},
    }
    assert shown(selection.on("Cat")) == {"name": {}, "friend": {"name": {}}}
    assert shown(selection.on("Dog")["friend"].on("Dog")) == {}
    assert shown(selection.on("Fish")) == {}


CONDITIONS = """
query ($a: Boolean!, $b: Boolean!) {
  book {
    title @include(if: $a)
    author @skip(if: $a) { name }
    x: author @include(if: $b) { company { city @include(if: $a) name @skip(if: $a) } }
    ... @include(if: $a) { related { id @include(if: $b) } }
  }
}
"""


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (False, False, {"author": {"name": {}}}),
        (False, True, {"author": {"name": {}, "company": {"name": {}}}}),
        (True, False, {"title": {}, "related": {}}),
        (True, True,
         {"title": {}, "author": {"company": {"city": {}}}, "related": {"id": {}}}),
    ],
)  # fmt: skip
def test_conditions_hold_for_the_request_at_hand(
    *, a: bool, b: bool, expected: dict[str, Any]
) -> None:
    operation, seen = compiled(CONDITIONS)
    for first in (not a, a):  # one operation serves all requests
        run_sync(operation, {"a": first, "b": b})
    assert shown(seen[-1]) == expected


def test_a_condition_above_is_none_of_the_selections() -> None:
    """The resolver is called only where it holds, so what is below is known."""
    operation, seen = compiled(
        "query ($a: Boolean!) { book @include(if: $a) { title @include(if: $a) } }"
    )
    run_sync(operation, {"a": True})
    assert "given(" not in operation.source
    assert list(seen[0]) == ["title"]


def test_a_selection_without_conditions_is_one_object_for_all_requests() -> None:
    operation, seen = compiled("{ book { title author { name } } }")
    run_sync(operation, None)
    run_sync(operation, None)
    assert seen[0] is seen[1]
    assert seen[0]["author"] is seen[1]["author"]


def test_a_batch_resolver_is_told_too() -> None:
    operation, seen = compiled("{ book { publisher { city } } }")
    run_sync(operation, None)
    assert [shown(each) for each in seen] == [{"publisher": {"city": {}}}, {"city": {}}]


async def test_an_awaited_resolver_is_told_too() -> None:
    operation, seen = compiled("mutation { addBook { publisher { city } title } }")
    await run(operation, None)
    assert shown(seen[0]) == {"publisher": {"city": {}}, "title": {}}


async def test_the_source_of_a_subscription_is_told_too() -> None:
    operation, seen = compiled("subscription ($a: Boolean!) { added { title @include(if: $a) } }")
    for a in (True, False):
        assert [result.errors async for result in stream(operation, {"a": a})] == [[]]
    assert [shown(each) for each in seen] == [{"title": {}}, {}]


def test_an_argument_of_that_name_is_an_argument() -> None:
    definition = parse_schema("type Query { book(selection: String!): String }")
    query = SimpleNamespace(book=lambda selection: selection)
    schema = make_executable_schema(definition, SimpleNamespace(query=query))
    operation = compile_operation(schema, '{ book(selection: "mine") }')
    assert run_sync(operation, None).data == {"book": "mine"}


def test_resolvers_below_each_other_are_told_of_the_same_conditions() -> None:
    text = """query ($a: Boolean!) {
      book { publisher { city @include(if: $a) name @skip(if: $a) } }
    }"""
    operation, seen = compiled(text)
    run_sync(operation, {"a": True})
    run_sync(operation, {"a": False})
    assert [shown(each) for each in seen] == [
        {"publisher": {"city": {}}}, {"city": {}},
        {"publisher": {"name": {}}}, {"name": {}},
    ]  # fmt: skip
