"""A server that has nothing to do: one answer of each size, by the path, ready as bytes.

``python -m benchmarks.peers.clients.orders_server PORT``.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import cast

import httptools
import uvloop

__all__ = ["orders"]


def orders(count: int) -> bytes:
    """Write an answer with so many orders, each with its customer and two lines."""
    made = [
        {
            "id": f"order-{number}",
            "total": number * 1.25,
            "customer": {"id": f"c-{number % 7}", "name": "Ada Lovelace", "email": None},
            "lines": [
                {"sku": f"sku-{line}", "quantity": line + 1, "price": 9.99} for line in range(2)
            ],
        }
        for number in range(count)
    ]
    return json.dumps({"data": {"orders": made}}).encode()


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
ANSWERS = {f"/{count}".encode(): orders(count) for count in (1, 100)}


class Protocol(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin (asyncio)."""
        self.transport = cast("asyncio.Transport", transport)
        self.parser = httptools.HttpRequestParser(self)
        self.path = b""

    def data_received(self, data: bytes) -> None:
        """Parse what came (asyncio)."""
        self.parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        """Keep the path (httptools)."""
        self.path = url

    def on_message_complete(self) -> None:
        """Answer the request (httptools)."""
        body = ANSWERS[self.path]
        self.transport.write(HEAD % (len(body), body))


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Protocol, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
