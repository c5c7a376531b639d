"""Directives' functions around fields: one function that calls them, in place of the resolver."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple

from trunkline.schema.bindings import (
    Attribute,
    Binding,
    Directed,
    Key,
    Lookup,
    Resolver,
    Use,
)
from trunkline.schema.level import FieldCall, Level
from trunkline.schema.members import lookup
from trunkline.schema.middleware import callable_of

__all__ = ["put_around"]

# what the engine gives; no argument of a schema may have a name like these (GraphQL §4.1)
_CONTEXT, _SELECTION, _VARIABLES = "__context", "__selection", "__variables"
_CALLER = "__caller"

_HINT = (
    "@{} is a plain function around a field that is awaited: what `proceed()` gives it is no value"
    " yet. Make it an `async def`, and await that."
)


class _Step(NamedTuple):
    """A directive's function and all that is within it; ``is_async`` if it is awaited."""

    run: Callable[[FieldCall], Any]
    is_async: bool


def put_around(directed: Directed, more: Sequence[Use] = ()) -> Resolver:
    """Return what gives a field's value by way of its directives.

    ``more`` are within those that the schema has. Fields that are read become called ones. A batch
    resolver stays one: the functions are called for each parent, and it for those that proceed.
    """
    resolver = _resolver(directed.binding)
    uses = (*directed.uses, *more)
    around = _called(resolver, uses) if uses else resolver
    if not directed.checks:
        return around
    return replace(around, function=_checking(callable_of(around), directed.checks), method=None)


def _called(resolver: Resolver, uses: Sequence[Use]) -> Resolver:
    """Put functions around a resolver."""
    step = _Step(_proceed_level, is_async=True) if resolver.is_batch else _innermost(resolver)
    for use in reversed(uses):
        step = _around(use, step)
    takes = frozenset[str]().union(*(use.directive.takes for use in uses))
    return replace(
        resolver,
        function=_batch_caller(resolver, step) if resolver.is_batch else _caller(step),
        is_async=step.is_async,
        context=_CONTEXT if resolver.context or "context" in takes else None,
        selection=_SELECTION if resolver.selection or "selection" in takes else None,
        caller=_CALLER if resolver.caller or "caller" in takes else None,
        variables=_VARIABLES if any(callable(use.arguments) for use in uses) else None,
        method=None,
    )


def _checking(
    function: Callable[..., Any], checks: Mapping[str, Callable[[Any], Any]]
) -> Callable[..., Any]:
    """Let arguments go through their checks before a function is called; null is no value."""

    def call(*parents: Any, **arguments: Any) -> Any:
        for name, check in checks.items():
            value = arguments.get(name)
            if value is not None:
                arguments[name] = check(value)
        return function(*parents, **arguments)

    return call


def _resolver(binding: Binding) -> Resolver:
    """Return what calls for a value that is only read otherwise."""
    match binding:
        case Resolver():
            return binding
        case Attribute(name):
            read: Callable[[Any], Any] = attrgetter(name)
        case Key(name):
            read = partial(_key, name)
        case Lookup(names):
            read = partial(lookup, names=names)
        case _:
            raise AssertionError(binding)
    return Resolver(partial(_read, read), is_async=False, takes_parent=True)


def _key(name: str, parent: Mapping[str, Any]) -> Any:
    return parent.get(name)


def _read(read: Callable[[Any], Any], parent: Any, **_arguments: Any) -> Any:
    """Read a value, whatever arguments the field has: nothing takes them."""
    return read(parent)


def _innermost(resolver: Resolver) -> _Step:
    function = callable_of(resolver)

    def resolve(call: FieldCall) -> Any:
        return function(*call.parents, **_arguments(resolver, call))

    return _Step(resolve, resolver.is_async)


def _arguments(resolver: Resolver, call: FieldCall) -> dict[str, Any]:
    """Return what a resolver is called with besides its parent."""
    arguments = call.arguments
    if resolver.context:
        arguments = {**arguments, resolver.context: call.context}
    if resolver.selection:
        arguments = {**arguments, resolver.selection: call.selection}
    if resolver.caller:
        arguments = {**arguments, resolver.caller: call.caller}
    return arguments


def _around(use: Use, inner: _Step) -> _Step:
    """Put a directive's function around a step.

    An ``async def`` awaits whatever is within it; a plain function gets what that returns, and
    where that is awaited, so is what the function returns.
    """
    directive, arguments = use.directive, use.arguments
    function, takes = directive.function, sorted(directive.takes)
    needs_waiting = directive.is_async and not inner.is_async
    proceed = partial(_awaited, inner.run) if needs_waiting else inner.run

    def call_function(call: FieldCall) -> Any:
        given = arguments(call.variables) if callable(arguments) else arguments
        if given is None:
            return inner.run(call)
        if not takes:
            return function(partial(proceed, call), **given)
        own = {name: getattr(call, name) for name in takes}
        return function(partial(proceed, call), **given, **own)

    if not (directive.is_async or inner.is_async):
        return _Step(call_function, is_async=False)

    async def call_and_await(call: FieldCall) -> Any:
        try:
            value = call_function(call)
        except (AttributeError, TypeError) as error:
            if not directive.is_async:
                error.add_note(_HINT.format(directive.directive.name))
            raise
        return await value if hasattr(value, "__await__") else value

    return _Step(call_and_await, is_async=True)


async def _awaited(run: Callable[[FieldCall], Any], call: FieldCall) -> Any:
    return run(call)


def _caller(step: _Step) -> Callable[..., Any]:
    run = step.run

    def call(*parents: Any, **arguments: Any) -> Any:
        return run(_field_call(parents, arguments))

    return call


def _field_call(parents: Sequence[Any], arguments: dict[str, Any]) -> FieldCall:
    if not arguments:
        return FieldCall(parents, arguments)
    context = arguments.pop(_CONTEXT, None)
    selection = arguments.pop(_SELECTION, None)
    variables = arguments.pop(_VARIABLES, ())
    caller = arguments.pop(_CALLER, None)
    return FieldCall(parents, arguments, context, selection, variables, caller)


def _batch_caller(resolver: Resolver, step: _Step) -> Callable[..., Any]:
    async def call(parents: list[Any], **arguments: Any) -> list[Any]:
        shared = _field_call((), arguments)
        level = Level(partial(_resolve_level, resolver, shared))
        calls = [shared.of(parent, level) for parent in parents]
        return await level.run(step.run, calls)

    return call


def _resolve_level(resolver: Resolver, shared: FieldCall, parents: list[Any]) -> Any:
    return resolver.function(parents, **_arguments(resolver, shared))


def _proceed_level(call: FieldCall) -> Any:
    assert call.level is not None  # noqa: S101  # batch resolvers alone come here
    return call.level.value(call)
