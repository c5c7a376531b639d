"""Resolvers' signatures: whether a function can be called with a field's arguments."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Iterator, Mapping
from typing import Any, get_origin

from graphql import GraphQLArgument, GraphQLField, is_non_null_type

__all__ = ["describe", "misfits", "parameters_of", "returns_awaitable", "takes_context"]

Parameters = Mapping[str, inspect.Parameter]

_AWAITABLE = re.compile(r"([\w.]+\.)?(Awaitable|Coroutine|Future|Task)\b")
"""An annotation of an awaitable that was left as text (PEP 563)."""


def parameters_of(function: Any) -> dict[str, inspect.Parameter] | None:
    """Return a function's parameters; ``None`` for builtins that do not tell them."""
    try:
        return dict(inspect.signature(function).parameters)
    except ValueError:
        return None


def takes_context(parameters: Parameters, arguments: Mapping[str, str]) -> bool:
    """Say whether a parameter is for the request's context, and not for an argument."""
    return "context" in parameters and "context" not in arguments.values()


def misfits(
    parameters: Parameters,
    field: GraphQLField,
    arguments: Mapping[str, str],
    context: str | None,
) -> Iterator[str]:
    """Say what keeps a resolver from being called with the field's arguments."""
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    for argument, parameter in arguments.items():
        taken = parameters.get(parameter)
        if taken is None and not takes_any:
            yield f"lacks the parameter {parameter!r} for the argument {argument!r}."
        elif taken and taken.default is taken.empty and _may_be_absent(field.args[argument]):
            yield f"needs a default for {parameter!r}: requests may leave {argument!r} out."
    for name, wanted in parameters.items():
        known = name == context or name in arguments.values()
        variadic = wanted.kind in (wanted.VAR_KEYWORD, wanted.VAR_POSITIONAL)
        if not known and not variadic and wanted.default is wanted.empty:
            yield f"wants a parameter {name!r} that the field has no argument for."


def returns_awaitable(method: Any) -> bool:
    """Say whether what a resolver returns is awaited: decided here, once, not for every value.

    It is if the resolver is an ``async def``, or is annotated to return an awaitable.
    """
    if inspect.iscoroutinefunction(inspect.unwrap(method)):
        return True
    try:
        annotation = inspect.signature(method).return_annotation
    except ValueError:  # a builtin that does not tell
        return False
    if isinstance(annotation, str):
        return bool(_AWAITABLE.match(annotation))
    origin = get_origin(annotation) or annotation
    return isinstance(origin, type) and issubclass(origin, Awaitable)


def describe(method: Any) -> str:
    """Name a function with its file and line."""
    code = getattr(inspect.unwrap(method), "__code__", None)
    where = f" ({code.co_filename}:{code.co_firstlineno})" if code else ""
    return f"the resolver {getattr(method, '__qualname__', method)}{where}"


def _may_be_absent(argument: GraphQLArgument) -> bool:
    return argument.default is None and not is_non_null_type(argument.type)
