"""Programs that use clients as their users do: pools of processes, workers, notebooks, test runs.

Each is a program of its own, with a client at the top of a module, which all of it shares.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from graphql import build_schema
from tests.client.serving import SDL, Todos

from trunkline.generate.client import ClientSettings, DocumentSource, generate_client

DOCUMENTS = """
query Todos { todos { title } }
query One($id: ID!) { todo(todoID: $id) { title text } }
mutation Create($todo: TodoInput!) { createTodo(todo: $todo) { title } }
"""

SHARED = """
import os

from todos_client import AsyncTodosAPI, TodosAPI

from trunkline import Client

URL = os.environ["API"]
api = TodosAPI(URL)
async_api = AsyncTodosAPI(URL)
client = Client(URL, fetch_schema_from_transport=True)


def title(number):
    todo = api.one(id="1").todo
    assert client.execute("{ todos { title } }")["todos"][0]["title"] == todo.title
    return todo


def refused(number):
    client.execute("{ todos { titel } }")
"""

PROGRAMS = {
    "a pool of processes": """
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        from shared import refused, title
        from trunkline import ValidationError

        if __name__ == "__main__":
            here = title(0)
            for method in ("fork", "spawn", "forkserver"):
                with ProcessPoolExecutor(2, multiprocessing.get_context(method)) as pool:
                    assert list(pool.map(title, range(4))) == [here] * 4, method
                    error = pool.submit(refused, 0).exception(60)
                    assert type(error) is ValidationError, error
                    assert "Did you mean 'title'" in str(error)
                    assert pool.submit(title, 0).result(60) == here  # the pool is not broken
            print("done")
    """,
    "a pool of multiprocessing": """
        import multiprocessing

        from shared import refused, title
        from trunkline import ValidationError

        if __name__ == "__main__":
            here = title(0)
            with multiprocessing.Pool(2) as pool:
                assert pool.map(title, range(4)) == [here] * 4
                try:
                    pool.apply_async(refused, (0,)).get(60)
                except ValidationError as error:
                    assert len(error.errors) == 1
                else:
                    raise AssertionError("no error")
            print("done")
    """,
    "workers that a parent has forked": """
        import os
        import pickle
        import sys

        from shared import refused, title

        if __name__ == "__main__":
            here = title(0)  # the parent has called, too
            workers = []
            for number in range(3):
                (read_tasks, tasks), (results, write_results) = os.pipe(), os.pipe()
                if os.fork() == 0:
                    for task in os.read(read_tasks, 8).decode():
                        try:
                            result = title(0) if task == "t" else refused(0)
                        except Exception as error:
                            result = error
                        with open(write_results, "wb", closefd=False) as file:
                            pickle.dump(result, file)
                    os._exit(0)
                os.write(tasks, b"trt")
                os.close(write_results)
                workers.append(results)
            for results in workers:
                with open(results, "rb") as file:
                    first, error, last = (pickle.load(file) for _ in range(3))
                assert (first, last) == (here, here)
                assert type(error).__name__ == "ValidationError", error
            for _ in workers:
                assert os.wait()[1] == 0
            print("done")
    """,
    "cells of a notebook": """
        import ast
        import asyncio

        CELLS = [
            "from shared import api, async_api, client",
            "one = await async_api.one(id='1')",
            "same = api.one(id='1')",  # blocks, while the loop of the notebook runs
            "both = await asyncio.gather(async_api.todos(), async_api.todos())",
            "data = await client.execute_async('{ todos { title } }')",
            "assert client.execute('{ todos { title } }') == data",
            "async with async_api: pass",
            "again = await async_api.one(id='1')",  # after it was closed
            "assert one == same == again and both[0] == both[1]",
        ]

        async def cell(code, names):
            compiled = compile(code, "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            result = eval(compiled, names)
            if result is not None:
                await result

        for _ in range(2):  # the kernel is started again: another loop
            loop, names = asyncio.new_event_loop(), {"asyncio": asyncio}
            for code in CELLS:
                loop.run_until_complete(cell(code, names))
            loop.close()
        print("done")
    """,
}

TEST = """
import pytest

from shared import client, refused, title
from trunkline import ValidationError


@pytest.mark.parametrize("number", range(4))
def test_todos(number):
    assert title(number).title == "Milk"


def test_mistake():
    with pytest.raises(ValidationError):
        refused(0)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a generated client, and the module that shares it."""
    settings = ClientSettings(name="TodosAPI", calls="both")
    made = generate_client(build_schema(SDL), [DocumentSource("todos", DOCUMENTS)], settings)
    assert made.errors == ()
    (tmp_path / "todos_client.py").write_text(made.files["api.py"], encoding="utf-8")
    (tmp_path / "shared.py").write_text(SHARED, encoding="utf-8")
    return tmp_path


def start(folder: Path, server: Todos, *command: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "API": server.url, "XDG_CACHE_HOME": str(folder / "cache")}
    return subprocess.Popen(  # noqa: S603
        [sys.executable, *command],
        cwd=folder,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program(name: str, folder: Path, server: Todos) -> None:
    (folder / "program.py").write_text(dedent(PROGRAMS[name]), encoding="utf-8")
    told, _ = start(folder, server, "-W", "ignore::DeprecationWarning", "program.py").communicate()
    assert told == "done\n"


def test_several_test_runs_at_once_share_the_kept_schema(folder: Path, server: Todos) -> None:
    (folder / "test_todos.py").write_text(TEST, encoding="utf-8")
    command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "test_todos.py"]
    runs = [start(folder, server, *command) for _ in range(2)]
    for each in runs:
        told, _ = each.communicate()
        assert "5 passed" in told, told
    asked = server.operations.count("IntrospectionQuery")
    assert asked >= 1
    told, _ = start(folder, server, *command, "-k", "not mistake").communicate()
    assert "4 passed" in told, told
    assert server.operations.count("IntrospectionQuery") == asked  # only a mistake asks again
