"""The profile of one operation: a tree of what was resolved, by the places of the response.

A request that has one is executed by a schema of its own, whose resolvers are measured. So the
operations of all others know nothing of it.
"""

from __future__ import annotations

import re
import sys
from asyncio import wrap_future
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence, Sized
from contextvars import ContextVar, Token
from dataclasses import replace
from functools import cache, lru_cache
from operator import attrgetter, methodcaller
from time import perf_counter
from types import coroutine
from typing import Any, TypeAlias

from graphql import GraphQLObjectType, get_named_type, get_nullable_type, is_leaf_type, is_list_type
from msgspec import Struct, field

from trunkline.asgi.requests import Headers, HTTPProblem
from trunkline.auth.verifying.caller import Caller
from trunkline.compiler.cache import OperationCache
from trunkline.engine.compiling import Compilations
from trunkline.observe.operations import OperationEvent, ProfilingSink
from trunkline.schema.bindings import (
    Attribute,
    Binding,
    CoreDefault,
    CoreResolver,
    Key,
    Lookup,
    Resolver,
    Schema,
)
from trunkline.schema.models import lookup
from trunkline.server.authorize import SchemaViews

__all__ = ["MayProfile", "OperationProfile", "Profiling", "profiled"]

_PROFILE = b"graphql-profile"  # the header of a request that asks for it, whatever the value

_PARTS = re.compile(
    r"""(?P<name> "(?:[^"]|"")*" | `[^`]*` )
    | (?P<comment> --[^\n]* | /\*(?:(?!/\*|\*/).)*\*/ )
    | '(?:[^']|'')*' | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$  # strings
    | (?P<open> (?: ['"`] | \$\w*\$ | /\* | \b[nN]?[qQ]' ) .* )  # ends we do not know
    | (?<![\w.$:@])\.?\d[\w.]*  # numbers, and no names of parameters""",
    re.DOTALL | re.VERBOSE,
)
"""What is more than a word. Comments in comments and Oracle's ``q'[…]'`` are open, too."""

_PARAMETER = r"\s*-?[?%$:@][\w()]*(?:::\w+)?\s*"
_LISTS = re.compile(rf"\((?:{_PARAMETER},)+{_PARAMETER}\)")
_LONG_KEY = 100  # characters
_LONG_TEXT = 500  # characters of a statement
_MOST_TEXTS = 10  # statements of a field
_MOST = 200  # fields that are told, those that took the longest

MayProfile: TypeAlias = Callable[[Caller | None], bool]
"""Decides whether a caller gets profiles; ``None`` is the caller where no tokens are required."""

_Place: TypeAlias = tuple[tuple[str, str], ...]


class _Clock(Struct, eq=False):
    """The time in which at least one of several things was going on, and from when until when."""

    running: int = 0
    began: float = 0.0
    seconds: float = 0.0
    first: float = 0.0
    last: float = 0.0

    def begin(self, now: float) -> bool:
        """Return whether nothing else was going on."""
        self.running += 1
        if self.running > 1:
            return False
        self.began = now
        self.first = self.first or now
        return True

    def end(self, now: float) -> bool:
        """Return whether nothing else is going on."""
        self.running -= 1
        if self.running:
            return False
        self.seconds += now - self.began
        self.last = now
        return True


class _Statement(Struct, eq=False):
    """What was measured of statements with one text. The last one of them may not have ended."""

    count: int = 0
    seconds: float = 0.0
    first: float = 0.0
    last: float = 0.0


class _Node(Struct, eq=False):
    """What was measured of a field at its place. It has no calls if it is only read.

    ``parents`` are those of a batch resolver, in all calls, and ``items`` those of the lists that
    the field gave. ``own`` is the time of its calls, ``all`` includes what is below.
    """

    key: str
    coordinate: str
    above: _Node | None
    below: list[_Node] = []
    calls: int = 0
    parents: int | None = None
    items: int | None = None
    own: _Clock = field(default_factory=_Clock)
    all: _Clock = field(default_factory=_Clock)
    statements: int = 0
    sql_seconds: float = 0.0
    sql: dict[str, _Statement] = {}

    def begin(self) -> None:
        """Note that a call begins."""
        now = perf_counter()
        self.calls += 1
        self.own.begin(now)
        node: _Node | None = self
        while node is not None and node.all.begin(now):
            node = node.above

    def end(self) -> None:
        """Note that a call is over."""
        now = perf_counter()
        self.own.end(now)
        node: _Node | None = self
        while node is not None and node.all.end(now):
            node = node.above

    def begin_statement(self, text: str, quote: str) -> _Statement:
        """Note that a statement begins; of many texts, those that came late are together."""
        text = _without_values(text[:_LONG_TEXT], quote)
        if text not in self.sql and len(self.sql) >= _MOST_TEXTS:
            text = "(other statements)"
        statement = self.sql.setdefault(text, _Statement())
        statement.first = statement.first or perf_counter()
        statement.count += 1
        self.statements += 1
        return statement

    def end_statement(self, statement: _Statement, began: float) -> None:
        """Note that a statement is over; one that fails is not."""
        statement.last = perf_counter()
        statement.seconds += statement.last - began
        self.sql_seconds += statement.last - began

    def told(self, kept: set[int], execution: _Clock | None) -> dict[str, Any]:
        """Return what is told of the field and those below, if they are ``kept``.

        With the clock of the ``execution``, it is also from when until when, and which statements.
        """
        below = sorted(self.below, key=lambda each: -each.all.seconds)
        return {
            "key": self.key[:_LONG_KEY],
            "field": self.coordinate,
            "calls": self.calls,
            **({} if self.parents is None else {"parents": self.parents}),
            **({} if self.items is None else {"items": self.items}),
            "ms": _ms(self.all.seconds),
            "own_ms": _ms(self.own.seconds),
            "statements": self.statements,
            "sql_ms": _ms(self.sql_seconds),
            **({} if execution is None else self._in_time(execution)),
            "fields": [each.told(kept, execution) for each in below if id(each) in kept],
        }

    def _in_time(self, execution: _Clock) -> dict[str, Any]:
        def place(each: _Clock | _Statement) -> dict[str, float]:
            last = each.last or execution.last  # what was cancelled, and has not ended
            return {
                "began_ms": _ms(each.first - execution.first),
                "ended_ms": _ms(last - execution.first),
            }

        sql = [
            {
                "statement": text,
                "count": each.count,
                "ms": _ms(each.seconds),
                **place(each),
            }
            for text, each in self.sql.items()
        ]
        return {**place(self.own if self.calls else self.all), "sql": sql}


class OperationProfile:
    """What an execution did, by the places of the response.

    ``is_for_caller`` says whether the response has it.
    """

    def __init__(self, *, is_for_caller: bool = False) -> None:
        self.is_for_caller = is_for_caller
        self._root = _Node("", "", None)
        self._nodes: dict[_Place, _Node] = {(): self._root}
        self.running: dict[int, tuple[_Statement, float]] = {}  # by the ids of cursors
        self._token: Token[tuple[OperationProfile, _Node]] | None = None

    def __enter__(self) -> None:
        _listen_to_sql("sqlalchemy" in sys.modules)
        self._token = _measured.set((self, self._root))
        self._root.begin()

    def __exit__(self, *_: object) -> None:
        self._root.end()
        if self._token is not None:
            _measured.reset(self._token)

    def node(self, place: _Place) -> _Node:
        """Return the node of a place, which is made if it is new."""
        node = self._nodes.get(place)
        if node is None:
            above = self.node(place[:-1])
            node = self._nodes[place] = _Node(*place[-1], above)
            above.below.append(node)
        return node

    def told(self, *, in_time: bool = False) -> dict[str, Any]:
        """Return what the response has of it: a tree, of each field first what took longest.

        Told ``in_time``, each field has from when until when it took, in ms since the execution
        began, and its statements.
        """
        nodes = list(self._nodes.values())  # each behind the one above it
        kept = sorted(nodes, key=lambda each: -each.all.seconds)[: _MOST + 1]
        root = self._root
        tree = root.told({id(each) for each in kept}, root.all if in_time else None)
        return {
            "ms": _ms(root.all.seconds),
            "statements": sum(each.statements for each in nodes),
            "sql_ms": _ms(sum(each.sql_seconds for each in nodes)),
            "omitted": len(nodes) - len(kept),
            **({"sql": tree["sql"]} if in_time else {}),
            "fields": tree["fields"],
        }


_measured: ContextVar[tuple[OperationProfile, _Node]] = ContextVar("_measured")
"""The profile of this request, and what of it is running."""


def profiled(schema: Schema) -> Schema:
    """Return the schema, whose operations are executed within a profile only.

    Measured is what resolvers give, and objects that are read from their parents, because a
    property may ask a database. The sources of subscriptions are not measured.
    """
    definition = schema.definition
    streams = definition.subscription_type

    def measure(place: _Place, binding: Binding) -> Binding:
        type_name, _, name = place[-1][1].partition(".")
        parent = definition.type_map.get(type_name)
        found = parent.fields.get(name) if isinstance(parent, GraphQLObjectType) else None
        if found is None or parent is streams:  # introspection, a source
            return binding
        if isinstance(binding, (CoreResolver, CoreDefault)):
            return binding
        if not isinstance(binding, Resolver):
            if is_leaf_type(get_named_type(found.type)):
                return binding
            binding = Resolver(_reader(binding), is_async=False, takes_parent=True)
        return _measured_resolver(
            place, binding, has_items=is_list_type(get_nullable_type(found.type))
        )

    return replace(schema, measure=measure)


class Profiling:
    """The profiles of an endpoint's requests: those that callers ask for, and those for sinks.

    - ``schema``: what the endpoint serves.
    - ``views``: makes the views of a schema. Those of the measured schema are made when the first
      profile is wanted, in the thread of ``compilations``: a large schema takes half a second.
    - ``may_profile``: decides who may ask by the header ``GraphQL-Profile``; without it, the header
      has no effect.
    - ``sinks``: want the profiles of some requests.
    """

    def __init__(
        self,
        schema: Schema,
        views: Callable[[Schema], SchemaViews],
        compilations: Compilations,
        may_profile: MayProfile | None,
        sinks: Sequence[ProfilingSink],
    ) -> None:
        self._make_views = lambda: views(profiled(schema))
        self._compilations = compilations
        self._may_profile = may_profile
        self._sinks = sinks
        self._views: SchemaViews | None = None

    def wanted(
        self, headers: Headers, caller: Caller | None, event: OperationEvent
    ) -> OperationProfile | None:
        """Return the profile, yet empty, of a request that is to have one; its operation is known.

        Raises ``HTTPProblem`` (403) if the caller asks for it and may not.
        """
        if self._may_profile is not None and _PROFILE in headers:
            if self._may_profile(caller) is not True:  # an `async` function's coroutine is true
                raise HTTPProblem(403, "The header GraphQL-Profile is not for this caller.")
            return OperationProfile(is_for_caller=True)
        for each in self._sinks:
            if each.wants_profile(event):
                return OperationProfile()
        return None

    async def view(self, caller: Caller | None) -> OperationCache:
        """Return the operations that a caller may have, with resolvers that are measured."""
        if self._views is None:
            making = self._compilations.begin(self._make_views)
            self._views = await wrap_future(making)
        return await self._views.of(caller)


def _reader(binding: Attribute | Key | Lookup) -> Callable[[Any], Any]:
    """Return the function that reads a value from its parent."""
    if isinstance(binding, Attribute):
        return attrgetter(binding.name)
    if isinstance(binding, Key):
        return methodcaller("get", binding.name)
    names, coordinate = binding.names, binding.coordinate
    return lambda parent: lookup(parent, names, coordinate)


def _measured_resolver(place: _Place, resolver: Resolver, *, has_items: bool) -> Resolver:
    function, is_batch = resolver.callable(), resolver.is_batch

    def begin(parents: tuple[Any, ...]) -> tuple[OperationProfile, _Node]:
        profile, _ = _measured.get()
        node = profile.node(place)
        if is_batch:
            node.parents = (node.parents or 0) + len(parents[0])
        node.begin()
        return profile, node

    def given(node: _Node, value: Any) -> Any:
        if is_batch and isinstance(value, Iterator):
            value = list(value)  # all at once, before another resolver runs
        lists = value if is_batch else [value]
        if has_items and isinstance(lists, Iterable):
            node.items = (node.items or 0) + sum(
                len(each) for each in lists if isinstance(each, Sized)
            )
        return value

    if resolver.is_async:

        async def call_async(*parents: Any, **arguments: Any) -> Any:
            async def steps() -> Any:
                return await function(*parents, **arguments)

            measured = begin(parents)
            try:
                return given(measured[1], await _within(measured, steps()))
            finally:
                measured[1].end()

        return replace(resolver, function=call_async, method=None)

    def call(*parents: Any, **arguments: Any) -> Any:
        measured = begin(parents)
        token = _measured.set(measured)
        try:
            return given(measured[1], function(*parents, **arguments))
        finally:
            measured[1].end()
            _measured.reset(token)

    return replace(resolver, function=call, method=None)


@coroutine
def _within(measured: tuple[OperationProfile, _Node], awaited: Any) -> Generator[Any, Any, Any]:
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

    def before(connection: Any, cursor: Any, text: str, *_: Any) -> None:
        measured = _measured.get(None)
        if measured is not None:
            profile, node = measured
            quote = connection.dialect.identifier_preparer.initial_quote
            profile.running[id(cursor)] = node.begin_statement(text, quote), perf_counter()

    def after(_: Any, cursor: Any, *__: Any) -> None:
        measured = _measured.get(None)
        if measured is not None:
            profile, node = measured
            begun = profile.running.pop(id(cursor), None)
            if begun is not None:
                node.end_statement(*begun)

    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "after_cursor_execute", after)


@lru_cache(256)
def _without_values(statement: str, quote: str) -> str:
    """Return the text of a statement without the values that a program may have written into it.

    ``quote`` begins a quoted name in this database. If it is not ``"``, that begins a string.
    """
    if "\\" in statement:  # databases differ in where a string with it ends
        statement = re.split("'" if quote == '"' else "['\"]", statement)[0]
    if quote == "`":
        statement = statement.partition("#")[0]  # MySQL's comment, which may have an apostrophe

    def told(part: re.Match[str]) -> str:
        if part["name"]:
            return "?" if part[0][0] == '"' != quote else part[0]
        if part["comment"]:
            return " "
        return "" if part["open"] else "?"

    return _LISTS.sub("(…)", " ".join(_PARTS.sub(told, statement).split()))


def _ms(seconds: float) -> float:
    return round(seconds * 1_000, 3)
