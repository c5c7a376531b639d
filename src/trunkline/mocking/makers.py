"""What makes the values of scalars: each a function of what the object is like, and of a chance.

Values have the form in which JSON has them.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any, TypeAlias
from uuid import UUID

from trunkline.mocking.chance import Chance
from trunkline.mocking.facts import Facts
from trunkline.mocking.words import ADJECTIVES, NOUNS, SENTENCES

Maker: TypeAlias = Callable[[Facts, Chance, str], Any]
"""Given what the object is like, a chance, and the field's name in snake case: a value."""


def always(value: Any) -> Maker:
    """Give one value, whatever the object."""
    return lambda _facts, _chance, _field: value


def of(read: Callable[[Facts], Any]) -> Maker:
    """Give what the object is like."""
    return lambda facts, _chance, _field: read(facts)


def drawn(draw: Callable[[Chance], Any]) -> Maker:
    """Give what a chance decides alone."""
    return lambda _facts, chance, _field: draw(chance)


def one_of(*options: str) -> Maker:
    """Give one of several texts."""
    return drawn(lambda chance: chance.pick(options))


def whole(low: int, high: int) -> Maker:
    """Give a whole number, the limits included."""
    return drawn(lambda chance: chance.between(low, high))


def decimal(low: int, high: int, digits: int = 2) -> Maker:
    """Give a number that has some digits behind the point."""
    scale = 10**digits
    return drawn(lambda chance: chance.between(low * scale, high * scale) / scale)


def hexadecimal(length: int) -> Maker:
    """Give so many hexadecimal digits."""
    return drawn(lambda chance: f"{chance.below(16**length):0{length}x}")


def new_uuid(chance: Chance) -> str:
    """Draw a UUID of version 4 (RFC 9562 §5.4)."""
    return str(UUID(int=chance.below(1 << 128), version=4))


def sentences(_facts: Facts, chance: Chance, _field: str) -> str:
    """Give a sentence, or two."""
    return " ".join(dict.fromkeys((chance.pick(SENTENCES), chance.pick(SENTENCES))))


def html(facts: Facts, chance: Chance, field: str) -> str:
    """Give a paragraph."""
    return f"<p>{sentences(facts, chance, field)}</p>"


def url(facts: Facts, chance: Chance, field: str) -> str:
    """Give a URL that has in it what the field is called: ``/avatar/`` for ``avatarUrl``."""
    kind = field.removesuffix("url").removesuffix("uri").strip("_").replace("_", "-")
    path = "/".join(filter(None, (kind, facts.slug)))
    return f"https://example.com/{path}/{chance.between(1, 999)}"


def picture(facts: Facts, chance: Chance, field: str) -> str:
    """Give the URL of a picture."""
    return f"{url(facts, chance, field)}.png"


def _base64(chance: Chance) -> str:
    return b64encode(chance.below(1 << 192).to_bytes(24, "big")).decode("ascii")


def _code(chance: Chance) -> str:
    letters = "".join(chance.pick("ABCDEFGHJKLMNPRSTUVWXYZ") for _ in range(3))
    return f"{letters}-{chance.between(1000, 9999)}"


base64 = drawn(_base64)
code = drawn(_code)
color = drawn(lambda chance: f"#{chance.below(1 << 24):06x}")
country_code = of(lambda facts: facts.country_code)
currency = one_of("EUR", "GBP", "JPY", "USD")
email = of(lambda facts: f"{facts.first_name}.{facts.last_name}@example.com".lower())
first_name = of(lambda facts: facts.first_name)
ip = drawn(lambda chance: f"192.0.2.{chance.between(1, 254)}")  # RFC 5737: for documentation
json = of(lambda facts: {"name": facts.name, "city": facts.city})
language = one_of("de", "en", "fr", "ja", "pt")
last_name = of(lambda facts: facts.last_name)
money = drawn(lambda chance: f"{chance.between(100, 50_000) / 100:.2f}")
person = of(lambda facts: facts.person)
phone = drawn(lambda chance: f"+120255501{chance.between(0, 99):02}")  # kept for fiction
seldom = drawn(lambda chance: chance.one_in(5))
slug = of(lambda facts: facts.slug)
title = of(lambda facts: facts.title)
uuid = drawn(new_uuid)
words = drawn(lambda chance: f"{chance.pick(ADJECTIVES)} {chance.pick(NOUNS)}".lower())
yes_or_no = drawn(lambda chance: chance.one_in(2))
zone = one_of("America/New_York", "Asia/Tokyo", "Europe/Berlin", "UTC")
