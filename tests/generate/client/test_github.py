"""A client of GitHub's own schema, with operations such as those of an editor's extension."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest
from tests.schema.github import github_schema

from trunkline.generate.client import (
    ClientSettings,
    DocumentSource,
    generate_client,
)
from trunkline.generate.client.schema import load_client_schema
from trunkline.generate.configuration import ClientScalarConfiguration

DOCUMENTS = """
fragment Actor on Actor {
  login url avatarUrl
  ... on User { id name email }
  ... on Organization { id name email }
}
fragment RateLimit on RateLimit { limit cost remaining resetAt }
query RateLimit { rateLimit { ...RateLimit } }
query PullRequests($owner: String!, $name: String!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequests(first: 50, after: $after, states: [OPEN]) {
      nodes {
        id number author { ...Actor }
        timelineItems(first: 10) {
          nodes { ... on PullRequestCommit { commit { oid } } ... on MergedEvent { mergeRefName } }
        }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}
query pullRequests($id: ID!) { node(id: $id) { ... on PullRequest { title } } }
mutation AddReaction($input: AddReactionInput!) { addReaction(input: $input) { clientMutationId } }
"""
SCALARS = {"URI": ClientScalarConfiguration("str"), "GitObjectID": ClientScalarConfiguration("str")}


@pytest.mark.parametrize("style", ["msgspec", "dataclasses", "pydantic"])
def test_githubs_schema(style: Any) -> None:
    schema = load_client_schema([github_schema()], {})
    source = DocumentSource("github.graphql", DOCUMENTS)
    settings = ClientSettings(style=style, scalars=SCALARS)
    (strict,) = generate_client(schema, [source], settings).errors
    assert "return conflicting types 'String!' and 'String'" in strict.text
    settings = ClientSettings(
        style=style, scalars=SCALARS, ignore_rules=["OverlappingFieldsCanBeMergedRule"]
    )
    made = generate_client(schema, [source], settings)
    assert (made.errors, made.warnings) == ((), ())
    module: Any = ModuleType(f"github_in_{style}")
    sys.modules[module.__name__] = module
    exec(compile(made.files["api.py"], module.__name__, "exec"), module.__dict__)  # noqa: S102
    assert {"pull_requests", "pull_requests_", "pull_requests_pages"} <= vars(module.API).keys()
