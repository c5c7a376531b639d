"""Generated clients that go through the pages of a connection, send files, and extend classes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from graphql import build_schema
from tests.generate.client.cases import cases
from tests.generate.client.own import Counting, Greeting
from tests.generate.client.test_corpus import load

from trunkline.client.generated import Upload
from trunkline.errors import ProtocolError, VariablesError
from trunkline.generate.client import DocumentSource, generate_client
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

CASES = {case.name: case for case in cases("corpus")}
PAGES, FILES = load(CASES["pages"]), load(CASES["uploads"])


class Server:
    """A transport that responds with what a function makes of the variables."""

    def __init__(self, respond: Callable[[dict[str, Any]], object]) -> None:
        self.respond = respond
        self.requests: list[HTTPRequest] = []

    def send(self, request: HTTPRequest) -> HTTPResponse:
        self.requests.append(request)
        try:
            variables = json.loads(request.body).get("variables", {})
        except ValueError:  # several parts
            variables = {}
        body = json.dumps({"data": self.respond(variables)}).encode()
        return HTTPResponse(200, body, {"content-type": "application/json"})

    def close(self) -> None:
        pass


class AsyncServer(Server):
    async def send_async(self, request: HTTPRequest) -> HTTPResponse:
        return self.send(request)

    async def close_async(self) -> None:
        self.close()


def page(variables: dict[str, Any]) -> dict[str, Any]:
    """Return the page after a cursor, which is a number, of five."""
    first = int(variables.get("after") or 0)
    edges = [{"node": {"id": str(number), "title": "x"}} for number in range(first, first + 2)]
    info = {"hasNextPage": first < 3, "endCursor": str(first + 2)}
    return {"todos": {"edges": edges, "pageInfo": info}}


def ids(pages: list[Any]) -> list[str]:
    return [edge.node.id for each in pages for edge in each.todos.edges]


def test_all_pages_in_a_loop() -> None:
    server = Server(page)
    pages = list(PAGES.API(server).todos_pages_(first=2))
    assert ids(pages) == ["0", "1", "2", "3", "4", "5"]
    sent = [json.loads(each.body)["variables"] for each in server.requests]
    assert sent == [{"first": 2}, {"first": 2, "after": "2"}, {"first": 2, "after": "4"}]


async def test_all_pages_in_an_asynchronous_loop() -> None:
    server = AsyncServer(page)
    pages = [each async for each in PAGES.AsyncAPI(server).todos_pages_(after="2")]
    assert ids(pages) == ["2", "3", "4", "5"]


def test_no_page_is_asked_for_before_it_is_wanted() -> None:
    server = Server(page)
    for _ in PAGES.API(server).todos_pages_():
        break
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "connection",
    [None, {"edges": [], "pageInfo": {"hasNextPage": True, "endCursor": None}}],
)
def test_a_connection_that_is_null_or_has_no_cursor_is_the_last(connection: object) -> None:
    server = Server(lambda _: {"todos": connection})
    assert len(list(PAGES.API(server).todos_pages_())) == 1


def test_a_connection_further_down() -> None:
    def respond(variables: dict[str, Any]) -> object:
        info = {"hasNextPage": "cursor" not in variables, "endCursor": "c"}
        return {"me": {"all": {"nodes": [{"name": "x"}], "pageInfo": info}}}

    server = Server(respond)
    pages = PAGES.API(server).repositories_pages(a_variable_that_makes_the_line_long=1)
    assert [len(each.me.all.nodes) for each in pages] == [1, 1]


def test_a_server_that_goes_round_in_circles() -> None:
    info = {"hasNextPage": True, "endCursor": "c"}
    server = Server(lambda _: {"todos": {"edges": [], "pageInfo": info}})
    with pytest.raises(ProtocolError, match=r"todos\.page_info: The server returned the same page"):
        list(PAGES.API(server).todos_pages_())
    assert len(server.requests) == 2


def parts(request: HTTPRequest) -> tuple[Any, Any, list[bytes]]:
    """Take a request of several parts apart: operations, map, and the files."""
    boundary = request.headers["content-type"].partition("boundary=")[2].encode()
    _, *found, _ = request.body.split(b"--" + boundary)
    operations, places, *files = (each.partition(b"\r\n\r\n")[2][:-2] for each in found)
    return json.loads(operations), json.loads(places), files


async def test_files_are_sent_in_all_places(tmp_path: Path) -> None:
    file = tmp_path / "scan.png"
    file.write_bytes(b"PNG")
    server = AsyncServer(lambda _: {"attach": 1, "attachAll": 1, "save": 1, "rename": 1})
    api = FILES.API(server)

    await api.attach(file=Upload(file), to="1")
    operations, places, files = parts(server.requests[-1])
    assert operations["variables"] == {"file": None, "to": "1"}
    assert (places, files) == ({"0": ["variables.file"]}, [b"PNG"])

    await api.attach_all(files=[Upload(b"a"), Upload(b"b", "b.txt")])
    operations, places, files = parts(server.requests[-1])
    assert operations["variables"] == {"files": [None, None]}
    assert places == {"0": ["variables.files.0"], "1": ["variables.files.1"]}
    assert files == [b"a", b"b"]

    inner = FILES.Document(title="page", scan=Upload(b"2"))
    await api.save(document=FILES.Document(title="all", scan=Upload(b"1"), pages=[inner]))
    operations, places, files = parts(server.requests[-1])
    within = {"title": "page", "scan": None}
    assert operations["variables"]["document"] == {"title": "all", "scan": None, "pages": [within]}
    assert list(places.values()) == [
        ["variables.document.scan"],
        ["variables.document.pages.0.scan"],
    ]

    await api.save(document=FILES.Document(title="none"))
    assert json.loads(server.requests[-1].body)["variables"] == {"document": {"title": "none"}}
    await api.rename(name="x")
    with pytest.raises(VariablesError, match="The variables of Attach"):
        await api.attach(file=object(), to="1")
    with pytest.raises(FileNotFoundError):
        await api.attach(file=Upload(tmp_path / "none"), to="1")


@pytest.mark.parametrize("style", ["msgspec", "dataclasses", "pydantic"])
def test_generated_classes_extend_classes_of_the_program(style: Any) -> None:
    case = CASES["mixins_and_base"]
    (document,) = case.documents
    source = DocumentSource(document.name, document.read_text(encoding="utf-8"))
    settings = replace(case.options, style=style)
    made = generate_client(build_schema(case.sdl), [source], settings)
    module: Any = ModuleType(f"own_classes_in_{style}")
    sys.modules[module.__name__] = module
    exec(compile(made.files[settings.module], "own", "exec"), module.__dict__)  # noqa: S102
    server = Server(lambda _: {"hero": {"name": "Luke", "appearsIn": ["JEDI", "LATER"]}})
    api = module.API(server)
    assert issubclass(module.API, Counting)
    assert api.count() == 1
    hero = api.hero().hero
    assert issubclass(type(hero), Greeting)
    assert hero.greeting() == "Hello Luke"
    assert [each.shout() for each in hero.appears_in] == ["JEDI!", "LATER!"]
