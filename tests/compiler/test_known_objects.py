"""Objects of interfaces and unions whose class tells their type: written out in a list's loop."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from trunkline.compiler.limits import Limits
from trunkline.compiler.operation import Operation
from trunkline.compiler.pipeline import compile_operation
from trunkline.engine import run_sync
from trunkline.runtime.execution import Result
from trunkline.schema.bindings import batch
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema

SDL = """
type Query { sure: [Any!]!  perhaps: [Any]  lists: [[Any!]]! }
union Any = Card | Transfer
type Card { id: ID!  owner: String!  twin: Int }
type Transfer { id: ID!  reference: String  from: [Card!]  twin: Int }
"""
SELECTED = """{
  __typename
  ... on Card { id owner twin }
  ... on Transfer { id reference twin from { id owner } }
}"""


@dataclass
class Card:
    id: Any
    owner: Any = "o"


class Gold(Card):
    pass


@dataclass
class Transfer:
    id: Any
    reference: Any = None
    from_: Any = None


def operation_for(values: list[Any], field: str, limit: int = 1_000) -> Operation:
    @batch
    def twin(parents: list[Any]) -> list[Any]:
        return [parent.id for parent in parents]

    given = [values, values[:1]] if field == "lists" else values
    resolvers = SimpleNamespace(
        query=SimpleNamespace(**{field: lambda: given for field in ("sure", "perhaps", "lists")}),
        card=SimpleNamespace(twin=twin),
        transfer=SimpleNamespace(twin=twin),
    )
    models = {"Card": Card, "Transfer": Transfer}
    schema = make_executable_schema(parse_schema(SDL), resolvers, models)
    text = f"{{ {field} {SELECTED} }}"
    return compile_operation(schema, text, limits=Limits(response=limit))


def both_texts(operation: Operation) -> Result:
    """Execute the short text and the long one; return what both gave."""
    short = run_sync(operation, None)
    operation.inline()
    long = run_sync(operation, None)
    assert long.data == short.data
    assert [each.formatted for each in long.errors] == [each.formatted for each in short.errors]
    assert long.room == short.room
    return long


@pytest.mark.parametrize("field", ["sure", "perhaps", "lists"])
@pytest.mark.parametrize(
    "values",
    [
        [],
        [Card(1), Transfer("2", "r", [Card(3)]), Card("4")],
        [Gold(1), Card(2), Gold(3)],  # of a class that the text does not know
        [Card(1), None, Card(2)],
        [Card(1), Card(2, None), Transfer(3)],
        [Transfer(1, object()), Transfer(2, "r", [Card(3, None)]), Transfer(object())],
        [Card(1), "no object", ValueError("returned"), Card(2)],
        "no list",
    ],
)
def test_the_text_gives_what_the_functions_of_the_types_give(values: list[Any], field: str) -> None:
    both_texts(operation_for(values, field))


def test_objects_of_known_classes_cost_no_call() -> None:
    operation = operation_for([Card(1), Transfer(2)], "sure")
    assert "if class_ is Card:" in operation.source
    assert "elif class_ is Transfer:" in operation.source
    result = both_texts(operation)
    assert result.data == {
        "sure": [
            {"__typename": "Card", "id": "1", "owner": "o", "twin": 1},
            {"__typename": "Transfer", "id": "2", "reference": None, "twin": 2, "from": None},
        ]
    }


def test_they_count_as_much_as_elsewhere() -> None:
    values = [Card(1), Gold(2), Transfer(3)]
    weight = 3 + 8 + 8 + 9  # the items; their fields, of which a batch counts as five
    assert not both_texts(operation_for(values, "sure", weight)).errors
    operation = operation_for(values, "sure", weight - 1)
    for _ in range(3):  # in both texts
        (error,) = run_sync(operation, None).errors
        assert error.extensions == {"code": "LIMIT_EXCEEDED"}
