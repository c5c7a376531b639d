"""What is drawn for an object by chance: its names, its place and its time, so that they match.

What is drawn looks random, but depends only on what it is drawn for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TypeVar

__all__ = ["ADJECTIVES", "NOUNS", "SENTENCES", "Chance", "Facts", "facts_of"]

T = TypeVar("T")


class Chance:
    """A store of 512 bits, made from ``parts``; each draw takes some of them.

    The same parts give the same numbers on every machine and with every Python. When the bits are
    used up, every draw gives the lowest number.
    """

    __slots__ = ("_left",)

    def __init__(self, *parts: object) -> None:
        text = "\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")
        self._left = int.from_bytes(blake2b(text, digest_size=64).digest(), "big")

    def below(self, bound: int) -> int:
        """Draw a number from 0 to ``bound``, without it."""
        self._left, number = divmod(self._left, bound)
        return number

    def between(self, low: int, high: int) -> int:
        """Draw a number from ``low`` to ``high``, both included."""
        return low + self.below(high - low + 1)

    def pick(self, options: Sequence[T]) -> T:
        """Draw one of several."""
        return options[self.below(len(options))]

    def one_in(self, times: int) -> bool:
        """Draw whether something happens that happens once in so many times."""
        return self.below(times) == 0


@dataclass(frozen=True, slots=True)
class Facts:
    """The names, the place and the time of an object; ``name`` is the one that fits its type."""

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
        """The first name and the last name."""
        return f"{self.first_name} {self.last_name}"

    @property
    def login(self) -> str:
        """The name that the person signs in with."""
        return f"{self.first_name[0]}{self.last_name}".lower()

    @property
    def email(self) -> str:
        """The person's e-mail address."""
        return f"{self.first_name}.{self.last_name}@example.com".lower()

    @property
    def slug(self) -> str:
        """The title, as URLs have it."""
        return self.title.lower().replace(" ", "-")


_PERSON = re.compile(
    r"user|person|people|author|account|customer|employee|member|contact|actor|owner|student"
    r"|teacher|patient|guest|viewer|assignee|creator|reviewer|manager|client|profile|driver"
)
_COMPANY = re.compile(
    r"company|organi[sz]ation|vendor|supplier|brand|shop|store|publisher|employer"
)
_BEGINNING = datetime(2025, 1, 6, 8, tzinfo=UTC)
_MINUTES = 60 * 24 * 300  # within which objects are created


def facts_of(owner: str, chance: Chance) -> Facts:
    """Draw the facts of an object; ``owner`` is the name of its type in snake case."""
    first, last = chance.pick(_FIRST_NAMES), chance.pick(_LAST_NAMES)
    title = f"{chance.pick(ADJECTIVES)} {chance.pick(NOUNS)}"
    company = f"{chance.pick(NOUNS)} & {chance.pick(_LAST_NAMES)}"
    name = f"{first} {last}" if _PERSON.search(owner) else title
    code, country = chance.pick(_COUNTRIES)
    return Facts(
        name=company if _COMPANY.search(owner) else name,
        first_name=first,
        last_name=last,
        company=company,
        title=title,
        street=f"{chance.between(1, 240)} {chance.pick(_STREETS)}",
        city=chance.pick(_CITIES),
        country=country,
        country_code=code,
        created=_BEGINNING + timedelta(minutes=chance.below(_MINUTES)),
    )


_FIRST_NAMES = (
    *("Ada", "Alan", "Amara", "Anna", "Ben", "Chen", "Clara", "David", "Elif", "Emma", "Grace"),
    *("Hugo", "Ines", "Ivan", "Jonas", "Kofi", "Lea", "Lucas", "Maria", "Mei", "Nadia", "Noor"),
    *("Olga", "Omar", "Paul", "Priya", "Rosa", "Sam", "Sofia", "Tariq", "Vera", "Yuki"),
)
_LAST_NAMES = (
    *("Almeida", "Bauer", "Brown", "Diallo", "Dubois", "Fischer", "Garcia", "Haddad", "Hopper"),
    *("Ito", "Jensen", "Kaya", "Kim", "Kovacs", "Larsen", "Lopez", "Lovelace", "Meyer", "Moreau"),
    *("Novak", "Okafor", "Patel", "Popov", "Rossi", "Schmidt", "Silva", "Smith", "Tanaka"),
    *("Turing", "Walker", "Wang", "Yilmaz"),
)
ADJECTIVES = (
    *("Amber", "Bright", "Calm", "Clear", "Early", "Fine", "Golden", "Grand", "Green", "Little"),
    *("Modern", "Northern", "Open", "Quiet", "Rapid", "Silver", "Simple", "Solid", "Warm", "Wild"),
)
NOUNS = (
    *("Anchor", "Bridge", "Cedar", "Compass", "Field", "Garden", "Harbour", "Island", "Lantern"),
    *("Meadow", "Mill", "Orchard", "River", "Signal", "Stone", "Summit", "Tower", "Valley"),
    *("Willow", "Window"),
)
SENTENCES = (
    "It works as expected.",
    "More will be known next week.",
    "Please have a look when there is time.",
    "The first part is done, the second one is under way.",
    "This was asked for by several customers.",
    "Everything that matters is on one page.",
    "Nobody had thought of that before.",
    "It is small, and it holds.",
    "The details are still to be discussed.",
    "A short note, so that it is not forgotten.",
)
_STREETS = (
    "Main Street",
    "Mill Lane",
    "Harbour Road",
    "Park Avenue",
    "Station Road",
    "Church Street",
)
_CITIES = (
    *("Amsterdam", "Berlin", "Chicago", "Lagos", "Lisbon", "London", "Osaka", "Oslo"),
    "Toronto",
)
_COUNTRIES = (
    *(("CA", "Canada"), ("DE", "Germany"), ("GB", "United Kingdom"), ("JP", "Japan")),
    *(("NG", "Nigeria"), ("NL", "Netherlands"), ("NO", "Norway"), ("PT", "Portugal")),
    ("US", "United States"),
)
