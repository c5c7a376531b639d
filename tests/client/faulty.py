"""A server that fails on a real socket, in whichever way a test wants."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from threading import Thread
from typing import Self, TypeAlias

DATA = b'{"data":{"todos":[{"title":"Milk"}]}}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/graphql-response+json\r\n"
WHOLE = HEAD + b"Content-Length: %d\r\n\r\n" % len(DATA) + DATA

Behaviour: TypeAlias = Callable[[socket.socket], None]


class Faulty:
    """Behaves as it is told, once per request that arrives; the last behaviour stays.

    A behaviour is given a connection after a whole request was read from it. Those that leave the
    connection open are followed by the next request on it.
    """

    def __init__(self, *behaviours: Behaviour) -> None:
        self._behaviours = list(behaviours)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._open: list[socket.socket] = []
        self.requests: list[bytes] = []
        self.connections = 0
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/graphql"
        self._thread = Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        for one in self._open:
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            while request := read_request(connection):
                self.requests.append(request)
                few = len(self._behaviours) == 1
                behave = self._behaviours[0] if few else self._behaviours.pop(0)
                behave(connection)
        except OSError:
            return


def read_request(connection: socket.socket) -> bytes:
    """Read one request with its body; empty where the client has gone."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def answer(connection: socket.socket) -> None:
    connection.sendall(WHOLE)


def status(line: bytes, *headers: bytes) -> Behaviour:
    """Answer with a status and an empty body."""
    head = b"\r\n".join([b"HTTP/1.1 " + line, *headers, b"Content-Length: 0", b"", b""])
    return lambda connection: connection.sendall(head)


def reset(connection: socket.socket) -> None:
    """End a connection with RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def hang_up(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)
    connection.close()


def reset_within_the_head(connection: socket.socket) -> None:
    connection.sendall(HEAD[:30])
    reset(connection)


def reset_within_the_body(connection: socket.socket) -> None:
    connection.sendall(WHOLE[:-10])
    time.sleep(0.02)
    reset(connection)


def end_within_the_body(connection: socket.socket) -> None:
    connection.sendall(WHOLE[:-10])
    hang_up(connection)


def answer_and_reset(connection: socket.socket) -> None:
    connection.sendall(WHOLE)
    time.sleep(0.02)
    reset(connection)


def answer_and_close(connection: socket.socket) -> None:
    """Answer as if the connection stayed open, and close it (a keep-alive that is half closed)."""
    connection.sendall(WHOLE)
    connection.shutdown(socket.SHUT_WR)


def say_nothing(_: socket.socket) -> None:
    """Read the request, and never answer."""


def drip_the_body(connection: socket.socket) -> None:
    connection.sendall(WHOLE[: -len(DATA)])
    _drip(connection, DATA)


def drip_the_head(connection: socket.socket) -> None:
    _drip(connection, WHOLE)


def _drip(connection: socket.socket, data: bytes) -> None:
    for byte in data:
        connection.sendall(bytes([byte]))
        time.sleep(0.1)


def no_http(connection: socket.socket) -> None:
    connection.sendall(b"220 mail.example ESMTP\r\n\r\n")
    hang_up(connection)


def length_too_short(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: 10\r\n\r\n" + DATA)
    time.sleep(0.05)
    hang_up(connection)


def length_that_is_none(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: many\r\n\r\n" + DATA)
    hang_up(connection)


def broken_chunks(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + DATA)
    hang_up(connection)
