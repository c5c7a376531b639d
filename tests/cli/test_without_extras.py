"""The command line where an extra is missing: the other commands work, and it says what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
sys.modules[sys.argv.pop(1)] = None
from trunkline.cli import main
main()
"""
ISSUER = "'trunkline[issuer,server]'"


@pytest.mark.parametrize(
    ("library", "arguments", "brought_by"),
    [
        ("sqlalchemy", ["clients", "list"], ISSUER),
        ("sqlalchemy", ["issuer", "rotate"], ISSUER),
        ("sqlalchemy", ["issuer", "serve", "https://issuer.example", "--port", "1"], ISSUER),
        ("argon2", ["clients", "list"], ISSUER),
        ("joserfc", ["clients", "add", "shop", "--grant", "https://a.example=a"], ISSUER),
        (
            "uvicorn",
            ["issuer", "serve", "http://localhost:9", "--development"],
            "'trunkline[server]'",
        ),
        ("uvicorn", ["serve", "shop:app"], "'trunkline[server]'"),
        ("starlette", ["mock", "schema.graphql"], "'trunkline[cli]'"),
        ("watchfiles", ["generate", "--watch"], "'trunkline[cli]'"),
        ("typer", ["serve"], "'trunkline[cli]'"),
        (
            "httpx2",
            ["generate", "client", "--schema", "http://localhost:1/", "--operations", "q.graphql"],
            "'trunkline[client]'",
        ),
        (
            "httpx2",
            ["publish", "--manifest", "q.graphql", "--version", "1", "--to", "http://localhost:1/"],
            "'trunkline[client]'",
        ),
        ("httpcore2", ["call", "http://localhost:1/", "{ a }"], "'trunkline[client]'"),
        ("rich", ["top", "http://localhost:1/metrics"], "'trunkline[cli]'"),
        ("prometheus_client", ["top", "http://localhost:1/metrics"], "'trunkline[prometheus]'"),
        (
            "psycopg",
            ["clients", "documents", "--documents", "postgresql://localhost/none"],
            "'trunkline[postgresql]'",
        ),
    ],
)
def test_a_missing_library_is_named(
    library: str, arguments: list[str], brought_by: str, tmp_path: Path
) -> None:
    (tmp_path / "trunkline.toml").write_text('schema = "schema.graphql"\npackage = "app"\n')
    (tmp_path / "schema.graphql").write_text("type Query { a: Int }")
    (tmp_path / "q.graphql").write_text("query Q { a }")
    done = run(library, *arguments, folder=tmp_path)
    assert done.returncode == 1
    assert library in done.stderr
    assert done.stderr.strip().endswith(f"pip install {brought_by}.")
    assert "Traceback" not in done.stderr


def test_documents_need_no_library_of_the_issuer(tmp_path: Path) -> None:
    for library in ("sqlalchemy", "joserfc", "cryptography"):
        assert run(library, "clients", "documents", "--documents", str(tmp_path)).returncode == 0


def test_the_other_commands_work() -> None:
    assert run("sqlalchemy", "--version").stdout.startswith("trunkline ")


def run(
    library: str, *arguments: str, folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROGRAM, library, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
