"""What mypy says of a server without a decision about authentication."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """\
from trunkline.auth import Verifier
from trunkline.server import GraphQL, Schema


def serve(schema: Schema, verifier: Verifier) -> list[GraphQL]:
    return [
        GraphQL(schema, auth=verifier),
        GraphQL(schema, auth=None),
        GraphQL(schema),
        GraphQL(schema, auth="https://issuer.example"),
    ]
"""


def test_auth_is_required_and_typed(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    cache = Path(__file__).parents[2] / ".mypy_cache" / "corpus"
    done = subprocess.run(  # noqa: S603  # our own command
        [sys.executable, "-m", "mypy", "--strict", f"--cache-dir={cache}", "program.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    errors = [line for line in done.stdout.splitlines() if ": error: " in line]
    assert len(errors) == 2, done.stdout
    assert errors[0].startswith('program.py:9: error: Missing named argument "auth" for "GraphQL"')
    assert errors[1].startswith('program.py:10: error: Argument "auth" to "GraphQL" has incompatib')
