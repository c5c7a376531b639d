"""Where a secret comes from: it is read each time it is needed, and shown nowhere."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from trunkline.errors import TokenError

__all__ = ["Hidden", "SecretSource", "environment"]

SecretSource: TypeAlias = str | Path | Callable[[], str]
"""A secret itself, a file that has it, or a function that returns it."""


def environment(name: str) -> Callable[[], str]:
    """Return a source that reads an environment variable, each time it is asked.

    Raises ``KeyError`` at once where there is none.
    """
    _ = os.environ[name]
    return lambda: os.environ[name]


class Hidden:
    """A secret whose text no log and no traceback has: only ``read()`` gives it."""

    __slots__ = ("_source",)

    def __init__(self, source: SecretSource) -> None:
        # A closure, so that whoever prints an object's attributes does not print the secret.
        self._source = _reader(source)

    def __repr__(self) -> str:
        return "Hidden(…)"

    def read(self) -> str:
        """Return the secret as it is now; raises ``TokenError`` where it cannot be had."""
        try:
            text = self._source()
            text.encode()
        except Exception as error:  # noqa: BLE001  # whatever a source raises may have the secret
            raise TokenError(f"The client's secret cannot be read: {_shown(error)}.") from None
        return text


def _reader(source: SecretSource) -> Callable[[], str]:
    if isinstance(source, Path):
        return lambda: source.read_text(encoding="utf-8").strip()
    return source if callable(source) else lambda: source


def _shown(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}"
    return type(error).__name__
