"""The audits of npm's graphql-http against the demo's API, under both rules of statuses."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from tests.node import node
from tests.serving import serving

from todo.api_server.database import Database
from todo.api_server.graph import make_executable_schema
from todo.api_server.resolvers import Resolvers
from todo.api_server.todos import Todos
from trunkline.protocol.response import StatusRules
from trunkline.server import GraphQL

AUDITS = Path(__file__).parent / "audits"

CONTRADICTED = {
    # The draft of August 2026 has no rules of their own for application/json (§6.1): 4xx, not 200.
    "572B": "a document that does not parse",
    "FDE2": "a document that does not fit",
    "7B9B": "variables that do not fit",
    # It has 422 for what is well-formed JSON but no request, and for variables (§6.4); not 400.
    "86EE": "variables that do not fit",
    "423L": "no query",
    "3E3A": "no query, but a misspelled one",
    **{f"LKJ{number}": "a query of another type" for number in range(4)},
    **{f"6C0{number}": "an operationName of another type" for number in range(4)},
    **{f"476{number}": "variables of another type" for number in range(4)},
    **{f"58B{number}": "extensions of another type" for number in range(4)},
}
"""The audits that the default rules must fail, by the case that each is about."""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """The outcome of each audit, by the rules."""
    program = node(AUDITS)
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('demo')}/todo.sqlite3")
    schema = make_executable_schema(Resolvers(Todos(database.sessions)))
    routes = [
        Route(f"/{rules}", GraphQL(schema, auth=None, status=rules))
        for rules in get_args(StatusRules)
    ]
    with serving(Starlette(routes=routes, lifespan=database.lifespan)) as port:
        urls = {f"http://127.0.0.1:{port}/{rules}": rules for rules in get_args(StatusRules)}
        command = [program, "audit.mjs", *urls]
        done = subprocess.run(command, cwd=AUDITS, capture_output=True, check=True)  # noqa: S603
    return {urls[url]: found for url, found in json.loads(done.stdout).items()}


def failed(found: list[dict[str, Any]]) -> dict[str, str]:
    return {each["id"]: each["reason"] for each in found if each["status"] != "ok"}


def test_all_audits_run(outcomes: dict[str, list[dict[str, Any]]]) -> None:
    for found in outcomes.values():
        demands = Counter(each["name"].partition(" ")[0] for each in found)
        assert demands == {"MUST": 13, "SHOULD": 23, "MAY": 25}


def test_the_rules_of_the_audits_pass_them_all(outcomes: dict[str, list[dict[str, Any]]]) -> None:
    assert failed(outcomes["audit"]) == {}


def test_the_draft_fails_what_it_contradicts_and_nothing_else(
    outcomes: dict[str, list[dict[str, Any]]],
) -> None:
    found = failed(outcomes["draft-2026-08"])
    assert set(found) == set(CONTRADICTED), found
