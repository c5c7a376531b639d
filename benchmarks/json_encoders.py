"""Which library writes the answers, and which reads the requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import orjson

from benchmarks.figures import Figure
from benchmarks.local import Sync
from benchmarks.race import race
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
        writers = race(
            {
                "msgspec": Sync(lambda: encode(answer)),  # noqa: B023
                "orjson": Sync(lambda: orjson.dumps(answer)),  # noqa: B023
            }
        )
        yield writers.ratio(f"write {count} objects: msgspec / orjson", "msgspec", "orjson")
    decode = msgspec.json.Decoder(GraphQLRequest).decode
    readers = race(
        {
            "orjson": Sync(lambda: _read(orjson.loads)),
            "msgspec": Sync(lambda: _read(decode)),
        }
    )
    yield readers.ratio("read a request: orjson / msgspec with types", "orjson", "msgspec")


def _read(decode: Callable[[bytes], object]) -> None:
    decode(REQUEST)
