"""Which groups a response belongs to, and which ones a mutation invalidates."""

from __future__ import annotations

from collections import OrderedDict
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest

from trunkline.compiler.groups import OperationGroups
from trunkline.compiler.pipeline import compile_operation
from trunkline.protocol.caching import group_name, read_groups, write_groups
from trunkline.schema.bindings import Schema
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema
from trunkline.schema.requirements import Requirement
from trunkline.schema.visibility import visible_schema

SDL = """
type Query {
  book(id: ID!): Book @cacheControl(maxAge: 60)
  books: [Book] @cacheControl(maxAge: 60)
  page: Page @cacheControl(maxAge: 60)
  found: [Found] @cacheControl(maxAge: 60)
  one(id: ID): Found @cacheControl(maxAge: 60)
  search(title: String): Book @cacheControl(maxAge: 60)
  latest: Row @cacheControl(maxAge: 60)
  count(by: ID = "b", of: Kind): Int
    @cacheControl(maxAge: 60) @cacheGroups(names: ["Book:*", "by:{by}", "of:{of}:x"])
}
enum Kind { NEW }
type Page @cacheControl(inheritMaxAge: true) { total: Int  rows: [Row] }
type Row @cacheControl(inheritMaxAge: true) { book: Book }
type Book @cacheControl(inheritMaxAge: true) {
  id: ID!
  title: String
  kind: String!
  author: Author
}
type Author @cacheControl(inheritMaxAge: true) { authorID: ID!  name: String }
type Film { key: ID!  other: ID  title: String }
type Secret @requiresScopes(scopes: [["a"]]) { id: ID }
type Plain { first: ID!  second: ID! }
union Found = Book | Film | Secret | Plain
type Mutation {
  rename(id: ID!): Book
  remove(id: ID!): Boolean @cacheGroups(names: ["Book:{id}"])
  renameAll: [Book]
  add: Added
  renameVariant: ProductVariant
  find: Found
}
type Added { book: Book  count: Int }
type ProductVariant { id: ID! }
"""


def schema() -> Schema:
    class Anything:
        def __getattr__(self, name: str) -> Any:
            return lambda **_: None

    resolvers = SimpleNamespace(query=Anything(), mutation=Anything())
    return make_executable_schema(parse_schema(SDL), resolvers)


SCHEMA = schema()


def groups_of(text: str, schema: Schema = SCHEMA) -> OperationGroups:
    found = compile_operation(schema, text).caching
    assert found
    return found.groups


def book(number: int, **more: Any) -> dict[str, Any]:
    return {"id": str(number), **more}


UUID = "550e8400-e29b-41d4-a716-446655440000"
AUTHOR = {"authorID": "a", "name": "Le Guin"}
WITH_TYPE = """mutation ($x: Boolean!) {
  find { __typename ... on Book { id author @skip(if: $x) { name } } ... on Film { key } }
}"""
EVERY = "Book Book:* Film Film:* Secret Secret:*"
FOUND = "{ ... on Book { id } ... on Film { ident: key } }"


@pytest.mark.parametrize(
    ("text", "data", "groups"),
    [
        ("{ book(id: 1) { id } }", {"book": book(1)}, "Book Book:1"),
        ("{ book(id: 1) { title } }", {"book": {"title": "x"}}, "Book Book:*"),
        ("{ book(id: 1) { id } }", {"book": None}, "Book Book:*"),
        ("{ book(id: 1) { x: id } }", {"book": {"x": "1"}}, "Book Book:1"),
        (
            "{ a: book(id: 1) { id } b: book(id: 2) { id } }",
            {"a": book(1), "b": book(2)},
            "B B:1 B:2",
        ),
        (
            "{ book(id: 1) { id author { authorID } } }",
            {"book": book(1, author=AUTHOR)},
            "Author Author:a Book Book:1",
        ),
        (
            "{ book(id: 1) { id author { name } } }",
            {"book": book(1, author=None)},
            "Author Author:* Book Book:1",
        ),
        ("{ books { id } }", {"books": []}, "Book Book:*"),
        ("{ books { id } }", {"books": [book(1), book(2)]}, "Book Book:*"),
        ("{ books { id } }", {"books": "JSON already"}, "Book Book:*"),
        ("{ book(id: 1) { id } }", OrderedDict(book=OrderedDict(id="1")), "Book Book:1"),
        ("{ book(id: 1) { id } }", {"book": MappingProxyType({"id": "1"})}, "Book Book:*"),
        ("{ page { total } }", {"page": {"total": 3}}, ""),
        ('{ search(title: "x") { id } }', {"search": book(1)}, "Book Book:* Book:1"),
        ("{ latest { book { id } } }", {"latest": {"book": book(1)}}, "Book Book:* Book:1"),
        ("{ page { rows { book { id } } } }", {"page": {"rows": []}}, "Book Book:*"),
        ("{ page { rows { book { id } } } }", {"page": None}, "Book Book:*"),
        (
            f"{{ one {FOUND} }}",
            {"one": {"id": "1"}},
            EVERY,
        ),
        (
            "{ one(id: 1) { __typename ... on Book { id } ... on Film { ident: key } } }",
            {"one": {"__typename": "Film", "ident": "f"}},
            "Book Film Film:f Secret",
        ),
        (
            "{ one(id: 1) { t: __typename ... on Film { title } } }",
            {"one": {"t": "Film", "title": ""}},
            "Book Film Film:* Secret",
        ),
        (
            "{ one(id: 1) { __typename } }",
            {"one": {"__typename": "Plain"}},
            "Book Film Secret",
        ),
        *(
            (f"{text} {{ __typename }} }}", {"one": {"__typename": "Plain"}}, groups)
            for text, groups in [
                ("query ($id: ID!) { one(id: $id)", "Book Film Secret"),
                ("query ($id: ID) { one(id: $id)", EVERY),
                ('query ($id: ID = "1") { one(id: $id)', EVERY),
                ("{ one(id: null)", EVERY),
                ("{ one", EVERY),
            ]
        ),
        (
            "{ one(id: 1) { ... on Book { id t: kind } ... on Film { key t: __typename } } }",
            {"one": {"id": "1", "t": "Film"}},  # a book, whose kind is Film
            EVERY,
        ),
        ("{ count }", {"count": 1}, "Book Book:* by by:b of"),
        ('{ count(by: "x y", of: NEW) }', {"count": 1}, "Book Book:* by by:x%20y of of:NEW:x"),
        ("{ count(by: null) }", {"count": 1}, "Book Book:* by of"),
        ("query ($v: ID = 7) { count(by: $v) }", {"count": 1}, "Book Book:* by by:7 of"),
    ],
)
def test_what_a_response_is_made_of(text: str, data: Any, groups: str) -> None:
    expected = groups.replace("B ", "Book ").replace("B:", "Book:").split()
    assert list(groups_of(text).of_query(data, {}, ())) == sorted(expected)


def test_variables_are_in_names_and_the_program_adds_some() -> None:
    groups = groups_of("query ($v: ID) { count(by: $v) }")
    named = groups.of_query({"count": 1}, {"v": "z"}, [("own",), ("mine", "1")])
    assert " ".join(named) == "Book Book:* by by:z mine mine:1 of own"


@pytest.mark.parametrize(("sent", "name"), [(7, "7"), (7.0, "7"), ("7", "7"), ("7.0", "7.0")])
def test_a_value_has_one_name_however_it_is_sent(sent: Any, name: str) -> None:
    groups = groups_of("mutation ($id: ID!) { remove(id: $id) }")
    assert groups.of_mutation({"remove": True}, {"id": sent}, ()) == ["*", "Book:*", f"Book:{name}"]


def test_a_response_of_too_many_groups_belongs_to_everything() -> None:
    many = [("own", str(number)) for number in range(40)]
    assert groups_of("{ books { id } }").of_query({"books": []}, {}, many) == ("*",)


@pytest.mark.parametrize(
    ("text", "data", "groups"),
    [
        ("mutation { rename(id: 1) { id } }", {"rename": book(1)}, "* Book:* Book:1"),
        ("mutation { rename(id: 1) { title } }", {"rename": {"title": "x"}}, "* Book"),
        ("mutation { rename(id: 1) { id } }", {"rename": None}, "* Book"),
        ("mutation { rename(id: 1) { id } }", None, "* Book"),
        ("mutation { remove(id: 1) }", {"remove": True}, "* Book:* Book:1"),
        ("mutation { remove(id: 1) }", None, "* Book:* Book:1"),
        ("mutation { remove(id: -0) }", None, "* Book:* Book:-0"),
        (f"mutation {{ {' '.join(f'r{n}: remove(id: {n})' for n in range(40))} }}", None, "* Book"),
        ("mutation { add { book { id } } }", {"add": {"book": book(3)}}, "* Book:* Book:3"),
        ("mutation { add { book { id } } }", {"add": None}, "* Book"),
        ("mutation { renameAll { id } }", {"renameAll": [book(1)]}, "* Book:* Book:1"),
        ("mutation { renameAll { id } }", {"renameAll": [book(n) for n in range(99)]}, "* Book"),
        ("mutation { renameAll { id } }", {"renameAll": [book(n) for n in range(20)]}, "* Book"),
        ("mutation { add { __typename } }", {"add": {"__typename": "Added"}}, "* Book"),
        ("mutation { x: add { count } }", None, "* Book"),
        (
            "mutation ($x: Boolean!) { add { count book @skip(if: $x) { id } } }",
            {"add": {"count": 1}},
            "* Book",
        ),
        (
            "mutation { add { book { title author { name } } } }",
            {"add": {"book": {"title": "x"}}},
            "* Author Book",
        ),
        (
            "mutation { add { count } add { book { id } } }",
            {"add": {"book": book(3)}},
            "* Book:* Book:3",
        ),
        (WITH_TYPE, {"find": {"__typename": "Film", "key": 1}}, "* Film:* Film:1"),
        (WITH_TYPE, {"find": {"__typename": "Book", "id": 1}}, "* Author Book:* Book:1"),
        ("mutation { __typename }", {"__typename": "Mutation"}, ""),
        (
            f'mutation {{ remove(id: "{UUID}") }}',
            {"remove": True},
            f"* Book:* {group_name('Book', UUID)}",
        ),
        (
            "mutation { renameVariant { id } }",
            {"renameVariant": {"id": UUID}},
            f"* ProductVariant:* {group_name('ProductVariant', UUID)}",
        ),
    ],
)
def test_what_a_mutation_invalidates(text: str, data: Any, groups: str) -> None:
    assert groups_of(text).of_mutation(data, {}, ()) == groups.split()


def test_who_sees_a_part_of_the_schema_has_the_groups_of_the_whole() -> None:
    unmet = frozenset({Requirement("scopes", (frozenset({"a"}),))})
    groups = groups_of("{ found { ... on Book { id } } }", visible_schema(SCHEMA, unmet))
    assert "Secret:*" in groups.of_query({"found": [None]}, {}, ())


def test_names_are_safe_and_short() -> None:
    name = group_name("Book", 'a",b c\n\x00:é')
    assert name == "Book:a%22%2Cb%20c%0A%00%3A%C3%A9"
    long = group_name("Book", "550e8400-e29b-41d4-a716-446655440000")
    assert long.startswith("Book:550e840~")
    assert len(long) == 32
    assert len(group_name("x" * 32)) == 32
    assert long != group_name("Book", "550e8400-e29b-41d4-a716-446655440001")


def test_headers_are_as_each_cache_reads_them() -> None:
    names = ["Book", "Book:7"]
    assert write_groups("Cache-Groups", names) == (b"cache-groups", b'"Book", "Book:7"')
    assert write_groups("xkey", names) == (b"xkey", b"Book Book:7")
    assert write_groups("Surrogate-Key", names) == (b"surrogate-key", b"Book Book:7")
    assert write_groups("Cache-Tag", names) == (b"cache-tag", b"Book,Book:7")
    assert read_groups('"Book", "Book:7"') == {"Book", "Book:7"}
    assert read_groups(None) == frozenset()
