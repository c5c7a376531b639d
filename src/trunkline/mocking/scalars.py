"""Values of scalars and enums: which look like what a field is called, by tables of patterns.

Each table is read from the top; the first pattern that matches decides. In the tables for names a
pattern must match whole words of the name, of which the last may be a plural. Values have the form
that JSON has for them.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, TypeAlias
from uuid import UUID

from graphql import GraphQLEnumType, GraphQLField, GraphQLScalarType

from trunkline.mocking.facts import ADJECTIVES, NOUNS, SENTENCES, Chance, Facts
from trunkline.text.names import snake_case

__all__ = ["KEYS", "enum_value", "key_value", "new_uuid", "scalar_value"]

KEYS = 999_000
"""How many objects of a type there are, as far as their keys tell."""


def enum_value(type_: GraphQLEnumType, chance: Chance) -> Any:
    """Draw a value of an enum; a deprecated one only if there is no other."""
    values = list(type_.values.values())
    current = [value for value in values if value.deprecation_reason is None]
    return chance.pick(current or values).value


def scalar_value(
    type_: GraphQLScalarType, name: str, field: GraphQLField, facts: Facts, chance: Chance
) -> Any:
    """Draw a value that looks like the name of its field; ``facts`` are about its object."""
    if type_.name == "ID":
        return str(chance.between(1, KEYS))
    field_name = snake_case(name).strip("_")
    make = _maker(
        type_.name, field_name, field.description or "", (type_.specified_by_url or "").lower()
    )
    return type_.coerce_input_value(make(_Draw(facts, chance, field_name)))


def key_value(type_: GraphQLScalarType, key: str) -> Any:
    """Return an object's key as a value of its scalar; ``None`` if it cannot be one.

    Scalars that take neither the text nor the number get a value that belongs to the key.
    """
    number = [int(key)] if key.isdecimal() else []
    for form in (key, *number, Chance(key).between(1, KEYS), new_uuid(Chance(key))):
        with suppress(Exception):  # a scalar may raise anything
            return type_.coerce_input_value(form)
    return None


def new_uuid(chance: Chance) -> str:
    """Draw a UUID of version 4 (RFC 9562 §5.4)."""
    return str(UUID(int=chance.below(1 << 128), version=4))


@dataclass(frozen=True, slots=True)
class _Draw:
    """What a value is drawn from: facts, a chance, and the field's name in snake case."""

    facts: Facts
    chance: Chance
    field: str


_Maker: TypeAlias = Callable[[_Draw], Any]
_Table: TypeAlias = tuple[tuple[re.Pattern[str], _Maker], ...]


@lru_cache(maxsize=8192)
def _maker(scalar: str, field: str, description: str, specified_by: str) -> _Maker:
    """Find what makes the values of a field: by its scalar, its name and its description.

    ``specified_by`` is the URL that the scalar's ``@specifiedBy`` names (GraphQL §3.13.4).
    """
    if scalar in _WITHOUT_TEXT:
        table, fallback = _WITHOUT_TEXT[scalar]
        return _find(table, field) or fallback
    custom = None
    if scalar not in {"String", "ID"}:
        custom = _find(_CUSTOM, snake_case(scalar).strip("_")) or _find(_SPECIFIED, specified_by)
    if found := custom or _find(_TEXT, field):
        return found
    if example := _EXAMPLE.search(description):
        return _always(example[1])
    return _find(_DESCRIBED, description.lower()) or _words


def _find(table: _Table, text: str) -> _Maker | None:
    return next((maker for pattern, maker in table if pattern.search(text)), None)


_EXAMPLE = re.compile(r"""(?:e\.g\.|[Ee]xample|such as|like)[:,]? ["'`]([^"'`\n]{1,80})["'`]""")

# How values are made


def _always(value: Any) -> _Maker:
    return lambda _: value


def _fact(name: str) -> _Maker:
    return lambda it: getattr(it.facts, name)


def _one_of(*options: str) -> _Maker:
    return lambda it: it.chance.pick(options)


def _whole(low: int, high: int) -> _Maker:
    return lambda it: it.chance.between(low, high)


def _decimal(low: int, high: int, digits: int = 2) -> _Maker:
    scale = 10**digits
    return lambda it: it.chance.between(low * scale, high * scale) / scale


def _hexadecimal(length: int) -> _Maker:
    return lambda it: f"{it.chance.below(16**length):0{length}x}"


def _moment(form: str) -> _Maker:
    return lambda it: _time(it).strftime(form)


_LATER = re.compile(r"updat|modif|edit|chang|last|seen|push|sync")
_DUE = re.compile(r"due|expir|end|finish|deliver|close|complet|paid|until|delet|cancel|merge|ship")


def _time(it: _Draw) -> datetime:
    """Find a time that fits the others of its object: it is updated after it was created."""
    created, chance = it.facts.created, it.chance
    if re.search("birth|born", it.field):
        return created - timedelta(days=18 * 366 + chance.below(20_000))
    if _LATER.search(it.field):
        return created + timedelta(minutes=chance.between(1, 6_000))
    if _DUE.search(it.field):
        return created + timedelta(days=chance.between(5, 60), minutes=chance.below(1440))
    return created


def _sentences(it: _Draw) -> str:
    return " ".join(dict.fromkeys((it.chance.pick(SENTENCES), it.chance.pick(SENTENCES))))


def _url(it: _Draw) -> str:
    """Make a URL that contains the field's name: ``/avatar/`` for ``avatarUrl``."""
    kind = it.field.removesuffix("url").removesuffix("uri").strip("_").replace("_", "-")
    path = "/".join(filter(None, (kind, it.facts.slug)))
    return f"https://example.com/{path}/{it.chance.between(1, 999)}"


def _base64(it: _Draw) -> str:
    return b64encode(it.chance.below(1 << 192).to_bytes(24, "big")).decode("ascii")


def _code(it: _Draw) -> str:
    letters = "".join(it.chance.pick("ABCDEFGHJKLMNPRSTUVWXYZ") for _ in range(3))
    return f"{letters}-{it.chance.between(1000, 9999)}"


def _json(it: _Draw) -> dict[str, str]:
    return {"name": it.facts.name, "city": it.facts.city}


def _money(it: _Draw) -> str:
    return f"{it.chance.between(100, 50_000) / 100:.2f}"


def _phone(it: _Draw) -> str:
    return f"+120255501{it.chance.between(0, 99):02}"  # reserved for fiction


def _uuid(it: _Draw) -> str:
    return new_uuid(it.chance)


def _words(it: _Draw) -> str:
    return f"{it.chance.pick(ADJECTIVES)} {it.chance.pick(NOUNS)}".lower()


def _seldom(it: _Draw) -> bool:
    return it.chance.one_in(5)


_currency = _one_of("EUR", "GBP", "JPY", "USD")
_language = _one_of("de", "en", "fr", "ja", "pt")
_zone = _one_of("America/New_York", "Asia/Tokyo", "Europe/Berlin", "UTC")
_DATE_TIME = "%Y-%m-%dT%H:%M:%SZ"
_LOCAL_DATE_TIME = "%Y-%m-%dT%H:%M:%S"
_DATE = "%Y-%m-%d"
_TIME = "%H:%M:%S"

# Which values a name has


def _by_words(rows: Mapping[str, _Maker]) -> _Table:
    return _by_text({rf"(?:^|_)(?:{pattern})s?(?:_|$)": maker for pattern, maker in rows.items()})


def _by_text(rows: Mapping[str, _Maker]) -> _Table:
    return tuple((re.compile(pattern), maker) for pattern, maker in rows.items())


_NAMES: dict[str, _Maker] = {
    r"html": lambda it: f"<p>{_sentences(it)}</p>",
    r"markdown": _sentences,
    r"e_?mail": _fact("email"),
    r"avatar|image|photo|picture|thumbnail|logo|icon": lambda it: f"{_url(it)}.png",
    r"ur[il]|href|link|website|homepage|webhook": _url,
    r"uuid|guid": _uuid,
    r"time_?zone": _zone,
    r"currency": _currency,
    r"country_?code": _fact("country_code"),
    r"locale|language|lang": _language,
    r"colou?r": lambda it: f"#{it.chance.below(1 << 24):06x}",
    r"phone|mobile|fax": _phone,
    r"ip|ip_?v4|ip_address": lambda it: (
        f"192.0.2.{it.chance.between(1, 254)}"
    ),  # RFC 5737: for documentation
    r"sha_?1|sha|object_id|oid|commit_(id|hash)": _hexadecimal(40),
    r"sha_?256|hash|digest|checksum|fingerprint": _hexadecimal(64),
    r"base_?64|bytes?|binary": _base64,
}
"""What fields are called, and custom scalars too."""

_TEXT = _by_words(
    {
        **_NAMES,
        r"date_?time|timestamp|at": _moment(_DATE_TIME),
        r"birthday|date|day|on": _moment(_DATE),
        r"time": _moment(_TIME),
        r"(first|given|fore)_?name": _fact("first_name"),
        r"(last|sur|family)_?name": _fact("last_name"),
        r"(user|nick|screen|login)_?name|login|handle": _fact("login"),
        r"(full|display|real|author|owner|contact|customer)_name": _fact("person"),
        r"file_?name|file_?path|path": lambda it: f"{it.facts.slug}.txt",
        r"company|organi[sz]ation|employer|vendor|publisher|brand": _fact("company"),
        r"host|hostname|domain": lambda it: f"{it.facts.slug}.example.com",
        r"slug|permalink|key": _fact("slug"),
        r"street|address": _fact("street"),
        r"city|town": _fact("city"),
        r"country|nationality": _fact("country"),
        r"zip|zip_?code|postal|post_?code": lambda it: str(it.chance.between(10_000, 99_999)),
        r"token|secret|signature": _hexadecimal(32),
        r"isbn": lambda it: f"978{it.chance.below(10**10):010}",
        r"version": lambda it: f"{it.chance.between(0, 4)}.{it.chance.between(0, 20)}.0",
        r"mime|mime_?type|(content|media)_type": _one_of("application/json", "text/plain"),
        r"gender": _one_of("female", "male", "other"),
        r"job|occupation|profession|role": _one_of("Analyst", "Designer", "Engineer"),
        r"status|state": _one_of("active", "closed", "open", "pending"),
        r"price|amount|total|cost|balance": _money,
        r"sku|code|reference|serial": _code,
        r"tag|category|categorie|genre|kind|type|topic": _one_of(
            "books", "garden", "kitchen", "music", "travel"
        ),
        r"name": _fact("name"),
        r"title|headline|subject|label": _fact("title"),
        r"description|summary|bio|about|body|text|content|message|note|comment": _sentences,
    }
)

_DESCRIBED = _by_text(
    {
        r"e-?mail address": _fact("email"),
        r"\b(url|uri|link)\b": _url,
        r"\buuid\b": _uuid,
        r"iso[- ]?8601|rfc ?3339|date and time|date-?time|timestamp": _moment(_DATE_TIME),
        r"\bdate\b": _moment(_DATE),
        r"phone number": _phone,
        r"currency code|iso[- ]?4217": _currency,
        r"country code|iso[- ]?3166": _fact("country_code"),
        r"language code|locale": _language,
        r"time ?zone": _zone,
        r"first name": _fact("first_name"),
        r"last name|surname": _fact("last_name"),
        r"full name|(person|user|author|customer)'s name": _fact("person"),
    }
)

_INT = _by_words(
    {
        r"age": _whole(18, 90),
        r"year": _whole(1990, 2026),
        r"month": _whole(1, 12),
        r"hour": _whole(0, 23),
        r"count|total|num|number|quantity|qty|stock": _whole(0, 100),
        r"day": _whole(1, 28),
        r"percent|percentage|progress": _whole(0, 100),
        r"rating|score": _whole(1, 5),
        r"price|amount|cost|cent|salary|balance|revenue": _whole(100, 20_000),
        r"width|height": _whole(320, 1920),
        r"byte|size": _whole(100, 1_000_000),
        r"port": _whole(1024, 65_535),
        r"status": _whole(200, 204),
        r"timestamp|at": lambda it: int(_time(it).timestamp()),
        r"duration|second|minute|milli|ms": _whole(30, 7_200),
        r"position|index|rank|order|line|page|version|priority|level": _whole(1, 20),
        r"id": _whole(1, 999_999),
    }
)

_FLOAT = _by_words(
    {
        r"lat|latitude": _decimal(-85, 85, 5),
        r"lon|lng|long|longitude": _decimal(-180, 180, 5),
        r"rating|score|star": _decimal(1, 5, 1),
        r"percent|percentage": _decimal(0, 100, 1),
        r"ratio|rate|fraction|probability|confidence|share": _decimal(0, 1, 3),
        r"price|amount|cost|total|balance|fee|tax": _decimal(1, 500),
        r"temperature": _decimal(-10, 35, 1),
    }
)

_BOOLEAN = _by_words(
    {
        r"deleted|archived|banned|blocked|disabled|locked|failed|expired|hidden": _seldom,
        r"error|spam|invalid|inactive": _seldom,
        r"success|successful|ok|valid|enabled|active|available|accepted": _always(value=True),
    }
)

_WITHOUT_TEXT: dict[str, tuple[_Table, _Maker]] = {
    "Int": (_INT, _whole(1, 100)),
    "Float": (_FLOAT, _decimal(1, 1000)),
    "Boolean": (_BOOLEAN, lambda it: it.chance.one_in(2)),
}

_CUSTOM = _by_words(
    {
        r"local_?date_?time": _moment(_LOCAL_DATE_TIME),
        r"date_?time|timestamp|timestamptz|instant": _moment(_DATE_TIME),
        r"date": _moment(_DATE),
        r"time": _moment(_TIME),
        r"duration|period|interval": _one_of("PT45M", "PT1H30M", "P1D", "P7D"),
        r"float\d*|double": _decimal(1, 1000),
        r"latitude|longitude": _decimal(-85, 85, 5),
        **_NAMES,
        r"country": _fact("country_code"),
        r"decimal|money|amount|price": _money,
        r"json|object|map|any|struct": _json,
        r"u?int\d*|bigint|long|integer|number": _whole(1, 10_000),
    }
)

_SPECIFIED = _by_text(
    {
        r"rfc3339|iso8601|date-?time|instant": _moment(_DATE_TIME),
        r"local-?date|full-?date": _moment(_DATE),
        r"rfc4122|rfc9562|uuid": _uuid,
        r"rfc3986|rfc1738|url\.spec": _url,
        r"rfc5322|rfc5321|email": _fact("email"),
        r"rfc4648|base-?64": _base64,
        r"json": _json,
    }
)
"""By the URL of the specification."""
