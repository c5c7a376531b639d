"""What a caller may not have does not exist for it: answers as from a schema without it.

The same requests go to a server whose schema has hidden parts and to one whose schema was written
without them. Whole responses are compared: status, headers and body.
"""

from __future__ import annotations

import asyncio
import json
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest
from graphql import get_introspection_query, print_schema
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.auth.verifying.test_server import Reply, send
from tests.compiler import guarded
from tests.property.test_permissions import SCOPES, VALUES, documents

from trunkline.auth import Assumed, Caller
from trunkline.auth.verifying.caller import Authenticator
from trunkline.schema.visibility import visible_schema
from trunkline.server import GraphQL, make_executable_schema, parse_schema

WITHOUT_SCOPES = """
type Query {
  node: Node
  nodes: [Node]
  any: Any
  cat: Cat
  find(name: String, where: Where): String
  count: Int
}
type Mutation { save(cat: CatInput!): Cat }
type Subscription { ticks: Int }
interface Node { id: ID }
type Cat implements Node { id: ID  lives: Int  best: Node }
union Any = Cat
input Where { name: String  and: [Where!] }
input CatInput { name: String! }
"""


def known(value: Any, types: Any) -> Any:
    """Return what is left of a value, null for an object of a type that there is not."""
    if isinstance(value, list):
        return [known(each, types) for each in value]
    return value if not isinstance(value, dict) or value["__typename"] in types else None


def reduced(sdl: str) -> GraphQL:
    """Make a server whose schema lacks what is hidden, and whose resolvers know nothing of it."""
    definition: Any = parse_schema(sdl)
    groups: dict[str, Any] = {"query": {}, "mutation": {}, "subscription": {}}
    for kind, group in groups.items():
        root = getattr(definition, f"{kind}_type")
        resolvers = getattr(guarded, kind.title())()
        for name, field in root.fields.items() if root else ():
            original = getattr(resolvers, name)
            if kind == "query" and not field.args and name != "count":
                value = known(original(), definition.type_map)
                group[name] = lambda value=value: value
            else:
                group[name] = original

    def best(cat: Any) -> Any:
        return known(cat["best"], definition.type_map)

    cat = {"best": best} if "best" in definition.type_map["Cat"].fields else {}
    if "vet" in definition.type_map["Cat"].fields:
        cat["vet"] = lambda cat: known(cat["vet"], definition.type_map)
    spaces = {name: SimpleNamespace(**group) for name, group in groups.items()}
    schema = make_executable_schema(
        definition, SimpleNamespace(**spaces, cat=SimpleNamespace(**cat))
    )
    return GraphQL(schema, auth=None, sinks=[])


@cache
def servers(scopes: frozenset[str]) -> tuple[GraphQL, GraphQL]:
    schema = guarded.SCHEMA
    unmet = frozenset(
        each for each in schema.requirements.all if not each.is_met(scopes, frozenset())
    )
    sdl = print_schema(visible_schema(schema, unmet).definition)
    auth: Authenticator = Assumed(Caller("web", scopes))
    return GraphQL(schema, auth=auth, sinks=[]), reduced(sdl)


def ask(server: GraphQL, document: str, values: Any = None) -> Reply:
    body = json.dumps({"query": document, "variables": values}).encode()
    return asyncio.run(send(server, document=body))


def assert_same(pair: tuple[GraphQL, GraphQL], document: str, values: Any = None) -> None:
    for _ in range(2):  # also from the caches
        ours, theirs = (ask(server, document, values) for server in pair)
        assert (ours.status, ours.headers, ours.body) == (
            theirs.status,
            theirs.headers,
            theirs.body,
        )


NAMES = [
    *("node", "nodes", "any", "cat", "dog", "find", "kind", "count", "save", "drop", "ticks"),
    *("secrets", "id", "owner", "friend", "lives", "vet", "best", "chip", "name", "cats", "secret"),
    *("where", "price", "and", "Node", "Pet", "Cat", "Dog", "Vet", "Any", "Kind", "Where"),
    *("CatInput", "Chip", "Query", "Mutation", "Subscription", "ONE", "String", "skip", "policy"),
]
PROBES = [
    "{{ {0} }}",
    "{{ cat {{ {0} }} }}",
    "{{ node {{ {0} }} }}",
    "{{ dog {{ {0} }} }}",
    "{{ node {{ ... on {0} {{ id __typename }} }} }}",
    "{{ any {{ ... on {0} {{ {1} }} }} }}",
    "{{ cat {{ ...F }} }} fragment F on {0} {{ {1} }}",
    "query ($x: {0}) {{ find(name: $x) }}",
    "query ($x: [{0}!]!) {{ count }}",
    "query ($x: {0}!) {{ find({1}: $x) }}",
    "{{ find({0}: {{ {1}: 1 }}) }}",
    "{{ find({0}: {1}) }}",
    "{{ find(where: {{ {0}: 1, and: [{{ {1}: 2 }}] }}) }}",
    'mutation {{ save(cat: {{ name: "a", {0}: {{}} }}) {{ {1} }} }}',
    "mutation {{ {0}({1}: 1) }}",
    "subscription {{ {0} }}",
    "{{ count @{0}({1}: true) }}",
    '{{ __type(name: "{0}") {{ kind fields {{ name args {{ name }} }} inputFields {{ name }} }} }}',
    '{{ __type(name: "{0}") {{ possibleTypes {{ name }} interfaces {{ name }} }} }}',
]


@st.composite
def probes(draw: st.DrawFn) -> str:
    def name() -> str:
        found = draw(st.sampled_from(NAMES))
        misspelling = draw(st.sampled_from(["", "", "s", "x", "1"]))
        return found[draw(st.integers(0, 1)) :] + misspelling

    return draw(st.sampled_from(PROBES)).format(name(), name())


@settings(max_examples=300, deadline=None)
@given(probes(), st.frozensets(st.sampled_from(SCOPES)))
def test_q13_probes_are_answered_as_without_what_is_hidden(
    document: str, scopes: frozenset[str]
) -> None:
    assert_same(servers(scopes), document)


@settings(max_examples=200, deadline=None)
@given(documents(), st.frozensets(st.sampled_from(SCOPES)), st.sampled_from(VALUES))
def test_q13_documents_are_answered_as_without_what_is_hidden(
    document: str, scopes: frozenset[str], values: dict[str, Any]
) -> None:
    assert_same(servers(scopes), document, values)


@settings(max_examples=50, deadline=None)
@given(st.frozensets(st.sampled_from(SCOPES)))
def test_q13_introspection_shows_a_schema_without_what_is_hidden(scopes: frozenset[str]) -> None:
    assert_same(servers(scopes), get_introspection_query(input_value_deprecation=True))


def test_what_is_left_without_scopes_was_written_by_hand() -> None:
    ours, _ = servers(frozenset())
    pair = (ours, reduced(WITHOUT_SCOPES))
    assert_same(pair, get_introspection_query(input_value_deprecation=True))
    assert_same(pair, "{ count @requiresScopes(scopes: []) }")


@pytest.mark.parametrize(
    ("document", "data"),
    [
        ("{ node { id __typename } }", {"node": None}),
        ("{ nodes { __typename } }", {"nodes": [{"__typename": "Cat"}, None]}),
        ("{ any { __typename } }", {"any": None}),
        ("{ cat { best { __typename } } }", {"cat": {"best": None}}),
    ],
)
def test_a_value_of_a_hidden_type_is_null(document: str, data: Any) -> None:
    ours, _ = servers(frozenset())
    assert ask(ours, document).body == {"data": data}
