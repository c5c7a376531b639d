"""The object type of a value whose field is an interface or a union (GraphQL §6.4.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from trunkline.runtime.values import refuse

__all__ = ["type_finder"]


def type_finder(
    abstract: str,
    possible: Mapping[str, type | None],
    resolve_type: Callable[[Any], str | None] | None = None,
) -> Callable[[Any], str]:
    """Make the function that names the object type of a value.

    ``possible`` has the abstract type's object types and the class of each one's values, where
    that is known. Asked in turn: ``resolve_type``, the value's ``__typename``, its class.
    """
    by_class: dict[type, str] = {
        model: name for name, model in possible.items() if model and not issubclass(model, dict)
    }

    def find(value: Any) -> str:
        name = by_class.get(type(value)) if resolve_type is None else resolve_type(value)
        if name is None:
            refuse(value)
            name = _type_name(value) or _name_of_base(value, by_class)
        if name is None or name not in possible:
            raise TypeError(_explain(abstract, value, name))
        return name

    return find


def _type_name(value: Any) -> str | None:
    if isinstance(value, Mapping):
        return value.get("__typename")  # pyright: ignore[reportUnknownVariableType]
    mangled = f"_{type(value).__name__}__typename"  # what Python makes of it within a class
    return getattr(value, mangled, None) or getattr(value, "__typename", None)


def _name_of_base(value: Any, by_class: Mapping[type, str]) -> str | None:
    return next((by_class[base] for base in type(value).__mro__ if base in by_class), None)


def _explain(abstract: str, value: Any, name: str | None) -> str:
    found = type(value).__qualname__
    if name is not None:
        return f"A value of {abstract} ({found}) was said to be of type {name!r}, which is none."
    return (
        f"Nothing says which object type of {abstract} a value is ({found}). Bind its class as a"
        f" model, give it a '__typename', or add 'resolve_type' to the resolvers of {abstract}."
    )
