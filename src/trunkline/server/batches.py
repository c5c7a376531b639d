"""What the operations of a batch share: the limits, the client's connection, the response."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from trunkline.asgi.requests import ASGIMessage, Headers, Receive
from trunkline.asgi.responses import Response
from trunkline.compiler.limits import Limits
from trunkline.errors import LimitExceededError, RequestError
from trunkline.protocol.batches import BatchEntry, as_lines, as_list
from trunkline.protocol.caching import INVALIDATION
from trunkline.protocol.media import JSON_LINES
from trunkline.runtime.coercion import Allowance
from trunkline.server.additions import HeaderList
from trunkline.server.arrivals import Exchange
from trunkline.server.transports import wants_lines

__all__ = ["SharedConnection", "batch_response", "check_cost", "check_size"]

_INVALIDATION = INVALIDATION.lower().encode()
_LISTS = frozenset({b"vary", b"set-cookie"})  # may come beside the usual ones


def check_size(entries: Sequence[BatchEntry], limits: Limits) -> None:
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


def check_cost(found: Sequence[Exchange | Exception], limits: Limits) -> None:
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


class SharedConnection:
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


def batch_response(
    entries: Sequence[BatchEntry],
    responses: Sequence[Response],
    partial: int,
    usual: HeaderList,
    headers: Headers,
) -> Response:
    """Return the response to a batch; it has the headers that its operations add.

    It is JSON lines for a client that names them. ``partial`` is the status if there are errors.
    """
    bodies = [each.body for each in responses]
    status = 200 if all(each.status == 200 for each in responses) else partial
    if wants_lines(headers):
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
