"""Introspection can be switched off, for all callers or for some, and suggestions with it."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest
from tests.auth.verifying.test_server import Reply, send

from trunkline.auth import Assumed, Caller
from trunkline.server import GraphQL, Schema, make_executable_schema, parse_schema

SDL = """
type Query { title(kind: Kind, by: By): String  hidden: Int @requiresScopes(scopes: "s") }
enum Kind { SHORT LONG }
input By { author: String }
"""


def schema() -> Schema:
    resolvers = SimpleNamespace(
        query=SimpleNamespace(title=lambda **_: "The Dispossessed", hidden=lambda: 1)
    )
    return make_executable_schema(parse_schema(SDL), resolvers)


def ask(document: str, values: Any = None, caller: str = "web", **options: Any) -> Reply:
    application = GraphQL(schema(), auth=Assumed(Caller(caller)), sinks=[], **options)
    body = json.dumps({"query": document, "variables": values}).encode()
    return asyncio.run(send(application, document=body))


def message_of(reply: Reply) -> str:
    (error,) = reply.body["errors"]
    return str(error["message"])


@pytest.mark.parametrize(
    "document", ["{ __schema { types { name } } }", '{ __type(name: "Kind") { kind } }']
)
def test_q12_introspection_is_refused(document: str) -> None:
    assert ask(document).status == 200
    for options in ({"introspection": False}, {"introspection": lambda _caller: False}):
        reply = ask(document, **options)
        assert (reply.status, set(reply.codes)) == (422, {"GRAPHQL_VALIDATION_FAILED"})
        assert "introspection has been disabled" in reply.body["errors"][0]["message"]
    assert ask("{ title __typename }", introspection=False).status == 200


def test_q12_a_function_decides_for_each_caller() -> None:
    def may_ask(caller: Caller | None) -> bool:
        return caller is not None and caller.client_id == "tools"

    assert (
        ask("{ __schema { types { name } } }", caller="tools", introspection=may_ask).status == 200
    )
    assert ask("{ __schema { types { name } } }", caller="web", introspection=may_ask).status == 422
    assert "Did you mean" in message_of(ask("{ titel }", caller="tools", introspection=may_ask))
    assert "Did you mean" not in message_of(ask("{ titel }", caller="web", introspection=may_ask))


MISSPELLED: list[tuple[str, Any]] = [
    ("{ titel }", None),
    ("{ title(kin: LONG) }", None),
    ("{ title(kind: LONK) }", None),
    ("{ title(by: {autor: 1}) }", None),
    ("query ($k: Kinds) { title(kind: $k) }", None),
    ("query ($k: Kind) { title(kind: $k) }", {"k": "LONK"}),
    ("query ($b: By) { title(by: $b) }", {"b": {"autor": "x"}}),
    ("{ title @skp(if: true) }", None),
]


@pytest.mark.parametrize(("document", "values"), MISSPELLED)
def test_q13_no_message_suggests_a_name(document: str, values: Any) -> None:
    told, untold = ask(document, values), ask(document, values, introspection=False)
    assert told.status == untold.status == 422
    assert "Did you mean" not in message_of(untold)
    if "@skp" not in document:  # graphql-core suggests no directives
        assert "Did you mean" in message_of(told)


@pytest.mark.parametrize("refuse", ["fields", "request"])
def test_q13_a_server_that_tells_refusals_suggests_nothing(refuse: str) -> None:
    reply = ask("{ hiden }", refuse=refuse)
    assert message_of(reply) == "Cannot query field 'hiden' on type 'Query'."
