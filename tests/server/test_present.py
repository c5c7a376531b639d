"""What a resolver's mistakes look like to the caller, and to the log."""

from __future__ import annotations

import json
import logging
from types import SimpleNamespace
from typing import Any

import pytest
from graphql import GraphQLError
from tests.server.calling import PRIVATE as OF_DATABASE
from tests.server.calling import make_schema, post

from trunkline.compiler.pipeline import compile_operation
from trunkline.engine import run_sync
from trunkline.errors import RequestError
from trunkline.schema.executable import adopt_schema, make_executable_schema
from trunkline.schema.load import parse_schema
from trunkline.schema.scalars import Scalar
from trunkline.server import GraphQL, Limits, OperationEvent, batch, present
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
        (presented,) = ErrorPresenter().field_errors([error])
    assert presented["message"].startswith(shown)
    assert PRIVATE not in str(presented)
    assert presented["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    (record,) = caplog.records
    assert presented["extensions"]["id"] in record.getMessage()
    assert field in record.getMessage()


def test_an_endpoint_wants_an_executable_schema() -> None:
    with pytest.raises(TypeError, match="make_executable_schema"):
        GraphQL(parse_schema(SDL), auth=None)  # type: ignore[arg-type]


class BackendError(Exception):
    extensions = {"address": PRIVATE}  # noqa: RUF012


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ('{ number(at: "x") }', None),
        ("query ($at: Place) { number(at: $at) }", {"at": "x"}),
        ("query ($at: [Place]) { many(at: $at) }", {"at": ["x"]}),
        ('query ($at: Place = "x") { number(at: $at) }', None),
    ],
)
@pytest.mark.parametrize("is_adopted", [False, True])
async def test_what_a_scalars_parser_raises_is_logged_not_shown_and_not_kept(
    caplog: pytest.LogCaptureFixture, query: str, variables: Any, *, is_adopted: bool
) -> None:
    is_down = True

    def parse(value: Any) -> Any:
        if is_down:
            raise BackendError(f"no connection to {PRIVATE}")
        return value

    definition = parse_schema(
        "scalar Place type Query { number(at: Place): Int many(at: [Place]): Int }"
    )
    if is_adopted:
        place: Any = definition.type_map["Place"]
        place.coerce_input_value = parse
        place.coerce_input_literal = lambda node: parse(node.value)
        schema = adopt_schema(definition)
        for field in definition.query_type.fields.values():  # type: ignore[union-attr]
            field.resolve = lambda _root, _info, **_arguments: 1
    else:
        resolvers = SimpleNamespace(
            query=SimpleNamespace(number=lambda at=None: 1, many=lambda at=None: 1)  # noqa: ARG005
        )
        scalars = {"Place": Scalar(str, parse)}
        schema = make_executable_schema(definition, resolvers, scalars=scalars)
    app = GraphQL(schema, auth=None)
    for _ in range(2):
        caplog.clear()
        reply = await post(app, query, variables=variables)
        assert PRIVATE not in reply.body.decode()
        assert reply.code == "INTERNAL_SERVER_ERROR"
        assert PRIVATE in caplog.text
        assert reply.error["extensions"]["id"] in caplog.text
    is_down = False
    reply = await post(app, query, variables=variables)
    assert (reply.status, list(reply.data.values())) == (200, [1])


async def test_what_a_parser_raises_for_a_valid_literal_is_logged_and_not_shown(
    caplog: pytest.LogCaptureFixture,
) -> None:
    is_down = False

    def parse(value: Any) -> Any:
        if is_down:
            raise BackendError(f"no connection to {PRIVATE}")
        return value

    definition = parse_schema("scalar Place type Query { number(at: Place): Int }")
    resolvers = SimpleNamespace(query=SimpleNamespace(number=lambda at=None: 1))  # noqa: ARG005
    scalars = {"Place": Scalar(str, parse)}
    app = GraphQL(make_executable_schema(definition, resolvers, scalars=scalars), auth=None)
    query = '{ number(at: "x") }'
    assert (await post(app, query)).data == {"number": 1}
    is_down = True
    reply = await post(app, query)
    assert (reply.status, reply.code) == (294, "INTERNAL_SERVER_ERROR")
    assert PRIVATE not in reply.body.decode()
    assert PRIVATE in caplog.text
    is_down = False
    assert (await post(app, query)).data == {"number": 1}


MANY = "type Query { many: [Item!]! } type Item { refusing: Int failing: Int together: Int }"


class Items:
    def __init__(self, count: int) -> None:
        self.query = SimpleNamespace(many=lambda: [{} for _ in range(count)])
        self.item = SimpleNamespace(
            refusing=self.refuse, failing=self.fail, together=self.fail_together
        )

    def refuse(self, _parent: object) -> int:
        raise GraphQLError("not now", extensions={"code": "CLOSED"})

    def fail(self, _parent: object) -> int:
        raise BackendError(PRIVATE)

    @batch
    def fail_together(self, _parents: list[object]) -> list[int]:
        raise BackendError(PRIVATE)


@pytest.mark.parametrize(
    ("selection", "outcome", "records"),
    [
        ("refusing", "partial", 0),
        ("failing", "internal_error", 2),  # the listed ones, and the number of the others
        ("refusing again: refusing failing", "internal_error", 2),
        ("together", "internal_error", 1),
        ("refusing together", "internal_error", 1),
    ],
)
async def test_e02_many_errors_are_counted_for_sinks_and_the_log_is_bounded(
    caplog: pytest.LogCaptureFixture, selection: str, outcome: str, records: int
) -> None:
    events: list[OperationEvent] = []
    schema = make_executable_schema(parse_schema(MANY), Items(1_000))
    app = GraphQL(schema, auth=None, sinks=[events.append])
    with caplog.at_level(logging.ERROR, "trunkline.errors"):
        reply = await post(app, f"{{ many {{ {selection} }} }}")
    count = 1_000 * len(selection.replace("again: ", "").split())
    assert len(reply.json["errors"]) == 101
    assert reply.json["errors"][-1]["extensions"] == {"code": "MORE_ERRORS", "count": count - 100}
    assert (events[0].outcome, events[0].errors) == (outcome, count)
    assert len(caplog.records) == records
    assert PRIVATE not in reply.body.decode()


async def test_e02_one_failure_of_many_parents_has_one_id(caplog: pytest.LogCaptureFixture) -> None:
    schema = make_executable_schema(parse_schema(MANY), Items(50))
    with caplog.at_level(logging.ERROR, "trunkline.errors"):
        reply = await post(GraphQL(schema, auth=None, sinks=[]), "{ many { together } }")
    (number,) = {error["extensions"]["id"] for error in reply.json["errors"]}
    (record,) = caplog.records
    assert number in record.getMessage()


async def test_e02_failures_of_a_field_have_one_id_if_they_are_alike(
    caplog: pytest.LogCaptureFixture,
) -> None:
    kinds = [ValueError, ValueError, KeyError, TypeError, TypeError]

    def fail(parent: type[Exception]) -> int:
        if parent is TypeError:
            raise parent("of this line")
        raise parent

    items = SimpleNamespace(
        query=SimpleNamespace(many=lambda: kinds), item=SimpleNamespace(failing=fail)
    )
    schema = make_executable_schema(parse_schema(MANY), items)
    with caplog.at_level(logging.ERROR, "trunkline.errors"):
        reply = await post(
            GraphQL(schema, auth=None, sinks=[]), "{ many { failing } a: many { failing } }"
        )
    errors = reply.json["errors"]
    ids = [error["extensions"]["id"] for error in errors]
    assert [ids.index(each) for each in ids] == [0, 0, 2, 3, 3, 5, 5, 7, 8, 8]
    counts = [record.getMessage().partition("), ")[2] for record in caplog.records]
    assert counts == ["and 1 more like it", "", "and 1 more like it"] * 2
    assert all(each in caplog.text for each in ids)


async def test_e02_exceptions_beyond_the_listed_errors_are_the_outcome() -> None:
    events: list[OperationEvent] = []
    schema = make_executable_schema(parse_schema(MANY), Items(10))
    app = GraphQL(schema, auth=None, sinks=[events.append], limits=Limits(errors=5))
    reply = await post(app, "{ many { refusing } other: many { failing } }")
    assert {error["extensions"]["code"] for error in reply.json["errors"]} == {
        "CLOSED",
        "MORE_ERRORS",
    }
    assert (events[0].outcome, events[0].errors) == ("internal_error", 20)


@pytest.mark.parametrize(
    ("error", "status", "outcome"),
    [(ValueError("too long"), 422, "request_error"), (OSError(PRIVATE), 500, "internal_error")],
)
async def test_an_inputs_class_that_fails_is_the_servers_fault(
    error: Exception, status: int, outcome: str
) -> None:
    class Line:
        def __init__(self, sku: str) -> None:
            raise error if sku else AssertionError

    events: list[OperationEvent] = []
    schema = make_executable_schema(
        parse_schema("type Query { say(line: Line!): Int } input Line { sku: String! }"),
        SimpleNamespace(query=SimpleNamespace(say=lambda line: line.sku)),
        {"Line": Line},
    )
    app = GraphQL(schema, auth=None, sinks=[events.append])
    text = "query ($line: Line!) { say(line: $line) }"
    reply = await post(app, text, variables={"line": {"sku": "1"}})
    assert (reply.status, events[0].outcome) == (status, outcome)
    assert PRIVATE not in reply.body.decode()


def test_a_program_that_runs_the_engine_masks_the_same_way(
    caplog: pytest.LogCaptureFixture,
) -> None:
    operation = compile_operation(make_schema(), "{ raising refusing }")
    with caplog.at_level(logging.ERROR, "trunkline.errors"):
        shown = present(run_sync(operation, None))
    assert OF_DATABASE not in json.dumps(shown)
    masked, refused = shown["errors"]
    assert masked["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert masked["extensions"]["id"] in caplog.text
    assert refused["message"] == "Not today."
    assert shown["data"] == {"raising": None, "refusing": None}
    with pytest.raises(RequestError) as raised:
        compile_operation(make_schema(), "{ nothing }")
    (error,) = present(raised.value)["errors"]
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert present(run_sync(compile_operation(make_schema(), "{ __typename }"), None)) == {
        "data": {"__typename": "Query"}
    }
