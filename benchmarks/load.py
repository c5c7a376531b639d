"""A load on an endpoint: the same request, over and over, on several connections."""

from __future__ import annotations

import asyncio
import socket

__all__ = ["free_port", "send_all"]

BODY = b'{"query":"{ todos { todoID title } }"}'
REQUEST = (
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
)


async def send_all(port: int, requests: int, connections: int) -> None:
    """Send so many requests in all; raises where an answer is not 200."""
    share = requests // connections
    await asyncio.gather(*(_send(port, share) for _ in range(connections)))


async def _send(port: int, requests: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(requests):
        writer.write(REQUEST)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise AssertionError(head)
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length))
    writer.close()
    await writer.wait_closed()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
