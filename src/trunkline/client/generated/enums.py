"""Enums that a server may add values to."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

__all__ = ["OpenEnum"]


class OpenEnum(StrEnum):
    """An enum of the schema; a value that it does not have yet is kept as it came.

    Such a value equals its text, is of the enum's type, and is none of its members.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        unknown = str.__new__(cls, value)
        unknown._name_ = unknown._value_ = value
        return unknown
