"""Models of SQLAlchemy: what they have, and what of it is not there until it is read.

SQLAlchemy is asked only if the program has imported it.
"""

from __future__ import annotations

import inspect
import sys
from contextlib import suppress
from typing import Any

__all__ = ["complete_mapping", "lazy_reason"]

_LAZY = {"select", True, "dynamic", "write_only"}


def complete_mapping(model: type) -> None:
    """Let a model have the attributes that relations of other models give it (``backref=``)."""
    orm: Any = sys.modules.get("sqlalchemy.orm")
    if orm is not None and hasattr(model, "__mapper__"):
        with suppress(Exception):  # a model is not imported yet; the first query tells
            orm.configure_mappers()


def lazy_reason(model: type, name: str, how: str) -> str | None:
    """Say that an attribute of a model is loaded when it is read, and what to do.

    ``how`` says how to add a resolver. ``None`` if the attribute is there, or if reading it raises
    because the model says so: then queries load it.
    """
    orm: Any = sys.modules.get("sqlalchemy.orm")
    member: Any = inspect.getattr_static(model, name, None)
    if orm is None or member is None:
        return None
    if isinstance(through := getattr(member, "target_collection", None), str):  # a proxy
        return lazy_reason(model, through, how)
    mapped: Any = getattr(member, "prop", None)  # `property` wants all models to be there
    attribute = f"{model.__qualname__}.{name}"
    reason = (
        f"SQLAlchemy loads {attribute} when it is read: a statement for each object, which fails in"
        " asynchronous code and when the session is closed."
    )
    if isinstance(mapped, orm.RelationshipProperty) and mapped.lazy in _LAZY:
        return (
            f"{reason} {how} `{name} = related({attribute})` of trunkline.contrib.sqlalchemy, or"
            " set lazy='selectin', or lazy='raise' if your queries load it."
        )
    if isinstance(mapped, orm.ColumnProperty) and mapped.deferred and not mapped.raiseload:
        return f"{reason} Do not defer it, or set deferred_raiseload=True if your queries load it."
    return None
