"""Waiting for changes of a store that does not tell of them."""

from __future__ import annotations

import time

__all__ = ["poll"]

_EVERY = 0.5  # seconds


def poll() -> bool:
    """Wait for half a second; there may be something new then."""
    time.sleep(_EVERY)
    return True
