"""Names in what we write: how they are made, and what happens where two would be one.

**Words.** `snake_case` splits as people do: ``createTodo`` becomes ``create_todo``, ``todoID``
becomes ``todo_id``. `pascal_case` joins: ``todo_list`` becomes ``TodoList``.

**Names that Python keeps.** A keyword gets an underscore at its end, as PEP 8 has it
(`escape_keyword`): ``from`` becomes ``from_``. So does what the place needs itself: ``self`` among
parameters, ``mro`` among the members of an enum, ``model_dump`` among the attributes of a pydantic
model. A name that begins with two underscores is never given to anything: Python would mangle it
within classes, and GraphQL keeps such names for introspection. In emitted functions and among
imports, builtins are avoided as well, because other lines use them.

**Two names that would be one.** The caller decides, by what a name's owner can do about it:

- names that a person chose or can change are refused, with what to do: two fields of one type when
  resolvers are bound at start, two classes of a client that come from its documents;
- names of a schema that is given are kept apart: on a generated server each goes back to the
  schema's own spelling, and gets underscores where even that is taken (`python_names`); in a
  generated client the later one gets a number (`numbered`);
- names that no person writes (locals of emitted functions, aliases of imports) get a number
  (`Names`).

A number depends on the order of what is named, so it is never part of a name that a person's
program uses, except where the schema leaves no other choice.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache

__all__ = [
    "Names",
    "apart",
    "class_name",
    "enum_member",
    "escape_keyword",
    "is_name",
    "pascal_case",
    "python_name",
    "python_names",
    "snake_case",
]

# an acronym's plural (userIDs), an acronym (HTTPServer), a word, digits
_WORDS = re.compile(r"[A-Z]{2,}s(?![a-z])|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_RESERVED = frozenset(keyword.kwlist) | frozenset(keyword.softkwlist) | frozenset(dir(builtins))
_OF_ENUMS = frozenset({"mro", "name", "value"})


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
    words: list[str] = []
    for part in filter(None, stripped.split("_")):
        split: list[str] = []
        for word in _WORDS.findall(part):
            if word.isdigit() and split:  # digits stay with the word before them
                split[-1] += word
            else:
                split.append(word.lower())
        words.append("_".join(split))
    return leading + "_".join(words) + trailing


def pascal_case(name: str) -> str:
    """Turn a name into a part of a class's: ``todo_list`` and ``todoList`` become ``TodoList``."""
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))


def class_name(name: str, otherwise: str) -> str:
    """Turn a name into a class's; ``otherwise`` stands before what would not be a name (``_4``)."""
    found = pascal_case(name)
    return found if found.isidentifier() else otherwise + found


def escape_keyword(name: str) -> str:
    """Return a name with an underscore at its end if it is a keyword."""
    return f"{name}_" if keyword.iskeyword(name) else name


def python_name(name: str) -> str:
    """Turn a schema's name into one that Python takes: ``createdBy`` becomes ``created_by``."""
    return escape_keyword(snake_case(name))


def enum_member(name: str) -> str:
    """Turn the name of an enum's value into a member's: the same, unless `enum` needs the name.

    Names with an underscore at both ends are enum's own (``_ignore_``).
    """
    is_enums_own = name in _OF_ENUMS or (
        len(name) > 1 and name.startswith("_") and name.endswith("_")
    )
    return f"{name}_" if is_enums_own else escape_keyword(name)


def is_name(name: str) -> bool:
    """Say whether a text can be a name in Python."""
    return name.isidentifier() and not keyword.iskeyword(name)


def python_names(
    names: Iterable[str],
    *,
    snake_case: bool = True,
    configured: Mapping[str, str] | None = None,
    reserved: Collection[str] = (),
) -> dict[str, str]:
    """Return the Python name of each of a type's fields, or of a field's arguments.

    Where two would be one, each that differs from the schema's spelling goes back to it:
    ``differentCase`` beside ``different_case`` stay two. ``configured`` names stay as they are;
    ``reserved`` ones get an underscore, as keywords do.
    """
    configured = configured or {}
    wanted = {
        name: configured.get(name) or (python_name(name) if snake_case else escape_keyword(name))
        for name in names
    }
    counts = Counter(wanted.values())
    chosen: dict[str, str] = {}
    for name, python in wanted.items():
        if name in configured:
            chosen[name] = escape_keyword(python)
        else:
            spelt = name if counts[python] > 1 else python
            is_reserved = spelt in reserved
            chosen[name] = escape_keyword(spelt) + ("_" if is_reserved else "")
    return apart(chosen, configured)


def apart(
    names: Mapping[str, str], configured: Collection[str] = (), taken: Collection[str] = ()
) -> dict[str, str]:
    """Give each name that is another's too underscores until it is not, whatever their order.

    ``class`` beside ``class_``: the one that is spelt so in the schema keeps it. ``configured``
    names stay as they are, and no other gets a name that is ``taken``.
    """
    kept = {name: python for name, python in names.items() if name in configured}
    used = {*taken, *kept.values()}
    for name in sorted(names.keys() - kept.keys(), key=lambda name: (names[name] != name, name)):
        kept[name] = names[name]
        while kept[name] in used:
            kept[name] += "_"
        used.add(kept[name])
    return {name: kept[name] for name in names}


class Names:
    """Gives each name once: when it is asked for again, it becomes ``name_2``.

    Keywords and builtins are never given (``class`` becomes ``class_``), so emitted code can use
    both freely. ``taken`` names are given already.
    """

    def __init__(self, taken: Collection[str] = ()) -> None:
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
