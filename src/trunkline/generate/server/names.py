"""The names that a schema's names become in Python.

What is decided here: words are split as people would (`createdBy` → `created_by`), keywords get an
underscore, and where two names of one type would become one, each that differs keeps the schema's
own spelling: `differentCase` beside `different_case` stay two.
"""

from __future__ import annotations

import keyword
from collections import Counter
from collections.abc import Collection, Iterable

from trunkline.text.names import python_name

__all__ = ["apart", "class_name", "enum_member", "python_names"]

_ENUM_RESERVED = frozenset({"mro", "name", "value"})


def python_names(
    names: Iterable[str],
    *,
    snake_case: bool = True,
    configured: dict[str, str] | None = None,
    reserved: Collection[str] = (),
) -> dict[str, str]:
    """Return the Python name of each of a type's fields, or a field's arguments.

    ``configured`` ones stay as they are; ``reserved`` ones get an underscore, as keywords do.
    """
    configured = configured or {}
    plain = {name: python_name(name) if snake_case else _no_keyword(name) for name in names}
    wanted = {**plain, **{name: configured[name] for name in plain if name in configured}}
    counts = Counter(wanted.values())
    chosen = {
        name: name if counts[python] > 1 and name not in configured else python
        for name, python in wanted.items()
    }
    spelt = {
        name: f"{_no_keyword(python)}_"
        if python in reserved and name not in configured
        else _no_keyword(python)
        for name, python in chosen.items()
    }
    return apart(spelt, set(configured))


def apart(names: dict[str, str], configured: Collection[str] = ()) -> dict[str, str]:
    """Give every name that is still another's one more underscore, whatever their order.

    `class` beside `class_`: the one that is spelt so keeps it.
    """
    kept = {name: python for name, python in names.items() if name == python or name in configured}
    taken = set(kept.values())
    for name in sorted(names.keys() - kept.keys()):
        kept[name] = names[name]
        while kept[name] in taken:
            kept[name] += "_"
        taken.add(kept[name])
    return {name: kept[name] for name in names}


def class_name(name: str) -> str:
    """Return the name of a generated class: the type's, unless Python does not take it."""
    return _no_keyword(name)


def enum_member(name: str) -> str:
    """Return the name of a generated enum's member: the value's, unless `enum` keeps it for itself.

    Names with underscores at both ends are enum's own (`_ignore_`).
    """
    is_sunder = len(name) > 1 and name.startswith("_") and name.endswith("_")
    is_enums_own = name in _ENUM_RESERVED or is_sunder
    return f"{name}_" if is_enums_own else _no_keyword(name)


def _no_keyword(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) else name
