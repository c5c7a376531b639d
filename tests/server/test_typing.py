"""What mypy says of a server without a decision about authentication."""

from __future__ import annotations

from pathlib import Path

from tests.type_checkers import mypy

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
    said = mypy(tmp_path, "program.py")
    errors = [line for line in said.splitlines() if ": error: " in line]
    assert len(errors) == 2, said
    assert errors[0].startswith('program.py:9: error: Missing named argument "auth" for "GraphQL"')
    assert errors[1].startswith('program.py:10: error: Argument "auth" to "GraphQL" has incompatib')
