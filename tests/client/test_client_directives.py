"""Directives that are for clients alone, and what is sent of documents that have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema
from tests.client.serving import Todos
from typer.testing import CliRunner

from trunkline import Client, ValidationError
from trunkline.cli.commands import app as cli
from trunkline.client import Document
from trunkline.generate.client import ClientSettings, DocumentSource, generate_client

NAMES = {"client", "connection"}
SENT = {
    "{ todos { title } }": "{ todos { title } }",  # word for word
    '{ todos @connection(key: "all") { title } }': "{\n  todos {\n    title\n  }\n}",
    "{ todos { title isNew @client } }": "{\n  todos {\n    title\n  }\n}",
    "{ todos { title } cart @client { items { id } } }": "{\n  todos {\n    title\n  }\n}",
    "{ todos { title } todo(todoID: 1) { isNew @client } }": "{\n  todos {\n    title\n  }\n}",
    "{ todos { title ...local } } fragment local on Todo { isNew @client }": (
        "{\n  todos {\n    title\n  }\n}"
    ),
    "{ todos { title } ...a } fragment a on Query { todo(todoID: 1) { ...b } }"
    " fragment b on Todo { isNew @client }": "{\n  todos {\n    title\n  }\n}",
    "{ todos { title ...on Todo @client { isNew } } }": "{\n  todos {\n    title\n  }\n}",
    "query Q($a: Int, $b: ID!) { todos { title n(a: $a) @client } todo(todoID: $b) { title } }": (
        "query Q($b: ID!) {\n  todos {\n    title\n  }\n  todo(todoID: $b) {\n    title\n  }\n}"
    ),
    "query Q($a: Boolean!) { todos { title } cart @client { ...c } }"
    " fragment c on Cart { x @include(if: $a) }": "query Q {\n  todos {\n    title\n  }\n}",
}  # fmt: skip


@pytest.mark.parametrize(("given", "sent"), SENT.items())
def test_what_is_sent(given: str, sent: str, server: Todos) -> None:
    document = Document(given).without_client_directives(NAMES)
    assert document.text.strip() == sent
    with Client(server.url, schema=server.schema, client_directives=NAMES) as client:
        client.execute(given, {"b": "1"} if "$b" in given else None)
    assert server.received[-1].body["query"].strip() == sent


def test_mistakes_are_shown_where_they_were_written(server: Todos) -> None:
    client = Client(server.url, schema=server.schema, client_directives=NAMES)
    with pytest.raises(ValidationError, match="Cannot query field 'titel'") as caught:
        client.execute("{\n  cart @client { id }\n  todos { titel }\n}")
    assert caught.value.errors[0].locations == [(3, 11)]
    with pytest.raises(ValidationError, match="is never used"):  # before and after
        client.execute("query ($a: Int) { todos { title isNew @client } }")
    with pytest.raises(ValidationError, match="nothing is left to send"):
        client.execute("query Local { cart @client { id } }")
    with pytest.raises(ValidationError, match="Unknown directive '@client'"):
        Client(server.url, schema=server.schema).execute("{ todos { title @client } }")
    assert server.received == []


def made(text: str, **settings: Any) -> Any:
    schema = build_schema("type Query { todos: [Todo!]! } type Todo { title: String note: String }")
    source = DocumentSource("q.graphql", text)
    return generate_client(schema, [source], ClientSettings(module="api.py", **settings))


def test_generated_clients_do_not_send_them_either() -> None:
    text = """
    query All($n: Int) { todos @connection(key: "t") { ...Row isNew(n: $n) @client } }
    fragment Row on Todo { title isOld @client }
    """
    done = made(text, client_directives=["client", "connection"])
    assert done.errors == ()
    (module,) = done.files.values()
    for gone in ("@", "isNew", "isOld", "is_new", "$n", "n:"):
        assert gone not in module.replace("return", "")
    assert "title: str | None" in module
    (error,) = made("query All { todos { title @client } }").errors
    assert str(error) == (
        "q.graphql:1:27: Unknown directive '@client'. If it is for the client alone, add it to"
        " 'client_directives'."
    )


def test_an_operation_for_the_client_alone_does_not_stop_the_others() -> None:
    text = """mutation Sign($in: StateInput!) { sign(in: $in) @client { ...State } }
    query All { todos { title } }
    fragment State on State { isIn @client }
    """
    done = made(text, client_directives=["client"])
    assert [*map(str, (*done.errors, *done.warnings))] == [
        "q.graphql:1:1: All of this operation is for the client alone, so no method is made for it."
    ]
    (module,) = done.files.values()
    assert "async def all(" in module
    assert "sign" not in module


def test_the_command_takes_their_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("schema.graphql").write_text("type Query { title: String }")
    Path("q.graphql").write_text("query Title { title isNew @client }")
    command = ["generate", "client", "--schema", "schema.graphql", "--operations", "q.graphql"]
    refused = CliRunner().invoke(cli, command)
    assert refused.exit_code == 1
    assert "add it to 'client_directives'" in refused.stderr
    assert CliRunner().invoke(cli, [*command, "--client-directive", "client"]).exit_code == 0
    assert "isNew" not in Path("api.py").read_text()
