"""What a schema declares about caches, and what an operation's policy becomes by it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from trunkline.compiler.pipeline import compile_operation
from trunkline.errors import SchemaError
from trunkline.schema.bindings import Schema
from trunkline.schema.caching import CacheScope
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema
from trunkline.schema.requirements import Requirement
from trunkline.schema.visibility import visible_schema

PUBLIC, UNDECLARED, AUDIENCE, PRIVATE = CacheScope
APOLLO = """
type Query {
  book: Book
  cachedBook: Book @cacheControl(maxAge: 60)
  reader: Reader @cacheControl(maxAge: 40)
  count: Int
  cachedCount: Int @cacheControl(maxAge: 5)
}
type Book { title: String  cachedTitle: String @cacheControl(maxAge: 30)  author: Author }
type Reader { book: Book @cacheControl(inheritMaxAge: true) }
type Author { name: String }
type Mutation { add: Book }
"""
OURS = """
type Query {
  nodes: [Node] @cacheControl(maxAge: 60)
  either: Either @cacheControl(maxAge: 60)
  shop: Shop
  guarded: Int @requiresScopes(scopes: [["a"]]) @cacheControl(maxAge: 60)
  decided: Int @policy(policies: [["p"]]) @cacheControl(maxAge: 60)
  taken(by: By, rush: Boolean @authenticated): Int @cacheControl(maxAge: 60, scope: PUBLIC)
  mine: Int @cacheControl(maxAge: 60)
  ours: Int @cacheControl(maxAge: 60, scope: AUDIENCE)
  query: Query @cacheControl(maxAge: 60, scope: PUBLIC)
}
interface Node { id: ID }
type Pen implements Node { id: ID }
type Secret implements Node @requiresScopes(scopes: [["a"]]) { id: ID }
union Either = Pen | Own
type Own @cacheControl(maxAge: 7, scope: PRIVATE) { id: ID }
type Shop @cacheControl(maxAge: 9, scope: PUBLIC) {
  name: String
  phone: String @cacheControl(scope: PRIVATE)
  staff: Int @cacheControl(maxAge: 600)
}
extend type Pen { colour: String @requiresScopes(scopes: [["a"]]) }
input By { name: String  secret: String @requiresScopes(scopes: [["a"]])  or: [By] }
"""


class Anything:
    """Has a resolver for every field of a root type."""

    def mine(self, caller: Any) -> int:
        return len(caller.client_id)

    def __getattr__(self, name: str) -> Any:
        return lambda **_: None


RESOLVERS = SimpleNamespace(query=Anything(), mutation=Anything())


def executable(sdl: str) -> Schema:
    return make_executable_schema(parse_schema(sdl), RESOLVERS)


def policy(sdl: str, text: str) -> tuple[int, CacheScope] | None:
    found = compile_operation(executable(sdl), text).caching
    return (found.max_age, found.scope) if found and found.max_age else None


@pytest.mark.parametrize(
    ("text", "max_age"),
    [
        ("{ book { cachedTitle } }", None),
        ("{ cachedBook { title } }", 60),
        ("{ cachedBook { cachedTitle } }", 30),
        ("{ reader { book { title } } }", 40),
        ("{ cachedBook { author { name } } }", None),
        ("{ count }", None),
        ("{ cachedCount }", 5),
        ("{ cachedBook { __typename } cachedCount }", 5),
        ("{ __typename }", None),
        ("{ cachedCount __schema { types { name } } }", None),
        ("query ($no: Boolean!) { cachedBook { title } count @include(if: $no) }", None),
        ("{ cachedBook { title } count @include(if: false) }", 60),
        ("{ ...F } fragment F on Query { cachedBook { ... { cachedTitle } } }", 30),
        ("mutation { add { title } }", None),
    ],
)
def test_max_age_is_as_in_apollo_server(text: str, max_age: int | None) -> None:
    assert policy(APOLLO, text) == (max_age and (max_age, UNDECLARED))


@pytest.mark.parametrize(
    ("text", "max_age", "scope"),
    [
        ("{ shop { name } }", 9, PUBLIC),
        ("{ shop { name staff } }", 9, UNDECLARED),
        ("{ shop { name phone } }", 9, PRIVATE),
        ("{ guarded }", 60, AUDIENCE),
        ("{ guarded shop { name } }", 9, AUDIENCE),
        ("{ decided }", 60, PRIVATE),
        ("{ mine }", 60, PRIVATE),
        ("{ ours }", 60, AUDIENCE),
        ("{ taken }", 60, PUBLIC),
        ("{ taken(rush: true) }", 60, AUDIENCE),
        ('{ taken(by: {name: "x"}) }', 60, PUBLIC),
        ('{ taken(by: {or: {secret: "x"}}) }', 60, AUDIENCE),
        ("query ($by: By) { taken(by: $by) }", 60, AUDIENCE),
        ("query ($s: String) { taken(by: {name: $s}) }", 60, PUBLIC),
        ("{ nodes { __typename } }", 60, AUDIENCE),
        ("{ either { __typename } }", 7, PRIVATE),
        ("{ query { shop { name } } }", 9, PUBLIC),
    ],
)
def test_what_callers_need_narrows_the_scope(text: str, max_age: int, scope: CacheScope) -> None:
    assert policy(OURS, text) == (max_age, scope)


def test_who_sees_a_part_of_the_schema_has_the_policy_of_the_whole() -> None:
    unmet = frozenset({Requirement("scopes", (frozenset({"a"}),))})
    seen = visible_schema(executable(OURS), unmet)
    assert "Secret" not in seen.definition.type_map
    for text in ("{ nodes { id } }", "query ($by: By) { taken(by: $by) }"):
        found = compile_operation(seen, text).caching
        assert found is not None
        assert found.scope == AUDIENCE, text


SCOPED = '@requiresScopes(scopes: [["a"]])'


@pytest.mark.parametrize(
    ("sdl", "message"),
    [
        (
            f"type Query {{ a: Int {SCOPED} @cacheControl(maxAge: 1, scope: PUBLIC) }}",
            (
                "s.graphql:1:54: Query.a: @cacheControl says PUBLIC, but callers need the scope a."
                " Remove 'scope: PUBLIC'; the response is then shared by those who have that."
            ),
        ),
        (
            f"type Query {{ a: A @cacheControl(scope: PUBLIC) }} type A {SCOPED} {{ b: Int }}",
            "s.graphql:1:19: Query.a: @cacheControl says PUBLIC, but callers need the scope a.",
        ),
        (
            "type Query { a: A } type A @authenticated @cacheControl(scope: PUBLIC) { b: Int }",
            "s.graphql:1:43: A: @cacheControl says PUBLIC, but callers need a token.",
        ),
        (
            (
                f"type Query {{ a: [U] @cacheControl(scope: PUBLIC) }} union U = A"
                f" type A {SCOPED} {{ b: Int }}"
            ),
            "s.graphql:1:21: Query.a: @cacheControl says PUBLIC, but callers need the scope a.",
        ),
        (
            f"type Query {{ a(b: Int! {SCOPED}): Int @cacheControl(scope: PUBLIC) }}",
            "s.graphql:1:63: Query.a: @cacheControl says PUBLIC, but callers need the scope a.",
        ),
        (
            (
                "type Query { a(b: In!): Int @cacheControl(scope: PUBLIC) } input In { c: In2! }"
                f" input In2 {{ c: In2  d: Int! {SCOPED} }}"
            ),
            "s.graphql:1:29: Query.a: @cacheControl says PUBLIC, but callers need the scope a.",
        ),
        (
            (
                "type Query { a: I } interface I { b: Int @cacheControl(scope: PRIVATE) }"
                " type A implements I { b: Int } type B implements I { b: Int }"
            ),
            (
                "s.graphql:1:42: I.b: @cacheControl has no effect on a field of an interface."
                " Write it on A.b, B.b."
            ),
        ),
        (
            (
                'type Query { a: I } interface I { b: Int @cacheGroups(names: ["A"]) }'
                " type A implements I { b: Int }"
            ),
            (
                "s.graphql:1:42: I.b: @cacheGroups has no effect on a field of an interface."
                " Write it on A.b."
            ),
        ),
        (
            "type Query { a: Int @cacheControl(maxAge: -1) }",
            "s.graphql:1:21: Query.a: the maxAge of @cacheControl is -1; write a number of seconds",
        ),
        (
            "type Query { a: Int @cacheControl(maxAge: 1, inheritMaxAge: true) }",
            "s.graphql:1:21: Query.a: @cacheControl has both maxAge and inheritMaxAge; remove one",
        ),
        (
            "type Query { a: Int } type Mutation { a: Int @cacheControl(maxAge: 1) }",
            "s.graphql:1:46: Mutation.a: the response to a mutation is never cached. Remove",
        ),
        (
            'type Query { a(b: Int, c: [ID]): Int @cacheGroups(names: ["A:{d}"]) }',
            (
                "s.graphql:1:38: Query.a: @cacheGroups names 'A:{d}', but the field has no"
                " argument 'd'; it has b, c."
            ),
        ),
        (
            'type Query { a(b: Int, c: [ID]): Int @cacheGroups(names: ["A:{c}"]) }',
            "Query.a: @cacheGroups names 'A:{c}', but the argument 'c' is not one scalar or enum",
        ),
        (
            'type Query { a(b: Int): Int @cacheGroups(names: ["{b}"]) }',
            (
                "Query.a: @cacheGroups names '{b}'. A group begins with a word, for example"
                " 'Book' or 'Book:{id}'."
            ),
        ),
        (
            "type Query { a: Int @cacheControl(scope: OPEN) }",
            (
                "s.graphql:1:42: Argument '@cacheControl(scope:)' has invalid value:"
                " Value 'OPEN' does not exist in 'CacheControlScope' enum."
            ),
        ),
    ],
)
def test_a_wrong_declaration_is_told_with_its_place(sdl: str, message: str) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_schema(sdl, "s.graphql")
    assert message in str(caught.value)


@pytest.mark.parametrize("scope", ["PUBLIC", "AUDIENCE"])
def test_the_scope_of_a_type_does_not_say_whose_object_it_is(scope: str) -> None:
    sdl = f"""
    type Query {{ me: User  best: User  ours: User @cacheControl(scope: AUDIENCE) }}
    type User @cacheControl(maxAge: 60, scope: {scope}) {{ name: String  boss: User }}
    """
    mine = SimpleNamespace(me=lambda caller: caller, best=dict, ours=lambda caller: caller)
    resolvers = SimpleNamespace(query=mine, user=SimpleNamespace(boss=lambda _, caller: caller))
    schema = make_executable_schema(parse_schema(sdl), resolvers)

    def scope_of(text: str) -> CacheScope:
        caching = compile_operation(schema, text).caching
        assert caching is not None
        return caching.scope

    assert scope_of("{ me { name } }") == PRIVATE
    assert scope_of("{ best { boss { name } } }") == PRIVATE
    assert scope_of("{ best { name } }") == CacheScope[scope]
    assert scope_of("{ ours { name } }") == AUDIENCE


def test_a_public_field_whose_resolver_takes_the_caller_is_an_error_at_start() -> None:
    definition = parse_schema("type Query { a: Int @cacheControl(maxAge: 1, scope: PUBLIC) }")
    resolvers = SimpleNamespace(query=SimpleNamespace(a=lambda caller: len(caller.client_id)))
    with pytest.raises(SchemaError, match=r"Query\.a: @cacheControl says PUBLIC, but its resolver"):
        make_executable_schema(definition, resolvers)


@pytest.mark.parametrize(
    "text",
    [
        "{ a @mine }",
        "{ a @ mine }",
        "{ a @,#@\nmine }",
        "{ ...F } fragment F on Query { ... { a @mine } }",
        "query @ mine { a }",
    ],
)
def test_a_directive_of_the_document_may_take_the_caller(text: str) -> None:
    class Directives:
        async def mine(self, proceed: Any, caller: Any) -> Any:
            return caller.client_id + await proceed()

    definition = parse_schema(
        "directive @mine on FIELD | QUERY"
        " type Query { a: String @cacheControl(maxAge: 1, scope: PUBLIC) }"
    )
    schema = make_executable_schema(definition, RESOLVERS, directives=Directives())
    found = [compile_operation(schema, each).caching for each in ("{ a }", text)]
    assert [each and each.scope for each in found] == [PUBLIC, PRIVATE]


def test_the_definitions_of_apollo_may_stand_in_the_schema() -> None:
    apollos = (
        "directive @cacheControl(maxAge: Int, scope: CacheControlScope, inheritMaxAge: Boolean)"
        " on FIELD_DEFINITION | OBJECT | INTERFACE | UNION"
        " enum CacheControlScope { PUBLIC PRIVATE }"
    )
    assert policy(APOLLO + apollos, "{ cachedCount }") == (5, UNDECLARED)
    own = "directive @cacheControl(seconds: Int) on FIELD_DEFINITION"
    with pytest.raises(
        SchemaError, match="is a directive of Trunkline, but is defined differently"
    ):
        parse_schema(own + " type Query { a: Int @cacheControl(seconds: 1) }")
