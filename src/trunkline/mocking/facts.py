"""What several fields of one object have in common, so that they fit each other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from trunkline.mocking.chance import Chance
from trunkline.mocking.words import (
    ADJECTIVES,
    CITIES,
    COUNTRIES,
    FIRST_NAMES,
    LAST_NAMES,
    NOUNS,
    STREETS,
)

__all__ = ["Facts", "facts_of"]

_PERSON = re.compile(
    r"user|person|people|author|account|customer|employee|member|contact|actor|owner|student"
    r"|teacher|patient|guest|viewer|assignee|creator|reviewer|manager|client|profile|driver"
)
_COMPANY = re.compile(
    r"company|organi[sz]ation|vendor|supplier|brand|shop|store|publisher|employer"
)
_BEGINNING = datetime(2025, 1, 6, 8, tzinfo=UTC)
_MINUTES = 60 * 24 * 300  # within which objects are created


@dataclass(frozen=True, slots=True)
class Facts:
    """The name, the place and the time of an object; ``name`` is a person's where it is one."""

    name: str
    first_name: str
    last_name: str
    company: str
    title: str
    street: str
    city: str
    country: str
    country_code: str
    created: datetime

    @property
    def person(self) -> str:
        """The first name and the last one."""
        return f"{self.first_name} {self.last_name}"

    @property
    def login(self) -> str:
        """The name that the person signs in with."""
        return f"{self.first_name[0]}{self.last_name}".lower()

    @property
    def slug(self) -> str:
        """The title, as it stands in a URL."""
        return self.title.lower().replace(" ", "-")


def facts_of(owner: str, chance: Chance) -> Facts:
    """Draw what there is to know of an object; ``owner`` is its type's name in snake case."""
    first, last = chance.pick(FIRST_NAMES), chance.pick(LAST_NAMES)
    title = f"{chance.pick(ADJECTIVES)} {chance.pick(NOUNS)}"
    company = f"{chance.pick(NOUNS)} & {chance.pick(LAST_NAMES)}"
    code, country = chance.pick(COUNTRIES)
    return Facts(
        name=_name(owner, f"{first} {last}", company, title),
        first_name=first,
        last_name=last,
        company=company,
        title=title,
        street=f"{chance.between(1, 240)} {chance.pick(STREETS)}",
        city=chance.pick(CITIES),
        country=country,
        country_code=code,
        created=_BEGINNING + timedelta(minutes=chance.below(_MINUTES)),
    )


def _name(owner: str, person: str, company: str, title: str) -> str:
    if _COMPANY.search(owner):
        return company
    return person if _PERSON.search(owner) else title
