"""When a piece of work gets its turn, and what an error or a cancellation ends."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import sys
import weakref
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import graphql
import pytest

from trunkline.engine import compile_operation, run
from trunkline.server import make_executable_schema, parse_schema

SDL = """
type Query { node: Node, nodes: [Node!]!, rows: [[Node!]!]!, bad: Node, good: Node }
type Node {
  id: Int!
  first: Int, second: Int, third: Int
  next: Node
  strict: Int!
  slow: Int
}
"""


@dataclass
class Node:
    id: int


@dataclass
class Loader:
    """A DataLoader as the field has it: the keys of one turn of the loop are one batch."""

    batches: list[list[int]] = field(default_factory=list[list[int]])
    futures: dict[int, asyncio.Future[int]] = field(
        default_factory=dict[int, "asyncio.Future[int]"]
    )
    queue: list[int] = field(default_factory=list[int])

    def load(self, key: int) -> asyncio.Future[int]:
        loop = asyncio.get_running_loop()
        if key not in self.futures:
            if not self.queue:
                loop.call_soon(lambda: loop.create_task(self.dispatch()))
            self.queue.append(key)
            self.futures[key] = loop.create_future()
        future: asyncio.Future[int] = self.futures[key]
        return future

    async def dispatch(self) -> None:
        keys, self.queue = self.queue, []
        self.batches.append(keys)
        await asyncio.sleep(0)
        for key in keys:
            if not self.futures[key].done():
                self.futures[key].set_result(key)


class NodeResolvers:
    async def first(self, parent: Node, context: Loader) -> int:
        return await context.load(parent.id)

    async def second(self, parent: Node, context: Loader) -> int:
        await context.load(parent.id)
        return await context.load(1_000 + parent.id)

    async def third(self, parent: Node, context: Loader) -> int:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return await context.load(2_000 + parent.id)

    async def next(self, parent: Node, context: Loader) -> Node:
        return Node(3_000 + await context.load(parent.id))

    async def strict(self, parent: Node) -> int:
        raise ValueError(parent.id)

    async def slow(self, parent: Node, context: Loader) -> int:
        return await context.load(parent.id)


class Others:
    """Takes the place of resolvers that a test does not write."""

    def __getattr__(self, name: str) -> Any:
        return getattr(NodeResolvers(), name)


class QueryResolvers:
    def node(self) -> Node:
        return Node(1)

    def nodes(self) -> list[Node]:
        return [Node(number) for number in range(100)]

    def rows(self) -> list[list[Node]]:
        return [[Node(10 * row + column) for column in range(10)] for row in range(10)]

    def bad(self) -> Node:
        return Node(1)

    async def good(self) -> Node:
        return Node(1)


def operation(text: str, nodes: object = None, query: object = None, sdl: str = SDL) -> Any:
    resolvers = SimpleNamespace(query=query or QueryResolvers(), node=nodes or NodeResolvers())
    schema = make_executable_schema(parse_schema(sdl), resolvers, {"Node": Node})
    return compile_operation(schema, text)


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("{ nodes { first } }", [100]),
        ("{ nodes { second } }", [100, 100]),
        ("{ nodes { third } }", [100]),
        ("{ rows { first } }", [100]),
        ("{ nodes { next { first } } }", [100, 100]),
        ("{ nodes { next { next { next { first } } } } }", [100] * 4),
        ("{ rows { next { first second } } }", [100, 100, 100]),
        ("{ a: nodes { first } b: nodes { second } rows { first } }", [100, 100]),
        ("{ node { first } good { first } }", [1]),
    ],
)
async def test_a_loader_sees_all_that_stands_side_by_side(text: str, sizes: list[int]) -> None:
    compiled = operation(text)
    for _ in range(4):  # both texts of the operation
        loader = Loader()
        result = await run(compiled, None, loader)
        assert result.errors == []
        assert [len(batch) for batch in loader.batches] == sizes


async def test_an_error_does_not_cancel_what_others_wait_for() -> None:
    loader = Loader()
    result = await run(operation("{ bad { slow strict } good { slow } }"), None, loader)
    assert result.data == {"bad": None, "good": {"slow": 1}}
    assert [error.path for error in result.errors] == [["bad", "strict"]]
    assert await loader.load(1) == 1  # the key is alive


async def test_useless_work_ends_and_cleans_up_before_the_response() -> None:
    log: list[str] = []

    class Nodes(Others):
        async def slow(self, _parent: Node) -> int:
            try:
                await asyncio.sleep(60)
            finally:
                log.append("ending")
                async with asyncio.timeout(60):
                    await asyncio.sleep(0)
                log.append("ended")
            return 1

    problems: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, problem: problems.append(problem))
    result = await run(operation("{ node { slow strict } good { id } }", Nodes()), None, Loader())
    assert result.data == {"node": None, "good": {"id": 1}}
    assert log == ["ending", "ended"]
    await asyncio.sleep(0)
    gc.collect()
    assert problems == []


async def failing_group() -> int:
    async def fail() -> None:
        await asyncio.sleep(0)
        raise ValueError

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())
            await asyncio.sleep(60)
    except* ValueError:
        pass
    return 7


async def group_that_fails_last() -> None:
    """Fail when the group's own body is over; up to Python 3.12 `task.cancelling()` stays 1."""

    async def fail() -> None:
        await asyncio.sleep(0)
        raise ValueError

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())
            group.create_task(asyncio.sleep(60))
    except* ValueError:
        pass


async def cancelled_future() -> int:
    future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(future.cancel)
    return await future


@pytest.mark.parametrize("text", ["{ node { slow } }", "{ node { slow first } }"])
async def test_a_task_group_that_fails_inside_a_resolver_is_its_own_affair(text: str) -> None:
    class Nodes(Others):
        async def slow(self, _parent: Node) -> int:
            return await failing_group()

    result = await run(operation(text, Nodes()), None, Loader())
    assert result.errors == []
    assert result.data is not None
    assert result.data["node"]["slow"] == 7


@pytest.mark.parametrize("text", ["{ node { slow } }", "{ node { slow first } }"])
async def test_a_cancelled_future_after_a_failed_task_group_is_the_fields_error(text: str) -> None:
    class Nodes(Others):
        async def slow(self, _parent: Node) -> int:
            await failing_group()
            return await cancelled_future()

    result = await run(operation(text, Nodes()), None, Loader())
    assert result.data is not None
    assert result.data["node"]["slow"] is None
    assert [error.message for error in result.errors] == [
        "What a resolver waited for was cancelled."
    ]


@pytest.mark.parametrize("group", [failing_group, group_that_fails_last])
@pytest.mark.parametrize("text", ["{ node { slow } }", "{ node { slow first } }"])
async def test_a_timeout_is_one_also_after_failed_task_groups(group: Any, text: str) -> None:
    class Nodes(Others):
        async def slow(self, _parent: Node) -> int:
            for _ in range(3):
                await group()
            deadline.reschedule(asyncio.get_running_loop().time() + 0.01)
            return await asyncio.sleep(60, 1)

    task = asyncio.current_task()
    assert task is not None
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(None) as deadline:
            await run(operation(text, Nodes()), None, Loader())
    assert task.cancelling() == 0


@pytest.mark.skipif(sys.version_info < (3, 13), reason="CPython loses such a request")
@pytest.mark.parametrize("turns", range(6))
async def test_a_group_that_fails_hides_no_request_to_end(turns: int) -> None:
    class Nodes(Others):
        async def slow(self, _parent: Node) -> int:
            await failing_group()
            await group_that_fails_last()
            return await asyncio.sleep(60, 1)

    task = asyncio.ensure_future(run(operation("{ node { slow } }", Nodes()), None, Loader()))
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_a_task_group_leaves_is_not_the_next_fields() -> None:
    sdl = "type Query { one: Int } type Mutation { one: Int two: Int }"

    async def one() -> int:
        await group_that_fails_last()
        return 1

    async def two() -> int:
        return await cancelled_future()

    resolvers = SimpleNamespace(query=SimpleNamespace(one=one))
    resolvers.mutation = SimpleNamespace(one=one, two=two)
    schema = make_executable_schema(parse_schema(sdl), resolvers)
    result = await run(compile_operation(schema, "mutation { one two again: one }"), None)
    assert result.data == {"one": 1, "two": None, "again": 1}


@pytest.mark.parametrize("text", ["{ node { slow } }", "{ node { slow first } }"])
async def test_cancelling_the_operation_ends_its_resolvers_first(text: str) -> None:
    log: list[str] = []

    class Nodes(Others):
        async def slow(self, _parent: Node) -> int:
            try:
                return await asyncio.sleep(60, 1)
            except asyncio.CancelledError:
                await asyncio.sleep(0)
                log.append("ended")
                raise

    task = asyncio.ensure_future(run(operation(text, Nodes()), None, Loader()))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert log == ["ended"]


async def test_a_timeout_of_the_caller_is_a_timeout() -> None:
    class Nodes(Others):
        async def slow(self, _parent: Node) -> int:
            return await asyncio.sleep(60, 1)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await run(operation("{ node { slow first } }", Nodes()), None, Loader())


async def test_a_resolver_may_use_timeouts_and_the_current_task() -> None:
    class Nodes(Others):
        async def slow(self, _parent: Node) -> int | None:
            before = asyncio.current_task()
            try:
                async with asyncio.timeout(0.001):
                    await asyncio.sleep(60)
            except TimeoutError:
                assert asyncio.current_task() is before
                return 5
            return None

    result = await run(operation("{ nodes { slow first } }", Nodes()), None, Loader())
    assert result.errors == []
    assert result.data is not None
    assert {node["slow"] for node in result.data["nodes"]} == {5}


async def test_each_resolver_has_its_own_context_variables() -> None:
    class Odd:
        def __eq__(self, _other: object) -> bool:
            raise ZeroDivisionError

        __hash__ = object.__hash__

    outside = Odd()
    variable = contextvars.ContextVar("variable", default=outside)
    variable.set(outside)

    class Nodes(Others):
        async def first(self, parent: Node) -> bool:
            seen, own = variable.get(), Odd()
            variable.set(own)
            if parent.id % 2:
                await asyncio.sleep(0)
                assert variable.get() is own
            return seen is outside

    compiled = operation(
        "{ nodes { first } }", Nodes(), sdl=SDL.replace("first: Int", "first: Boolean")
    )
    result = await run(compiled, None, Loader())
    assert result.errors == []
    assert result.data is not None
    assert {node["first"] for node in result.data["nodes"]} == {True}
    assert variable.get() is outside


@pytest.mark.skipif(not hasattr(asyncio, "eager_task_factory"), reason="new in Python 3.12")
async def test_many_siblings_wait_under_an_eager_task_factory() -> None:
    factory: Any = vars(asyncio)["eager_task_factory"]
    asyncio.get_running_loop().set_task_factory(factory)

    class Query(QueryResolvers):
        def nodes(self) -> list[Node]:
            return [Node(number) for number in range(3_000)]

    loader = Loader()
    result = await run(operation("{ nodes { first } }", query=Query()), None, loader)
    assert result.errors == []
    assert [len(batch) for batch in loader.batches] == [3_000]


async def test_closing_a_waiting_execution_ends_all_its_resolvers() -> None:
    log: list[int] = []

    class Nodes(Others):
        async def slow(self, parent: Node) -> int:
            try:
                return await asyncio.sleep(60, 1)
            finally:
                log.append(parent.id)

    waiting = run(operation("{ nodes { slow } }", Nodes()), None, Loader())
    waiting.send(None)
    waiting.close()
    await asyncio.sleep(0.01)
    assert sorted(log) == list(range(100))


class ProgramEndError(BaseException):
    """What no resolver's error is, such as a test runner's own exceptions."""


@pytest.mark.parametrize("error", [ProgramEndError, GeneratorExit])
@pytest.mark.parametrize("turns", [0, 1, 3])
@pytest.mark.parametrize("text", ["{ good { slow } node { first second } }", "{ nodes { slow } }"])
async def test_what_is_no_error_of_a_resolver_leaves_the_operation(
    text: str, turns: int, error: type[BaseException]
) -> None:
    class Nodes(Others):
        async def slow(self, _parent: Node) -> int:
            for _ in range(turns):
                await asyncio.sleep(0)
            raise error

    compiled = operation(text, Nodes())
    with pytest.raises(error):
        await asyncio.wait_for(run(compiled, None, Loader()), 5)
    gc.collect()  # nothing is told about coroutines that were never awaited


async def test_a_resolver_that_cancels_the_current_task_ends_no_other() -> None:
    class Nodes(Others):
        async def first(self, _parent: Node) -> int:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            return 1

    result = await run(operation("{ node { first second third } }", Nodes()), None, Loader())
    assert result.errors == []
    assert result.data == {"node": {"first": 1, "second": 1_001, "third": 2_001}}


async def test_useless_work_may_clean_up_with_timeouts_in_its_own_task() -> None:
    log: list[object] = []

    class Nodes(Others):
        async def strict(self, parent: Node) -> int:
            await asyncio.sleep(0.001)
            raise ValueError(parent.id)

        async def slow(self, _parent: Node) -> int:
            before = asyncio.current_task()
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                log.append(asyncio.current_task() is before)
                try:
                    async with asyncio.timeout(0.001):
                        await asyncio.sleep(60)
                except TimeoutError:
                    log.append("timeout")
                log.append(asyncio.current_task() is before)
            return 0

    before = asyncio.all_tasks()
    text = "{ bad { slow strict } good { first } }"
    result = await asyncio.wait_for(run(operation(text, Nodes()), None, Loader()), 5)
    assert result.data == {"bad": None, "good": {"first": 1}}
    assert log == [True, "timeout", True]
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


@pytest.mark.parametrize("turns", range(5))
async def test_an_error_cancels_no_future_at_whatever_step_it_comes(turns: int) -> None:
    shared: list[asyncio.Future[int]] = []

    class Nodes(Others):
        async def slow(self, _parent: Node) -> int:
            loop = asyncio.get_running_loop()
            for number in range(3):
                shared.append(loop.create_future())
                loop.call_soon(shared[-1].set_result, number)
                await shared[-1]
            shared.append(loop.create_future())
            return await shared[-1]

        async def strict(self, parent: Node) -> int:
            for _ in range(turns):
                await asyncio.sleep(0)
            raise ValueError(parent.id)

    result = await asyncio.wait_for(run(operation("{ node { slow strict } }", Nodes()), None), 60)
    assert result.data == {"node": None}
    assert [future for future in shared if future.cancelled()] == []


SIBLINGS = "{ nodes { strict slow } }"
NULLABLE = SDL.replace("nodes: [Node!]!", "nodes: [Node]")


async def test_an_execution_with_errors_leaves_nothing_to_the_garbage_collector() -> None:
    """Exceptions have tracebacks, and these have frames; nothing of them may lead in a circle."""

    class Nodes(Others):
        async def strict(self, parent: Node) -> int:
            await asyncio.sleep(0)
            raise ValueError(parent.id)

    compiled = operation(SIBLINGS, Nodes(), sdl=NULLABLE)
    await run(compiled, None, Loader())
    gc.collect()
    gc.disable()
    try:
        result = await run(compiled, None, Loader())
        assert len(result.errors) == 100
        del result
        left = gc.collect()
    finally:
        gc.enable()
    assert left < 20  # a few of the test's own, and not some for each error


async def test_the_traceback_of_an_awaited_error_begins_in_the_resolver() -> None:
    for text in ("{ node { strict } }", "{ node { strict first } }"):
        result = await run(operation(text), None, Loader())
        (error,) = result.errors
        assert isinstance(error, graphql.GraphQLError)
        assert error.original_error is not None
        traceback = error.original_error.__traceback__
        assert traceback is not None
        assert traceback.tb_frame.f_code.co_name == "strict"


@pytest.mark.parametrize("turns", [0, 2])
def test_the_end_of_the_program_does_not_wait(turns: int) -> None:
    class Nodes(Others):
        async def slow(self, _parent: Node) -> int:
            for _ in range(turns):
                await asyncio.sleep(0)
            raise SystemExit(7)

    compiled = operation("{ nodes { slow first } }", Nodes())
    with pytest.raises(SystemExit):
        asyncio.run(asyncio.wait_for(run(compiled, None, Loader()), 60))
    gc.collect()  # nothing is told about tasks that ended without anybody


async def test_tools_that_look_at_tasks_see_the_resolvers() -> None:
    seen: list[str] = []

    async def first(node: Node) -> int:
        return await asyncio.sleep(0.001, node.id)

    async def second(node: Node) -> int:
        await asyncio.sleep(0)
        for task in asyncio.all_tasks():
            seen.extend([repr(task), *(frame.f_code.co_name for frame in task.get_stack())])
        return node.id

    resolvers = SimpleNamespace(
        query=SimpleNamespace(node=lambda: Node(1)),
        node=SimpleNamespace(first=first, second=second),
    )
    sdl = "type Query { node: Node } type Node { first: Int second: Int }"
    schema = make_executable_schema(parse_schema(sdl), resolvers, {"Node": Node})
    result = await run(compile_operation(schema, "{ node { first second } }"), {})
    assert result.data == {"node": {"first": 1, "second": 1}}
    assert {"first", "second"} <= {*seen}
    assert any("first() running at" in each for each in seen)


@pytest.mark.parametrize("turns", [0, 1])
async def test_an_execution_ends_with_its_result(turns: int) -> None:
    """Nothing keeps it alive: no task that has still to end, and no circle."""

    class Nodes(Others):
        async def slow(self, parent: Node) -> int:
            for _ in range(turns):
                await asyncio.sleep(0)
            return parent.id

    compiled = operation("{ nodes { slow } }", Nodes())
    context = Loader()
    seen = weakref.ref(context)
    gc.disable()
    try:
        result = await run(compiled, None, context)
        del context
        assert result.errors == []
        assert seen() is None
    finally:
        gc.enable()
