"""How long a transport waits."""

from __future__ import annotations

from typing import TypeAlias

__all__ = ["DEFAULT_TIMEOUT", "Timeout"]

Timeout: TypeAlias = float | tuple[float, float] | None
"""Seconds to wait: ``(to connect, for the next bytes)``, one number for both, ``None`` for ever."""

DEFAULT_TIMEOUT: Timeout = (10.0, 30.0)
