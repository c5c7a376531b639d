"""Telling of calls: to hooks, to the log, to OpenTelemetry. Nothing here runs where nobody asks."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from logging import getLogger
from time import perf_counter
from typing import Any, TypeVar

from trunkline.client.calls import Call
from trunkline.client.events import CallEvent, Hooks, outcome_of
from trunkline.client.log import is_logged, log_call
from trunkline.client.telemetry import tracing
from trunkline.errors import ExecutionError
from trunkline.flow.calls import Flow
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

__all__ = ["Observer", "hooked"]

T = TypeVar("T")

logger = getLogger("trunkline.calls")


class Observer:
    """Follows the calls of one connection."""

    def __init__(self, hooks: Hooks | None, url: str) -> None:
        self._hook = hooks.call if hooks else None
        self._url = url

    def wanted(self) -> bool:
        """Say whether anybody asks for calls just now."""
        return self._hook is not None or is_logged() or tracing() is not None

    def follow(
        self,
        call: Call,
        send: Callable[[Call], Flow[HTTPResponse]],
        read: Callable[[HTTPResponse], T],
    ) -> Flow[T]:
        """Make a call and tell of it."""
        document = call.document
        event = CallEvent(document.name, document.kind, document.id, self._url)
        began = perf_counter()
        try:
            with _span(event, call):
                try:
                    return (yield from _made(call, send, read, event))
                except BaseException as error:
                    _note(event, error)
                    raise
                finally:
                    event.attempts = call.attempts
        finally:
            event.duration = perf_counter() - began
            self._tell(event)

    def _tell(self, event: CallEvent) -> None:
        log_call(event)
        if self._hook is None:
            return
        try:
            self._hook(event)
        except Exception:  # the call is over; a hook's fault is its own
            logger.exception("The hook %r failed.", self._hook)


def _made(
    call: Call,
    send: Callable[[Call], Flow[HTTPResponse]],
    read: Callable[[HTTPResponse], T],
    event: CallEvent,
) -> Flow[T]:
    response = yield from send(call)
    event.status = response.status
    event.bytes_received = len(response.body)
    answer = read(response)
    errors = getattr(answer, "errors", None)
    if errors:
        event.outcome = "partial" if getattr(answer, "data", None) is not None else "refused"
        event.error_codes = _codes(errors)
    return answer


def _note(event: CallEvent, error: BaseException) -> None:
    event.outcome = outcome_of(error)
    event.status = getattr(error, "status", None) or event.status
    if isinstance(error, ExecutionError):
        event.error_codes = _codes(error.errors)


def _codes(errors: Any) -> tuple[str, ...]:
    """Read the codes of errors, which a server may have given any shape."""
    extensions = [error.get("extensions") for error in errors if isinstance(error, dict)]
    return tuple(str((one or {}).get("code") or "") for one in extensions)


def _span(event: CallEvent, call: Call) -> AbstractContextManager[object]:
    trace = tracing()
    return nullcontext() if trace is None else trace(event, call)


def hooked(
    hooks: Hooks, send: Callable[[HTTPRequest], Flow[HTTPResponse]]
) -> Callable[[HTTPRequest], Flow[HTTPResponse]]:
    """Let hooks see each request and each answer."""

    def send_hooked(request: HTTPRequest) -> Flow[HTTPResponse]:
        if hooks.request:
            request = hooks.request(request)
        response = yield from send(request)
        if hooks.response:
            hooks.response(request, response)
        return response

    return send_hooked
