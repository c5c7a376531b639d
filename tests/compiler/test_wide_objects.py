"""Objects with hundreds of fields: several functions, none of which takes long to compile."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import graphql
import pytest

from trunkline import engine
from trunkline.compiler import operation
from trunkline.compiler.dialect import Dialect
from trunkline.engine import Limits, adopt_schema, compile_operation, run
from trunkline.schema.bindings import Schema, batch
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema

SDL = """
type Query { books: [Book]! book(number: Int! = 0): Book title: String! node: Node }
type Mutation { next: Int! count: Int }
interface Node { title: String }
type Book implements Node { title: String pages: Int! price: Float fails: Int strict(of: Int): Int!
  later: String author: Author! authors: [Author!] node: Node }
type Author { name: String }
"""


@dataclass
class Author:
    name: str | None


@dataclass
class Book:
    title: str | None = "Emma"
    pages: Any = 3
    price: float | None = 1.5

    @property
    def fails(self) -> int:
        raise ValueError("not today")


class BookResolvers:
    def strict(self, book: Book, of: int | None = None) -> int:
        if of == 77 and book.title is None:
            raise LookupError("strict")
        return book.pages + (of or 0)  # type: ignore[no-any-return]

    async def later(self, book: Book) -> str:
        await asyncio.sleep(0)
        return f"{book.title} later"

    @batch
    def author(self, books: list[Book]) -> list[Author]:
        return [Author(book.title) for book in books]

    def authors(self, book: Book) -> list[Author]:
        return [Author(book.title), Author(None)]

    def node(self, book: Book) -> Book:
        return book


class Query:
    def books(self) -> list[Book | None]:
        return [Book(), Book(title=None), None, Book(pages="many"), Book(price=None)]

    def book(self, number: int) -> Book:
        return Book(title=str(number))

    def title(self) -> str:
        return "all"

    def node(self) -> Book:
        return Book(title="node")


class Mutation:
    def __init__(self) -> None:
        self.log: list[int] = []

    async def next(self) -> int:
        self.log.append(0)
        await asyncio.sleep(0)
        self.log[-1] += 1
        return len(self.log)

    def count(self) -> int:
        return sum(self.log)


class Resolvers:
    def __init__(self) -> None:
        self.query = Query()
        self.mutation = Mutation()
        self.book = BookResolvers()


def schema() -> Schema:
    return make_executable_schema(
        parse_schema(SDL), Resolvers(), models={"Book": Book, "Author": Author}
    )


def repeated(fields: str, times: int = 110) -> str:
    return "".join(fields.replace("#", str(number)) for number in range(times))


AGAIN = """
q: node @WHEN(if: $yes) { title } o: author @WHEN(if: $yes) { name } u: title @WHEN(if: $yes)
"""
BOOK = AGAIN.replace("WHEN", "include") + repeated(
    "t#: title p#: pages price: price l#: later f#: fails a#: author { name } s#: strict(of: #)"
    " n#: node { title } i#: title @include(if: $yes) z#: authors { name } ty#: __typename ",
    12,
)
BOOK += AGAIN.replace("WHEN", "skip")
DOCUMENTS = {
    "leaves": "{ books { " + repeated("t#: title p#: pages ") + "} }",
    "keys of all kinds": "query ($yes: Boolean! = true) { books { " + BOOK + "} }",
    "in one object": "query ($yes: Boolean! = false) { book { " + BOOK + "} }",
    "of an interface": "{ node { ... on Book { "
    + repeated("t#: title s#: strict(of: #) ")
    + "} } }",
    "root": "{ "
    + repeated("a#: book(number: #) { title } title: title b#: books { pages } ")
    + "}",
    "batches": "{ books { " + repeated("a#: author { name } ") + "} }",
    "a null within": "{ books { " + repeated("s#: strict(of: #) ") + "} }",
    "mutation": "mutation { " + repeated("n#: next c#: count ") + "}",
}
LIMITS = Limits(fields=10_000, aliases=10_000, tokens=100_000, characters=1_000_000)


@pytest.fixture(params=["first", "often"])
def _both_texts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = 0 if request.param == "often" else 1_000_000
    for name in ("_FIRST_RUNS", "_WIDE_RUNS"):
        monkeypatch.setattr(operation, name, runs)


@pytest.mark.usefixtures("_both_texts")
@pytest.mark.parametrize("name", DOCUMENTS)
def test_several_functions_give_what_one_gives(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask() -> Any:
        compiled = compile_operation(schema(), DOCUMENTS[name], None, LIMITS)
        result = asyncio.run(run(compiled, {}))
        return result.data, [error.formatted for error in result.errors]

    several = ask()
    monkeypatch.setattr(Dialect, "widest", 1_000_000)
    one = ask()
    assert several == one
    assert several[0]
    assert list(several[0]) == list(one[0])


@pytest.mark.usefixtures("_both_texts")
@pytest.mark.parametrize("name", DOCUMENTS)
def test_they_give_what_graphql_core_gives(name: str) -> None:
    schema = graphql.build_schema(SDL)
    root = {
        "books": [Book(), Book(title=None), None, Book(price=None)],
        "book": lambda _info, number: Book(title=str(number)),
        "title": "all",
        "node": Book(title="node"),
        "next": lambda _info: 1,
        "count": None,
    }
    fields: Any = schema.type_map["Book"].fields  # type: ignore[attr-defined]
    resolvers = BookResolvers()
    fields["strict"].resolve = lambda book, _info, **arguments: resolvers.strict(book, **arguments)
    fields["later"].resolve = lambda book, _info: resolvers.later(book)
    fields["author"].resolve = lambda book, _info: Author(book.title)
    fields["authors"].resolve = lambda book, _info: resolvers.authors(book)
    fields["node"].resolve = lambda book, _info: book
    schema.type_map["Book"].is_type_of = lambda _value, _info: True  # type: ignore[attr-defined]

    async def ask(execute: Any) -> Any:
        document = graphql.parse(DOCUMENTS[name])
        result = execute(schema, document, root)
        if not isinstance(result, graphql.ExecutionResult):
            result = await result
        return result.data, sorted(str(error) for error in result.errors or ())

    assert asyncio.run(ask(engine.execute)) == asyncio.run(ask(graphql.execute))


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("inline", [False, True])
@pytest.mark.parametrize("make", [schema, lambda: adopt_schema(graphql.build_schema(SDL))])
def test_no_function_is_long(
    name: str,
    inline: bool,  # noqa: FBT001
    make: Callable[[], Schema],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts: list[str] = []
    load = operation.OperationModules.load

    def note(modules: Any, module: Any) -> Any:
        texts.append(module.text)
        return load(modules, module)

    monkeypatch.setattr(operation.OperationModules, "load", note)
    compiled = compile_operation(make(), DOCUMENTS[name], None, LIMITS)
    if inline:
        texts.clear()
        compiled.inline()
    asyncio.run(run(compiled, {}))
    functions = [
        node for text in texts for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)
    ]
    lengths = [(node.end_lineno or 0) - node.lineno for node in functions]
    assert 0 < max(lengths) < 1_200
