"""`trunkline scopes` over files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from trunkline.cli.commands import app

SDL = """
type Query {
  todos: [Todo!]! @requiresScopes(scopes: [["todos:read"]])
  find(where: Where): Int
  hello: String
}
type Todo { title: String!  author: Person }
type Person @requiresScopes(scopes: [["people:read", "people:names"], ["admin"]]) { name: String! }
input Where { price: Int @policy(policies: [["paid"]]) }
"""
DOCUMENT = """
query Titles { todos { title } }
query Authors { todos { author { name } } }
query Hello { hello }
query Find($where: Where) { find(where: $where) }
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "schema.graphql").write_text(SDL, encoding="utf-8")
    (tmp_path / "operations").mkdir()
    (tmp_path / "operations" / "all.graphql").write_text(DOCUMENT, encoding="utf-8")
    return tmp_path


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["scopes", "--schema", "schema.graphql", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_each_operation_has_a_line_with_what_it_needs() -> None:
    code, out, err = run("operations")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "query Titles   the scope todos:read",
        "query Authors  the scope todos:read and the scopes people:names and people:read, or admin",
        "query Hello    nothing",
        "query Find     nothing",
        "    and if its variables contain such inputs: the policy paid",
    ]


def test_an_operations_fields_are_listed_on_demand() -> None:
    _, out, _ = run("operations/all.graphql", "--fields")
    assert "    Query.todos  the scope todos:read\n" in out
    assert "    Person.name  the scopes people:names and people:read, or admin\n" in out


def test_programs_read_json() -> None:
    _, out, _ = run("operations", "--json")
    lines = json.loads(out)
    assert [line["scopes"] for line in lines] == [["todos:read"], ["admin", "todos:read"], [], []]


def test_without_operations_the_schema_itself_is_listed() -> None:
    code, out, _ = run()
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == [
        "Query.todos",
        "Todo.author",
        "Person.name",
        "Where.price",
    ]


@pytest.mark.parametrize("text", ["query {", "query A { nothing }"])
def test_a_wrong_document_is_named_with_its_place(folder: Path, text: str) -> None:
    (folder / "wrong.graphql").write_text(text, encoding="utf-8")
    code, out, err = run("wrong.graphql")
    assert (code, out) == (1, "")
    assert err.startswith("wrong.graphql:1:")


def test_the_documents_of_a_client_are_read_as_it_reads_them(folder: Path) -> None:
    """14.10: fragments in other files, `@catch`, and documents in Python."""
    client = folder / "client"
    client.mkdir()
    (client / "a.graphql").write_text("query A @catch { todos { ...Author } }", encoding="utf-8")
    (client / "fragments.graphql").write_text(
        "fragment Author on Todo { author { ...Name } } fragment Name on Person { name }"
        " fragment Unused on Todo { title }",
        encoding="utf-8",
    )
    (client / "program.py").write_text('gql("query B { hello }")\n', encoding="utf-8")
    code, out, err = run("client")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "query A  the scope todos:read and the scopes people:names and people:read, or admin",
        "query B  nothing",
    ]


def test_a_mistake_is_told_where_it_stands(folder: Path) -> None:
    (folder / "f.graphql").write_text("\n\nfragment F on Todo { nothing }", encoding="utf-8")
    (folder / "q.graphql").write_text("query Q { todos { ...F } }", encoding="utf-8")
    code, _, err = run("q.graphql", "f.graphql")
    assert code == 1
    assert err.startswith("f.graphql:3:22: Cannot query field 'nothing'")


def test_an_operation_needs_no_name(folder: Path) -> None:
    (folder / "q.graphql").write_text("{ todos { title } }", encoding="utf-8")
    assert run("q.graphql")[1] == "query -  the scope todos:read\n"


def test_a_schema_that_requires_nothing_says_so(folder: Path) -> None:
    (folder / "open.graphql").write_text("type Query { a: Int }", encoding="utf-8")
    result = CliRunner().invoke(app, ["scopes", "--schema", "open.graphql"])
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith("The schema requires nothing of its callers")
