"""The stub server: what it serves, and that it follows its files."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from tests.serving import serving

from trunkline.errors import SchemaError
from trunkline.mocking.server import create_mock

SDL = "type Query { todo: Todo! }  type Todo { id: ID!  title: String! }"


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    path = tmp_path / "schema.graphql"
    path.write_text(SDL, encoding="utf-8")
    return path


def ask(port: int, query: str) -> Any:
    body = json.dumps({"query": query}).encode()
    request = Request(  # our own
        f"http://127.0.0.1:{port}/graphql", body, {"Content-Type": "application/json"}
    )
    with urlopen(request) as answer:  # noqa: S310
        return json.load(answer)


def test_it_answers_with_data_and_tells_of_the_schema(schema: Path) -> None:
    with serving(create_mock([schema])) as port:
        first = ask(port, "{ todo { id title } }")
        assert first == ask(port, "{ todo { id title } }")
        assert list(first) == ["data"]
        types = ask(port, "{ __schema { types { name } } }")["data"]["__schema"]["types"]
        assert {"name": "Todo"} in types


def test_the_playground_is_where_one_looks_first(schema: Path) -> None:
    app = create_mock([schema])
    with serving(app) as port, urlopen(f"http://127.0.0.1:{port}/") as page:
        assert page.url.endswith("/playground/")
        assert b"/graphql" in page.read()


def test_a_change_of_the_files_is_followed(schema: Path, caplog: pytest.LogCaptureFixture) -> None:
    with serving(create_mock([schema.parent])) as port, caplog.at_level(logging.INFO):
        schema.write_text(SDL.replace("title", "headline"), encoding="utf-8")
        assert "headline" in ask(port, "{ todo { headline } }")["data"]["todo"]

        schema.write_text("type Query { todo: Tod }", encoding="utf-8")
        assert "headline" in ask(port, "{ todo { headline } }")["data"]["todo"]
        assert "schema.graphql:1:20: Unknown type 'Tod'." in caplog.text
        caplog.clear()
        ask(port, "{ todo { headline } }")
        assert "Unknown" not in caplog.text  # it is told once

        schema.write_text("type Query { done: Boolean! }", encoding="utf-8")
        assert ask(port, "{ done }")["data"]["done"] in (True, False)
        schema.unlink()
        assert ask(port, "{ done }")["data"]["done"] in (True, False)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("values.toml", '[Todo]\ntitle = "Milk"\n'),
        ("values.toml", '"Todo.title" = "Milk"\n'),
        ("values.json", '{"Todo": {"title": "Milk"}}'),
        ("values.json", '{"Todo.title": ["Milk", "Milk"]}'),
    ],
)
def test_values_come_from_a_file(schema: Path, name: str, text: str) -> None:
    values = schema.parent / name
    values.write_text(text, encoding="utf-8")
    with serving(create_mock([schema], values=values)) as port:
        assert ask(port, "{ todo { title } }")["data"] == {"todo": {"title": "Milk"}}
        values.write_text(text.replace("Milk", "Bread"), encoding="utf-8")
        assert ask(port, "{ todo { title } }")["data"] == {"todo": {"title": "Bread"}}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("v.toml", "[Todo", "v.toml: "),
        ("v.json", "[1", "v.json: "),
        ("v.json", "[1]", "v.json: the content must be a table for each type."),
        ("v.toml", "Todo = 1", "v.toml: the value of Todo must be a table of its fields."),
        ("v.toml", "[Todo]\ntitle = 1", "Todo.title: String cannot represent a non string"),
        ("v.toml", '[Todo]\ntitl = "a"', "Todo.titl: is not a field"),
    ],
)
def test_values_that_do_not_fit_are_told(schema: Path, name: str, text: str, message: str) -> None:
    values = schema.parent / name
    values.write_text(text, encoding="utf-8")
    with pytest.raises(SchemaError) as caught:
        create_mock([schema], values=values)
    assert message in str(caught.value)


def test_a_file_of_values_that_is_not_there(schema: Path) -> None:
    with pytest.raises(SchemaError, match=r"nope\.toml: cannot be read \(No such file"):
        create_mock([schema], values=schema.parent / "nope.toml")


def test_a_mock_has_what_the_schema_would_give_to_some_callers_only(schema: Path) -> None:
    sdl = SDL.replace("Todo! }", 'Todo! @requiresScopes(scopes: [["a"], ["b"]]) }')
    schema.write_text(sdl.replace("title: String!", 'title: String! @policy(policies: "p")'))
    with serving(create_mock([schema])) as port:
        assert list(ask(port, "{ todo { id title } }")) == ["data"]
