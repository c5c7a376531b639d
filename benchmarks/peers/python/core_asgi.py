"""graphql-core with a cache of documents behind the least endpoint that serves it."""

from __future__ import annotations

from inspect import isawaitable
from typing import Any

import orjson
from graphql import ExecutionResult, execute

from benchmarks.peers.python.by_hand_asgi import Receive, Send, answer, read_body
from benchmarks.peers.python.core import SCHEMA, document


async def app(_scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Serve one request."""
    request = orjson.loads(await read_body(receive))
    result: Any = execute(SCHEMA, document(request["query"]), variable_values=request["variables"])
    executed: ExecutionResult = await result if isawaitable(result) else result
    await answer(send, 200, orjson.dumps(executed.formatted))
