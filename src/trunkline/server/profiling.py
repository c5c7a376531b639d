"""The profile of one operation: which resolvers were called, how long they took, and their SQL.

A request that asks for it is executed by a schema of its own, whose resolvers are timed. So the
operations of all others know nothing of it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Mapping
from contextvars import ContextVar, Token
from dataclasses import replace
from functools import cache, wraps
from inspect import isgenerator
from time import perf_counter
from types import coroutine
from typing import Any, TypeAlias

from msgspec import Struct

from trunkline.auth.verifying.caller import Caller
from trunkline.schema.bindings import Binding, Resolver, Schema

__all__ = ["PROFILE", "MayProfile", "OperationProfile", "profiled"]

PROFILE = b"graphql-profile"
"""The header of a request that asks for its profile, whatever the value."""

_BEGAN = "trunkline.profile.began"

MayProfile: TypeAlias = Callable[[Caller | None], bool]
"""Decides whether a caller gets profiles; ``None`` is the caller where no tokens are required."""


class _Entry(Struct, eq=False):
    """What was measured of a field. ``parents`` are those of a batch resolver, in all calls."""

    calls: int = 0
    parents: int | None = None
    seconds: float = 0.0
    statements: int = 0
    sql_seconds: float = 0.0


class OperationProfile:
    """What an execution did, by the coordinates of fields that have resolvers."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._elsewhere = _Entry()
        self._began = 0.0
        self._token: Token[tuple[OperationProfile, _Entry]] | None = None

    def __enter__(self) -> None:
        _listen_to_sql("sqlalchemy" in sys.modules)
        self._token = _measured.set((self, self._elsewhere))
        self._began = perf_counter()

    def __exit__(self, *_: object) -> None:
        self._elsewhere.seconds = perf_counter() - self._began
        if self._token is not None:
            _measured.reset(self._token)

    def entry(self, coordinate: str) -> _Entry:
        """Return the entry of a field."""
        return self._entries.setdefault(coordinate, _Entry())

    def told(self) -> dict[str, Any]:
        """Return what the response has of it, the fields that took the longest first."""
        entries = sorted(self._entries.items(), key=lambda each: -each[1].seconds)
        whole, fields = self._elsewhere, [each for _, each in entries]
        return {
            "ms": _ms(whole.seconds),
            "statements": whole.statements + sum(each.statements for each in fields),
            "sql_ms": _ms(whole.sql_seconds + sum(each.sql_seconds for each in fields)),
            "resolvers": [
                {
                    "field": coordinate,
                    "calls": each.calls,
                    **({} if each.parents is None else {"parents": each.parents}),
                    "ms": _ms(each.seconds),
                    "statements": each.statements,
                    "sql_ms": _ms(each.sql_seconds),
                }
                for coordinate, each in entries
            ],
        }


_measured: ContextVar[tuple[OperationProfile, _Entry]] = ContextVar("_measured")
"""The profile of this request, and what of it is running."""


def profiled(schema: Schema) -> Schema:
    """Return the schema with resolvers that are measured. They are called within a profile only.

    What is read from attributes is not measured, and neither are the sources of subscriptions.
    """
    streams = schema.definition.subscription_type

    def measured(coordinate: str, binding: Binding) -> Binding:
        is_stream = streams is not None and coordinate.startswith(f"{streams.name}.")
        if is_stream or not isinstance(binding, Resolver):
            return binding
        return _measure(coordinate, binding)

    bindings: Mapping[str, Binding] = {
        coordinate: measured(coordinate, binding) for coordinate, binding in schema.bindings.items()
    }
    directed = {
        coordinate: replace(field, binding=measured(coordinate, field.binding))
        for coordinate, field in schema.directed.items()
    }
    return replace(schema, bindings=bindings, directed=directed)


def _measure(coordinate: str, resolver: Resolver) -> Resolver:
    function, is_batch = resolver.callable(), resolver.is_batch

    def begin(parents: tuple[Any, ...]) -> tuple[OperationProfile, _Entry]:
        profile, _ = _measured.get()
        entry = profile.entry(coordinate)
        entry.calls += 1
        if is_batch:
            entry.parents = (entry.parents or 0) + len(parents[0])
        return profile, entry

    if resolver.is_async:

        @wraps(function)
        async def call_async(*parents: Any, **arguments: Any) -> Any:
            async def steps() -> Any:
                return await function(*parents, **arguments)

            measured = begin(parents)
            began = perf_counter()
            try:
                return await _within(measured, steps())
            finally:
                measured[1].seconds += perf_counter() - began

        return replace(resolver, function=call_async, method=None)

    @wraps(function)
    def call(*parents: Any, **arguments: Any) -> Any:
        measured = begin(parents)
        token = _measured.set(measured)
        began = perf_counter()
        try:
            values = function(*parents, **arguments)
            # The values of a batch are all taken before the next one is.
            return list(values) if is_batch and isgenerator(values) else values
        finally:
            measured[1].seconds += perf_counter() - began
            _measured.reset(token)

    return replace(resolver, function=call, method=None)


@coroutine
def _within(measured: tuple[OperationProfile, _Entry], awaited: Any) -> Generator[Any, Any, Any]:
    """Await, and say what is running in each step only: others run between the steps."""
    sent: Any = None
    error: BaseException | None = None
    while True:
        token = _measured.set(measured)
        try:
            waits_for = awaited.throw(error) if error is not None else awaited.send(sent)
        except StopIteration as done:
            return done.value
        finally:
            _measured.reset(token)
        sent = error = None
        try:
            sent = yield waits_for
        except BaseException as raised:  # noqa: BLE001  # a cancellation goes to the resolver
            error = raised


@cache
def _listen_to_sql(has_sqlalchemy: bool) -> None:  # noqa: FBT001  # what is remembered
    """Count the statements of all engines of SQLAlchemy from now on, where it is loaded."""
    if not has_sqlalchemy:
        return
    from sqlalchemy import event  # noqa: PLC0415  # an extra
    from sqlalchemy.engine import Engine  # noqa: PLC0415

    def before(connection: Any, *_: Any) -> None:
        measured = _measured.get(None)
        if measured is not None:
            measured[1].statements += 1
            connection.info[_BEGAN] = perf_counter()

    def after(connection: Any, *_: Any) -> None:
        measured = _measured.get(None)
        began = connection.info.pop(_BEGAN, None)
        if measured is not None and began is not None:
            measured[1].sql_seconds += perf_counter() - began

    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "after_cursor_execute", after)


def _ms(seconds: float) -> float:
    return round(seconds * 1_000, 3)
