"""Generated clients against servers that others wrote: their schema asked, their answers read."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from benchmarks import over_http
from benchmarks.peers import installed
from benchmarks.served import serving
from tests.client.yoga_server import yoga
from tests.giving_up import give_up

from trunkline.errors import ExecutionError

OPERATIONS = """
query Todos { todos { ...TodoFields } }
query One($id: ID!) { todo(id: $id) { ...TodoFields } }
mutation Create($title: String!) @catch { createTodo(title: $title) { title } }
query Fail { fail }
query Both @catch { fail todos { title } }
fragment TodoFields on Todo { id title }
"""


def generate(folder: Path, url: str, operations: str) -> ModuleType:
    """Generate a client as a person would, and import it."""
    (folder / "operations.graphql").write_text(operations)
    command = [sys.executable, "-m", "trunkline.cli", "generate", "client", "--calls", "both"]
    options = ["--schema", url, "--operations", "operations.graphql", "--module", "peer"]
    done = subprocess.run(  # noqa: S603
        [*command, *options], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "wrote peer.py\n"
    spec = spec_from_file_location(f"peer_{folder.name}", folder / "peer.py")
    assert spec
    assert spec.loader
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_yoga(tmp_path: Path) -> None:
    with yoga() as server:
        module = generate(tmp_path, server.apq, OPERATIONS)
        with module.API(server.apq) as api:
            assert api.todos().todos == [module.TodoFieldsFragment(id="1", title="Milk")]
            assert api.one(id="2").todo is None
            assert api.create(title="Bread").data.create_todo.title == "Bread"
            with pytest.raises(ExecutionError, match="at fail:"):
                api.fail()
            both = api.both()
            assert (both.data.fail, len(both.errors)) == (None, 1)
            assert [todo.title for todo in both.data.todos] == ["Milk"]


PEER_OPERATIONS = """
query Todos($first: Int!) { todos(first: $first) { ...Shown owner { name } } }
query One($id: ID!) { todo(id: $id) { ...Shown author { id name } } }
fragment Shown on Todo { id title done priority }
"""


def test_strawberry(tmp_path: Path) -> None:
    python = installed.python()
    if python is None:
        give_up("Strawberry could not be installed.")
    check_todos(tmp_path, "strawberry", over_http.uvicorn(python, "strawberry"))


def check_todos(folder: Path, name: str, command: Sequence[str | Path]) -> None:
    with serving({name: command}) as servers:
        url = f"http://127.0.0.1:{servers[name].port}/graphql"
        module = generate(folder, url, PEER_OPERATIONS)
        with module.API(url) as api:
            todos = api.todos(first=2).todos
            assert [type(each.priority) for each in todos] == [int, int]
            assert isinstance(todos[0], module.ShownFragment)
            one = api.one(id=todos[1].id).todo
            assert (one.id, one.title) == (todos[1].id, todos[1].title)
            assert one.author.name
            assert api.one(id="none").todo is None
            answers = asyncio.run(together(module, url))
    assert [each.todos for each in answers] == [todos] * 8


async def together(module: ModuleType, url: str) -> list[Any]:
    async with module.AsyncAPI(url) as api:
        return await asyncio.gather(*(api.todos(first=2) for _ in range(8)))
