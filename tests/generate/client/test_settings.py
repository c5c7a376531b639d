"""What a client is generated from: the files that its configuration names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import pytest
from graphql import build_schema, graphql_sync, introspection_from_schema

from trunkline.client.transports import httpx2
from trunkline.errors import ConfigurationError, SchemaError
from trunkline.generate.client import (
    ClientSettings,
    DocumentSource,
    client_files,
    generate_client,
)
from trunkline.generate.configuration import (
    ClientConfiguration,
    ClientScalarConfiguration,
    Configuration,
    Project,
)
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

SDL = "type Query { me: String }"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "schema.graphql").write_text(SDL, encoding="utf-8")


def generate(folder: Path, **options: object) -> str:
    options = {
        "name": "API",
        "module": "api",
        "operations": ".",
        "schema": "schema.graphql",
    } | options
    project = Project(folder / "trunkline.toml", folder, Configuration(source="."))
    files, _ = client_files(project, ClientConfiguration(**options))  # type: ignore[arg-type]
    return files[folder / "api.py"].decode()


def test_documents_are_found_in_folders_globs_and_python(tmp_path: Path) -> None:
    below = tmp_path / "app" / "pages"
    below.mkdir(parents=True)
    (below / "one.graphql").write_text("query One { me }", encoding="utf-8")
    (below / "two.py").write_text('TWO = gql("query Two { me }")', encoding="utf-8")
    (below / "notes.txt").write_text("query Three { me }", encoding="utf-8")
    for operations in ("app", "app/**", ["app/pages/one.graphql", "app/pages/*.py"]):
        text = generate(tmp_path, operations=operations)
        assert "async def one(" in text
        assert "async def two(" in text
        assert "three" not in text


def test_the_generated_module_is_not_read_as_a_document(tmp_path: Path) -> None:
    (tmp_path / "one.graphql").write_text("query One { me }", encoding="utf-8")
    (tmp_path / "api.py").write_text("this is not Python", encoding="utf-8")
    assert "async def one(" in generate(tmp_path)


def test_a_pattern_without_files_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"operations: 'queries' matches no \.graphql or"):
        generate(tmp_path, operations="queries")


def test_a_client_needs_a_schema(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"trunkline\.toml: the client API has no schema"):
        generate(tmp_path, schema=[])


def test_files_that_are_not_text_are_errors_and_all_are_told(tmp_path: Path) -> None:
    (tmp_path / "one.graphql").write_bytes(b"query One { me } # \xff")
    (tmp_path / "two.graphql").write_bytes(b"\xff")
    with pytest.raises(SchemaError) as caught:
        generate(tmp_path)
    assert str(caught.value).splitlines() == [
        "one.graphql: is not UTF-8 (byte 19).",
        "two.graphql: is not UTF-8 (byte 0).",
    ]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("schema.graphql", b"type Query {", r"schema\.graphql:1:13: Syntax Error"),
        ("schema.graphql", b"\xff", r"schema\.graphql: is not UTF-8 \(byte 0\)"),
        ("schema.graphql", b"type Query { me: C }", r"schema\.graphql: The SDL is not a schema"),
        ("schema.json", b"{}", r"schema\.json: The file is not the response to an introspection"),
        ("schema.json", b"\xff\xfe{", r"schema\.json: is not UTF-8 \(byte 0\)"),
    ],
)
def test_what_is_wrong_with_the_schema_is_said(
    tmp_path: Path, name: str, text: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(text)
    (tmp_path / "one.gql").write_text("query One { me }", encoding="utf-8")
    with pytest.raises(SchemaError, match=message):
        generate(tmp_path, schema=name, operations="one.gql")


@pytest.mark.parametrize("name", ["none.graphql", "none.json"])
def test_a_schema_that_is_not_there_is_said_plainly(tmp_path: Path, name: str) -> None:
    with pytest.raises(SchemaError, match=rf"^{name}: cannot be read \(No such file"):
        generate(tmp_path, schema=name)


def test_an_introspection_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    told = introspection_from_schema(build_schema(SDL))
    (tmp_path / "schema.json").write_text(json.dumps(told), encoding="utf-8-sig")
    (tmp_path / "one.gql").write_text("query One { me }", encoding="utf-8")
    assert generate(tmp_path, schema="schema.json", operations="one.gql")


class Server:
    """A transport to a server; it refuses what `knows` does not accept."""

    headers: ClassVar[Mapping[str, str]] = {}
    queries: ClassVar[list[str]] = []

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        assert url == "https://api.test/graphql"
        Server.headers, Server.queries = headers, []

    @staticmethod
    def knows(query: str) -> bool:  # noqa: ARG004
        return True

    def send(self, request: HTTPRequest) -> HTTPResponse:
        query = json.loads(request.body)["query"]
        self.queries.append(query)
        result: object = {"errors": [{"message": "No introspection."}]}
        if self.knows(query):
            result = graphql_sync(build_schema(SDL), query).formatted
        headers = {"content-type": "application/graphql-response+json"}
        return HTTPResponse(200, json.dumps(result).encode(), headers)

    def close(self) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[Server]:
    (tmp_path / "one.gql").write_text("query One { me }", encoding="utf-8")
    monkeypatch.setattr(httpx2, "HTTPX2Transport", Server)
    monkeypatch.setenv("TOKEN", "secret")
    return Server


FETCHED = {
    "schema": "https://api.test/graphql",
    "operations": "one.gql",
    "headers": {"Authorization": "Bearer ${TOKEN}"},
}


def test_the_schema_is_fetched_with_headers(tmp_path: Path, server: type[Server]) -> None:
    assert "async def one(" in generate(tmp_path, **FETCHED)
    assert server.headers == {"Authorization": "Bearer secret"}


def test_an_older_server_is_asked_for_less(
    tmp_path: Path, server: type[Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "knows", lambda _, query: "isOneOf" not in query)
    assert "async def one(" in generate(tmp_path, **FETCHED)
    assert len(server.queries) == 2


def test_a_server_without_introspection_is_an_error(
    tmp_path: Path, server: type[Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "knows", lambda _, __: False)
    message = (
        r"^https://api\.test/graphql: The schema cannot be fetched by introspection: No"
        r" introspection\. Give the URL of the endpoint"
    )
    with pytest.raises(SchemaError, match=message):
        generate(tmp_path, **FETCHED)


@pytest.mark.usefixtures("server")
def test_a_variable_that_is_not_set_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOKEN")
    with pytest.raises(SchemaError, match="the environment variable TOKEN is not set"):
        generate(tmp_path, **FETCHED)


def test_mistakes_in_documents_and_settings_are_told_together() -> None:
    settings = ClientSettings(name="class", scalars={"Money": ClientScalarConfiguration("money")})
    sources = [DocumentSource("one.graphql", "query One { you }")]
    generated = generate_client(build_schema(SDL), sources, settings)
    assert generated.files == {}
    assert [each.place for each in generated.errors] == [
        "one.graphql:1:13",
        "name",
        "scalars.Money",
    ]


def test_the_schema_of_an_installed_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site" / "shop_api"
    (package / "schema").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "schema" / "one.graphql").write_text("type Query { you: String }", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    (tmp_path / "one.graphql").write_text("query One { you }", encoding="utf-8")
    for schema in ("shop_api:schema/one.graphql", "shop_api:schema"):
        text = generate(tmp_path, operations="one.graphql", schema=schema)
        assert "async def one(" in text
    with pytest.raises(ConfigurationError, match="package shop_apis is not installed"):
        generate(tmp_path, operations="one.graphql", schema="shop_apis:schema")
    with pytest.raises(SchemaError, match=r"shop_api/none\.graphql: cannot be read"):
        generate(tmp_path, operations="one.graphql", schema="shop_api:none.graphql")
