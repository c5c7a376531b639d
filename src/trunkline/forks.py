"""State that a child process must not share with its parent.

A child that used its parent's connections would read the parent's responses. A lock that another
thread of the parent held, or work that it did, never ends in the child: the thread is not there.
"""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet

__all__ = ["renewed_in_children"]


class _Renewable(Protocol):
    def after_fork(self) -> None:
        """Start again, in a child process."""
        ...


_living: WeakSet[_Renewable] = WeakSet()


def renewed_in_children(thing: _Renewable) -> None:
    """Call the thing's ``after_fork`` in each child process, as long as the thing lives."""
    _living.add(thing)


def _renew() -> None:
    for thing in list(_living):
        thing.after_fork()


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(after_in_child=_renew)
