"""Calls that come within a moment of each other, sent in one HTTP request."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from copy import copy
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeAlias

from trunkline.client.calls import BatchedOperation, Call, batch_document
from trunkline.client.responses import split_batch
from trunkline.errors import ConnectionFailedError, TransportError
from trunkline.flow.calls import Background, Deadline, Flow, Pause
from trunkline.forks import renewed_in_children
from trunkline.protocol.messages import HTTPResponse

__all__ = ["Batching", "BatchingSender", "SendCall"]

SendCall: TypeAlias = Callable[[Call], Flow[HTTPResponse]]


@dataclass(frozen=True, slots=True)
class Batching:
    """How calls are collected to be sent together, as a list, which the server must accept.

    - ``window``: the seconds for which the first call waits for others.
    - ``size``: the most operations of a request; when there are so many, it is sent at once.

    Queries go with queries, mutations with mutations, and only with those of the same headers and
    extensions. Calls with files are sent alone.

    Raises ``ValueError`` for values that are too small.
    """

    window: float = 0.01
    size: int = 20

    def __post_init__(self) -> None:
        """Check the values."""
        if self.window < 0 or self.size < 1:
            raise ValueError("Batching needs a window of at least 0 s, and a size of at least 1.")


@dataclass(slots=True, eq=False)
class _Waiting:
    """A call that waits for its part of a response; ``done`` says that it is there."""

    call: Call
    done: Future[None] = field(default_factory=Future[None])
    response: HTTPResponse | None = None


class BatchingSender:
    """Sends the calls of one connection together, as ``batching`` says."""

    def __init__(self, batching: Batching, send: SendCall) -> None:
        self._batching = batching
        self._send = send
        self._lock = Lock()
        self._collected: dict[Hashable, list[_Waiting]] = {}
        renewed_in_children(self)

    def after_fork(self) -> None:
        """Forget the parent's calls, and take a lock that none of its threads holds."""
        self._lock = Lock()
        self._collected = {}

    def send(self, call: Call) -> Flow[HTTPResponse]:
        """Send a call with others; return its part of the response, or raise their failure."""
        if call.files or call.batch:
            return (yield from self._send(call))
        waiting, key = _Waiting(call), _key_of(call)
        waiting.done.set_running_or_notify_cancel()  # a waiter who is cancelled cannot cancel it
        with self._lock:
            together = self._collected.setdefault(key, [])
            together.append(waiting)
            is_full = len(together) >= self._batching.size
            if is_full:
                del self._collected[key]
        # In the background, so that no caller who is cancelled takes the others with it.
        if is_full:
            yield Background(self._send_all(together))
        elif together[0] is waiting:
            yield Background(self._collect(key, together))
        while waiting.response is None:
            yield waiting.done
        return waiting.response

    def _collect(self, key: Hashable, together: list[_Waiting]) -> Flow[None]:
        """Wait for others, and send what has come, unless it became full meanwhile."""
        try:
            yield Pause(self._batching.window)
        except BaseException:  # the event loop ends
            if self._take(key, together):
                _finish(together, _not_sent())
            raise
        if self._take(key, together):
            yield from self._send_all(together)

    def _take(self, key: Hashable, together: list[_Waiting]) -> bool:
        with self._lock:
            is_there = self._collected.get(key) is together
            if is_there:
                del self._collected[key]
        return is_there

    def _send_all(self, together: Sequence[_Waiting]) -> Flow[None]:
        failure: Exception | None = _not_sent()  # if the event loop ends
        calls = [each.call for each in together]
        call = calls[0] if len(calls) == 1 else _batch_of(calls)
        try:
            response = yield from self._send(call)
            parts = [response] if len(calls) == 1 else split_batch(response, len(calls))
            for each, part in zip(together, parts, strict=True):
                each.response = part
            failure = None
        except Exception as error:  # noqa: BLE001  # the callers get it
            failure = error
        finally:
            for sent in calls:
                sent.attempts = call.attempts
            _finish(together, failure)


_TRACE = frozenset({"traceparent", "tracestate", "baggage"})  # each call has its own


def _key_of(call: Call) -> Hashable:
    """Return what must be the same in calls that are sent together."""
    headers = {(name, value) for name, value in (call.headers or {}).items() if name not in _TRACE}
    return frozenset(headers), call.extensions, call.document.kind, call.repeatable


def _batch_of(calls: Sequence[Call]) -> Call:
    operations = [BatchedOperation(each.document, each.variables) for each in calls]
    deadlines = [each.deadline for each in calls if each.deadline is not None]
    longest: Deadline | None = None
    if len(deadlines) == len(calls):  # who waits less long is told by its own deadline
        longest = max(deadlines, key=lambda each: each.at)
    first = calls[0]
    return Call(
        batch_document(operations),
        b"",
        longest,
        (),
        operations,
        first.headers,
        first.extensions,
        first.repeatable,
    )


def _finish(together: Sequence[_Waiting], failure: Exception | None) -> None:
    for each in together:
        if failure is None:
            each.done.set_result(None)
            continue
        own = failure
        if isinstance(failure, TransportError):  # each call adds a note of its own
            own = copy(failure)
            own.__cause__ = failure
        each.done.set_exception(own)


def _not_sent() -> ConnectionFailedError:
    return ConnectionFailedError("The event loop ended before the calls of the batch were over.")
