"""Our walk finds what graphql-core's own finds: the same errors, in the same order and places."""

from __future__ import annotations

import inspect
import random
import re
from contextlib import suppress

import pytest
from benchmarks.hostile import DOCUMENTS
from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    Lexer,
    Source,
    TokenKind,
    build_schema,
    parse,
    specified_rules,
    validate,
)
from hypothesis import given, note, settings
from hypothesis import strategies as st
from tests.compiler.library import library
from tests.property.examples import Example, examples
from tests.property.test_engine import fuzz

from trunkline.compiler import validation
from trunkline.compiler.limits import Limits

RULES = validation.rules(Limits())
SUGGESTED = 5

SDL = """
directive @onField(note: String!) repeatable on FIELD
directive @defer(if: Boolean! = true, label: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT
directive @stream(initialCount: Int! = 0, if: Boolean! = true, label: String) on FIELD
type Query {
  dog: Dog  pet(id: ID!, like: Filter, flags: [Boolean!]): Pet  any: [Any]  n(a: Int): Int
}
type Mutation { add(like: Filter!): Dog }
type Subscription { barked(loud: Boolean): Dog  ran: Int }
interface Pet { name(surname: Boolean): String  owner: Person }
type Dog implements Pet {
  name(surname: Boolean): String  owner: Person  size(in: Unit = CM): Float!  friends: [Pet!]!
}
type Cat implements Pet { name(surname: Boolean): String  owner: Person  size: String  lives: Int! }
type Person { name: String!  pets(first: Int! = 3): [Pet] }
union Any = Dog | Cat | Person
enum Unit { CM INCH }
input Filter { name: String!  nested: Filter  units: [Unit!]  key: Key  rank: Int = 1 }
input Key @oneOf { id: ID  name: String }
scalar Date
"""

VALID = [
    """
    query One($id: ID!, $like: Filter = {name: "a"}, $deep: Boolean = false, $n: Int = 3) {
      pet(id: $id, like: $like, flags: [true, $deep]) { ...Named owner { pets(first: $n) {name}}}
      dog { size(in: INCH) @include(if: $deep) ... on Pet { name(surname: $deep) } }
      any { __typename ... on Cat { size lives } ... on Person { name @onField(note: "x") } }
    }
    fragment Named on Pet { name ...Sized }
    fragment Sized on Dog { width: size(in: CM) friends { ...Named2 } }
    fragment Named2 on Pet { name }
    """,
    """
    mutation Add($name: String!, $id: ID!) {
      add(like: {name: $name, nested: {name: "b", key: {id: $id}}, units: [CM], rank: 2}) { name }
    }
    query Other { n(a: 1) dog { ...F @defer(label: "l") friends @stream(label: "m") { name } } }
    fragment F on Dog { name }
    """,
    "subscription Barked($loud: Boolean) { barked(loud: $loud) { name owner { name } } }",
    '{ __schema { types { fields { type { name } } } } __type(name: "Dog") { name } }',
]

WRONG = {
    "ExecutableDefinitionsRule": ["{ n } type A { b: C } extend type Dog { a: Int }"],
    "KnownOperationTypesRule": ["mutation { a } subscription { b }"],
    "UniqueOperationNamesRule": ["query A { n } mutation A { add(like: {name: 1}) { name } }"],
    "LoneAnonymousOperationRule": ["{ n } query { n } query A { n }"],
    "SingleFieldSubscriptionsRule": [
        "subscription { ran barked { name } }",
        "subscription S { ...F __typename } fragment F on Subscription { ran @skip(if: true) }",
    ],
    "KnownTypeNamesRule": ["query ($a: Fliter) { ... on Dgo { name } } fragment F on Doog { a }"],
    "FragmentsOnCompositeTypesRule": ["{ ... on Unit { a } ...F } fragment F on Date { a }"],
    "VariablesAreInputTypesRule": ["query ($a: Dog, $b: [Pet!]!) { n(a: $a) }"],
    "ScalarLeafsRule": ["{ n { a } dog any { ... on Person { pets } } }"],
    "FieldsOnCorrectTypeRule": ["{ dgo any { name } dog { lives ... on Cat { sise } } }"],
    "UniqueFragmentNamesRule": ["{ ...F } fragment F on Query { n } fragment F on Dog { name }"],
    "KnownFragmentNamesRule": ["{ ...F ...G @skip(if: $a) dog { ...F } }"],
    "NoUnusedFragmentsRule": ["{ n } fragment F on Query { ...G } fragment G on Query { n }"],
    "PossibleFragmentSpreadsRule": ["{ dog { ... on Cat { a } ...F } } fragment F on Cat { a }"],
    "NoFragmentCyclesRule": [
        "{ ...A } fragment A on Query { n ...B } fragment B on Query { ...A ...C ...B }"
    ],
    "UniqueVariableNamesRule": ["query ($a: Int, $b: Int, $a: ID) { n(a: $a) }"],
    "NoUndefinedVariablesRule": ["query A { n(a: $a) ...F } fragment F on Query { m: n(a: $b) }"],
    "NoUnusedVariablesRule": ["query A($a: Int, $b: Int = 1) { n(a: $b) }"],
    "KnownDirectivesRule": [
        "query ($a: Int @nope) @skip(if: true) { n @nope @deprecated dog @defer { name } }"
    ],
    "UniqueDirectivesPerLocationRule": [
        "{ n @skip(if: true) @skip(if: false) dog @onField(note: 1) @onField(note: 2) { name } }"
    ],
    "DeferStreamDirectiveOnRootField": [
        "mutation { ... @defer { add(like: {name: 1}) { name } } }"
    ],
    "DeferStreamDirectiveOnValidOperationsRule": [
        "subscription { barked { ... @defer { name } friends @stream { name } } }"
    ],
    "DeferStreamDirectiveLabel": [
        (
            "query ($l: String) { ... @defer(label: $l) { n } ... @defer(label: 1) { n } "
            'dog { ... @defer(label: "a") { name } friends @stream(label: "a") { name } } }'
        )
    ],
    "StreamDirectiveOnListField": ["{ dog @stream { name } n @stream }"],
    "KnownArgumentNamesRule": ["{ n(b: 1) dog { size(on: 1) name(sirname: true) @skip(of: 1) } }"],
    "UniqueArgumentNamesRule": ["{ n(a: 1, a: 2) @skip(if: true, if: false) }"],
    "ValuesOfCorrectTypeRule": [
        (
            '{ n(a: "1") pet(id: 1.5, like: {nmae: "a", key: {id: 1, name: null}}, flags: [1]) '
            "{ name } dog { size(in: METER) } }"
        ),
        "query ($a: Int! = null, $b: Filter = {rank: 99999999999}) { n(a: $a) }",
    ],
    "ProvidedRequiredArgumentsRule": ["{ pet { name } n @onField @skip }"],
    "VariablesInAllowedPositionRule": [
        (
            "query ($a: String, $b: ID) { n(a: $a) pet(id: $b, like: {key: {id: $b}}) { a } ...F } "
            "fragment F on Query { dog { name(surname: $a) } }"
        )
    ],
    "OverlappingFieldsCanBeMergedRule": [
        (
            "{ a: n a: dog { name } pet(id: 1) { name } pet(id: 2) { name owner { a: name } } "
            "any { ... on Dog { size } ... on Cat { size } ... on Person { size: name } } }"
        )
    ],
    "UniqueInputFieldNamesRule": ['{ pet(id: 1, like: {name: "a", name: "b"}) { name } }'],
    "MaxIntrospectionDepthRule": [
        "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }"
    ],
}  # at least one for each of graphql-core's rules
SEEDS = [*VALID, *(text for texts in WRONG.values() for text in texts)]

WORDS = sorted({word for text in (*SEEDS, SDL) for word in re.findall(r"[A-Za-z_]\w*", text)})
VALUES = ["1", "1.5", '"s"', "true", "null", "CM", "NOPE", "$id", "$n", "$nope", "[1]", "[CM, 2]"]
VALUES += ["{name: 1}", "{name: $n, name: 2}", "{id: 1, name: null}", "99999999999"]
PIECES = ["...Named", "...F", "... on Cat { lives }", "... { name }", "name: size", "dog { name }"]
PIECES += ["@skip(if: true)", "@nope", "x: __typename", "{ name }", "(a: 1)", "($n: Dog, $n: Int)"]
PIECES += ["fragment F on Dog { ...F }", "query One { n }", "type A { b: C }"]


def found(
    schema: GraphQLSchema, document: DocumentNode, most: int
) -> tuple[list[object], list[object]]:
    """Validate a document in both ways; ours suggests names for the first errors only."""
    ours = validation.validate(schema, document, RULES, most)
    theirs = validate(schema, document, RULES, most)
    hidden = validate(schema, document, RULES, most, hide_suggestions=True)
    for number in range(SUGGESTED, min(len(ours), len(theirs))):
        if ours[number].message == hidden[number].message:
            theirs[number] = hidden[number]
    return list(map(_whole, ours)), list(map(_whole, theirs))


def _whole(error: GraphQLError) -> tuple[object, ...]:
    nodes = tuple((type(node), node.loc) for node in error.nodes or ())
    return type(error), error.message, error.locations, error.path, nodes, error.extensions


@st.composite
def mistaken(draw: st.DrawFn) -> DocumentNode:
    """Draw a document with a few mistakes in it."""
    text = draw(st.sampled_from(SEEDS))
    chance = random.Random(draw(st.integers(0, 2**32)))  # noqa: S311  # no secret
    for _ in range(chance.randint(1, 12)):
        changed = _mistake(chance, text)
        with suppress(GraphQLSyntaxError):
            parse(changed)
            text = changed
    note(text)
    return parse(text)


def _mistake(chance: random.Random, text: str) -> str:
    """Put another word, value or piece in the place of a token, or before it."""
    start, end, is_name = chance.choice(_tokens(text))
    before, token, after = text[:start], text[start:end], text[end:]
    match chance.randrange(6):
        case 0 | 1 if is_name:
            token = chance.choice(WORDS)
        case 2:
            token = f" {chance.choice(VALUES)} "
        case 3:
            token = ""
        case _:
            token = f" {chance.choice(PIECES)} {token}"
    return before + token + after


def _tokens(text: str) -> list[tuple[int, int, bool]]:
    tokens: list[tuple[int, int, bool]] = []
    lexer = Lexer(Source(text))
    while (token := lexer.advance()).kind is not TokenKind.EOF:
        tokens.append((token.start, token.end, token.kind is TokenKind.NAME))
    return tokens


SCHEMA = build_schema(SDL)


@pytest.mark.parametrize("text", VALID)
def test_what_the_mistakes_are_made_in_has_none(text: str) -> None:
    assert validate(SCHEMA, parse(text)) == []


@settings(fuzz, max_examples=fuzz.max_examples * 2)
@given(mistaken(), st.sampled_from((1, 3, 50)))
def test_mistakes_are_told_as_graphql_core_tells_them(document: DocumentNode, most: int) -> None:
    ours, theirs = found(SCHEMA, document, most)
    assert ours == theirs


@settings(fuzz, max_examples=max(fuzz.max_examples // 3, 1))
@given(examples())
def test_documents_that_fit_are_let_pass(example: Example) -> None:
    assert (
        validation.validate(build_schema(example.sdl), parse(example.request.text), RULES, 9) == []
    )


@pytest.mark.parametrize("rule", specified_rules, ids=lambda rule: rule.__name__)
def test_each_rule_is_heard(rule: type[ASTValidationRule]) -> None:
    schema = build_schema("type Query { a: Int }") if "OperationTypes" in rule.__name__ else SCHEMA
    for text in WRONG[rule.__name__]:
        assert validate(schema, parse(text), [rule])
        ours, theirs = found(schema, parse(text), 50)
        assert ours == theirs


@pytest.mark.parametrize("name", sorted(set(DOCUMENTS) - {"Q-17 a million characters"}))
def test_hostile_documents_are_refused_alike(name: str) -> None:
    definition = library().definition
    ours, theirs = found(definition, parse(DOCUMENTS[name]), 50)
    assert ours == theirs


@pytest.mark.parametrize("depth", [20, 100, 190])
def test_documents_that_nest_deeply_are_judged_alike(depth: int) -> None:
    inline = "{ dog " + "{ ... on Dog " * depth + "{ name }" + "}" * depth + "}"
    values = "{ pet(id: " + "[" * depth + "1" + "]" * depth + ") { name } }"
    spread = "{ ...F0 }" + " ".join(
        f"fragment F{n} on Query {'{ ... ' * depth}{{ ...F{n + 1} }}{'}' * depth}" for n in range(9)
    )
    for text in (inline, values, spread):
        ours, theirs = found(SCHEMA, parse(text), 50)
        assert ours == theirs


def test_no_rule_asks_for_what_is_not_visited() -> None:
    """Names are left out, of which there are more than of anything else."""
    for rule in RULES:
        assert not hasattr(rule, "enter_name")
        assert not hasattr(rule, "leave_name")


def test_no_rule_asks_for_the_path() -> None:
    """Rules are told none; nor does one return what would end or change the walk."""
    for rule in RULES:
        source = inspect.getsource(inspect.getmodule(rule) or rule)
        assert not re.search(r"[^_]path:|return self\.(BREAK|REMOVE)|return (BREAK|REMOVE)", source)


def test_an_invalid_schema_is_told() -> None:
    with pytest.raises(TypeError, match="Query root type must be provided"):
        validation.validate(build_schema("type A { b: Int }"), parse("{ a }"), RULES, 9)
