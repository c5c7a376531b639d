"""Validation rules that are left out by name, in the dynamic client and in generated ones."""

from __future__ import annotations

import json

import graphql
import pytest

from trunkline import Client, ValidationError
from trunkline.client.checks import rules_without
from trunkline.generate.client import ClientSettings, DocumentSource, generate_client
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

SDL = """
type Query { actor: Actor user(id: ID!): User search(filter: Filter): [Found] }
type Mutation { rename(name: String!): User }
type Subscription { renamed: User joined: User }
interface Actor { name: String }
type User implements Actor { name: String email: String! since: DateTime }
type Bot implements Actor { name: String email: String since: Int }
union Found = User | Bot
input Filter { name: String }
scalar DateTime
"""

WRONG = {
    "SingleFieldSubscriptionsRule": "subscription A { renamed { name } joined { name } }",
    "FieldsOnCorrectTypeRule": "query A { actor { name age } older { age } }",
    "ScalarLeafsRule": "query A { actor }",
    "PossibleFragmentSpreadsRule": "query A { user(id: 1) { ... on Bot { name } } }",
    "NoUndefinedVariablesRule": "query A { user(id: $id) { name } }",
    "NoUnusedVariablesRule": "query A($id: ID) { actor { name } }",
    "KnownDirectivesRule": "query A { actor { name @client } }",
    "UniqueDirectivesPerLocationRule": (
        "query A { actor { name @skip(if: true) @skip(if: false) } }"
    ),
    "KnownArgumentNamesRule": 'query A { user(id: 1, name: "x") { name } }',
    "UniqueArgumentNamesRule": "query A { user(id: 1, id: 2) { name } }",
    "ValuesOfCorrectTypeRule": "query A { user(id: true) { name } }",
    "ProvidedRequiredArgumentsRule": "query A { user { name } }",
    "VariablesInAllowedPositionRule": "query A($id: ID) { user(id: $id) { name } }",
    "OverlappingFieldsCanBeMergedRule": (
        "query A { actor { ... on User { email since } ... on Bot { email since } } }"
    ),
    "UniqueInputFieldNamesRule": (
        'query A { search(filter: { name: "a", name: "b" }) { __typename } }'
    ),
    "NoUnusedFragmentsRule": "query A { actor { name } } fragment F on User { name }",
}
NOT_HERE = ("DeferStream", "Stream", "MaxIntrospection", "Executable", "LoneAnonymous")
NEEDED_BY_TYPES = {"FieldsOnCorrectTypeRule", "ScalarLeafsRule"}


class Responding:
    """A transport that responds with the same data to all."""

    def __init__(self, data: object) -> None:
        self.data = data

    def send(self, request: HTTPRequest) -> HTTPResponse:
        del request
        body = json.dumps({"data": self.data}).encode()
        return HTTPResponse(200, body, {"content-type": "application/json"})

    def close(self) -> None:
        pass


@pytest.mark.parametrize("rule", sorted(WRONG.keys() - {"SingleFieldSubscriptionsRule"}))
def test_a_document_is_sent_as_it_is(rule: str) -> None:
    data = {"actor": {"name": "Ada"}}
    strict = Client(Responding(data), schema=SDL)
    lenient = Client(Responding(data), schema=SDL, ignore_rules=[rule], parse_results=True)
    with pytest.raises(ValidationError):
        strict.execute(WRONG[rule])
    assert lenient.execute(WRONG[rule]) == data


def test_values_of_two_types_stay_as_they_came() -> None:
    data = {"actor": {"email": None, "since": 1815}}
    rules = ["OverlappingFieldsCanBeMergedRule"]
    client = Client(Responding(data), schema=SDL, ignore_rules=rules, parse_results=True)
    assert client.execute(WRONG[rules[0]]) == data


@pytest.mark.parametrize("rule", WRONG)
def test_a_client_is_generated_for_such_documents(rule: str) -> None:
    schema = graphql.build_schema(SDL)
    source = DocumentSource("a.graphql", WRONG[rule])
    strict = generate_client(schema, [source], ClientSettings())
    lenient = generate_client(schema, [source], ClientSettings(ignore_rules=[rule]))
    if rule in NEEDED_BY_TYPES:
        assert "cannot be left out" in str(lenient.errors[0])
    else:
        assert lenient.errors == ()
        compile(lenient.files["api.py"], "api.py", "exec")
        assert bool(strict.errors) is (rule != "NoUnusedFragmentsRule")


@pytest.mark.parametrize(
    "rule", [each.__name__ for each in graphql.specified_rules if each.__name__ not in WRONG]
)
def test_other_rules_are_needed_or_about_what_we_do_not_have(rule: str) -> None:
    if rule.startswith(NOT_HERE):
        assert len(rules_without([rule])) == len(graphql.specified_rules) - 1
    else:
        with pytest.raises(ValueError, match="operations are read by it"):
            rules_without([rule])


def test_a_rule_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"no validation rule 'ScalarLeafRule'\. Did you mean"):
        Client("http://localhost/graphql", schema=SDL, ignore_rules=["ScalarLeafRule"])
