"""Generated clients of many operations: what they cost to import, and to generate."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from graphql import GraphQLSchema, build_schema

from benchmarks.figures import Figure, at_most
from benchmarks.peers import installed
from trunkline.generate.client import (
    ClientSettings,
    DocumentSource,
    generate_client,
)
from trunkline.generate.configuration import ClientScalarConfiguration

__all__ = ["measure"]

GITHUB = installed.HERE / "node" / "node_modules" / "@octokit" / "graphql-schema" / "schema.graphql"
SCALARS = ("URI", "HTML", "GitObjectID", "DateTime", "Date", "GitTimestamp", "Base64String")
ROUNDS = 9

IMPORT = """
import time, {before}
began = time.process_time()
import {module}
print(time.process_time() - began)
"""


def measure() -> Iterator[Figure]:
    if installed.node() is None:
        return
    schema = build_schema(
        GITHUB.read_text(encoding="utf-8"), assume_valid=True, assume_valid_sdl=True
    )
    began = time.process_time()
    generated(schema, 1000)
    spent = time.process_time() - began
    yield Figure("GitHub's schema: generate 1,000 operations", spent, "s", at_most(20))
    lines = generated(schema, 3).count("\n")
    yield Figure("GitHub's schema: lines for 3 operations", lines, "lines", at_most(600))
    yield from _import(generated(schema, 100))


def generated(schema: GraphQLSchema, count: int) -> str:
    """Generate a client of so many operations, no two of which ask the same."""
    text = "\n".join(_operation(number) for number in range(count))
    options = ClientSettings(
        name="GitHub",
        module="github.py",
        scalars={name: ClientScalarConfiguration("str") for name in SCALARS},
    )
    made = generate_client(schema, [DocumentSource("github.graphql", text)], options)
    assert not made.errors, made.errors[:3]  # noqa: S101
    return made.files["github.py"]


def _operation(number: int) -> str:
    kind, numbered = number % 3, f"{number}"
    if kind == 0:
        return _REPOSITORY.replace("NUMBER", numbered)
    return (_SEARCH if kind == 1 else _COMMENT).replace("NUMBER", numbered)


_REPOSITORY = """
query RepositoryNUMBER($owner: String!, $name: String!, $first: Int = 20, $states: [IssueState!]) {
  repository(owner: $owner, name: $name) {
    id
    nameWithOwner
    createdAt
    owner { login avatarUrl ... on Organization { description } ... on User { email } }
    issues(first: $first, states: $states) {
      totalCount
      pageInfo { endCursor hasNextPage }
      nodes { ...IssueNUMBER }
    }
  }
}
fragment IssueNUMBER on Issue {
  number
  title
  state
  author { login }
  labels(first: 5) { nodes { name color } }
  alias_NUMBER: updatedAt
}
"""
_SEARCH = """
query SearchNUMBER($text: String!, $type: SearchType!, $after: String) {
  search(query: $text, type: $type, first: NUMBER, after: $after) {
    edges {
      node {
        ... on Repository { nameWithOwner stargazerCount primaryLanguage { name } }
        ... on Issue { number title repository { nameWithOwner } }
        ... on User { login name }
      }
    }
  }
}
"""
_COMMENT = """
mutation CommentNUMBER($input: AddCommentInput!) {
  addComment(input: $input) {
    clientMutationId
    commentEdge { node { id body createdAt author { login ... on Node { id } } } }
    subject { id ... on Issue { number } }
  }
}
"""


def _import(text: str) -> Iterator[Figure]:
    gql = installed.client("gql")
    if gql is None:
        return
    with TemporaryDirectory() as folder:
        (Path(folder) / "github.py").write_text(text, encoding="utf-8")
        pairs = [
            (
                _spent(sys.executable, "httpx2", "github", folder),
                _spent(gql, "sys", "gql", folder),
            )
            for _ in range(ROUNDS)
        ]
    yield Figure("import gql", median(other for _, other in pairs) * 1e3, "ms")
    ratio = median(ours / other for ours, other in pairs)
    name = "import of a client of 100 operations, beyond httpx2 / import gql"
    yield Figure(name, ratio, goal=at_most(0.5))


def _spent(program: str | Path, before: str, module: str, folder: str) -> float:
    """Return the seconds of the processor that an import takes in a fresh interpreter.

    What is imported leaves its bytecode, as what pip installed has left it already.
    """
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(  # noqa: S603  # ours
        [program, "-c", IMPORT.format(before=before, module=module)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)
