"""The todo example is generated from its schema as it is."""

from __future__ import annotations

from pathlib import Path

from tests.generate.projects import trunkline

API_SERVER = Path(__file__).parents[2] / "examples/todo/api_server"


def test_the_example_is_in_step_with_its_schema() -> None:
    run = trunkline(API_SERVER, "generate", "--check")
    assert (run.status, run.printed) == (0, "")
