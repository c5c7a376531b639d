"""What a resolver's mistakes look like to the caller, and to the log."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytest

from trunkline.compiler.pipeline import compile_operation
from trunkline.engine import run_sync
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema
from trunkline.server import GraphQL
from trunkline.server.present import ErrorPresenter

SDL = "enum Kind { A } type Query { number: Int  kind: Kind  required: String!  many: [Int] }"
PRIVATE = "hunter2"


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("number", {"password": PRIVATE}, "Internal server error."),
        ("kind", PRIVATE, "Internal server error."),
        ("many", PRIVATE, "Internal server error."),
        ("required", None, "Cannot return null for non-nullable field Query.required."),
    ],
)
def test_a_value_that_does_not_fit_is_logged_and_not_shown(
    caplog: pytest.LogCaptureFixture, field: str, value: Any, shown: str
) -> None:
    query = SimpleNamespace(**dict.fromkeys(("number", "kind", "required", "many"), lambda: value))
    schema = make_executable_schema(parse_schema(SDL), SimpleNamespace(query=query))
    (error,) = run_sync(compile_operation(schema, f"{{ {field} }}"), None).errors
    with caplog.at_level(logging.ERROR, "trunkline.errors"):
        presented = ErrorPresenter().field_error(error)
    assert presented["message"].startswith(shown)
    assert PRIVATE not in str(presented)
    assert presented["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    (record,) = caplog.records
    assert presented["extensions"]["id"] in record.getMessage()
    assert field in record.getMessage()


def test_an_endpoint_wants_an_executable_schema() -> None:
    with pytest.raises(TypeError, match="make_executable_schema"):
        GraphQL(parse_schema(SDL), auth=None)  # type: ignore[arg-type]
