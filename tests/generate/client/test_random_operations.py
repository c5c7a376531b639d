"""Generated types take what a server answers, and give it back as it was.

Two sources of requests: random schemas with awkward names, of which graphql-core answers; and one
schema with interfaces and unions, which our server answers.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from graphql import (
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_object_type,
    parse,
    validate,
)
from hypothesis import assume, example, given, reject
from hypothesis import strategies as st
from tests.generate.client.cases import SHARED
from tests.generate.client.world import Recording, serve
from tests.property.engines import Core
from tests.property.examples import Example, examples
from tests.property.test_engine import fewer

from trunkline.client.connection import Connection
from trunkline.client.generated import GeneratedOperation, TypedResult
from trunkline.generate.client import ClientSettings, DocumentSource, generate_client
from trunkline.protocol.messages import HTTPResponse

MODULES = count()
ANONYMOUS = re.compile(r"^(query|mutation) +(?=[({])", re.MULTILINE)
LONGEST = 30  # of names: around longer ones ruff splits what is in brackets within brackets
STYLES = ("msgspec", "dataclasses", "pydantic")
SCHEMA = build_schema(SHARED.read_text(encoding="utf-8"))


def generated(schema: GraphQLSchema, text: str, style: Any = "msgspec") -> str:
    """Generate a client: no name is refused."""
    options = ClientSettings(name="Calls_", module="api.py", style=style)
    made = generate_client(schema, [DocumentSource("request", text)], options)
    assert made.errors == ()
    return made.files["api.py"]


def load(text: str) -> ModuleType:
    module = ModuleType(f"generated_property_{next(MODULES)}")
    sys.modules[module.__name__] = module
    exec(compile(text, module.__name__, "exec", dont_inherit=True), module.__dict__)  # noqa: S102
    return module


def operation_of(module: ModuleType, name: str) -> GeneratedOperation[Any]:
    operations = [each for each in vars(module).values() if isinstance(each, GeneratedOperation)]
    return next(each for each in operations if each.name == name)


def as_json(operation: GeneratedOperation[Any], data: Any) -> Any:
    """Write an answer as its operation would write it, were it an input."""
    return json.loads(operation.encode({"data": data}))["data"]


def named(example: Example) -> tuple[str, str]:
    """Give the operation a name, if it has none."""
    text = ANONYMOUS.sub(r"\1 Anonymous ", example.request.text)
    name = example.request.operation_name
    return text, name or next(iter(re.findall(r"(?:query|mutation) (\w+)", text)))


@pytest.mark.parametrize("style", STYLES)
def test_answers_of_any_schema_come_back_as_they_were(style: str) -> None:
    @fewer
    @given(examples())
    def check(example: Example) -> None:
        answer = Core(example.sdl, example.plan).answer(example.request)
        body = {
            "data": answer.data,
            "errors": [{"message": each.message} for each in answer.errors],
        }
        assume(answer.data is not None)
        try:
            sent = json.dumps(body, allow_nan=False).encode()
        except (TypeError, ValueError):  # a scalar's value is not JSON, so it was never sent
            reject()
        text, name = named(example)
        operation = operation_of(load(generated(build_schema(example.sdl), text, style)), name)
        headers = {"content-type": "application/json"}
        result = operation.read_result(HTTPResponse(200, sent, headers))
        assert as_json(operation, result.data) == json.loads(sent)["data"]

    check()


def test_ruff_would_write_the_same(tmp_path: Path) -> None:
    @fewer
    @given(examples(), st.sampled_from(STYLES))
    def write(example: Example, style: str) -> None:
        text = generated(build_schema(example.sdl), named(example)[0], style)
        assume(max(map(len, re.findall(r"\w+", text))) <= LONGEST)
        (tmp_path / f"generated_{hash(text)}.py").write_text(text, encoding="utf-8")

    write()
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--diff", str(tmp_path)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert checked.returncode == 0, checked.stdout


# -- interfaces and unions

ARGUMENTS = {
    "human": '(id: "1")',
    "node": '(id: "1")',
    "search": '(text: "x")',
    "todo": '(id: "1")',
}
DIRECTIVES = ("", "", "", " @include(if: $yes)", " @skip(if: $yes)", " @include(if: $no)")


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Draw a query on the schema with interfaces and unions."""
    fragments: dict[str, str] = {}
    body = _selection_set(draw, SCHEMA.query_type, 0, fragments)
    used = "used: __typename @include(if: $yes) @skip(if: $no)"
    head = f"query Sample($yes: Boolean!, $no: Boolean! = false) {{ {used}"
    text = "\n".join([head + body.removeprefix("{"), *fragments.values()])
    assume(validate(SCHEMA, parse(text)) == [])
    return text


def _selection_set(draw: st.DrawFn, type_: Any, depth: int, fragments: dict[str, str]) -> str:
    picked = [_selection(draw, type_, depth, fragments) for _ in range(draw(st.integers(1, 4)))]
    return "{ " + " ".join(picked) + " }"


def _selection(draw: st.DrawFn, type_: Any, depth: int, fragments: dict[str, str]) -> str:
    kind = draw(st.sampled_from(("field", "field", "inline", "spread")))
    directive: str = draw(st.sampled_from(DIRECTIVES))
    if kind == "inline" and depth < 5:
        condition = draw(st.sampled_from(_overlapping(type_)))
        inner = _selection_set(draw, SCHEMA.type_map[condition], depth + 1, fragments)
        return f"... on {condition}{directive} {inner}"
    if kind == "spread" and depth < 5:
        return f"...{_fragment(draw, type_, depth, fragments)}{directive}"
    fields = getattr(type_, "fields", {})
    names = [
        n for n in fields if depth < 4 or not is_composite_type(get_named_type(fields[n].type))
    ]
    name = draw(st.sampled_from([*names, "__typename"]))
    if name == "__typename":
        return f"__typename{directive}"
    of = get_named_type(fields[name].type)
    inner = f" {_selection_set(draw, of, depth + 1, fragments)}" if is_composite_type(of) else ""
    return f"{name}{ARGUMENTS.get(name, '')}{directive}{inner}"


def _fragment(draw: st.DrawFn, type_: Any, depth: int, fragments: dict[str, str]) -> str:
    condition = draw(st.sampled_from(_overlapping(type_)))
    known = [name for name in fragments if name.endswith(f"On{condition}")]
    again: bool = draw(st.booleans())
    if known and again:
        return draw(st.sampled_from(known))
    inner = _selection_set(draw, SCHEMA.type_map[condition], depth + 2, fragments)
    name = f"Fragment{len(fragments)}On{condition}"
    fragments[name] = f"fragment {name} on {condition} {inner}"
    return name


def _overlapping(type_: Any) -> list[str]:
    possible = {type_.name} if is_object_type(type_) else _possible(type_)
    composite = [t for t in SCHEMA.type_map.values() if is_composite_type(t)]
    return [
        t.name
        for t in composite
        if not t.name.startswith("__")
        and possible & ({t.name} if is_object_type(t) else _possible(t))
    ]


def _possible(type_: Any) -> set[str]:
    assert is_abstract_type(type_)
    return {each.name for each in SCHEMA.get_possible_types(type_)}


# The same field by way of one fragment twice, under conditions that exclude each other.
TWICE = """
query Sample($yes: Boolean!, $no: Boolean! = false) {
  ...Human @skip(if: $yes)
  ...Included
}
fragment Human on Query { human(id: "1") { id @include(if: $yes) } }
fragment Included on Query { ...Human @include(if: $yes)  hero { id @include(if: $no) } }
"""


@example(text=TWICE, seed=0, yes=False, style="msgspec")
@example(text=TWICE, seed=0, yes=True, style="msgspec")
@fewer
@given(
    text=documents(),
    seed=st.integers(0, 100),
    yes=st.booleans(),
    style=st.sampled_from(STYLES),
)
def test_interfaces_and_unions_come_back_as_they_were(
    text: str, seed: int, yes: Any, style: str
) -> None:
    operation = operation_of(load(generated(SCHEMA, text, style)), "Sample")
    transport = Recording(serve(SHARED.read_text(encoding="utf-8"), seed))
    connection = Connection(transport)
    variables = operation.encode({"yes": yes})
    result: TypedResult[Any] = asyncio.run(
        connection.execute_async(operation.document, variables, operation.read_result)
    )
    assert result.errors == ()
    assert as_json(operation, result.data) == transport.answer["data"]
