"""How attributes and rows are read: at once, or by code of the program."""

from __future__ import annotations

import sys
from types import MemberDescriptorType, SimpleNamespace
from typing import Any, Literal, NamedTuple, TypeAlias

__all__ = ["Access", "access_to", "is_row_of_sqlalchemy"]

Access: TypeAlias = Literal["attribute", "stored", "code"]


class _Item(NamedTuple):
    item: object


_READERS = (MemberDescriptorType, type(vars(_Item)["item"]))
"""The descriptors of slots, and of the items of named tuples."""

_PLAIN = tuple(each.__getattribute__ for each in (object, tuple, SimpleNamespace))
"""One function of C under three names, which runs no code of the class."""


def access_to(class_: type, name: str) -> Access:
    """Return how the objects of a class give an attribute.

    - ``attribute``: the object or its class has it, and no code of the program runs.
    - ``stored``: SQLAlchemy maps it. It is in the object's ``__dict__``, or must be loaded.
    - ``code``: a property or another descriptor computes it, or the class answers for all.
    """
    bases = [vars(base) for base in class_.__mro__]
    reader = next(each["__getattribute__"] for each in bases if "__getattribute__" in each)
    if reader not in _PLAIN:
        return "code"
    found = next((each[name] for each in bases if name in each), None)
    if isinstance(found, _READERS) or not hasattr(type(found), "__get__"):
        return "attribute"
    return "stored" if _is_stored(found, name) else "code"


def is_row_of_sqlalchemy(class_: type) -> bool:
    """Return whether objects are what a query of SQLAlchemy gives, with values by column."""
    module: Any = sys.modules.get("sqlalchemy.engine.row")
    return module is not None and class_ in {module.Row, module.RowMapping}


def _is_stored(found: Any, name: str) -> bool:
    """Return whether a descriptor is SQLAlchemy's, and looks into ``__dict__`` first."""
    module: Any = sys.modules.get("sqlalchemy.orm.attributes")
    return (
        module is not None
        and type(found) is module.InstrumentedAttribute
        and found.key == name
        and getattr(found.impl, "supports_population", False)  # there is none before it is mapped
    )
