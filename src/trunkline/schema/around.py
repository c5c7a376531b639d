"""Directives' functions around fields: one function that calls them, in place of the resolver.

Around a batch resolver the functions are called for each parent, and the resolver is called once,
with all parents for which they proceed (`_Level`).
"""

from __future__ import annotations

from asyncio import CancelledError, Future, gather, get_running_loop
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from operator import attrgetter, methodcaller
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import replace as replace_struct

from trunkline.schema.bindings import (
    Attribute,
    Binding,
    DirectedField,
    DirectiveUse,
    Key,
    Lookup,
    Resolver,
)
from trunkline.schema.models import lookup
from trunkline.schema.signatures import batch_values, describe

__all__ = ["put_around"]

# parameters for the engine; no argument of a schema may have such a name (GraphQL §4.1)
_CONTEXT, _SELECTION, _VARIABLES = "__context", "__selection", "__variables"
_CALLER = "__caller"

_HINT = (
    "@{} is a plain function around a field that is awaited, so `proceed()` returns an awaitable"
    " and not the value. Make it an `async def`, and await `proceed()`."
)


class _FieldCall(Struct, eq=False):
    """A field that is about to be resolved, as its directives and its resolver see it.

    ``parents`` has the parent object, or nothing at the root. ``variables`` are the operation's.
    In a batch, ``level`` has all calls that are resolved together, and ``is_decided`` says that it
    is known whether this one proceeds.
    """

    parents: Sequence[Any]
    arguments: dict[str, Any]
    context: Any = None
    selection: Any = None
    variables: Sequence[Any] = ()
    caller: Any = None
    level: _Level | None = None
    is_decided: bool = False

    @classmethod
    def of(cls, parents: Sequence[Any], arguments: dict[str, Any]) -> _FieldCall:
        """Make the call from what the engine calls the function with."""
        if not arguments:
            return cls(parents, arguments)
        context = arguments.pop(_CONTEXT, None)
        selection = arguments.pop(_SELECTION, None)
        variables = arguments.pop(_VARIABLES, ())
        caller = arguments.pop(_CALLER, None)
        return cls(parents, arguments, context, selection, variables, caller)

    @property
    def parent(self) -> Any:
        return self.parents[0] if self.parents else None

    def resolver_arguments(self, resolver: Resolver) -> dict[str, Any]:
        """Return what a resolver takes besides its parent."""
        arguments = self.arguments
        if resolver.context:
            arguments = {**arguments, resolver.context: self.context}
        if resolver.selection:
            arguments = {**arguments, resolver.selection: self.selection}
        if resolver.caller:
            arguments = {**arguments, resolver.caller: self.caller}
        return arguments


class _Step(NamedTuple):
    """A function with everything that is within it. ``is_async`` says whether it is awaited."""

    run: Callable[[_FieldCall], Any]
    is_async: bool


def put_around(directed: DirectedField, more: Sequence[DirectiveUse] = ()) -> Resolver:
    """Return a resolver that gives a field's value by way of its directives.

    ``more`` are within those of the schema. Fields that are only read become calls. A batch
    resolver stays one: the functions are called for each parent.
    """
    resolver = _as_resolver(directed.binding)
    uses = (*directed.uses, *more)
    around = _with_uses(resolver, uses) if uses else resolver
    if not directed.checks:
        return around
    function, checks = around.callable(), directed.checks

    def check_and_call(*parents: Any, **arguments: Any) -> Any:
        for name, check in checks.items():
            value = arguments.get(name)
            if value is not None:
                arguments[name] = check(value)
        return function(*parents, **arguments)

    return replace(around, function=check_and_call, method=None)


def _as_resolver(binding: Binding) -> Resolver:
    """Return a resolver that reads what the binding says. It ignores arguments."""
    match binding:
        case Resolver():
            return binding
        case Attribute(name):
            read: Callable[[Any], Any] = attrgetter(name)
        case Key(name):
            read = methodcaller("get", name)
        case Lookup(coordinate, names):
            read = partial(lookup, names=names, coordinate=coordinate)
        case _:
            raise AssertionError(binding)

    def read_parent(parent: Any, **_arguments: Any) -> Any:
        return read(parent)

    return Resolver(read_parent, is_async=False, takes_parent=True)


def _with_uses(resolver: Resolver, uses: Sequence[DirectiveUse]) -> Resolver:
    function = resolver.callable()

    def resolve(call: _FieldCall) -> Any:
        return function(*call.parents, **call.resolver_arguments(resolver))

    def resolve_in_level(call: _FieldCall) -> Any:
        assert call.level is not None  # noqa: S101  # every call of a batch has one
        return call.level.value(call)

    step = _Step(resolve, resolver.is_async)
    if resolver.is_batch:
        step = _Step(resolve_in_level, is_async=True)
    for use in reversed(uses):
        step = _around(use, step)
    run = step.run

    def call_one(*parents: Any, **arguments: Any) -> Any:
        return run(_FieldCall.of(parents, arguments))

    async def call_batch(parents: list[Any], **arguments: Any) -> list[Any]:
        shared = _FieldCall.of((), arguments)

        def resolve_all(parents: list[Any]) -> Any:
            return resolver.function(parents, **shared.resolver_arguments(resolver))

        level = _Level(resolve_all, describe(resolver.function, "The batch resolver"))
        calls = [replace_struct(shared, parents=(each,), level=level) for each in parents]
        return await level.run(run, calls)

    takes = frozenset[str]().union(*(use.directive.takes for use in uses))
    return replace(
        resolver,
        function=call_batch if resolver.is_batch else call_one,
        is_async=step.is_async,
        context=_CONTEXT if resolver.context or "context" in takes else None,
        selection=_SELECTION if resolver.selection or "selection" in takes else None,
        caller=_CALLER if resolver.caller or "caller" in takes else None,
        variables=_VARIABLES if any(callable(use.arguments) for use in uses) else None,
        method=None,
    )


def _around(use: DirectiveUse, inner: _Step) -> _Step:
    """Put a directive's function around a step.

    An ``async def`` awaits what is within it. A plain function gets what that returns. If that is
    awaited, so is what the function returns.
    """
    directive, arguments = use.directive, use.arguments
    function, takes = directive.function, sorted(directive.takes)

    async def run_inner(call: _FieldCall) -> Any:
        return inner.run(call)

    proceed = run_inner if directive.is_async and not inner.is_async else inner.run

    def call_function(call: _FieldCall) -> Any:
        given = arguments(call.variables) if callable(arguments) else arguments
        if given is None:
            return inner.run(call)
        if not takes:
            return function(partial(proceed, call), **given)
        own = {name: getattr(call, name) for name in takes}
        return function(partial(proceed, call), **given, **own)

    if not (directive.is_async or inner.is_async):
        return _Step(call_function, is_async=False)

    async def call_and_await(call: _FieldCall) -> Any:
        try:
            value = call_function(call)
        except (AttributeError, TypeError) as error:
            if not directive.is_async:
                with suppress(Exception):  # of an exception that takes no attributes
                    error.add_note(_HINT.format(directive.directive.name))
            raise
        return await value if hasattr(value, "__await__") else value

    return _Step(call_and_await, is_async=True)


class _Level:
    """The parents of a batch resolver, each with directives around it.

    ``resolve`` takes a list of parents. It is called when each parent's functions have come to it
    or ended without it, so that one call serves all that proceed.
    """

    def __init__(self, resolve: Callable[[list[Any]], Any], name: str) -> None:
        self._resolve = resolve
        self._name = name
        self._undecided = 0
        self._waiting: list[tuple[Any, Future[Any]]] = []

    async def run(
        self, around: Callable[[_FieldCall], Awaitable[Any]], calls: list[_FieldCall]
    ) -> list[Any]:
        """Return a value, or an exception, for each parent."""
        self._undecided = len(calls)

        async def run_one(call: _FieldCall) -> Any:
            try:
                return await around(call)
            finally:
                await self._decide(call)

        return await gather(*map(run_one, calls), return_exceptions=True)

    async def value(self, call: _FieldCall) -> Any:
        """Return a parent's value, once the resolver has been called for all."""
        future: Future[Any] = get_running_loop().create_future()
        self._waiting.append((call.parent, future))
        await self._decide(call)
        return await future

    async def _decide(self, call: _FieldCall) -> None:
        """Note that a parent has proceeded, or will not. After the last, resolve those that have.

        One that proceeds a second time, after that, is resolved by itself.
        """
        if not call.is_decided:
            call.is_decided = True
            self._undecided -= 1
        # those that were cancelled do not wait any more
        waiting = [each for each in self._waiting if not each[1].done()]
        if self._undecided == 0 and waiting:
            self._waiting = []
            await self._resolve_waiting(waiting)

    async def _resolve_waiting(self, waiting: list[tuple[Any, Future[Any]]]) -> None:
        futures = [future for _, future in waiting]
        values: list[Any]
        try:
            found = self._resolve([parent for parent, _ in waiting])
            found = await found if hasattr(found, "__await__") else found
            values = batch_values(found, len(waiting), self._name)
        except CancelledError:
            for future in futures:
                future.cancel()
            raise
        except Exception as error:  # noqa: BLE001  # it is an error of each field
            values = [error] * len(futures)
        for future, value in zip(futures, values, strict=True):
            if future.done():
                continue
            if isinstance(value, Exception):
                future.set_exception(value)
                future.exception()  # a directive need not look at it
            else:
                future.set_result(value)
