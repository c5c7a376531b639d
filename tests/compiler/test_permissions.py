"""What callers may have of an operation: `@authenticated`, `@requiresScopes`, `@policy`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from tests.compiler.guarded import SCHEMA

from trunkline import engine
from trunkline.compiler.authorization import UNAUTHORIZED
from trunkline.compiler.operation import Operation
from trunkline.compiler.pipeline import compile_operation
from trunkline.engine import adopt_schema
from trunkline.errors import SchemaError, SubscriptionError
from trunkline.runtime.execution import Result
from trunkline.schema.bindings import Schema, batch
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema
from trunkline.schema.requirements import declared_requirements

NESTED = "{ node { ...P } } fragment P on Pet { ...D } fragment D on Dog { chip }"


def compiled(document: str, scopes: Iterable[str], values: Any = None) -> Operation:
    return compile_operation(SCHEMA, document).for_caller(frozenset(scopes), variables=values)


def run(document: str, scopes: str = "", values: Any = None) -> Result:
    return asyncio.run(engine.run(compiled(document, scopes.split(), values), values))


def refused(result: Result) -> list[str]:
    for error in result.errors:
        assert error.extensions is not None
        assert error.extensions["code"] == UNAUTHORIZED
    return [".".join(map(str, error.path or ())) for error in result.errors]


@pytest.mark.parametrize(
    ("document", "scopes", "paths"),
    [
        ("{ cat { id lives } }", "", []),
        ("{ cat { owner } }", "", ["cat.owner"]),
        ("{ cat { owner } }", "owners", []),
        # a field of an interface is asked for as that of the object that it turns out to be
        ("{ node { id } }", "", ["node.id"]),
        ("{ node { id } }", "pets", []),
        ("{ nodes { owner } }", "owners", ["nodes.1.owner"]),
        # the implementing type, an inline fragment, a fragment, and fragments in fragments
        ("{ node { ... on Dog { chip } } }", "pets", ["node.chip"]),
        ("{ node { ...D } } fragment D on Dog { chip }", "pets chips", ["node.chip"]),
        ("{ node { ...D } } fragment D on Dog { chip }", "pets chips vets", []),
        (NESTED, "pets root", []),
        (NESTED, "pets", ["node.chip"]),
        # the type that a field returns
        ("{ cat { vet { name } } }", "", ["cat.vet"]),
        ("{ cat { vet { name cats { owner } } } }", "vets", ["cat.vet.cats.0.owner"]),
        ("{ dog { id } }", "dogs", ["dog"]),
        ("{ dog { id } }", "dogs pets", []),
        ("{ kind }", "", ["kind"]),
        ("{ kind }", "kinds", []),
        # members of unions
        ("{ any { __typename } }", "", []),
        ("{ any { ... on Cat { id } } }", "", []),
        # aliases, and the same field twice
        ("{ a: kind b: kind }", "", ["a", "b"]),
        ("{ cat { o: owner owner } }", "", ["cat.o", "cat.owner"]),
        # what is excluded is not refused
        ("{ cat { id owner @skip(if: true) } }", "", []),
        # arguments
        ('{ find(name: "a") }', "", []),
        ('{ find(secret: "a") }', "", ["find"]),
        ("{ find(secret: null) }", "", ["find"]),
        ('{ find(secret: "a") }', "find", []),
        ("query ($s: String) { find(secret: $s) }", "", ["find"]),
        # inputs
        ('{ find(where: { name: "a" }) }', "", []),
        ("{ find(where: { price: 1 }) }", "", ["find"]),
        ("{ find(where: { and: [{ and: [{ price: 1 }] }] }) }", "", ["find"]),
        ("{ find(where: { and: { price: 1 } }) }", "", ["find"]),
        ("query ($p: Int) { find(where: { price: $p }) }", "", ["find"]),
        ("query ($w: Where = { price: 1 }) { find(where: $w) }", "", ["find"]),
        ("query ($w: Where = { name: 1 }) { find(where: $w) }".replace("1", '"a"'), "", []),
        ('mutation { save(cat: { name: "a" }) { id } }', "", []),
        ('mutation { save(cat: { name: "a", chip: {} }) { id } }', "", ["save"]),
        ("mutation { drop(id: 1) }", "", ["drop"]),
    ],
)
def test_what_is_refused(document: str, scopes: str, paths: list[str]) -> None:
    assert refused(run(document, scopes)) == paths


def test_a_member_of_a_union_that_may_not_be_seen_has_no_fields() -> None:
    result = run("{ any { __typename ... on Vet { name } } }")
    assert (result.data, refused(result)) == ({"any": None}, ["any.name"])


WHERE = "query ($w: Where, $l: [Where!]) { find(where: $w) other: find(where: { and: $l }) count }"


@pytest.mark.parametrize(
    ("values", "paths"),
    [
        ({}, []),
        ({"w": None}, []),
        ({"w": {"name": "a"}}, []),
        ({"w": {"price": 1}}, ["find"]),
        ({"w": {"price": None}}, ["find"]),
        ({"w": {"and": [{"and": [{"name": "a"}, {"price": 1}]}]}}, ["find"]),
        ({"w": {"and": {"price": 1}}}, ["find"]),
        ({"l": [{"price": 1}]}, ["other"]),
        ({"l": {"price": 1}}, ["other"]),
        ({"w": {"price": 1}, "l": [{"price": 1}]}, ["find", "other"]),
    ],
)
def test_inputs_that_come_in_variables_are_looked_at(
    values: dict[str, Any], paths: list[str]
) -> None:
    result = run(WHERE, "", values)
    assert refused(result) == paths
    assert result.data is not None
    assert result.data["count"] == 1
    assert refused(run(WHERE, "prices", values)) == []


def test_a_refused_field_is_not_executed_and_the_next_one_is() -> None:
    document = 'mutation { drop(id: 1) save(cat: { name: "a" }) { id } }'
    assert run(document).data == {"drop": None, "save": {"id": "c"}}


async def test_a_refused_subscription_has_no_stream() -> None:
    operation = compiled("subscription { secrets }", [])
    assert operation.is_refused(None)
    with pytest.raises(SubscriptionError, match="ticks"):
        await anext(engine.stream(operation, None))
    allowed = compiled("subscription { secrets }", ["ticks"])
    assert (await anext(engine.stream(allowed, None))).data == {"secrets": 1}


@pytest.mark.parametrize(
    ("document", "values", "whole"),
    [
        ("{ kind }", None, True),
        ("{ kind __typename }", None, True),
        ("{ kind count }", None, False),
        ("{ cat { owner } }", None, False),
        ("query ($c: Boolean!) { kind count @include(if: $c) }", {"c": True}, False),
        ("query ($c: Boolean!) { kind count @include(if: $c) }", {"c": False}, True),
        ("query ($c: Boolean!) { count kind @include(if: $c) }", {"c": False}, False),
        ("query ($c: Boolean!) { kind @include(if: $c) }", {"c": False}, False),
        ("query ($c: Boolean = false) { kind count @include(if: $c) }", {}, True),
        ("{ __typename }", None, False),
    ],
)
def test_when_everything_is_refused(
    document: str,
    values: Any,
    whole: bool,  # noqa: FBT001  # a row of the table
) -> None:
    assert compiled(document, [], values).is_refused(values) is whole


def test_an_operation_is_compiled_once_for_callers_that_lack_the_same() -> None:
    operation = compile_operation(SCHEMA, "{ cat { owner } kind }")
    one = operation.for_caller(frozenset({"kinds"}))
    assert operation.for_caller(frozenset({"kinds", "of", "no", "matter"})) is one
    assert operation.for_caller(frozenset()) is not one
    assert operation.for_caller(frozenset({"kinds", "owners", "more"})) is operation
    assert operation.for_caller(None) is operation.for_caller(frozenset())


def test_forms_of_an_operation_are_bounded() -> None:
    operation = compile_operation(SCHEMA, WHERE)
    for number in range(600):
        operation.for_caller(frozenset({str(number)}), variables={"w": {"price": 1}})
    forms = operation._forms
    assert forms is not None
    assert len(forms._unmet) <= 256
    assert len(forms._forms) == 1


def test_an_operation_that_needs_nothing_has_nothing_to_decide() -> None:
    assert compile_operation(SCHEMA, "{ count cat { id } }").required is None
    open_ = make_executable_schema(
        parse_schema("type Query { a: Int }"), SimpleNamespace(query=A())
    )
    assert compile_operation(open_, "{ a __typename }").required is None
    assert compile_operation(open_, "{ __schema { types { name } } }").required is None


class A:
    def a(self) -> int:
        return 1


def test_nobody_is_not_authenticated() -> None:
    schema = schema_of("type Query { a: Int @authenticated }")
    operation = compile_operation(schema, "{ a }")
    assert operation.for_caller(frozenset()) is operation
    assert operation.for_caller(None).is_refused(None)


def test_policies_are_named_and_hold_if_somebody_says_so() -> None:
    schema = schema_of('type Query { a: Int @policy(policies: [["one", "two"], ["three"]]) }')
    operation = compile_operation(schema, "{ a }")
    assert operation.required is not None
    assert operation.required.policies == {"one", "two", "three"}
    for holding, whole in (({"one"}, True), ({"one", "two"}, False), ({"three"}, False)):
        assert operation.for_caller(None, frozenset(holding)).is_refused(None) is whole


def schema_of(sdl: str) -> Schema:
    return make_executable_schema(parse_schema(sdl), SimpleNamespace(query=A()))


S = '@requiresScopes(scopes: [["s"]])'
DEFINED = "directive @{}(scopes: [[{}!]!]!) on FIELD_DEFINITION "
LINK = """
directive @link(url: String!, import: [Import]) on SCHEMA
scalar Import
extend schema @link(
  url: "https://specs.apollo.dev/federation/v2.5",
  import: ["@key", { name: "@requiresScopes", as: "@needs" }]
)
"""
WAYS = {
    "extension": f"type Query {{ a: Int }} extend type Query {S}",
    "one": 'type Query { a: Int @requiresScopes(scopes: "s") }',
    "list": 'type Query { a: Int @requiresScopes(scopes: ["s"]) }',
    "its own scalar": DEFINED.format("requiresScopes", "federation__Scope")
    + f"scalar federation__Scope type Query {{ a: Int {S} }}",
    "prefixed": DEFINED.format("federation__requiresScopes", "String")
    + f"type Query {{ a: Int {S.replace('@', '@federation__')} }}",
    "renamed": LINK
    + DEFINED.format("needs", "String")
    + 'type Query { a: Int @needs(scopes: [["s"]]) }',
    "interface": f"interface I {S} {{ a: Int }} type Query implements I {{ a: Int }}",
    "its field": f"interface I {{ a: Int {S} }} type Query implements I {{ a: Int }}",
    "scalar": f"scalar Secret {S} type Query {{ a: [Secret!]! }}",
}


@pytest.mark.parametrize("sdl", WAYS.values(), ids=WAYS)
def test_every_way_to_demand_a_scope_of_a_field(sdl: str) -> None:
    demands = declared_requirements(parse_schema(sdl)).fields["Query.a"]
    assert [each.any_of for each in demands] == [(frozenset({"s"}),)]


@pytest.mark.parametrize("argument", ["[]", "[[]]"])
def test_a_directive_that_asks_for_nothing(argument: str) -> None:
    sdl = f"type Query {{ a: Int @requiresScopes(scopes: {argument}) }}"
    if argument == "[]":
        with pytest.raises(SchemaError, match=r"Query\.a: @requiresScopes lists no scopes"):
            schema_of(sdl)
        return
    operation = compile_operation(schema_of(sdl), "{ a }")
    assert operation.for_caller(frozenset()) is operation
    assert operation.for_caller(None).is_refused(None)


def test_a_schema_of_graphql_cores_is_guarded_too() -> None:
    definition = parse_schema('type Query { a: Int b: Int @requiresScopes(scopes: [["s"]]) }')
    operation = compile_operation(adopt_schema(definition), "{ a b __schema { types { name } } }")
    result = asyncio.run(
        engine.run(operation.for_caller(frozenset()), None, root_value={"a": 1, "b": 2})
    )
    assert result.data is not None
    assert (result.data["a"], result.data["b"]) == (1, None)


def test_directives_of_a_document_do_not_bring_back_what_is_refused() -> None:
    class Directives:
        def loud(self, proceed: Any) -> Any:
            calls.append("field")
            return proceed()

        async def timed(self, proceed: Any) -> Any:
            calls.append("operation")
            return await proceed()

    calls: list[str] = []
    sdl = (
        "directive @loud on FIELD directive @timed on QUERY"
        ' type Query { a: Int @requiresScopes(scopes: [["s"]]) b: Int }'
    )
    schema = make_executable_schema(
        parse_schema(sdl), SimpleNamespace(query=AB()), directives=Directives()
    )
    operation = compile_operation(schema, "query @timed { a @loud b }")
    refusing = operation.for_caller(frozenset())
    assert asyncio.run(engine.run(refusing, None)).data == {"a": None, "b": 2}
    assert calls == ["operation"]
    assert asyncio.run(engine.run(operation, None)).data == {"a": 1, "b": 2}
    assert calls == ["operation", "operation", "field"]


class AB(A):
    def b(self) -> int:
        return 2


def test_resolvers_methods_batches_and_directives_are_told_who_calls() -> None:
    class Root:
        def thing(self, caller: str) -> Thing:
            return Thing(caller)

    class OfThing:
        @batch
        def all(self, things: list[Thing], caller: str) -> list[str]:
            return [f"{thing.name} {caller}" for thing in things]

        def one(self, _thing: Thing, caller: str) -> str:
            return caller

    class Directives:
        def field(self, proceed: Any, caller: str) -> str:
            return f"field {caller} {proceed()}"

        async def around(self, proceed: Any, caller: str) -> Any:
            seen.append(caller)
            return await proceed()

    @dataclass
    class Thing:
        name: str

        def own(self, caller: str) -> str:
            return caller

    seen: list[str] = []
    sdl = """
    directive @around on QUERY  directive @tell on FIELD_DEFINITION
    type Query { thing: Thing! }
    type Thing { own: String  all: String  one: String @tell  name: String @tell }
    """
    schema = make_executable_schema(
        parse_schema(sdl),
        SimpleNamespace(query=Root(), thing=OfThing()),
        {"Thing": Thing},
        directives=SimpleNamespace(tell=Directives().field, around=Directives().around),
    )
    operation = compile_operation(schema, "query @around { thing { own all one name } }")
    result = asyncio.run(engine.run(operation, None, caller="web"))
    assert not result.errors
    assert result.data == {
        "thing": {
            "own": "web",
            "all": "web web",
            "one": "field web web",
            "name": "field web web",
        }
    }
    assert seen == ["web"]
