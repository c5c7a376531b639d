"""Printing a schema: what it says, and that nothing else counts."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import pytest
from graphql import (
    DocumentNode,
    GraphQLArgument,
    GraphQLField,
    GraphQLInt,
    GraphQLObjectType,
    GraphQLSchema,
    Node,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    StringValueNode,
    lexicographic_sort_schema,
    parse,
    print_ast,
)
from graphql import print_schema as print_without_directives
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.property.schemas import definitions

from trunkline.schema.load import load_schema, parse_schema
from trunkline.schema.printing import print_schema

WRITTEN = '''
extend type Query {
  zoo(b: B = {y: 1, x: 2}, "The first." a: Int = 3 @mark): E @mark(n: 2, s: "z") @mark
}
"The second of two."
type Query @mark(n: 1) { all: U  old: Int @deprecated @mark  older: Int @deprecated(reason: "no") }
extend type Query @mark(n: 3)
extend type Query implements N @mark(n: 2) { id: ID! }
union U @mark = Query | Other
type Other { id: ID! }
interface N { id: ID! }
input B { y: Int, x: Int @mark }
enum E { Z @mark  "Of \\"A\\"." A }
"""
What is
  several lines.
"""
directive @mark(n: Int = 1, s: String) repeatable on ENUM_VALUE | FIELD_DEFINITION | OBJECT
  | UNION | ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION | SCHEMA | SCALAR
scalar Url @specifiedBy(url: "https://url.example") @mark
'''

PRINTED = '''
"""
What is
  several lines.
"""
directive @mark(n: Int = 1, s: String) repeatable on ARGUMENT_DEFINITION | ENUM_VALUE \
| FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR | SCHEMA | UNION

input B {
  x: Int @mark
  y: Int
}

enum E {
  """Of "A"."""
  A
  Z @mark
}

interface N {
  id: ID!
}

type Other {
  id: ID!
}

"""The second of two."""
type Query implements N @mark(n: 1) @mark(n: 2) @mark(n: 3) {
  all: U
  id: ID!
  old: Int @deprecated @mark
  older: Int @deprecated(reason: "no")
  zoo(
    """The first."""
    a: Int = 3 @mark
    b: B = { y: 1, x: 2 }
  ): E @mark(n: 2, s: "z") @mark
}

union U @mark = Other | Query

scalar Url @specifiedBy(url: "https://url.example") @mark
'''


def test_a_schema_is_printed_sorted_and_whole() -> None:
    assert print_schema(parse_schema(WRITTEN)) == PRINTED.lstrip()


@pytest.mark.parametrize(
    ("sdl", "first"),
    [
        ("schema { query: Query } type Query { a: Int }", "type Query {"),
        ("type Query { a: Int } extend schema @m directive @m on SCHEMA", "schema @m {"),
        ("schema { query: Root } type Root { a: Int }", "schema {"),
        ('"All of it." schema { query: Query } type Query { a: Int }', '"""All of it."""'),
    ],
)
def test_the_schemas_own_definition_stands_there_where_it_says_something(
    sdl: str, first: str
) -> None:
    text = print_schema(parse_schema(sdl))
    assert text.splitlines()[0] == first
    assert print_schema(parse_schema(text)) == text


def test_a_schema_that_was_never_sdl_is_printed_too() -> None:
    field = GraphQLField(GraphQLInt, args={"a": GraphQLArgument(GraphQLInt, default_value=3)})
    schema = GraphQLSchema(GraphQLObjectType("Query", {"a": field}))
    assert print_schema(schema) == "type Query {\n  a(a: Int = 3): Int\n}\n"


def test_directives_that_the_schema_does_not_define_are_left_out() -> None:
    node = parse("type Query { a: Int @unknown }").definitions[0]
    schema = parse_schema("type Query { a: Int }")
    assert schema.query_type
    schema.query_type.fields["a"].ast_node = cast("Any", node).fields[0]
    assert "@unknown" not in print_schema(schema)


def test_files_may_come_in_any_order(tmp_path: Any) -> None:
    for name, sdl in (("a", "@m(n: 1) { a: Int }"), ("b", "@m(n: 2) { b: Int }")):
        (tmp_path / f"{name}.graphql").write_text(f"extend type Query {sdl}", encoding="utf-8")
    (tmp_path / "m.graphql").write_text(
        "directive @m(n: Int) repeatable on OBJECT", encoding="utf-8"
    )
    files = sorted(tmp_path.iterdir())
    forwards, backwards = load_schema(*files), load_schema(*reversed(files))
    assert print_schema(forwards) == print_schema(backwards)


DIRECTIVE = """
directive @d(n: Int, b: B = TWO @d) repeatable on SCHEMA | SCALAR | OBJECT | FIELD_DEFINITION
  | ARGUMENT_DEFINITION | INTERFACE | UNION | ENUM | ENUM_VALUE | INPUT_OBJECT
  | INPUT_FIELD_DEFINITION
enum B { ONE TWO }
interface Both { id: ID  other(n: Int = 1): Both }
union Either = First | Second
type First implements Both { id: ID  other(n: Int = 1): First  which: Either }
type Second implements Both { id: ID  other(n: Int = 1): Second }
"""
APPLIED = ["@d", "@d(n: 1)", "@d(b: ONE, n: 2)", "@d(n: null)"]
TEXTS = [
    "A",
    "two\nlines",
    '"quoted"',
    " indented\n  more",
    'three """',
    "back\\slash",
    "é\u2028",
    "",
]


@settings(max_examples=60, deadline=None)
@given(definitions(), st.randoms(use_true_random=False), st.integers(0, 1_000))
def test_only_what_a_schema_says_decides_what_is_printed(
    sdl: str, chance: random.Random, seed: int
) -> None:
    document = decorated(parse(sdl + DIRECTIVE, no_location=True), chance)
    one, other = (
        parse_schema(print_ast(shuffled(document, random.Random(each))))  # noqa: S311
        for each in (seed, seed + 1)
    )
    text = print_schema(one)
    assert print_schema(other) == text
    again = parse_schema(text)
    assert print_schema(again) == text
    assert plain(again) == plain(one)
    assert applications(again) == applications(one)


def plain(schema: GraphQLSchema) -> str:
    return print_without_directives(lexicographic_sort_schema(schema))


def decorated(node: Any, chance: random.Random) -> Any:
    """Apply directives here and there, and describe things."""
    changes: dict[str, Any] = {
        name: tuple(decorated(part, chance) for part in getattr(node, name, None) or ())
        for name in ("definitions", "fields", "arguments", "values")
        if getattr(node, name, None)
    }
    if hasattr(node, "description") and chance.random() < 0.3:
        changes["description"] = StringValueNode(value=chance.choice(TEXTS))
    if hasattr(node, "directives") and node.kind != "directive_definition":
        texts = chance.choices(APPLIED, k=chance.choice([0, 0, 1, 2]))
        scalar = parse(f"scalar A {' '.join(texts)}", no_location=True).definitions[0]
        changes["directives"] = (*(node.directives or ()), *(cast("Any", scalar).directives or ()))
    return replace(node, **changes)


def shuffled(document: DocumentNode, chance: random.Random) -> DocumentNode:
    """Put everything in another order, and some fields of types into extensions."""
    definitions: list[Any] = [each for node in document.definitions for each in split(node, chance)]
    chance.shuffle(definitions)
    return replace(document, definitions=tuple(definitions))


def split(node: Any, chance: random.Random) -> Iterator[Node]:
    parts = {
        name: tuple(chance.sample(found, len(found)))
        for name in ("fields", "values", "types", "interfaces")
        if (found := getattr(node, name, None))
    }
    node = replace(node, **parts)
    if isinstance(node, ObjectTypeDefinitionNode) and len(node.fields or ()) > 1:
        fields = node.fields or ()
        extension = ObjectTypeExtensionNode(name=node.name, fields=fields[1:])
        yield replace(node, fields=fields[:1])
        yield extension
    else:
        yield node


def applications(schema: GraphQLSchema) -> dict[str, list[str]]:
    """List the directives that are applied anywhere, by place."""
    found: dict[str, list[str]] = {}

    def look(place: str, element: Any) -> None:
        nodes = (element.ast_node, *getattr(element, "extension_ast_nodes", ()))
        each = [print_ast(applied) for node in nodes if node for applied in node.directives or ()]
        found[place] = [text for text in each if text.startswith("@d") and "@dep" not in text]
        for parts in ("fields", "args", "values"):
            for name, part in (getattr(element, parts, None) or {}).items():
                look(f"{place}.{name}", part)

    for name, type_ in schema.type_map.items():
        if not name.startswith("__"):
            look(name, type_)
    return found
