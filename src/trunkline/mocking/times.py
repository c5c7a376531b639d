"""Points in time that fit each other: what is updated was created before."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from trunkline.mocking.chance import Chance
from trunkline.mocking.facts import Facts

__all__ = ["moment", "seconds"]

Form: TypeAlias = Literal["datetime", "local datetime", "date", "time"]

_LATER = re.compile(r"updat|modif|edit|chang|last|seen|push|sync")
_DUE = re.compile(r"due|expir|end|finish|deliver|close|complet|paid|until|delet|cancel|merge|ship")
_BIRTH = re.compile(r"birth|born")
_DAYS_OF_LIFE = 20_000

_FORMS: dict[Form, Callable[[datetime], str]] = {
    "datetime": lambda time: time.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "local datetime": lambda time: time.strftime("%Y-%m-%dT%H:%M:%S"),
    "date": lambda time: time.strftime("%Y-%m-%d"),
    "time": lambda time: time.strftime("%H:%M:%S"),
}


def moment(form: Form) -> Callable[[Facts, Chance, str], str]:
    """Make what writes a point in time as ISO 8601 has it."""
    write = _FORMS[form]
    return lambda facts, chance, field: write(_time(facts, chance, field))


def seconds(facts: Facts, chance: Chance, field: str) -> int:
    """Give a point in time in seconds since 1970."""
    return int(_time(facts, chance, field).timestamp())


def _time(facts: Facts, chance: Chance, field: str) -> datetime:
    """Find the time that a field is about; ``field`` is its name in snake case."""
    if _BIRTH.search(field):
        return facts.created - timedelta(days=18 * 366 + chance.below(_DAYS_OF_LIFE))
    if _LATER.search(field):
        return facts.created + timedelta(minutes=chance.between(1, 6_000))
    if _DUE.search(field):
        return facts.created + timedelta(days=chance.between(5, 60), minutes=chance.below(1440))
    return facts.created
