"""`trunkline cache explain` over files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from trunkline.cli.commands import app

SDL = """
type Query {
  book(id: ID!): Book @cacheControl(maxAge: 60)
  shelf: Book
  opened: Int @cacheControl(maxAge: 3600, scope: PUBLIC)
  stock: Int @requiresScopes(scopes: [["a"]]) @cacheControl(maxAge: 60)
}
type Book @cacheControl(scope: PUBLIC) { id: ID!  price: Int @cacheControl(maxAge: 10) }
type Mutation {
  rename: Book
  remove(id: ID!): Int @cacheGroups(names: ["Book:{id}"])
  clear: Int
}
"""
SHELF = """query Shelf
  Cache-Control: no-store
  seconds  0
           because of Query.shelf: neither it nor the type Book has a maxAge
           possible: 10 s, if that had another maxAge
  shared   by everybody; if the endpoint has auth, by callers with the same scopes
           because of Book.price: its @cacheControl names no scope
           possible: by everybody, if that said scope: PUBLIC
"""
STOCK = """query Stock
  Cache-Control: public, s-maxage=10; private, max-age=10 without Cache-Audience
  seconds  10
           because of Book.price: its @cacheControl says 10 s
           possible: 60 s, if that had another maxAge
  shared   by callers with the same scopes and tenant
           because of Query.stock: it needs the scope a
           possible: by everybody; if the endpoint has auth, by callers with the same scopes,\
 without that
  groups   Book
"""
OPENED = """query Opened
  Cache-Control: public, s-maxage=3600
  seconds  3600
           because of Query.opened: its @cacheControl says 3600 s
  shared   by everybody
  groups   none: see @cacheGroups
"""
BOOK = """query Book
  Cache-Control: public, s-maxage=60
  seconds  60
           because of Query.book: its @cacheControl says 60 s
  shared   by everybody
  groups   Book
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "schema.graphql").write_text(SDL, encoding="utf-8")
    return tmp_path


def explained(folder: Path, document: str, schema: str = "schema.graphql") -> str:
    (folder / "a.graphql").write_text(document, encoding="utf-8")
    done = CliRunner().invoke(app, ["cache", "explain", "a.graphql", "--schema", schema])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("query Shelf { shelf { id } ...P } fragment P on Query { book(id: 1) { price } }", SHELF),
        ("query Stock { stock book(id: 1) { price } opened }", STOCK),
        ("query Opened { opened }", OPENED),
        ("query Book { book(id: 1) { id } }", BOOK),
        (
            "mutation Rename { rename { id } }",
            (
                "mutation Rename\n  not stored: responses to a mutation never are.\n"
                "  invalidates Book\n"
            ),
        ),
        (
            "mutation Remove { remove(id: 1) }",
            (
                "mutation Remove\n  not stored: responses to a mutation never are.\n"
                "  invalidates Book:{id}\n"
            ),
        ),
        (
            "mutation Clear { clear }",
            (
                "mutation Clear\n  not stored: responses to a mutation never are.\n"
                "  invalidates nothing: see @cacheGroups\n"
            ),
        ),
        ("query T { __typename }", "query T\n  not stored: it selects no field of the schema.\n"),
    ],
)
def test_an_operations_policy_is_told_with_its_reasons(
    folder: Path, document: str, told: str
) -> None:
    assert explained(folder, document) == told


def test_a_schema_that_declares_nothing(folder: Path) -> None:
    (folder / "plain.graphql").write_text("type Query { a: Int }", encoding="utf-8")
    told = explained(folder, "{ a }", "plain.graphql")
    assert told == "query -\n  not stored: the schema has no @cacheControl.\n"


def test_a_wrong_document_is_told_with_its_place(folder: Path) -> None:
    (folder / "a.graphql").write_text("{ books }", encoding="utf-8")
    done = CliRunner().invoke(app, ["cache", "explain", "a.graphql", "--schema", "schema.graphql"])
    assert done.exit_code == 1
    assert "a.graphql:1:3: Cannot query field 'books'" in done.stderr


def test_a_reader_who_has_enough_gets_no_message(folder: Path) -> None:
    (folder / "a.graphql").write_text("query Opened { opened }", encoding="utf-8")
    command = [sys.executable, "-m", "trunkline.cli", "cache", "explain", "a.graphql"]
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as closed:  # noqa: PTH123  # a descriptor
        done = subprocess.run(  # noqa: S603
            [*command, "--schema", "schema.graphql"],
            check=False,
            stdout=closed,
            stderr=subprocess.PIPE,
        )
    assert done.stderr == b""
