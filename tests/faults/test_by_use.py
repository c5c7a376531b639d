"""What was found by using the engine in ways that its own tests had not thought of."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import UserString
from contextvars import ContextVar
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.faults.both import Both

from trunkline.compiler.pipeline import compile_operation
from trunkline.engine import run, run_sync
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema

KINDS = {"String": ("x", str), "ID": ("1", str), "Int": (1, int), "Float": (1.5, float)}
KINDS |= {"Boolean": (True, bool)}


def one_field(name: str, type_name: str, value: object, declared: type | None) -> Any:
    """Make an operation that asks for a list of objects of one field."""
    annotations = {name: declared} if declared else {}
    model = type("Item", (), {name: value, "__annotations__": annotations})
    definition = parse_schema(
        f"type Query {{ items: [Item!]! }} type Item {{ {name}: {type_name} }}"
    )
    query = SimpleNamespace(items=lambda: [model(), model()])
    schema = make_executable_schema(definition, SimpleNamespace(query=query), {"Item": model})
    return compile_operation(schema, f"{{ items {{ {name} }} }}")


@pytest.mark.parametrize("bang", ["", "!"])
@pytest.mark.parametrize("type_name", KINDS)
def test_a_name_of_any_length_is_written(type_name: str, bang: str, tmp_path: Path) -> None:
    value, declared = KINDS[type_name]
    for length in range(1, 101):
        for shown in (declared, None):
            operation = one_field("a" * length, type_name + bang, value, shown)
            answers = [run_sync(operation, None).data for _ in range(4)]
            assert answers == [{"items": [{"a" * length: value}] * 2}] * 4
            (tmp_path / f"{length}_{shown is None}.py").write_text(operation.source)
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--diff", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("type_name", "declared", "value"),
    [("String", str, UserString("x")), ("Boolean!", bool, 1 + 0j), ("ID!", str, 7)],
)
def test_what_lies_about_its_type_is_found_out_alike_at_every_execution(
    type_name: str, declared: type, value: object
) -> None:
    operation = one_field("v", type_name, value, declared)
    answers = [run_sync(operation, None) for _ in range(4)]
    assert len({str(answer) for answer in answers}) == 1
    shown = [answer.data and type(answer.data["items"][0]["v"]) for answer in answers]
    assert len(set(shown)) == 1


class Titled:
    """An object that tells how often its title is read."""

    id: str

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails
        self.reads = 0
        self.id = "1"

    @property
    def title(self) -> str:
        self.reads += 1
        if self.fails:
            raise LookupError("no title")
        return "x"


@pytest.mark.parametrize("model", [Titled, None])
def test_a_leaf_that_is_selected_twice_is_read_once_and_fails_once(model: type | None) -> None:
    definition = parse_schema("type Query { item: Item } type Item { title: String }")
    items: list[Titled] = []

    def item() -> Titled:
        items.append(Titled(fails=True))
        return items[-1]

    resolvers = SimpleNamespace(query=SimpleNamespace(item=item))
    schema = make_executable_schema(definition, resolvers, {"Item": model} if model else {})
    text = "query ($x: Boolean!) { item { title @skip(if: $x) title } }"
    operation = compile_operation(schema, text)
    for number in range(4):
        result = run_sync(operation, {"x": False})
        assert [error.message for error in result.errors] == ["no title"]
        assert result.data == {"item": {"title": None}}
        assert items[number].reads == 1


def test_what_was_read_is_not_read_again_when_another_field_or_object_fails() -> None:
    definition = parse_schema(
        "type Query { items: [Item]! } type Item { title: String, id: ID, other: String }"
    )

    class Item(Titled):
        @property
        def other(self) -> str:
            raise LookupError("no other")

    items: list[Item] = []

    def all_items() -> list[Item]:
        items[:] = [Item(), Item(fails=True), Item()]
        return items

    resolvers = SimpleNamespace(query=SimpleNamespace(items=all_items))
    schema = make_executable_schema(definition, resolvers, {"Item": Item})
    for fields in ("title id", "id title other"):
        operation = compile_operation(schema, f"{{ items {{ {fields} }} }}")
        for _ in range(4):
            result = run_sync(operation, None)
            assert len(result.errors) == (1 if fields == "title id" else 4)
            assert [item.reads for item in items] == [1, 1, 1]


async def test_what_a_resolver_keeps_in_a_context_variable_is_its_own() -> None:
    kept: ContextVar[str] = ContextVar("kept", default="-")

    async def sets() -> str:
        token = kept.set("A")
        try:
            await asyncio.sleep(0.01)
            return kept.get()
        finally:
            kept.reset(token)

    async def reads() -> str:
        before = kept.get()
        await asyncio.sleep(0)
        return before + kept.get()

    async def forgets() -> str:
        kept.set("B")
        return kept.get()

    resolvers: dict[str, Any] = {"Query.a": sets, "Query.b": reads, "Query.d": reads}
    resolvers["Query.c"] = forgets
    operation = Both("type Query { a: String b: String c: String d: String }", resolvers).compile(
        "{ a b c d }"
    )
    result = await run(operation, None)
    assert result.data == {"a": "A", "b": "--", "c": "B", "d": "--"}
    assert kept.get() == "-"


async def test_a_resolver_that_ends_though_it_is_cancelled_does_not_go_on() -> None:
    async def slow() -> int:
        await asyncio.sleep(10)
        return 1

    async def stubborn() -> list[dict[str, int]]:
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            return [{}, {}]
        return []

    async def below(_parent: object) -> int:
        await asyncio.sleep(0.01)
        return 1

    resolvers: dict[str, Any] = {"Query.a": slow, "Query.l": stubborn, "O.v": below}
    operation = Both("type Query { a: Int l: [O!] } type O { v: Int }", resolvers).compile(
        "{ a l { v } }"
    )
    task = asyncio.create_task(run(operation, None))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
