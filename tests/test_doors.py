"""The public doors: what stands in `__all__`, and nothing else that looks public."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest
from tools.reference import DOORS

# What one side must not need of the other, so that the extras can be installed apart.
SERVER_ONLY = ["orjson", "uvicorn", "httptools", "trunkline.server", "trunkline.compiler"]
CLIENT_ONLY = ["httpx2", "requests", "trunkline.client"]
# What a program that calls with a secret does not need.
TOKENS_ONLY = ["joserfc", "cryptography", "sqlalchemy", "argon2", "graphql"]
# What takes long to import, and is needed by few programs or only later.
SLOW = ["pydantic", "rich", "starlette", "typer", "email", "importlib.metadata"]


@pytest.mark.parametrize("name", DOORS)
def test_all_is_what_the_door_has(name: str) -> None:
    door = import_module(name)
    ours = {
        attribute
        for attribute, value in vars(door).items()
        if not attribute.startswith("_")
        and str(getattr(value, "__module__", "")).startswith("trunkline")
    }
    assert ours <= set(door.__all__)
    assert all(hasattr(door, exported) for exported in door.__all__)
    assert len(set(door.__all__)) == len(door.__all__)
    assert set(door.__all__) <= set(dir(door))  # what completion shows


@pytest.mark.parametrize("name", DOORS)
def test_a_door_says_what_is_behind_it(name: str) -> None:
    assert import_module(name).__doc__


@pytest.mark.parametrize(
    ("importing", "others"),
    [
        (
            "trunkline.server",
            ["uvicorn", *CLIENT_ONLY, *SLOW, "joserfc", "cryptography", "sqlalchemy", "argon2"],
        ),
        ("trunkline.client", [*SERVER_ONLY, *SLOW, "graphql", "asyncio", "ssl", "httpx2"]),
        ("trunkline.auth.calling.credentials", [*CLIENT_ONLY, *SERVER_ONLY, *TOKENS_ONLY]),
        ("trunkline.issuer", [*CLIENT_ONLY, *SERVER_ONLY, "graphql"]),
    ],
)
def test_one_side_does_without_the_other(importing: str, others: list[str]) -> None:
    program = f"import sys, {importing}; print(*sorted(set({others!r}) & set(sys.modules)))"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == ""


@pytest.mark.parametrize(
    ("importing", "library", "extra"),
    [
        ("import trunkline.server", "orjson", "server"),
        ("from trunkline.auth import Verifier", "joserfc", "auth"),
        ("from trunkline.auth import Protected", "cryptography", "auth"),
        ("import trunkline.issuer", "cryptography", "issuer"),
        ("import trunkline.issuer", "argon2", "issuer"),
        ("import trunkline.issuer", "sqlalchemy", "issuer"),
    ],
)
def test_a_library_that_is_missing_is_named(importing: str, library: str, extra: str) -> None:
    program = f"""
import sys

class Missing:
    def find_spec(self, name, *_):
        if name == {library!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
{importing}
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError: ")
    assert last.endswith(f" needs the library {library}: pip install 'trunkline[{extra}]'")
