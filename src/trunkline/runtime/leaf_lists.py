"""Lists of leaves that one call checks, because a loop of Python over their items costs more."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import cache
from types import ModuleType
from typing import Annotated, Any

from msgspec import Meta, ValidationError, convert, defstruct

from trunkline.runtime.execution import Execution

__all__ = ["LEAVES", "list_checker"]

LEAVES: Mapping[str, Any] = {
    "String": str,
    "ID": str,
    "Boolean": bool,
    "Int": Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)],
    "Float": Annotated[float, Meta(ge=-sys.float_info.max, le=sys.float_info.max)],
}
"""The types, as msgspec has them, of values of GraphQL's own scalars that need no function."""

_MANY = 30  # items of inner lists; orjson takes a kilobyte for each text, however short


def list_checker(type_: Any, depth: int) -> Callable[[Execution, list[Any]], Any]:
    """Make the function that returns a list for the response; ``None`` if that is in doubt.

    ``type_`` is the type of lists within each other, ``depth`` of them, whose leaves are those of
    ``LEAVES``. The function takes the room of inner lists. An execution that takes JSON gets it
    where inner lists are many, which would keep the garbage collector busy.
    """
    # msgspec would look at any other type anew for each call
    holder = defstruct("Holder", [("items", type_)], array_like=True)

    def check(execution: Execution, values: list[Any]) -> Any:
        try:
            count = _count(values, depth - 1) if depth > 1 else 0
            result: Any = convert((values,), holder).items  # type: ignore[attr-defined]
            if result != values or execution.room < count:  # a float may have lost digits
                return None
            if count > _MANY and execution.takes_json:
                orjson = _orjson()
                result = orjson.Fragment(orjson.dumps(result))
        except (TypeError, ValueError, ValidationError, RecursionError):
            return None
        execution.room -= count
        return result

    return check


def _count(lists: list[Any], depth: int) -> int:
    """Count the items of the lists in a list. Raises ``TypeError`` if one is of another class."""
    count = 0
    for each in lists:
        if type(each) is list:
            count += len(each) if depth == 1 else len(each) + _count(each, depth - 1)
        elif each is not None:
            raise TypeError(each)
    return count


@cache
def _orjson() -> ModuleType:
    import orjson  # noqa: PLC0415  # only executions that take JSON need it

    return orjson
