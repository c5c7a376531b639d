"""Types that JSON readers do not know by themselves: one of several, and scalars with a reader.

A type checker reads ``OneOf[A, B]`` as ``Union[A, B]``, and ``Parsed[Money, parse]`` as ``Money``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, cast, get_args, get_type_hints

import msgspec

__all__ = ["OneOf", "Parsed", "ReadByHook", "member_for", "read_hook"]


class ReadByHook(type):
    """The type of what is read by a hook; readers are told that the values are right."""

    read: Callable[[Any], Any]

    def __instancecheck__(cls, instance: object) -> bool:
        return True


def read_hook(type_: Any, value: Any) -> Any:
    """Read what msgspec does not know: what its decoders take as ``dec_hook``."""
    if isinstance(type_, ReadByHook):
        return type_.read(value)
    raise TypeError(f"Nothing says how {type_} is made of JSON: give its scalar a parse function")


@cache
def by_typename(members: tuple[type, ...]) -> Mapping[str, type]:
    """Find the member of each ``__typename``; the last one, for all others, is left out."""
    return {
        name: member
        for member in members[:-1]
        for name in get_args(get_type_hints(member)["typename"])
    }


def member_for(members: tuple[type, ...], value: Any) -> type:
    """Choose the member that an object is read as."""
    name = cast("Mapping[str, str]", value).get("__typename") if isinstance(value, dict) else None
    return by_typename(members).get(name or "", members[-1])


class _OneOf(metaclass=ReadByHook):
    members: ClassVar[tuple[type, ...]]

    @classmethod
    def read(cls, value: Any) -> Any:
        return msgspec.convert(value, member_for(cls.members, value), dec_hook=read_hook)


class _Parsed(metaclass=ReadByHook):
    read: ClassVar[Callable[[Any], Any]]


@cache
def _one_of(members: tuple[type, ...]) -> type[_OneOf]:
    return type("OneOf", (_OneOf,), {"members": members})


@cache
def _parsed(parse: Callable[[Any], Any]) -> type[_Parsed]:
    return type("Parsed", (_Parsed,), {"read": staticmethod(parse)})


if TYPE_CHECKING:
    from typing import Annotated as Parsed
    from typing import Union as OneOf
else:

    class OneOf:
        """One of several classes, by ``__typename``; the last takes what the others do not.

        So a type that a server adds later does not make its answers unreadable.
        """

        def __class_getitem__(cls, members: tuple[type, ...]) -> type[_OneOf]:
            return _one_of(members)

    class Parsed:
        """A scalar's type, and the function that makes it of what JSON has."""

        def __class_getitem__(cls, scalar: tuple[type, Callable[[Any], Any]]) -> type[_Parsed]:
            return _parsed(scalar[1])
