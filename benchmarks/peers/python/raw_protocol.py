"""An experiment: our operation behind a protocol of our own, on uvloop and httptools alone.

It shows what the ASGI server costs. It does nothing of what a server must: no limits, no
timeouts, no pipelining, no back pressure. `python -m benchmarks.peers.python.raw_protocol PORT`.
"""

from __future__ import annotations

import asyncio
import sys
from typing import cast

import httptools
import uvloop

from benchmarks.peers.python.ours import SCHEMA
from trunkline.compiler.cache import OperationCache
from trunkline.engine import run_sync
from trunkline.protocol.request import read_json
from trunkline.server.present import encode

OPERATIONS = OperationCache(SCHEMA)
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: "


class Protocol(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin (asyncio)."""
        self.transport = cast("asyncio.Transport", transport)
        self.parser = httptools.HttpRequestParser(self)
        self.body = b""

    def data_received(self, data: bytes) -> None:
        """Parse what came (asyncio)."""
        self.parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body (httptools)."""
        self.body += body

    def on_message_complete(self) -> None:
        """Answer the request, which is whole (httptools)."""
        request = read_json(self.body)
        self.body = b""
        operation = OPERATIONS.get(request.query or "", request.operation_name)
        answer = encode({"data": run_sync(operation, request.variables).data})
        self.transport.write(b"%s%d\r\n\r\n%s" % (HEAD, len(answer), answer))


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Protocol, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
