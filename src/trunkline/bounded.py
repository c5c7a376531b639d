"""A mapping that cannot grow without end: the entry that was unused for the longest time goes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import RLock
from typing import Generic, TypeVar

from trunkline.forks import renewed_in_children

__all__ = ["BoundedMapping"]

Key = TypeVar("Key")
Value = TypeVar("Value")


class BoundedMapping(Generic[Key, Value]):
    """A mapping of at most ``limit`` entries that forgets the least recently used one first.

    With ``weigh`` the limit is on the sum of the entries' weights (of bytes, for example), and an
    entry that weighs more than the limit by itself is not kept. Threads may share a mapping;
    ``None`` is not a value, because `get` returns it for "not there".
    """

    def __init__(self, limit: int, weigh: Callable[[Key, Value], int] | None = None) -> None:
        self._limit = limit
        self._weigh = weigh
        self._entries: OrderedDict[Key, Value] = OrderedDict()
        self._weights: dict[Key, int] = {}  # empty if every entry weighs 1
        self._weight = 0
        self._lock = RLock()  # what is removed may use the mapping as it is freed
        renewed_in_children(self)

    def after_fork(self) -> None:
        """Take a new lock in a child process: another thread of the parent may have held it."""
        self._lock = RLock()

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: Key) -> bool:
        return key in self._entries

    def get(self, key: Key) -> Value | None:
        """Return the value of a key, or ``None``. The entry counts as used now."""
        value = self._entries.get(key)
        if value is not None:
            # a lock would cost as much again, and each of the two steps is done at once
            try:  # noqa: SIM105  # `suppress` costs more than a lock
                self._entries.move_to_end(key)
            except KeyError:  # another thread has just removed it
                pass
        return value

    def put(self, key: Key, value: Value) -> None:
        """Keep a value, in place of the key's old one; remove what is too much then."""
        weight = 1 if self._weigh is None else self._weigh(key, value)
        with self._lock:
            self._remove(key)
            if weight > self._limit:
                return
            self._entries[key] = value
            self._weight += weight
            if self._weigh is not None:
                self._weights[key] = weight
            while self._weight > self._limit:
                oldest, _ = self._entries.popitem(last=False)
                self._weight -= self._weights.pop(oldest, 1)

    def weigh_again(self, key: Key) -> None:
        """Weigh the value of a key again, because it has changed; it counts as used now."""
        with self._lock:
            value = self._entries.get(key)
            if value is not None:
                self.put(key, value)

    @property
    def room(self) -> int:
        """The weight that can be added before something must go."""
        return self._limit - self._weight

    def values(self) -> list[Value]:
        """Return all values, the least recently used first."""
        with self._lock:
            return list(self._entries.values())

    def remove(self, key: Key) -> None:
        """Remove a key's entry, if there is one."""
        with self._lock:
            self._remove(key)

    def remove_where(self, matches: Callable[[Key, Value], bool]) -> None:
        """Remove the entries for which ``matches`` is true."""
        with self._lock:
            for key, value in list(self._entries.items()):
                if matches(key, value):
                    self._remove(key)

    def clear(self) -> None:
        """Remove all entries."""
        with self._lock:
            self._entries.clear()
            self._weights.clear()
            self._weight = 0

    def _remove(self, key: Key) -> None:
        if self._entries.pop(key, None) is not None:
            self._weight -= self._weights.pop(key, 1)
