"""Generated clients at work: what is sent, what comes back, what is raised."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.generate.client.cases import cases
from tests.generate.client.money import Money
from tests.generate.client.test_corpus import load
from tests.generate.client.world import Recording, serve

from trunkline.client.generated import UNSET, GeneratedClient, TypedResult
from trunkline.errors import (
    ExecutionError,
    ProtocolError,
    RequestError,
    ServerStatusError,
    VariablesError,
)
from trunkline.generate.configuration import ClientConfiguration, ClientScalarConfiguration
from trunkline.protocol.documents import document_id
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

CASES = {case.name: case for case in cases("corpus")}
GRAPHQL = {"content-type": "application/graphql-response+json"}


@dataclass
class Canned:
    """A transport that gives one answer, and keeps what it was sent."""

    answer: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: dict(GRAPHQL))
    sent: list[dict[str, Any]] = field(default_factory=list)

    def send(self, request: HTTPRequest) -> HTTPResponse:
        self.sent.append(json.loads(request.body))
        return HTTPResponse(self.status, json.dumps(self.answer).encode(), self.headers)

    def close(self) -> None:
        pass


def films(module: str, name: str = "API") -> Any:
    return getattr(load(CASES[module]), name)


class Waiting:
    """The same, for asyncio."""

    def __init__(self, canned: Canned) -> None:
        self.canned = canned

    async def send_async(self, request: HTTPRequest) -> HTTPResponse:
        return self.canned.send(request)

    async def close_async(self) -> None:
        pass


def calling(module: str, answer: Any, **options: Any) -> tuple[Any, Canned]:
    canned = Canned(answer, **options)
    return films(module)(Waiting(canned)), canned


HUMAN = {"__typename": "Human", "name": "Luke", "friends": None, "height": 1.7}


async def test_a_type_that_the_server_added_is_read_as_the_other() -> None:
    api, _ = calling("unions_and_interfaces", {"data": {"search": [HUMAN, {"__typename": "Ewok"}]}})
    module = sys.modules[type(api).__module__]
    luke, ewok = (await api.search(text="x")).search
    assert luke == module.SearchQuerySearchHuman(name="Luke", friends=None, height=1.7)
    assert ewok == module.SearchQuerySearchOther(typename="Ewok")


async def test_a_value_that_the_server_added_is_kept() -> None:
    answer = {"data": {"luke": {"title": "Luke", "appearsIn": ["JEDI", "LAST"], "friends": []}}}
    api, _ = calling("aliases_and_merging", {"data": {**answer["data"], "hero": None}})
    module = sys.modules[type(api).__module__]
    jedi, last = (await api.hero()).luke.appears_in
    assert jedi is module.Episode.JEDI
    assert (last, type(last), last.value) == ("LAST", module.Episode, "LAST")
    assert last not in list(module.Episode)
    assert msgspec.json.encode([jedi, last]) == b'["JEDI","LAST"]'


async def test_what_skip_and_include_left_out_is_unset() -> None:
    todo = {"id": "1", "assignees": [{"id": "2"}]}
    api, _ = calling("skip_and_include", {"data": {"todo": todo}})
    data = await api.todo(id="1", long=False)
    assert (data.hero, data.todo.title, data.todo.owner) == (UNSET, UNSET, UNSET)
    assert data.todo.assignees[0].name is UNSET


async def test_absent_and_null_are_told_apart() -> None:
    api, canned = calling("inputs", {"data": {"createTodo": {"id": "1"}}})
    module = sys.modules[type(api).__module__]
    owner = module.OwnerInput(name="Luke")
    await api.create_todo(todo=module.TodoInput(title="Milk", due_at=None, owner=owner))
    sent = canned.sent[0]["variables"]
    assert sent == {"todo": {"title": "Milk", "dueAt": None, "owner": {"name": "Luke"}}}


async def test_variables_that_are_not_given_are_not_sent() -> None:
    api, canned = calling("one_query", {"data": {"todos": []}})
    await api.todos()
    await api.todos(filter=None)
    assert [each.get("variables") for each in canned.sent] == [None, {"filter": None}]


async def test_sequences_of_any_kind_are_sent() -> None:
    api, canned = calling("one_query", {"data": {"todos": []}})
    module = sys.modules[type(api).__module__]
    episodes = (module.Episode.JEDI, module.Episode("NEXT"))
    await api.todos(filter=module.TodoFilter(episodes=episodes, and_=[module.TodoFilter()]))
    sent = canned.sent[0]["variables"]["filter"]
    assert sent == {"episodes": ["JEDI", "NEXT"], "and": [{}]}


async def test_a_value_without_a_json_form_is_refused_before_it_is_sent() -> None:
    api, canned = calling("one_query", {"data": {"todos": []}})
    with pytest.raises(VariablesError, match="The variables of Todos: object has no JSON form"):
        await api.todos(filter=object())
    assert canned.sent == []


PARTIAL = {
    "data": {"hero": None},
    "errors": [{"message": "gone", "path": ["hero"]}],
    "extensions": {"cost": 1},
}


async def test_errors_raise_and_keep_the_data_typed() -> None:
    api, _ = calling("deprecated", {"data": {"todo": None}, "errors": [{"message": "gone"}]})
    module = sys.modules[type(api).__module__]
    with pytest.raises(ExecutionError, match="gone") as caught:
        await api.old()
    assert caught.value.data == module.OldQuery(todo=None)
    assert caught.value.errors == ({"message": "gone"},)


async def test_errors_are_returned_where_an_operation_catches_them() -> None:
    api = films("errors_caught", "AsyncFilms")(Waiting(Canned(PARTIAL)))
    module = sys.modules[type(api).__module__]
    result = await api.catches()
    assert isinstance(result, TypedResult)
    assert result.data == module.CatchesQuery(hero=None)
    assert (result.errors, result.extensions) == (tuple(PARTIAL["errors"]), {"cost": 1})
    assert (await api.raises()).errors  # the configuration's choice
    with pytest.raises(ExecutionError, match="at hero: gone"):
        await api.throws()


async def test_an_error_that_reached_the_root_leaves_no_data() -> None:
    answer = {"data": None, "errors": [{"message": "all gone"}]}
    api = films("errors_caught", "AsyncFilms")(Waiting(Canned(answer)))
    assert (await api.catches()).data is None


async def test_request_errors_raise_in_any_case() -> None:
    canned = Canned({"errors": [{"message": "no such field"}]}, status=422)
    api = films("errors_caught", "AsyncFilms")(Waiting(canned))
    with pytest.raises(ExecutionError, match="no such field") as caught:
        await api.catches()
    assert (caught.value.status, caught.value.data) == (422, None)


@pytest.mark.parametrize(
    ("canned", "raised", "message"),
    [
        (Canned({"data": {"todos": [{"id": 1}]}}), ProtocolError, r"Expected `str`, got `int`"),
        (Canned({"data": {}}), ProtocolError, "missing required field `todos`"),
        (Canned({"data": None}), ProtocolError, "data: null and no errors"),
        (Canned({}), ProtocolError, "not a GraphQL response"),
        (Canned({"data": {}}, headers={"content-type": "text/html"}), ProtocolError, "text/html"),
        (Canned({"data": {}}, 404, {"content-type": "text/html"}), ServerStatusError, "404"),
    ],
)
async def test_an_answer_that_does_not_fit_is_told(
    canned: Canned, raised: type[Exception], message: str
) -> None:
    with pytest.raises(raised, match=message):
        await films("one_query")(Waiting(canned), retry=None).todos()


@pytest.mark.parametrize("style", ["as_dataclasses", "as_pydantic"])
async def test_an_answer_that_does_not_fit_is_told_in_all_styles(style: str) -> None:
    api, _ = calling(style, {"data": {"createTodo": {"id": "1", "title": 7, "tags": None}}})
    module = sys.modules[type(api).__module__]
    todo = module.TodoInput(title="Milk", owner=module.OwnerInput(id="1"))
    with pytest.raises(ProtocolError, match="is not of the expected type"):
        await api.create_todo(todo=todo)


@pytest.mark.parametrize("style", ["as_dataclasses", "as_pydantic"])
@pytest.mark.parametrize("seed", range(6))
async def test_all_styles_read_the_same(style: str, seed: int) -> None:
    transport = Recording(serve(CASES[style].sdl, seed))
    api = films(style)(transport)
    data = await api.search(text="x", long=seed % 2 == 0)
    assert plain(data) == transport.answer["data"]


def plain(value: Any) -> Any:
    """Write an answer as its operation would write it, were it an input."""
    module = sys.modules[type(value).__module__]
    operation = module._SEARCH
    return json.loads(operation.encode({"data": value}))["data"]


@pytest.mark.parametrize("style", ["as_dataclasses", "as_pydantic"])
async def test_all_styles_tell_absent_and_null_apart(style: str) -> None:
    todo = {"id": "1", "title": "Milk", "tags": [["a", None], None], "dueAt": None}
    api, canned = calling(style, {"data": {"createTodo": todo}})
    module = sys.modules[type(api).__module__]
    owner = module.OwnerInput(name="Luke")
    data = await api.create_todo(todo=module.TodoInput(title="Milk", due_at=None, owner=owner))
    assert (data.create_todo.title, data.create_todo.due_at) == ("Milk", None)
    sent = canned.sent[0]["variables"]
    assert sent == {"todo": {"title": "Milk", "dueAt": None, "owner": {"name": "Luke"}}}


async def test_custom_scalars_are_made_and_written_by_their_functions() -> None:
    api, _ = calling("scalars", {"data": {"todo": {"price": "12", "tags": None, "matrix": []}}})
    assert (await api.priced(id="1")).todo.price == Money("12")
    module = sys.modules[type(api).__module__]
    assert module._PRICED.encode({"price": [Money("5")]}) == b'{"price":["5"]}'


def test_a_client_that_blocks_is_shared_by_threads() -> None:
    canned = Canned({"data": {"hero": None}})
    assert issubclass(films("errors_caught", "Films"), GeneratedClient)
    with films("errors_caught", "Films")(canned) as api, ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: api.catches(), range(64)))
    assert {result.data.hero for result in results} == {None}
    assert len(canned.sent) == 64


def test_the_wrong_kind_of_transport_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="is an asynchronous transport"):
        films("errors_caught", "Films")(Waiting(Canned({})))
    with pytest.raises(TypeError, match="is a blocking transport"):
        films("errors_caught", "AsyncFilms")(Canned({}))


def test_a_subscription_says_that_there_is_no_stream_yet() -> None:
    with pytest.raises(RequestError, match="no transport of the client carries a stream yet"):
        films("sync_only")(Canned({})).todo_added()


def test_the_manifest_has_what_is_sent() -> None:
    case = CASES["sync_only"]
    manifest = json.loads((case.folder / "sync_only.manifest.json").read_text())
    module = load(case)
    sent = {each.name: each.document for each in (module._HERO, module._TODO_ADDED)}
    assert manifest["format"] == "apollo-persisted-query-manifest"
    assert [each["name"] for each in manifest["operations"]] == ["Hero", "TodoAdded"]
    for each in manifest["operations"]:
        document = sent[each["name"]]
        assert (each["body"], each["id"]) == (document.text, document.id)
        assert each["id"] == document_id(each["body"])


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("unions_and_interfaces", {"graphql", "pydantic", "httpx2"}),
        ("as_dataclasses", {"graphql", "pydantic", "httpx2"}),
        ("as_pydantic", {"graphql", "httpx2"}),
    ],
)
def test_a_generated_client_imports_little(name: str, others: set[str]) -> None:
    root = Path(__file__).parents[3]
    program = f"import sys, {name}; print(*sorted({others!r} & set(sys.modules)))"
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": f"{CASES[name].folder}:{root}:{root / 'src'}"},
    )
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("table", [ClientConfiguration, ClientScalarConfiguration])
def test_every_key_of_the_configuration_is_documented(table: type) -> None:
    page = Path(__file__).parents[3] / "docs" / "generated-client.md"
    words = set(re.findall(r"[a-z_]+", page.read_text(encoding="utf-8")))
    assert {each.encode_name for each in msgspec.structs.fields(table)} <= words
