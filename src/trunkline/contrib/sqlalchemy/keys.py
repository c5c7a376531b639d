"""The primary key of a model."""

from __future__ import annotations

from typing import Any

from sqlalchemy import inspect

__all__ = ["primary_key"]


def primary_key(model: Any) -> list[Any]:
    """Return the attributes of a model, or of an alias of one, that are its primary key."""
    mapper = inspect(model).mapper
    names = (mapper.get_property_by_column(column).key for column in mapper.primary_key)
    return [getattr(model, name) for name in names]
