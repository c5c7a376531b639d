"""Types of responses that a JSON reader does not know: open enums, unions and custom scalars.

A type checker reads ``OneOf[A, B]`` as ``Union[A, B]``, and ``Parsed[Money, parse]`` as ``Money``.
At run time both are classes, which msgspec reads through ``read_hook`` and pydantic by asking them
for their schema.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast, get_args, get_type_hints

import msgspec

from trunkline.client.responses import ReadByHook, read_hook

__all__ = ["OneOf", "OpenEnum", "Parsed", "located", "member_for"]


class OpenEnum(StrEnum):
    """An enum of the schema. A value that the server has added since is kept.

    Such a value equals its text and is an instance of the enum, but not one of its members.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        unknown = str.__new__(cls, value)
        unknown._name_ = unknown._value_ = value
        return unknown


def located(error: Exception, place: str) -> ValueError:
    """Add to an error the place (``.key``, ``[0]``) of what was read, in msgspec's form."""
    return ValueError(f"{error} - at `${place}`")


@cache
def _members_by_typename(members: tuple[type, ...]) -> Mapping[str, type]:
    """Map each ``__typename`` to its member. The last member has no names: it takes all others."""
    return {
        name: member
        for member in members[:-1]
        for name in get_args(get_type_hints(member)["typename"])
    }


def member_for(members: tuple[type, ...], value: Any) -> type:
    """Return the class that an object of a response is read as."""
    name = cast("Mapping[str, str]", value).get("__typename") if isinstance(value, dict) else None
    return _members_by_typename(members).get(name or "", members[-1])


class _OneOf(metaclass=ReadByHook):
    members: ClassVar[tuple[type, ...]]

    @classmethod
    def read(cls, value: Any) -> Any:
        try:
            return msgspec.convert(value, member_for(cls.members, value), dec_hook=read_hook)
        except msgspec.ValidationError as error:  # which msgspec would not locate once more
            raise ValueError(str(error)) from None

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, handler: Any) -> Any:
        from pydantic_core.core_schema import tagged_union_schema  # noqa: PLC0415  # an extra

        def tag(value: Any) -> str:
            is_read = isinstance(value, cls.members)
            return (type(value) if is_read else member_for(cls.members, value)).__name__

        choices = {each.__name__: handler.generate_schema(each) for each in cls.members}
        return tagged_union_schema(choices, tag)


class _Parsed(metaclass=ReadByHook):
    type: ClassVar[Any]
    read: ClassVar[Callable[[Any], Any]]

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, handler: Any) -> Any:
        from pydantic_core.core_schema import (  # noqa: PLC0415  # an extra
            no_info_before_validator_function,
        )

        read: Any = cls.read
        return no_info_before_validator_function(read, handler.generate_schema(cls.type))


if TYPE_CHECKING:
    from typing import Annotated as Parsed
    from typing import Union as OneOf
else:

    class OneOf:
        """One of several classes, chosen by ``__typename``. The last one takes all other types.

        So a response stays readable when the server adds a type.
        """

        @classmethod
        @cache
        def __class_getitem__(cls, members: tuple[type, ...]) -> type[_OneOf]:
            return type("OneOf", (_OneOf,), {"members": members})

    class Parsed:
        """A scalar's type, and the function that makes a value of it from the JSON value."""

        @classmethod
        @cache
        def __class_getitem__(cls, scalar: tuple[Any, Callable[[Any], Any]]) -> type[_Parsed]:
            type_, parse = scalar
            return type("Parsed", (_Parsed,), {"type": type_, "read": staticmethod(parse)})
