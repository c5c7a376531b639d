"""Batches: their operations share the limits, the client's connection, and the response."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from copy import copy
from typing import Any, TypeAlias

from msgspec.structs import replace

from trunkline.asgi.requests import ASGIMessage, Receive
from trunkline.asgi.responses import Response
from trunkline.compiler.limits import Limits
from trunkline.errors import LimitExceededError, RequestError
from trunkline.protocol.batches import BatchEntry, as_lines, as_list, read_json_or_batch
from trunkline.protocol.caching import INVALIDATION
from trunkline.protocol.media import JSON_LINES
from trunkline.protocol.request import GraphQLRequest
from trunkline.runtime.coercion import Allowance
from trunkline.runtime.execution import SharedRoom
from trunkline.runtime.resume import in_task
from trunkline.server.arrivals import Arrival, Exchange
from trunkline.server.execute import fault_of
from trunkline.server.transports import wants_lines

__all__ = ["Batches"]

_INVALIDATION = INVALIDATION.lower().encode()
_LISTS = frozenset({b"vary", b"set-cookie"})  # may come beside the usual ones

_Find: TypeAlias = Callable[[GraphQLRequest, Arrival], Awaitable[Exchange]]
"""Finds the operation of a request."""

_Respond: TypeAlias = Callable[[Exchange | Exception, Arrival], Coroutine[Any, Any, Response]]
"""Returns the response to a request with its operation, or to what is wrong with the request."""


class Batches:
    """Batches of at most ``size`` operations, which share the limits and the deadline.

    ``partial`` is the status if there are errors. Raises ``ValueError`` if ``size`` is below 1.
    """

    def __init__(  # noqa: PLR0913  # all by name
        self,
        size: int,
        *,
        limits: Limits,
        deadline: float | None,
        partial: int,
        find: _Find,
        respond: _Respond,
    ) -> None:
        if size < 1:
            raise ValueError(f"batch_size must be at least 1, not {size}.")
        self._size = size
        self.are_served = size > 1
        self._limits, self._deadline, self._partial = limits, deadline, partial
        self._find, self._respond = find, respond

    def read(self, body: bytes) -> GraphQLRequest | list[BatchEntry]:
        """Read the body of a ``POST``, which may be a batch."""
        return read_json_or_batch(body, self._size)

    async def respond(self, entries: Sequence[BatchEntry], came: Arrival) -> Response:
        """Find the operations of a batch, count them together, and execute them.

        Queries are executed at the same time; if there is a mutation, one after the other. Each
        operation has an event of its own.
        """
        await in_task()
        _check_size(entries, self._limits)
        connection = _SharedConnection(came.receive)
        came.receive, came.room = connection.receive, SharedRoom(self._limits.response)
        came.deadline = self._deadline
        arrivals: list[Arrival] = []
        found: list[Exchange | Exception] = []
        for each in entries:
            event = replace(came.event, stages=copy(came.event.stages))
            its = replace(came, event=event, additions=None)
            try:
                found.append(await self._find(each.request, its))
            except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001  # its response says so
                found.append(fault_of(error))
            arrivals.append(its)
        _check_cost(found, self._limits)
        came.batch = [each.event for each in arrivals]
        tasks: list[asyncio.Task[Response]] = []
        try:
            running = map(self._respond, found, arrivals)
            if any(each.operation_kind == "mutation" for each in came.batch):
                responses = [await each for each in running]
            else:
                tasks += map(asyncio.create_task, running)
                responses = await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            connection.close()
        return _response(entries, responses, self._partial, came)


def _check_size(entries: Sequence[BatchEntry], limits: Limits) -> None:
    """Raise a ``RequestError`` if the texts of a batch, or its variables, are together too large.

    A text that comes several times counts once.
    """
    characters = sum(map(len, {each.request.query or "" for each in entries}))
    if characters > limits.characters:
        raise LimitExceededError.because(
            f"The documents of the batch have {characters} characters; this server allows"
            f" {limits.characters} in one request."
        )
    allowance = Allowance(limits.values)
    for each in entries:
        allowance.spend_within(each.request.variables or {})


def _check_cost(found: Sequence[Exchange | Exception], limits: Limits) -> None:
    """Raise ``LimitExceededError`` if the operations of a batch may cost too much together."""
    if limits.cost is None:
        return
    total = 0
    for each in found:
        if isinstance(each, Exchange):
            with suppress(RequestError):  # of its variables; its own response says so
                total += each.operation.cost.of(each.operation.coerce(each.variables))
    if total > limits.cost:
        raise LimitExceededError.because(
            f"The operations of the batch may cost {total}; this server allows {limits.cost} in one"
            " request. Ask for less at a time."
        )


class _SharedConnection:
    """The connection of a client, for operations that are executed at the same time.

    Only one may ask an ASGI server whether the client is gone.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._watcher: asyncio.Task[ASGIMessage] | None = None

    async def receive(self) -> ASGIMessage:
        """Return the message that the client is gone (ASGI), when it is."""
        if self._watcher is None:
            self._watcher = asyncio.ensure_future(self._watch())
        return await asyncio.shield(self._watcher)

    async def _watch(self) -> ASGIMessage:
        while (message := await self._receive())["type"] != "http.disconnect":
            pass  # the rest of a body, which the operations do not need
        return message

    def close(self) -> None:
        """Ask no longer."""
        if self._watcher is not None:
            self._watcher.cancel()


def _response(
    entries: Sequence[BatchEntry], responses: Sequence[Response], partial: int, came: Arrival
) -> Response:
    """Return the response to a batch; it has the headers that its operations add.

    It is JSON lines for a client that names them.
    """
    usual = came.usual
    bodies = [each.body for each in responses]
    status = 200 if all(each.status == 200 for each in responses) else partial
    if wants_lines(came.headers):
        content_type = (b"content-type", f"{JSON_LINES}; charset=utf-8".encode())
        usual = (content_type, *(each for each in usual if each[0] != b"content-type"))
        body = as_lines(entries, bodies)
    else:
        body = as_list(entries, bodies)
    names = {name for name, _ in usual} - _LISTS
    added = {
        each: each[1]
        for response in responses
        for each in response.headers
        if each[0] not in names and each not in usual
    }
    invalidated = [added.pop(each) for each in [*added] if each[0] == _INVALIDATION]
    if invalidated:  # in one line, because Varnish reads one only
        groups = dict.fromkeys(b", ".join(invalidated).split(b", "))
        added[_INVALIDATION, b", ".join(groups)] = b""
    return Response(status, body, (*usual, *added))
