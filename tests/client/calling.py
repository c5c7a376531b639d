"""Callers that are called the same way, whether their transport blocks or not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeAlias

from trunkline import Client
from trunkline.client.transports.aiohttp import AIOHTTPTransport
from trunkline.client.transports.httpx2 import AsyncHTTPX2Transport, HTTPX2Transport
from trunkline.client.transports.pyreqwest import AsyncPyreqwestTransport, PyreqwestTransport
from trunkline.client.transports.requests import RequestsHTTPTransport


class Caller:
    """A client that is called the same way, whether its transport blocks or not."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def execute(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        data: dict[str, Any] = self.client.execute(*args, **kwargs)
        return data

    def close(self) -> None:
        self.client.close()

    def end(self) -> None:
        self.close()


class AsyncCaller(Caller):
    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._runner = asyncio.Runner()

    def execute(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return self._runner.run(self.client.execute_async(*args, **kwargs))

    def close(self) -> None:
        self._runner.run(self.client.close_async())

    def end(self) -> None:
        super().end()
        self._runner.close()


TRANSPORTS: dict[str, tuple[Callable[..., Any], type[Caller]]] = {
    "requests": (RequestsHTTPTransport, Caller),
    "httpx2": (HTTPX2Transport, Caller),
    "httpx2-async": (AsyncHTTPX2Transport, AsyncCaller),
    "pyreqwest": (PyreqwestTransport, Caller),
    "pyreqwest-async": (AsyncPyreqwestTransport, AsyncCaller),
    "aiohttp": (AIOHTTPTransport, AsyncCaller),
}

CallWith: TypeAlias = Callable[..., Caller]
