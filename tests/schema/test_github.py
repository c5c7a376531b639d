"""A schema of others, large and real: it is printed whole, and each of its types is mocked."""

from __future__ import annotations

import random
from base64 import b64encode
from typing import Any

import pytest
from graphql import (
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    lexicographic_sort_schema,
)
from graphql import print_schema as print_without_directives
from tests.mocking.mocking import ask
from tests.schema.github import github_schema

from trunkline.mocking.schema import mock_schema
from trunkline.schema.bindings import Schema
from trunkline.schema.load import load_schema, parse_schema
from trunkline.schema.printing import print_schema


@pytest.fixture(scope="module")
def definition() -> GraphQLSchema:
    return load_schema(github_schema())


@pytest.fixture(scope="module")
def mocked(definition: GraphQLSchema) -> Schema:
    return mock_schema(definition)


def test_it_is_printed_whole(definition: GraphQLSchema) -> None:
    text = print_schema(definition)
    again = parse_schema(text)
    assert print_schema(again) == text
    assert plain(again) == plain(definition)


def plain(schema: GraphQLSchema) -> str:
    return print_without_directives(lexicographic_sort_schema(schema))


def test_types_are_mocked_with_all_that_can_be_asked_of_them(mocked: Schema) -> None:
    types = mocked.definition.get_possible_types(mocked.definition.type_map["Node"])  # type: ignore[arg-type]
    chosen = random.Random(1).sample(types, 40)  # noqa: S311
    for type_ in chosen:
        query = (
            f"query ($id: ID!) {{ node(id: $id) {{ ... on {type_.name} {{ {fields(type_)} }} }} }}"
        )
        key = b64encode(f"{type_.name}:1".encode()).decode()
        assert ask(mocked, query, {"id": key})["node"]["id"] == key


def fields(type_: GraphQLObjectType, depth: int = 1) -> str:
    """Write what can be asked without arguments, so deep; aliases keep types apart."""
    found: list[str] = ["id"] if "id" in type_.fields else ["__typename"]
    for name, field in type_.fields.items():
        named: Any = get_named_type(field.type)
        if any(map(is_required_argument, field.args.values())):
            continue
        if is_leaf_type(named):
            found.append(name)
        elif depth and isinstance(named, GraphQLObjectType):
            found.append(f"{name} {{ {fields(named, depth - 1)} }}")
        else:
            found.append(f"{name} {{ __typename }}")
    return " ".join(found)


def test_a_page_of_issues(mocked: Schema) -> None:
    data = ask(
        mocked,
        """{ repository(owner: "octocat", name: "hello") {
          name
          issues(first: 3) { totalCount nodes { id author { login } } pageInfo { hasNextPage } }
        } }""",
    )["repository"]
    assert data["name"] == "hello"
    assert len(data["issues"]["nodes"]) == 3
    assert data["issues"]["pageInfo"]["hasNextPage"] == (data["issues"]["totalCount"] > 3)


def test_a_mutation_and_what_it_was_about(mocked: Schema) -> None:
    created = ask(
        mocked,
        """mutation ($input: CreateIssueInput!) {
          createIssue(input: $input) { clientMutationId issue { title repository { id } } }
        }""",
        {"input": {"repositoryId": "R1", "title": "Bug", "clientMutationId": "c"}},
    )["createIssue"]
    assert created == {
        "clientMutationId": "c",
        "issue": {"title": "Bug", "repository": {"id": "R1"}},
    }
