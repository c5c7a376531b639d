"""The module that each case is generated to, as a file beside it.

``UPDATE_CORPUS=1 pytest tests/generate/client`` writes the files anew; read what changed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from importlib.util import module_from_spec, spec_from_file_location
from inspect import get_annotations
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import msgspec
import pytest
from graphql import build_schema, parse, type_from_ast
from tests.generate.client.cases import Case, cases
from tests.generate.client.money import Money, format_money
from tests.generate.client.world import Recording, json_value, serve
from tests.type_checkers import mypy, pyright

from trunkline.client.generated import AsyncGeneratedClient as Base
from trunkline.client.generated import GeneratedOperation, TypedResult
from trunkline.client.responses import read_hook
from trunkline.generate.client.documents import CheckedDocuments
from trunkline.generate.client.names import ClientNames

CORPUS = cases("corpus")
ROOT = Path(__file__).parents[3]
FOLDERS = [str(case.folder) for case in CORPUS]


def load(case: Case) -> ModuleType:
    """Import a case's module, under a name that annotations are looked up by."""
    path = case.folder / f"{case.name}.py"
    name = f"generated_{case.name}"
    spec = spec_from_file_location(name, path)
    assert spec
    assert spec.loader
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case.name)
def test_a_case_becomes_these_files(case: Case) -> None:
    texts = dict(case.generate().files)
    texts["messages.txt"] = case.told()
    for name, text in texts.items():
        path = case.folder / name
        if os.environ.get("UPDATE_CORPUS"):
            path.write_text(text, encoding="utf-8")
            if not text:
                path.unlink()
        assert (path.read_text(encoding="utf-8") if text else "") == text
        assert path.exists() == bool(text)


def test_ruff_would_write_the_same() -> None:
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--diff", *FOLDERS]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout


def test_imports_are_sorted_and_used() -> None:
    rules = [
        "--isolated",
        "--select",
        "I,F,E7,E9,W",
        "--config",
        "lint.isort.known-third-party=['tests', 'trunkline']",
    ]
    modules = [str(case.folder / f"{case.name}.py") for case in CORPUS]
    command = [sys.executable, "-m", "ruff", "check", *rules, *modules]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout


def test_types_hold(tmp_path: Path) -> None:
    for case in CORPUS:
        text = (case.folder / f"{case.name}.py").read_text(encoding="utf-8")
        (tmp_path / f"{case.name}.py").write_text(text, encoding="utf-8")
    said = mypy(tmp_path, ".", path=f"{ROOT}:{ROOT}/src")
    assert "Success" in said, said
    said = pyright(tmp_path, ROOT, ROOT / "src")
    assert said.startswith("0 errors"), said


CALLED = [
    case
    for case in CORPUS
    if case.options.calls != "sync"
    and case.options.style == "msgspec"
    and not case.options.ignore_rules  # our server is strict
    and "scalar Upload" not in case.sdl  # which is no JSON
]


@pytest.mark.parametrize("case", CALLED, ids=lambda case: case.name)
async def test_what_a_server_answers_comes_back_as_it_was(case: Case) -> None:
    module = load(case)
    operations = {
        name: each for name, each in operations_of(module) if each.document.kind != "subscription"
    }
    for seed in range(8):
        transport = Recording(serve(case.sdl, seed))
        async with client_of(module)(transport) as api:
            for constant, operation in operations.items():
                method = getattr(api, constant[1:].lower())
                result = await call(method, operation, case, seed)
                assert transport.answer.get("errors") is None
                data = result.data if isinstance(result, TypedResult) else result
                assert as_json(data) == transport.answer["data"]


def client_of(module: ModuleType) -> type[Base]:
    return next(
        each
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, Base) and each is not Base
    )


def operations_of(module: ModuleType) -> list[tuple[str, GeneratedOperation[Any]]]:
    return [each for each in vars(module).items() if isinstance(each[1], GeneratedOperation)]


async def call(
    method: Callable[..., Awaitable[Any]],
    operation: GeneratedOperation[Any],
    case: Case,
    seed: int,
) -> Any:
    """Call an operation by its method, with values as its annotations want them."""
    node: Any = parse(operation.document.text).definitions[0]
    schema, chance = build_schema(case.sdl), Random(seed)  # noqa: S311
    hints = get_annotations(method, eval_str=True)
    given: dict[str, Any] = {}
    variables = {each.variable.name.value: each for each in node.variable_definitions or ()}
    names = ClientNames(case.options, schema, CheckedDocuments((), {})).arguments(variables)
    for variable, name in names.items():
        value = json_value(type_from_ast(schema, variables[variable].type), chance)
        given[name] = msgspec.convert(value, hints[name], dec_hook=read_hook)
    return await method(**given)


def as_json(data: Any) -> Any:
    """Write an answer as its client would write it, were it an input."""
    operation = GeneratedOperation(
        "Any", "query", object, "{ any }", serializers={Money: format_money}
    )
    return msgspec.json.decode(operation.encode({"data": data}))["data"]
