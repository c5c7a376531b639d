"""Whether a Python type can hold what a position of the schema says (GraphQL §3).

Said is only what is certain: whatever a type checker would call unknown fits.
"""

from __future__ import annotations

from collections import abc
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, cast, get_args, get_origin
from uuid import UUID

from graphql import (
    GraphQLInputType,
    GraphQLOutputType,
    GraphQLType,
    is_abstract_type,
    is_enum_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

__all__ = ["Fits", "awaited"]

_HELD = {
    "String": (str, int, float),
    "ID": (str, int, UUID),
    "Int": (int, float),
    "Float": (int, float),
    "Boolean": (bool, int, float),
}
"""What the built-in scalars can be made of, where a resolver returns it."""

_PROMOTED: Mapping[type, tuple[type, ...]] = {int: (float, complex), float: (complex,)}
"""What `int` may stand for without being a subclass of it (PEP 484)."""

_TRANSPARENT = {"Mapped", "WriteOnlyMapped", "DynamicMapped", "ReadOnly", "Required", "NotRequired"}
_AWAITED = (abc.Awaitable, abc.Coroutine)


class Fits:
    """Compares the types of a schema, whose types stand for ``models``, with those of Python.

    ``scalars`` is the class of each scalar's values.
    """

    def __init__(self, models: Mapping[str, type], scalars: Mapping[str, type]) -> None:
        self._models = models
        self._scalars = scalars

    def output(self, type_: GraphQLOutputType, hint: Any) -> str | None:
        """Say why values of a Python type cannot be those of a field; ``None`` if they can."""
        members = list(_members(hint))
        if NoneType in members and is_non_null_type(type_):
            return f"may be None, and {type_} is never null"
        members = [each for each in members if each is not NoneType]
        inner = type_.of_type if is_non_null_type(type_) else type_
        reasons = [self._output_member(inner, each) for each in members]
        return reasons[0] if reasons and all(reasons) else None

    def input(self, type_: GraphQLInputType, hint: Any, *, leaves: bool = True) -> str | None:
        """Say why a Python type cannot take the values of an argument or an input's field.

        Where ``leaves`` is false, scalars are converted by whoever takes them.
        """
        members = list(_members(hint))
        if _is_unknown(members):
            return None
        if not is_non_null_type(type_) and NoneType not in members:
            return f"may be null, and {_shown(hint)} does not take None"
        inner = type_.of_type if is_non_null_type(type_) else type_
        reasons = [
            self._input_member(inner, each, leaves=leaves)
            for each in members
            if each is not NoneType
        ]
        return reasons[0] if reasons and all(reasons) else None

    def _output_member(self, type_: GraphQLType, hint: Any) -> str | None:
        if is_list_type(type_):
            item = _item(hint)
            if item is None:
                return f"is {_shown(hint)}, and {type_} is a list"
            return self.output(type_.of_type, item[0])
        if item := _collection_item(hint):
            return f"is a list of {_shown(item[0])}, and {type_} is no list"
        class_ = _class(hint)
        held = self._held(type_)
        if class_ is None or held is None or _related(class_, held):
            return None
        return f"is {_shown(hint)}, and {type_} is {_listed(held)}"

    def _held(self, type_: GraphQLType) -> tuple[type, ...] | None:
        """Return the classes that a value of a type can have; ``None`` where nobody knows."""
        name = getattr(type_, "name", "")
        if name in _HELD:
            return _HELD[name]
        if is_enum_type(type_):
            model = self._models.get(name)
            return (model, str) if model else (str, Enum)
        if is_leaf_type(type_):
            return self._known(self._scalars.get(name))
        if is_abstract_type(type_):
            return None
        return self._known(self._models.get(name))

    def _known(self, class_: type | None) -> tuple[type, ...] | None:
        if class_ is None or class_ is object or issubclass(class_, dict):
            return None
        return (class_,)

    def _input_member(self, type_: GraphQLType, hint: Any, *, leaves: bool) -> str | None:
        if is_list_type(type_):
            item = _item(hint)
            if item is None:
                return f"is a list, and {_shown(hint)} is no list"
            return self.input(type_.of_type, item[0], leaves=leaves)
        if item := _collection_item(hint):
            return f"is no list, and {_shown(hint)} is one"
        return None if is_leaf_type(type_) and not leaves else self._untaken(type_, hint)

    def _untaken(self, type_: GraphQLType, hint: Any) -> str | None:
        name = getattr(type_, "name", "")
        given = self._scalars.get(name) or self._models.get(name)
        taken = _class(hint)
        if given is None or taken is None or issubclass(given, dict):
            return None
        if issubclass(given, taken) or taken in _PROMOTED.get(given, ()):
            return None
        return f"arrives as {_shown(given)}, which {_shown(hint)} does not take"


def awaited(hint: Any) -> Any:
    """Return what a function's return type gives once it has been awaited."""
    if get_origin(hint) in _AWAITED and get_args(hint):
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


def _is_unknown(members: list[Any]) -> bool:
    return any(
        each in (Any, object) or not isinstance(get_origin(each) or each, type) for each in members
    )


def _class(hint: Any) -> type | None:
    """Return the class of a type, ``None`` where it says nothing."""
    origin = get_origin(hint) or hint
    is_known = isinstance(origin, type) and origin is not object and not _is_protocol(origin)
    return cast("type", origin) if is_known else None


def _is_protocol(class_: type) -> bool:
    return bool(getattr(class_, "_is_protocol", False))


def _item(hint: Any) -> tuple[Any] | None:
    """Return the type of a list's items, as a tuple of one; ``None`` if it is surely no list."""
    class_ = _class(hint)
    if class_ is None:
        return (Any,)
    return _collection_item(hint)


def _collection_item(hint: Any) -> tuple[Any] | None:
    class_ = _class(hint)
    if (
        class_ is None
        or issubclass(class_, (str, bytes, Mapping))
        or not issubclass(class_, Iterable)
    ):
        return None
    if issubclass(class_, Enum):
        return None
    arguments = get_args(hint)
    return (arguments[0],) if arguments else (Any,)


def _related(class_: type, held: tuple[type, ...]) -> bool:
    return any(issubclass(class_, each) or issubclass(each, class_) for each in held)


def _shown(hint: Any) -> str:
    if isinstance(hint, type) and not get_args(hint):
        return hint.__qualname__
    return str(hint).replace("typing.", "")


def _listed(classes: tuple[type, ...]) -> str:
    names = [_shown(each) for each in classes]
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
