"""A protocol class for uvicorn with which a GraphQL endpoint costs much less.

    uvicorn --http trunkline.server.lean:Protocol --no-access-log app:app

A request that has arrived whole, and between which and the endpoint nothing stands, is executed at
once: there is no task for it, there are no ASGI messages, and its response is one write. A head
that an earlier request of the connection had, byte for byte, is not parsed again. All other
requests take uvicorn's way, and so does the rest of one that turns out to wait for something.
Processes, TLS, limits, keep-alive, shutdown and the parser are uvicorn's.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextvars import Context, copy_context
from copy import copy
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias, cast

from uvicorn.config import Config
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import (
    HEADER_RE,
    HEADER_VALUE_RE,
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from trunkline.asgi.requests import ASGIMessage, Receive, Scope, Send, WholeRequest
from trunkline.asgi.responses import Application
from trunkline.asgi.serving import BoundedProtocol
from trunkline.runtime.resume import in_task, resume
from trunkline.server.endpoint import GraphQL

__all__ = ["Protocol"]

if not hasattr(HttpToolsProtocol, "_start_asgi_task"):  # it would execute a request twice
    raise ImportError(
        "trunkline.server.lean needs uvicorn 0.45 or later: pip install 'trunkline[server]'.",
        name="uvicorn",
    )

_HeaderPairs: TypeAlias = tuple[tuple[bytes, bytes], ...]

_PLAIN = re.compile(rb"(/[\w:.~-]+)*/?")  # a path that means itself, without a query
_FORWARDED = {b"x-forwarded-for", b"x-forwarded-proto"}
_MARKS = {b"connection", b"expect", b"transfer-encoding", b"upgrade", *_FORWARDED}
_HEADS = 4  # that a connection remembers
_HEAD_BYTES = 4_096  # of such a head
_NO_MARKS: frozenset[bytes] = frozenset()
_REMEMBERED = 64  # paths of an endpoint that serves all of them


class Protocol(BoundedProtocol):
    """One connection. If uvicorn writes its access log, all requests take uvicorn's way."""

    _marks = _NO_MARKS
    _piece = b""  # what is given to the parser, if a request begins with it
    _is_between = True  # of two requests
    _is_first = True  # of the requests in a piece
    _exchange: _Exchange | None = None  # the request whose body arrives
    _begun: _Exchange | None = None  # the one that uvicorn is about to take over
    _idle_since: float | None = None
    _usual: object = None
    _usual_lines = b""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._endpoints = None if self.access_log else _endpoints(self.config)
        self._heads: dict[bytes, _Head] = {}

    # From bytes to a request

    def data_received(self, data: bytes) -> None:
        """Execute a request like an earlier one, or give bytes to the parser."""
        if self._heads and self._is_between and self._is_free():
            end = data.find(b"\r\n\r\n") + 4
            head = self._heads.get(data[:end])
            if head is not None and head.length == len(data) - end:
                self._idle_since = None
                again = _Exchange(self, head.endpoint, data[end:])
                scope = {**head.scope, "headers": [*head.headers], "state": self.app_state.copy()}
                if self._is_over(again, scope, is_forwarded=head.is_forwarded):
                    return
                self._begun = again  # the parser tells uvicorn what the request is
        self._piece = data if self._is_between else b""
        self._is_first = True
        super().data_received(data)
        exchange, self._exchange = self._exchange, None
        if exchange is not None and not self.transport.is_closing():  # uvicorn awaits the rest
            super().on_headers_complete()
            super().on_body(exchange.body)

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._is_between = False
        self._idle_since = None
        self._marks = _NO_MARKS
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        name = name.lower()
        self.headers.append((name, value))
        if name in _MARKS:
            self._marks |= {name}
            if name == b"expect" and value.lower() == b"100-continue":
                self.expect_100_continue = True

    def on_headers_complete(self) -> None:
        """Decide which way the request takes."""
        endpoint = None if self._endpoints is None else self._endpoints.find(self.url)
        if endpoint is None or self._begun is not None or not self._is_simple():
            super().on_headers_complete()
        else:
            self._end_headers()
            self._is_first = False
            self._exchange = _Exchange(self, endpoint)

    def _is_simple(self) -> bool:
        """Tell whether the request can be executed as soon as its body is there.

        Of requests that came in one piece only the first is, so that others have their turn.
        """
        parser: Any = self.parser
        return (
            self._is_first
            and parser.get_method() == b"POST"
            and parser.should_keep_alive()
            and not self.expect_100_continue
            and b"upgrade" not in self._marks
            and (b"connection" not in self._marks or parser.get_http_version() == "1.1")
            and self._is_free()
        )

    def _is_free(self) -> bool:
        """Tell whether the connection has nothing else to do, and the server is not overloaded."""
        cycle: RequestResponseCycle | Any = self.cycle
        limit = self.limit_concurrency
        return (
            (cycle is None or cycle.response_complete)
            and not self.flow.write_paused
            and (limit is None or len(self.connections) < limit > len(self.tasks))
        )

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        if self._exchange is None:
            super().on_body(body)
        else:
            self._unread = 0
            self._exchange.body += body

    def on_message_complete(self) -> None:
        """Execute a request that has arrived whole."""
        self._is_between = True
        exchange, self._exchange = self._exchange, None
        if exchange is None:
            super().on_message_complete()
            return
        self._unread = 0
        scope: Any = self.scope
        scope.update(exchange.endpoint.place)
        is_forwarded = not _FORWARDED.isdisjoint(self._marks)
        self._remember(exchange, is_forwarded=is_forwarded)
        if not self._is_over(exchange, scope, is_forwarded=is_forwarded):
            self._begun = exchange
            super().on_headers_complete()  # which calls `_start_asgi_task`
            super().on_body(exchange.body)
            super().on_message_complete()

    def _remember(self, exchange: _Exchange, *, is_forwarded: bool) -> None:
        """Remember the head of a request that was all of the piece."""
        length = len(exchange.body)
        end = len(self._piece) - length
        if (
            b"transfer-encoding" not in self._marks
            and 0 < end <= _HEAD_BYTES
            and end == self._piece.find(b"\r\n\r\n") + 4
        ):
            if len(self._heads) >= _HEADS:
                self._heads.clear()
            head = _Head(exchange.endpoint, length, is_forwarded, {**self.scope}, [*self.headers])
            self._heads[self._piece[:end]] = head

    def _is_over(self, exchange: _Exchange, scope: Scope, *, is_forwarded: bool) -> bool:
        """Execute a request; tell whether its response is written."""
        exchange.begin(scope, is_forwarded=is_forwarded)
        if exchange.is_over and exchange.error is not None:
            self.logger.error("Exception in ASGI application\n", exc_info=exchange.error)
            self.transport.close()
        return exchange.is_over

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Start the task of a request, or of the rest of one that has begun."""
        begun, self._begun = self._begun, None
        if begun is None:
            super()._start_asgi_task(cycle, app)
            return
        begun.cycle = cycle
        task = self.loop.create_task(cycle.run_asgi(begun.go_on), context=begun.context)
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    # From a response to bytes

    def write(self, status: int, headers: _HeaderPairs, body: bytes) -> None:
        """Write a response, which is the whole of what a request gets."""
        usual = self.server_state.default_headers
        if usual is not self._usual:  # uvicorn makes the list anew every second
            self._usual = usual
            self._usual_lines = _lines(tuple(usual))
        lines, has_length, closes = _head(status, headers)
        length = b"content-length: %d\r\n" % len(body) if has_length else b""
        self.transport.write(b"%b%b%b\r\n%b" % (lines, self._usual_lines, length, body))
        if closes:
            self.transport.close()
        self.on_response_complete()

    # Between requests

    def on_response_complete(self) -> None:
        """Begin the next request that has arrived, or wait for one.

        One timer serves all pauses of a connection, because to start and stop one costs as much as
        executing a small operation. When it ends, it looks whether the connection is idle.
        """
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._look_after(self.timeout_keep_alive)

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection if it was idle for long enough."""
        self.timeout_keep_alive_task = None
        if self._idle_since is not None:
            left = self._idle_since + self.timeout_keep_alive - self.loop.time()
            if left > 0:
                self._look_after(left)
            else:
                super().timeout_keep_alive_handler()

    def _look_after(self, seconds: float) -> None:
        handler = self.timeout_keep_alive_handler
        self.timeout_keep_alive_task = self.loop.call_later(seconds, handler)

    def _unset_keepalive_if_required(self) -> None:
        """Let the timer go on. It is the beginning of a request that counts, not any byte."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        super().connection_lost(exc)
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()


class _Exchange(WholeRequest):
    """A request that has arrived whole, and its response. To the application it is `receive`.

    When the application pauses, uvicorn's ``cycle`` takes over, and `go_on` is its application.
    """

    context: Context | None = None
    cycle: RequestResponseCycle | None = None
    error: BaseException | None = None  # that the application raised
    is_over = False
    _waits_for: Any = None

    def __init__(self, protocol: Protocol, endpoint: _Endpoint, body: bytes = b"") -> None:
        self._protocol = protocol
        self.endpoint = endpoint
        self.body = body

    def begin(self, scope: Scope, *, is_forwarded: bool) -> None:
        """Execute the request until its response is written, or it must wait."""
        call: Any = self.endpoint.behind_proxy if is_forwarded else self.endpoint.call
        self.context = copy_context()
        self._steps = call(scope, self, self.send)
        try:
            self._waits_for = self.context.run(self._steps.send, None)
        except StopIteration:
            self._steps = None
        except BaseException as error:  # noqa: BLE001  # as uvicorn does
            self.error = error

    async def go_on(self, _scope: Any, _receive: Any, _send: Any) -> None:
        """Execute the rest, in a task of uvicorn's."""
        if self.error is not None:
            raise self.error
        if self._steps is not None:
            await resume(self._steps, self._waits_for)

    def respond(self, status: int, headers: _HeaderPairs, body: bytes) -> bool:
        """Write a whole response, unless uvicorn has taken over."""
        if self.cycle is not None:
            return False
        self._protocol.write(status, headers, body)
        self.is_over = True
        return True

    async def __call__(self) -> ASGIMessage:
        """Return the body, and then wait for the client to go away (ASGI)."""
        message: ASGIMessage = await (await self._taken_over()).receive()
        return message

    async def send(self, message: ASGIMessage) -> None:
        """Send a part of a response (ASGI)."""
        await (await self._taken_over()).send(message)

    async def _taken_over(self) -> Any:
        await in_task()
        return self.cycle


class _Endpoint(NamedTuple):
    """An endpoint at a path: what is called, and what the scope says of the path."""

    call: Application
    behind_proxy: Application
    place: dict[str, Any]


class _Head(NamedTuple):
    """What was read from the head of a request, whose body has ``length`` bytes."""

    endpoint: _Endpoint
    length: int
    is_forwarded: bool
    scope: dict[str, Any]
    headers: list[tuple[bytes, bytes]]


class _Endpoints:
    """Finds the endpoint of a URL, if nothing stands before it but uvicorn's proxies.

    It is the whole application, or a route of Starlette's without middlewares.
    """

    def __init__(self, config: Config) -> None:
        self._proxy: Any = config.loaded_app
        self._prefix = config.root_path
        is_proxy = type(self._proxy) is ProxyHeadersMiddleware
        self._app: Any = self._proxy.app if is_proxy else self._proxy
        self._is_alone = isinstance(self._app, GraphQL)
        self._known = {path: self._at(path, call) for path, call in _routed(self._app)}

    def find(self, url: bytes) -> _Endpoint | None:
        """Return the endpoint of a URL as a request has it; ``None`` if it is not known."""
        found = self._known.get(url)
        if found is None and self._is_alone and _PLAIN.fullmatch(url):
            found = self._at(url, self._app.serve)
            if len(self._known) < _REMEMBERED:
                self._known[url] = found
        return found

    def _at(self, url: bytes, call: Application) -> _Endpoint:
        behind_proxy = call
        if self._app is not self._proxy:
            proxy: Any = copy(self._proxy)
            proxy.app = call
            behind_proxy = cast("Application", proxy)
        path = self._prefix + url.decode("ascii")
        place = {"method": "POST", "path": path, "raw_path": path.encode(), "query_string": b""}
        return _Endpoint(call, behind_proxy, place)


_endpoints = lru_cache(maxsize=8)(_Endpoints)


def _routed(app: Any) -> Iterator[tuple[bytes, Application]]:
    """Yield the endpoints among the routes of a Starlette application, with their paths."""
    if "starlette.applications" not in sys.modules:
        return
    from starlette.applications import Starlette  # noqa: PLC0415  # see above
    from starlette.routing import Match, Mount, Route, WebSocketRoute  # noqa: PLC0415

    if type(app) is not Starlette or app.user_middleware or getattr(app, "max_body_size", None):
        return
    router = app.router
    if router.middleware_stack != router.app:
        return
    for count, route in enumerate(router.routes):
        if not isinstance(route, (Route, Mount, WebSocketRoute)):  # who knows what it looks at
            return
        if not isinstance(route, Route) or not isinstance(route.app, GraphQL) or route.methods:
            continue
        probe = {"type": "http", "method": "POST", "path": route.path, "headers": []}
        is_first = all(each.matches(probe)[0] is not Match.FULL for each in router.routes[:count])
        path = route.path.encode()
        if is_first and not route.param_convertors and _PLAIN.fullmatch(path):
            yield path, _in_route(app, route)


def _in_route(app: Any, route: Any) -> Application:
    """Return an endpoint as Starlette's router calls it."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        scope.update(app=app, router=app.router, route=route, endpoint=route.endpoint)
        scope["path_params"] = {}
        await route.app.serve(scope, receive, send)

    return call


@lru_cache(maxsize=256)
def _head(status: int, headers: _HeaderPairs) -> tuple[bytes, bool, bool]:
    """Return the first lines of a response, whether it has a length, and whether it is the last."""
    closes = any(name == b"connection" and b"close" in value.lower() for name, value in headers)
    return STATUS_LINE[status] + _lines(headers), status not in {204, 304}, closes


def _lines(headers: _HeaderPairs) -> bytes:
    """Write headers; raises ``ValueError`` for what is no header."""
    for name, value in headers:
        if HEADER_RE.search(name) or HEADER_VALUE_RE.search(value):
            raise ValueError(f"The header {name!r} is malformed.")
    return b"".join(b"%b: %b\r\n" % each for each in headers)
