"""A load on an endpoint: the same request over and over on several connections.

Made to cost less than any server it asks: blocking sockets, two system calls for a request. All
connections ask, then all answers are read, so a server always has something to do.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import randrange
from typing import Self

__all__ = ["Load", "Request", "free_port"]

HEADERS = (
    b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Accept: application/graphql-response+json, application/json;q=0.9\r\n"
    b"Content-Length: %d\r\n%s\r\n%s"
)
SECONDS = 60  # until a server that does not answer is given up


@dataclass(frozen=True, slots=True)
class Request:
    """A POST of JSON; ``headers`` are more of them, as they go over the wire."""

    path: str
    body: bytes
    headers: bytes = b""

    def wire(self) -> bytes:
        """Return the request as it goes over the wire."""
        return HEADERS % (self.path.encode(), len(self.body), self.headers, self.body)


class Load:
    """Connections to one server, which asks the same on each of them."""

    def __init__(self, port: int, request: Request, connections: int) -> None:
        self._wire = request.wire()
        self._sockets = [_connect(port) for _ in range(connections)]
        self.connections = connections

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._sockets:
            each.close()

    def ask(self) -> tuple[bytes, int]:
        """Return an answer's body, and how many bytes the whole answer has on the wire."""
        first = self._sockets[0]
        first.sendall(self._wire)
        return _read_answer(first)

    def send(self, rounds: int) -> None:
        """Ask so many times on every connection; raises where an answer differs from the first."""
        body, length = self.ask()
        end = body[-16:] if body else b""
        buffer = bytearray(length)
        for _ in range(rounds):
            _send_to_all(self._sockets, self._wire)
            for each in self._sockets:
                if each.recv_into(buffer, length, socket.MSG_WAITALL) != length:
                    raise AssertionError(f"a short answer: {bytes(buffer)!r:.300}")
                if not (buffer.startswith(b"HTTP/1.1 200") and end in buffer[-32:]):
                    raise AssertionError(f"not the first answer: {bytes(buffer)!r:.300}")


def _send_to_all(sockets: Sequence[socket.socket], wire: bytes) -> None:
    for each in sockets:
        each.send(wire)


def _connect(port: int) -> socket.socket:
    """Connect; blocking with the kernel's time limit, for Python's own makes reads partial."""
    connected = socket.create_connection(("127.0.0.1", port))
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", SECONDS, 0))
    return connected


def _read_answer(connected: socket.socket) -> tuple[bytes, int]:
    """Read an answer whose length is not known yet (RFC 9112 §6)."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _receive(connected)
    head, _, rest = received.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise AssertionError(f"refused: {received!r:.500}")
    if b"transfer-encoding: chunked" in head.lower():
        while not rest.endswith(b"0\r\n\r\n"):
            rest += _receive(connected)
        body = _unchunked(rest)
    else:
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        while len(rest) < length:
            rest += _receive(connected)
        body = rest
    return body, len(head) + 4 + len(rest)


def _receive(connected: socket.socket) -> bytes:
    received = connected.recv(65_536)
    if not received:
        raise AssertionError("the server closed the connection")
    return received


def _unchunked(chunks: bytes) -> bytes:
    body = b""
    while True:
        size, _, chunks = chunks.partition(b"\r\n")
        length = int(size, 16)
        if not length:
            return body
        body += chunks[:length]
        chunks = chunks[length + 2 :]


def free_port() -> int:
    """Return a port that no process has, and that no system gives to a socket that asks for any."""
    while True:
        port = randrange(20_000, 32_000)  # noqa: S311  # not a secret
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
