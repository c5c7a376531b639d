"""What must not be shared with a child process that is a copy of this one.

A child that used its parent's connections would read the parent's answers, and a lock or a piece of
work that another thread of the parent had in hand has nobody in the child who would let it go.
"""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet

__all__ = ["renewed_in_children"]


class _Renewable(Protocol):
    def after_fork(self) -> None:
        """Begin anew, in a child process."""
        ...


_living: WeakSet[_Renewable] = WeakSet()


def renewed_in_children(thing: _Renewable) -> None:
    """Let a thing begin anew in each child that this process forks, as long as it lives."""
    _living.add(thing)


def _renew() -> None:
    for thing in list(_living):
        thing.after_fork()


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(after_in_child=_renew)
