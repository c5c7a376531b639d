"""OAuth 2 between servers."""

from __future__ import annotations

__all__: list[str] = []
