"""Loggers as they were before a test: a handler that stays writes to a stream that is closed."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager

__all__ = ["restored"]


@contextmanager
def restored(*names: str) -> Generator[None]:
    """Put loggers back in the end, and close the handlers that they have got meanwhile."""
    loggers = [logging.getLogger(name) for name in names]
    before = [(list(each.handlers), each.level, each.propagate) for each in loggers]
    try:
        yield
    finally:
        for each, (handlers, level, propagate) in zip(loggers, before, strict=True):
            for handler in each.handlers:
                if handler not in handlers:
                    handler.close()
            each.handlers[:] = handlers
            each.setLevel(level)
            each.propagate = propagate
