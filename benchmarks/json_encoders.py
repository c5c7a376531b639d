"""Which library writes the answers, and which reads the requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import orjson

from benchmarks.figures import Figure, side_by_side
from trunkline.protocol.request import GraphQLRequest

__all__ = ["measure"]

REQUEST = (
    b'{"query":"query ($id: ID!) { todo(todoID: $id) { todoID title } }",'
    b'"variables":{"id":"00000000-0000-0000-0000-000000000001"}}'
)


def measure() -> Iterator[Figure]:
    encode = msgspec.json.Encoder().encode
    for count in (1, 10, 100, 1_000):
        item = {"todoID": "00000000-0000-0000-0000-000000000001", "title": "Todo", "text": "Text"}
        answer: dict[str, Any] = {"data": {"todos": [item] * count}}
        theirs, ours = side_by_side(lambda: encode(answer), lambda: orjson.dumps(answer))  # noqa: B023
        yield Figure(f"write {count} objects: msgspec / orjson", theirs / ours)
    decode = msgspec.json.Decoder(GraphQLRequest).decode
    theirs, ours = side_by_side(lambda: orjson.loads(REQUEST), lambda: decode(REQUEST))
    yield Figure("read a request: orjson / msgspec with types", theirs / ours)
