"""Whether a Python type can hold what a position of the schema says (GraphQL §3).

Only what is certain is a misfit. A type that a type checker would call unknown fits.
"""

from __future__ import annotations

from collections import abc
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import UUID

from graphql import is_abstract_type, is_enum_type, is_leaf_type, is_list_type, is_non_null_type

__all__ = ["Fits", "awaited_type"]

_HELD: Mapping[str, tuple[type, ...]] = {
    "String": (str, int, float),
    "ID": (str, int, UUID),
    "Int": (int, float),
    "Float": (int, float),
    "Boolean": (bool, int, float),
}
"""The classes that a resolver may return for a built-in scalar."""

_PROMOTED: Mapping[type, tuple[type, ...]] = {int: (float, complex), float: (complex,)}
"""The types that take a class without being a base of it (PEP 484)."""

_TRANSPARENT = {"Mapped", "WriteOnlyMapped", "DynamicMapped", "ReadOnly", "Required", "NotRequired"}


class Fits:
    """Compares the types of a schema with those of Python.

    ``models`` and ``scalars`` are the classes of the values of its types, by name. The module
    ``generated`` has those of the other types.
    """

    def __init__(
        self, models: Mapping[str, type], scalars: Mapping[str, type], generated: str
    ) -> None:
        self._models = models
        self._scalars = scalars
        self._generated = generated

    def output(self, type_: Any, hint: Any) -> str | None:
        """Say why values of a Python type cannot be those of a field; ``None`` if they can."""
        members = list(_members(hint))
        if NoneType in members and is_non_null_type(type_):
            return f"may be None, and {type_} is never null"
        inner = type_.of_type if is_non_null_type(type_) else type_
        reasons = [
            self._other_enum(inner, each) or self._output(inner, each)
            for each in members
            if each is not NoneType
        ]
        return reasons[0] if reasons and all(reasons) else None

    def input(self, type_: Any, hint: Any, *, leaves: bool = True) -> str | None:
        """Say why a Python type cannot take the values of an argument or an input's field.

        Where ``leaves`` is false, what takes the scalars converts them.
        """
        members = list(_members(hint))
        classes = [get_origin(each) or each for each in members]
        if any(each in (Any, object) or not isinstance(each, type) for each in classes):
            return None
        if not is_non_null_type(type_) and NoneType not in members:
            return f"may be null, and {_type_text(hint)} does not take None"
        inner = type_.of_type if is_non_null_type(type_) else type_
        reasons = [
            (leaves and self._other_enum(inner, each)) or self._input(inner, each, leaves=leaves)
            for each in members
            if each is not NoneType
        ]
        return reasons[0] if reasons and all(reasons) else None

    def _output(self, type_: Any, hint: Any) -> str | None:
        class_ = _class(hint)
        item = _item(class_, hint)
        if is_list_type(type_) and item is not None:
            return self.output(type_.of_type, item)
        if is_list_type(type_) and class_:
            return f"is {_type_text(hint)}, and {type_} is a list"
        if item is not None and _is_collection(class_):
            return f"is a list of {_type_text(item)}, and {type_} is not a list"
        name: str = getattr(type_, "name", "")
        known = self._scalars.get(name) or self._models.get(name)
        held = _HELD.get(name) or ((known,) if known and not is_abstract_type(type_) else ())
        if is_enum_type(type_):
            held = (known, str) if known else (str, Enum)
        if (
            not held
            or class_ is None
            or any(issubclass(class_, each) or issubclass(each, (class_, dict)) for each in held)
        ):
            return None
        *most, last = map(_type_text, held)
        return (
            f"is {_type_text(hint)}, and {type_} is {', '.join(most)}{' or ' if most else ''}{last}"
        )

    def _input(self, type_: Any, hint: Any, *, leaves: bool) -> str | None:
        class_ = _class(hint)
        item = _item(class_, hint)
        if is_list_type(type_) and item is not None:
            return self.input(type_.of_type, item, leaves=leaves)
        if is_list_type(type_) and class_:
            return f"is a list, and {_type_text(hint)} is not one"
        if item is not None and _is_collection(class_):
            return f"is not a list, and {_type_text(hint)} is one"
        if class_ is None or (is_leaf_type(type_) and not leaves):
            return None
        name: str = getattr(type_, "name", "")
        given = self._scalars.get(name) or self._models.get(name)
        if given is None or issubclass(given, (class_, dict)) or class_ in _PROMOTED.get(given, ()):
            return None
        return f"arrives as {_type_text(given)}, which {_type_text(hint)} does not take"

    def _other_enum(self, type_: Any, hint: Any) -> str | None:
        """Say that an enum of the program meets an enum of the schema that no class stands for."""
        class_ = _class(hint)
        if (
            class_ is None
            or not is_enum_type(type_)
            or type_.name in self._models
            or not issubclass(class_, Enum)
            or issubclass(class_, str)
            or not len(class_)  # a base of enums
            or class_.__module__ == self._generated
        ):
            return None
        name = f"{class_.__module__}:{class_.__qualname__}"
        return (
            f"is {class_.__qualname__}, and {type_.name} is generated"
            f' (`models.{type_.name} = "{name}"` names its class)'
        )


def awaited_type(hint: Any) -> Any:
    """Return what a function's return type gives once it has been awaited."""
    if get_origin(hint) in (abc.Awaitable, abc.Coroutine) and get_args(hint):
        return get_args(hint)[-1]
    return hint


def _members(hint: Any) -> Iterator[Any]:
    """Yield the members of a union, without what only wraps them."""
    origin = get_origin(hint)
    if hint is None:
        yield NoneType
    elif origin in (Union, UnionType):
        for each in get_args(hint):
            yield from _members(each)
    elif origin is Annotated or getattr(origin, "__name__", "") in _TRANSPARENT:
        yield from _members(get_args(hint)[0])
    elif hasattr(hint, "__supertype__"):  # a NewType
        yield from _members(hint.__supertype__)
    elif hasattr(hint, "__value__"):  # type X = …
        yield from _members(hint.__value__)
    else:
        yield hint


def _class(hint: Any) -> type | None:
    """Return the class of a type; ``None`` if it does not tell what its values are."""
    origin: Any = get_origin(hint) or hint
    is_known = isinstance(origin, type) and origin not in (object, Any)
    return origin if is_known and not getattr(origin, "_is_protocol", False) else None


def _item(class_: type | None, hint: Any) -> Any:
    """Return the type of the items of what can be iterated; ``None`` if it is not known to be."""
    if class_ is None:
        return None
    if issubclass(class_, (str, bytes, Mapping, Enum)) or not issubclass(class_, Iterable):
        return None
    arguments = get_args(hint)
    return arguments[0] if arguments else Any


def _is_collection(class_: Any) -> bool:
    """Say whether a class is a collection for sure. Pydantic's models can be iterated, too."""
    if hasattr(class_, "_fields"):  # a named tuple
        return False
    is_one = issubclass(class_, (abc.Sequence, abc.Set, abc.Iterator))
    return is_one or class_ in (abc.Iterable, abc.Collection)


def _type_text(hint: Any) -> str:
    if isinstance(hint, type) and not get_args(hint):
        return hint.__qualname__
    return str(hint).replace("typing.", "")
