"""What a client reads by an operation's types is what came, each leaf converted once.

Whatever the schema, the data and the document: fragments, conditions, and keys in several places.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from graphql import build_schema, is_leaf_type
from hypothesis import given
from tests.property.engines import Ours
from tests.property.examples import Example, examples
from tests.property.test_engine import fewer

from trunkline.client.checks import DocumentChecker
from trunkline.client.conversions import Conversions
from trunkline.client.document import Document
from trunkline.schema.scalars import Scalar


@dataclass(frozen=True)
class Boxed:
    """A leaf's value, converted."""

    value: Any


BOXES = Scalar(serialize=lambda box: box.value, parse=Boxed)


def unboxed(value: Any) -> Any:
    if isinstance(value, Boxed):
        return value.value
    if isinstance(value, dict):
        return {key: unboxed(one) for key, one in value.items()}
    assert value is None or isinstance(value, list), f"{value!r} is a leaf that was not converted"
    return None if value is None else [unboxed(one) for one in value]


@fewer
@given(examples())
def test_every_leaf_is_converted_and_nothing_is_lost(example: Example) -> None:
    data = Ours(example.sdl, example.plan).answer(example.request).data
    if data is None:
        return
    schema = build_schema(example.sdl, assume_valid=True)
    leaves = [name for name, type_ in schema.type_map.items() if is_leaf_type(type_)]
    conversions = Conversions(dict.fromkeys(leaves, BOXES), None, known=False)
    checker = DocumentChecker(schema, conversions)
    operation = checker.operation(Document(example.request.text), example.request.operation_name)
    body = msgspec.json.encode({"data": data})
    read = operation.decoder.decode(body).data
    assert unboxed(read) == msgspec.json.decode(body)["data"]
