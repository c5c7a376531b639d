"""Requests of commands that are not operations: for metrics, publications and reports."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from trunkline.auth.calling.credentials import ClientCredentials
    from trunkline.protocol.messages import HTTPRequest, HTTPResponse

__all__ = ["Send", "sending"]

Send: TypeAlias = "Callable[[HTTPRequest], HTTPResponse]"


@contextmanager
def sending(
    url: str,
    *,
    timeout: float,
    headers: Mapping[str, str] | None = None,
    auth: ClientCredentials | None = None,
) -> Generator[Send]:
    """Give what sends requests to a URL, each within a number of seconds."""
    from trunkline.client.connection import Connection
    from trunkline.client.transports.httpx2 import HTTPX2Transport

    transport = HTTPX2Transport(url, timeout=timeout, headers=headers)
    connection = Connection(transport, auth=auth, timeout=timeout)
    try:
        yield lambda request: connection.run(lambda _: connection.send_http(request), None)
    finally:
        connection.close()
