"""Names for emitted code: ours, never a caller's."""

from __future__ import annotations

import builtins
import keyword
import re
from functools import lru_cache

__all__ = ["Names", "python_name", "snake_case"]

# an acronym's plural (userIDs), an acronym (HTTPServer), a word, digits
_WORDS = re.compile(r"[A-Z]{2,}s(?![a-z])|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_RESERVED = frozenset(keyword.kwlist) | frozenset(keyword.softkwlist) | frozenset(dir(builtins))


@lru_cache(maxsize=4096)
def snake_case(name: str) -> str:
    """Turn a schema's name into the Python name that people would give it.

    ``createTodo`` becomes ``create_todo``, ``todoID`` becomes ``todo_id``, ``HTTPServer`` becomes
    ``http_server``, ``address2`` stays. Leading and trailing underscores are kept.
    """
    stripped = name.strip("_")
    if not stripped:
        return name
    leading, _, trailing = name.partition(stripped)
    words = [
        "_".join(word.lower() for word in _split(part)) for part in stripped.split("_") if part
    ]
    return leading + "_".join(words) + trailing


def python_name(name: str) -> str:
    """Turn a schema's name into one that Python takes: ``createdBy`` becomes ``created_by``.

    Keywords get an underscore, as PEP 8 has it: ``from`` becomes ``from_``.
    """
    snake = snake_case(name)
    return f"{snake}_" if keyword.iskeyword(snake) else snake


def _split(part: str) -> list[str]:
    """Split at changes of case; digits stay with the word before them."""
    words: list[str] = []
    for word in _WORDS.findall(part):
        if word.isdigit() and words:
            words[-1] += word
        else:
            words.append(word)
    return words


class Names:
    """Gives every wanted name once; the second who wants it gets ``name_2``.

    Keywords and builtins are never given (``class`` becomes ``class_``), so emitted code can use
    both freely.
    """

    def __init__(self, taken: frozenset[str] | set[str] = frozenset()) -> None:
        self._taken = set(taken)
        self._numbers: dict[str, int] = {}  # the last that was given, by the name wanted

    def give(self, wanted: str) -> str:
        """Return ``wanted``, or the first free ``wanted_2``, ``wanted_3``, …, and keep it."""
        if wanted in _RESERVED:
            wanted += "_"
        name, number = wanted, self._numbers.get(wanted, 1)
        while name in self._taken:
            number += 1
            name = f"{wanted}_{number}"
        self._taken.add(name)
        self._numbers[wanted] = number
        return name
