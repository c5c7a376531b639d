"""What a model has that can give a field's value: attributes, keys, methods."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, get_origin, is_typeddict

from graphql import Undefined

from trunkline.text.names import python_name, snake_case

__all__ = [
    "class_of",
    "is_mapping",
    "lookup",
    "members_of",
    "method_of",
    "names_of",
    "takes_self",
    "whose",
]

_CLASS_VARIABLE = re.compile(r"([\w.]+\.)?ClassVar\b")
"""An annotation that was left as text (PEP 563)."""


def names_of(field: str) -> tuple[str, ...]:
    """Return the names that a field may have in Python: its own, and what people make of it."""
    return tuple(dict.fromkeys((field, python_name(field), snake_case(field))))


def lookup(parent: Any, names: tuple[str, ...]) -> Any:
    """Find a field's value in a parent whose class nobody told: by key, else by attribute."""
    if type(parent) is dict or isinstance(parent, Mapping):
        for name in names:
            if name in parent:
                return parent[name]  # pyright: ignore[reportUnknownVariableType]
        return None
    for name in names:
        value = getattr(parent, name, Undefined)
        if value is not Undefined:
            return value
    return None


def members_of(model: type) -> set[str]:
    """Name what instances of a class have: attributes, properties, declared fields or keys."""
    declared = {name for base in model.__mro__ for name in inspect.get_annotations(base)}
    return declared if is_mapping(model) else declared | set(dir(model))


def method_of(model: type, name: str) -> Callable[..., Any] | None:
    """Return the method of that name, unless it is a declared field, a property, or the like."""
    if is_mapping(model) or _is_declared(model, name):
        return None
    member = getattr(model, name, None)
    static = inspect.getattr_static(model, name, None)
    is_data = isinstance(member, type) or inspect.isdatadescriptor(static)
    return member if callable(member) and not is_data else None


def takes_self(model: type, name: str) -> bool:
    """Say whether the method, as the class has it, takes the instance as its first parameter."""
    is_static = isinstance(inspect.getattr_static(model, name), staticmethod)
    return not is_static and not inspect.ismethod(getattr(model, name))


def whose(model: type, name: str) -> type | None:
    """Return the class of a library that a member comes from with which the schema has no business.

    A model of Pydantic's inherits ``copy``, one of SQLAlchemy's ``metadata``, one of Django's
    ``delete``: what every model of a library has stands for no field, and calling it may do harm.
    Fields that a library's class declares are as good as one's own.
    """
    for base in model.__mro__:
        if name in inspect.get_annotations(base) and not _is_class_variable(base, name):
            return None
        if _package(base) == _package(model):
            if name in vars(base):
                return _library_of(vars(base)[name], model)
        elif _is_class_variable(base, name) or callable(vars(base).get(name)):
            return base
    return None


def is_mapping(model: type) -> bool:
    """Say whether a class's values are read by key."""
    return is_typeddict(model) or issubclass(model, dict)


def class_of(model: type) -> type:
    """Return the class that a model's values have: those of a ``TypedDict`` are plain dicts."""
    return dict if is_typeddict(model) else model


def _is_declared(model: type, name: str) -> bool:
    """Say whether a field is declared, by a class that no method of the name comes before."""
    for base in model.__mro__:
        if name in inspect.get_annotations(base):
            return True
        if name in vars(base):
            return False
    return False


def _is_class_variable(base: type, name: str) -> bool:
    annotation = inspect.get_annotations(base).get(name)
    if isinstance(annotation, str):
        return bool(_CLASS_VARIABLE.match(annotation))
    return annotation is ClassVar or get_origin(annotation) is ClassVar


def _library_of(value: object, model: type) -> type | None:
    """Return the class of what a library has put in a class of one's own, as its tool."""
    is_code = callable(value) or hasattr(value, "__get__")
    ours = {_package(model), *sys.stdlib_module_names}
    return None if is_code or _package(type(value)) in ours else type(value)


def _package(class_: type) -> str:
    return class_.__module__.partition(".")[0]
