"""For generated clients whose types are dataclasses."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, TypeAlias, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import msgspec
from msgspec import UnsetType

from trunkline.client.generated.operation import Codec, Reader, converting_reader
from trunkline.client.generated.values import located, member_for
from trunkline.client.responses import ReadByHook, read_hook

__all__ = ["DATACLASSES"]

Data = TypeVar("Data")
_Read: TypeAlias = Callable[[Any], Any]


class _Dataclasses(Codec):
    """Reads responses into dataclasses whose fields have other names in JSON, and writes inputs."""

    writes_itself = False

    def reader(self, data: type[Data]) -> Reader[Data]:
        return converting_reader(_reader(cast("Any", data)))

    def members(self, value: Any) -> Iterable[tuple[str, Any]] | None:
        if not is_dataclass(value) or isinstance(value, type):
            return None
        return [(key, getattr(value, name)) for name, key in _keys(type(value))]


DATACLASSES = _Dataclasses()


@cache
def _keys(class_: Any) -> list[tuple[str, str]]:
    """List the attributes of a dataclass, each with its name in JSON."""
    return [(each.name, str(each.metadata.get("name", each.name))) for each in fields(class_)]


@cache
def _reader(type_: Any) -> _Read:
    """Return the function that reads a value of a type from decoded JSON."""
    arguments = get_args(type_)
    if get_origin(type_) in {Union, types.UnionType}:
        return _optional_reader(arguments)
    if get_origin(type_) is list:
        return _list_reader(_reader(arguments[0]))
    if isinstance(type_, ReadByHook):
        members = getattr(type_, "members", None)
        if members is None:
            return type_.read
        return lambda value: _reader(member_for(members, value))(value)
    if is_dataclass(type_):
        return _ObjectReader(type_)
    return lambda value: msgspec.convert(value, type_, dec_hook=read_hook)


def _optional_reader(operands: tuple[Any, ...]) -> _Read:
    """Read a value that may be null. A value that may be absent is read only if it is there."""
    (type_,) = (each for each in operands if each not in {type(None), UnsetType})
    read = _reader(type_)
    if type(None) not in operands:
        return read
    return lambda value: None if value is None else read(value)


def _list_reader(read_item: _Read) -> _Read:
    def read(value: Any) -> Any:
        given, items = _checked(value, list), list[Any]()
        try:
            for item in given:
                items.append(read_item(item))  # whose length is the place
        except ValueError as error:
            raise located(error, f"[{len(items)}]") from None
        return items

    return read


class _ObjectReader:
    """Reads an object. The readers of its fields are made at the first one: types may recur."""

    def __init__(self, class_: Any) -> None:
        self._class = class_
        self._fields: list[tuple[str, str, _Read]] | None = None

    def __call__(self, value: Any) -> Any:
        if self._fields is None:
            hints = get_type_hints(self._class)
            keys = _keys(self._class)
            self._fields = [(name, key, _reader(hints[name])) for name, key in keys]
        mapping: Mapping[str, Any] = _checked(value, dict)
        given: dict[str, Any] = {}
        for name, key, read in self._fields:
            if key in mapping:
                try:
                    given[name] = read(mapping[key])
                except ValueError as error:
                    raise located(error, f".{key}") from None
        try:
            return self._class(**given)
        except TypeError:
            needed = {each.name for each in fields(self._class) if each.default is MISSING}
            missing = next(key for name, key, _ in self._fields if name in needed - given.keys())
            raise ValueError(f"Object missing required field `{missing}`") from None


def _checked(value: Any, type_: type) -> Any:
    if isinstance(value, type_):
        return value
    return msgspec.convert(value, type_)  # raises, in msgspec's words
