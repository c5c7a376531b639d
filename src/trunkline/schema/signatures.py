"""Does a function fit its field? Its parameters, what it returns, and reasons why it does not."""

from __future__ import annotations

import inspect
import re
from collections.abc import AsyncIterable, Awaitable, Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from functools import partial
from typing import Any, get_origin

from graphql import GraphQLArgument, GraphQLInputField, is_non_null_type

__all__ = [
    "Parameters",
    "batch_values",
    "describe",
    "given_to",
    "misfits",
    "parameters_of",
    "returns_awaitable",
    "same_names",
    "stream_mistakes",
    "takes_one",
]

Parameters = Mapping[str, inspect.Parameter]

_AWAITABLE = re.compile(r"([\w.]+\.)?(Awaitable|Coroutine|Future|Task)\b")  # kept as text (PEP 563)


def parameters_of(function: Any) -> dict[str, inspect.Parameter] | None:
    """Return a function's parameters, or ``None`` for builtins without a signature."""
    try:
        return dict(inspect.signature(function).parameters)
    except ValueError:
        return None


def given_to(parameters: Parameters | None, arguments: Mapping[str, str], name: str) -> str | None:
    """Return ``name`` if a parameter of that name is for the engine and not for an argument."""
    wants = parameters is not None and name in parameters
    return name if wants and name not in arguments.values() else None


def misfits(  # noqa: PLR0913  # what there is to say of both sides
    parameters: Parameters,
    inputs: Mapping[str, GraphQLArgument] | Mapping[str, GraphQLInputField],
    names: Mapping[str, str],
    given: Collection[str | None] = (),
    *,
    absent: str = "the field has no argument for",
    who: str = "requests",
) -> Iterator[str]:
    """Yield each reason why a function, or a class, cannot be called with ``inputs``.

    ``names`` has the parameter for each input, and ``given`` the parameters that the engine gives.
    In messages, ``absent`` says that nothing is there for a parameter, and ``who`` names those who
    may leave out an optional input.
    """
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    for name, input_ in inputs.items():
        parameter = names[name]
        what = "argument" if isinstance(input_, GraphQLArgument) else "field"
        taken = parameters.get(parameter)
        is_optional = input_.default is None and not is_non_null_type(input_.type)
        if taken is None and not takes_any:
            yield f"lacks the parameter {parameter!r} for the {what} {name!r}."
        elif taken and taken.kind is taken.POSITIONAL_ONLY:
            yield f"takes {parameter!r} only by position, but {what}s come by name."
        elif taken and taken.default is taken.empty and is_optional:
            yield f"needs a default for {parameter!r}: {who} may leave {name!r} out."
    known = {*given, *names.values()}
    for parameter, wanted in parameters.items():
        variadic = wanted.kind in (wanted.VAR_KEYWORD, wanted.VAR_POSITIONAL)
        if parameter not in known and not variadic and wanted.default is wanted.empty:
            yield f"has a parameter {parameter!r} that {absent}."


def same_names(what: str, names: Mapping[str, str], become: str) -> Iterator[str]:
    """Yield a message for each two names of the schema that are one name in Python."""
    first: dict[str, str] = {}
    for name, wanted in names.items():
        if first.setdefault(wanted, name) != name:
            yield f"{what} {first[wanted]!r} and {name!r} are both the {become} {wanted!r}."


def takes_one(parameters: Parameters) -> bool:
    """Say whether a function can be called with one positional argument."""
    try:
        inspect.Signature(list(parameters.values())).bind(None)
    except TypeError:
        return False
    return True


def returns_awaitable(method: Any) -> bool:
    """Say whether what a resolver returns is awaited. Decided once, not for every value.

    It is awaited if the resolver, or a function that it wraps (``functools.wraps``), is an
    ``async def`` or a ``types.coroutine``, or an object whose ``__call__`` is one, or is annotated
    to return an awaitable.
    """
    if any(map(_is_coroutine_function, _with_wrapped(method))):
        return True
    annotation = _return_annotation(method)
    if isinstance(annotation, str):
        return bool(_AWAITABLE.match(annotation))
    origin = get_origin(annotation) or annotation
    return isinstance(origin, type) and issubclass(origin, Awaitable)


def _is_coroutine_function(function: Any) -> bool:
    flags: int = getattr(getattr(function, "__code__", None), "co_flags", 0)
    return inspect.iscoroutinefunction(function) or bool(flags & inspect.CO_ITERABLE_COROUTINE)


def stream_mistakes(method: Any, *, is_subscription: bool) -> Iterator[str]:
    """Yield why a resolver cannot be that of a subscription's field, or of another field.

    What it returns may be unknown; then nothing is yielded.
    """
    is_generator = any(map(inspect.isasyncgenfunction, _with_wrapped(method)))
    if not is_subscription and is_generator:
        yield (
            "is an asynchronous generator, which only fields of the subscription type can have."
            " Return a list."
        )
    if not is_subscription or is_generator:
        return
    annotation = _return_annotation(method, evaluate=True)
    origin = type(None) if annotation is None else get_origin(annotation) or annotation
    may_be_stream = (
        not isinstance(origin, type)
        or origin in (object, inspect.Signature.empty)
        or origin.__module__ in {"typing", "types"}
        or issubclass(origin, (AsyncIterable, Awaitable))
    )
    reason = None if may_be_stream else f"returns {origin.__qualname__}"
    if any(map(inspect.isgeneratorfunction, _with_wrapped(method))):
        reason = "is a generator that is not asynchronous"
    if reason:
        yield (
            f"{reason}. A subscription's resolver must be an asynchronous generator, or return an"
            " asynchronous iterable."
        )


def batch_values(values: Any, count: int, name: str) -> list[Any]:
    """Return what a batch resolver gave for each of its parents.

    Raises what it returned instead, or ``TypeError`` if that has no value for each, in their order.
    """
    if type(values) is list and len(values) == count:  # pyright: ignore[reportUnknownArgumentType]
        return values.copy()  # pyright: ignore[reportUnknownVariableType]
    if isinstance(values, Exception):  # one for all
        raise values
    given = f"{name} was given {count} parents and returned"
    wanted = "It must return one value for each, in their order"
    if isinstance(values, Mapping):  # its keys would be taken for the values
        example = "[found.get(parent.id) for parent in parents]"
        raise TypeError(f"{given} a mapping. {wanted}: {example}.")
    if not isinstance(values, Iterable) or isinstance(values, (AbstractSet, str, bytes)):
        raise TypeError(f"{given} an object of {type(values).__qualname__}. {wanted}.")
    each: list[Any] = list(values)  # pyright: ignore[reportUnknownArgumentType]
    if len(each) != count:
        raise TypeError(f"{given} {len(each)} values. {wanted}.")
    return each


def _with_wrapped(method: Any) -> Iterator[Any]:
    """Yield a function and what it wraps, outermost first; of an object, also its ``__call__``."""
    while method is not None:
        yield method
        if isinstance(method, partial):
            method = method.func
            continue
        if not isinstance(method, type):
            yield type(method).__call__
        method = getattr(method, "__wrapped__", None)


def _return_annotation(method: Any, *, evaluate: bool = False) -> Any:
    """Return the annotation of a function's result, or ``Signature.empty``."""
    if isinstance(method, type):
        return method
    try:
        return inspect.signature(method, eval_str=evaluate).return_annotation
    except Exception:  # noqa: BLE001  # a builtin without a signature, a name not yet defined
        return inspect.Signature.empty


def describe(method: Any, what: str = "the resolver") -> str:
    """Return the name of a function or a class, with its file and line."""
    place = ""
    if isinstance(method, type):
        with suppress(OSError, TypeError):  # a class of an interactive shell, or without a file
            place = f" ({inspect.getsourcefile(method)}:{inspect.getsourcelines(method)[1]})"
    elif code := getattr(inspect.unwrap(method), "__code__", None):
        place = f" ({code.co_filename}:{code.co_firstlineno})"
    return f"{what} {getattr(method, '__qualname__', method)}{place}"
