"""`trunkline call` and `trunkline schema fetch`, against a server."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from benchmarks.load import free_port
from graphql import build_schema, lexicographic_sort_schema, print_schema
from starlette.applications import Starlette
from starlette.routing import Route
from tests.client.serving import QUERY, SDL, TODOS, Reply, Todos
from tests.serving import serving
from typer.testing import CliRunner

from trunkline.cli.commands import app
from trunkline.issuer import Issuer, RegisteredClient, Store, with_new_secret
from trunkline.server import GraphQL, make_executable_schema, parse_schema

ONE = "query One($id: ID!) { todo(todoID: $id) { title } } query All { todos { title } }"


@pytest.fixture
def server() -> Iterator[Todos]:
    with Todos() as todos:
        thread = Thread(target=todos.serve_forever, args=(0.005,))
        thread.start()
        yield todos
        todos.shutdown()
        thread.join()


def run(*arguments: str, text: str | None = None) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, arguments, input=text)
    return result.exit_code, result.stdout, result.stderr


def test_the_data_is_printed(server: Todos, tmp_path: Path) -> None:
    file = tmp_path / "todos.graphql"
    file.write_text(QUERY, encoding="utf-8")
    for document, text in ((QUERY, None), (str(file), None), ("-", QUERY)):
        status, out, err = run("call", server.url, document, text=text)
        assert (status, json.loads(out), err) == (0, TODOS, "")
    assert server.received[-1].headers["graphql-client-name"] == "trunkline-call"


def test_variables_and_the_name_of_the_operation(server: Todos) -> None:
    options = ["--variables", '{"id": "1"}', "--operation", "One"]
    status, out, _ = run("call", server.url, ONE, *options)
    assert (status, json.loads(out)) == (0, {"todo": {"title": "Milk"}})


def test_a_header_from_the_environment(server: Todos, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "s3cret")
    status, _, _ = run("call", server.url, QUERY, "--header", "Authorization: Bearer ${TOKEN}")
    assert status == 0
    assert server.received[-1].headers["authorization"] == "Bearer s3cret"
    status, _, err = run("call", server.url, QUERY, "--header", "Authorization: Bearer ${NONE}")
    assert (status, err) == (1, "the environment variable NONE is not set\n")


def test_a_token_from_an_issuer(server: Todos) -> None:
    clients, port = Store("sqlite://"), free_port()
    issuer = f"http://127.0.0.1:{port}"
    client, secret = with_new_secret(
        RegisteredClient("billing", grants={server.url: ["todos:read"]}), time.time(), grace=0
    )
    clients.add(client)
    options = ["--issuer", issuer, "--client-id", "billing", "--resource", server.url]
    with serving(Issuer(issuer, clients, development=True), port):
        for command in (["call", server.url, QUERY], ["schema", "fetch", server.url]):
            done = run(*command, *options, "--secret-file", "-", text=f"{secret}\n")
            assert (done[0], done[2]) == (0, "")
            assert server.received[-1].headers["authorization"].startswith("Bearer ey")


def test_errors_are_told_after_the_data(server: Todos) -> None:
    server.reply = Reply(
        200, b'{"data":{"todos":null},"errors":[{"message":"no","path":["todos"]}]}'
    )
    status, out, err = run("call", server.url, QUERY)
    assert (status, json.loads(out), err) == (1, {"todos": None}, "at todos: no\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{ todos"], "Syntax Error"),
        (["{ todos { title } }", "--variables", "{"], "--variables is not JSON"),
        (["{ todos { title } }", "--variables", "[]"], "--variables must be a JSON object"),
        (["nothing.graphql"], "nothing.graphql: cannot be read"),
        (["{ todos { titel } }", "--schema", "schema.graphql"], "Cannot query field 'titel'"),
        ([ONE], "several operations"),
        (["{ todos { title } }", "--header", "x"], "--header must be"),
        (["{ todos { title } }", "--client-id", "x"], "Credentials need --issuer"),
        (["-", "--secret-file", "-"], "Standard input has the operation or the secret, not both"),
        (["{ todos { title } }", "--header", "x y: z"], "header"),
    ],
)
def test_mistakes_send_nothing(
    arguments: list[str],
    message: str,
    server: Todos,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "schema.graphql").write_text(SDL, encoding="utf-8")
    status, out, err = run("call", server.url, *arguments)
    assert (status, out) == (1, "")
    assert message in err
    assert "Traceback" not in err
    assert server.received == []


def test_a_server_that_is_not_there() -> None:
    for command in (
        ["call", "http://127.0.0.1:1/", QUERY],
        ["schema", "fetch", "http://127.0.0.1:1/"],
    ):
        status, out, err = run(*command)
        assert (status, out) == (1, "")
        assert "127.0.0.1:1" in err


def test_a_schema_is_fetched(server: Todos) -> None:
    status, out, err = run("schema", "fetch", server.url, "--header", "X-Tenant: 7")
    assert (status, err) == (0, "")
    assert out == print_schema(lexicographic_sort_schema(build_schema(SDL))) + "\n"
    assert server.received[-1].headers["x-tenant"] == "7"


def test_a_schema_that_is_refused(server: Todos) -> None:
    server.reply = Reply(403, b"<html>", "text/html")
    status, out, err = run("schema", "fetch", server.url)
    assert (status, out) == (1, "")
    assert "The schema cannot be fetched by introspection" in err
    assert "credentials" in err


@pytest.fixture(scope="module")
def profiled() -> Iterator[str]:
    """Serve with profiles as `trunkline serve` does: without a task for each request."""

    async def tree() -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"leaf": "green", "trees": [{}, {}]}

    query = SimpleNamespace(tree=tree, raises=lambda: 1 / 0)
    sdl = """
        type Query { tree: Tree  raises: Int }
        type Tree { leaf: String  trees: [Tree!] }
    """
    schema = make_executable_schema(parse_schema(sdl), SimpleNamespace(query=query))
    endpoint = GraphQL(schema, auth=None, sinks=[], profiling=lambda _: True)
    with serving(
        Starlette(routes=[Route("/graphql", endpoint)]), http="trunkline.server.lean:Protocol"
    ) as port:
        yield f"http://127.0.0.1:{port}"


def test_a_profile_is_told_beside_the_data(profiled: str) -> None:
    query = "{ tree { leaf trees { leaf again: trees { leaf } } } }"
    status, out, err = run("call", f"{profiled}/graphql", query, "--profile")
    assert (status, json.loads(out)["tree"]["leaf"]) == (0, "green")
    headings, *rows = (re.split(r"  +", line) for line in err.splitlines())
    assert headings[1:] == ["time", "own", "calls", "parents", "items", "SQL", "SQL time"]
    assert [row[:1] + row[-1:] for row in rows] == [
        ["the whole operation", "1"],
        ["└─ tree", "1"],
        ["", "2"],  # trees: one call, two items
        ["", "2"],  # again: two calls, which gave null
    ]
    assert "   └─ trees " in err
    assert "      └─ again: trees " in err
    assert run("call", f"{profiled}/graphql", query)[2] == ""


def test_errors_are_told_after_the_profile(profiled: str) -> None:
    status, _, err = run("call", f"{profiled}/graphql", "{ raises }", "--profile")
    assert status == 1
    assert err.index("└─ raises") < err.index("at raises: ")
    status, _, err = run("call", f"{profiled}/graphql", "{ nothing }", "--profile")
    assert status == 1
    assert "Cannot query field 'nothing'" in err
    assert "profile" not in err


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        (None, "There is no profile: "),
        ({"ms": 1}, "The profile of the server is not one of Trunkline: "),
    ],
)
def test_a_server_may_give_no_profile(server: Todos, profile: Any, message: str) -> None:
    body = {"data": {"todos": []}, "extensions": {"profile": profile} if profile else {}}
    server.reply = Reply(200, json.dumps(body).encode())
    status, out, err = run("call", server.url, QUERY, "--profile")
    assert (status, json.loads(out)) == (1, {"todos": []})
    assert err.startswith(message)
