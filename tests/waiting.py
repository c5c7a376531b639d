"""Waiting for what another process or thread does, on a machine that may be busy."""

from __future__ import annotations

import time
from collections.abc import Callable
from http.client import HTTPException

import httpx2
import pytest

__all__ = ["PATIENCE", "until"]

PATIENCE = 120.0  # seconds; all that is waited for comes long before, unless something is broken


def until(happened: Callable[[], object], why: str) -> None:
    """Ask again and again until it happened; a connection that fails counts as "not yet"."""
    deadline = time.monotonic() + PATIENCE
    fault: Exception | None = None
    while time.monotonic() < deadline:
        try:
            if happened():
                return
        except (OSError, HTTPException, httpx2.TransportError) as error:
            fault = error
        time.sleep(0.02)
    pytest.fail(f"{why} (after {PATIENCE:g} s; the last error: {fault!r})")
