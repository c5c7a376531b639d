"""Which values look like what a field is called, by tables of patterns.

Each table is read from the top; the first pattern that is found decides. In the tables for names
it must be found as whole words of the name, of which the last may be a plural.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeAlias

from trunkline.mocking import makers as make
from trunkline.mocking.makers import Maker
from trunkline.mocking.times import moment, seconds
from trunkline.text.names import snake_case

__all__ = ["maker_of"]

_Table: TypeAlias = tuple[tuple[re.Pattern[str], Maker], ...]


def maker_of(scalar: str, field: str, description: str | None, specified_by: str | None) -> Maker:
    """Find what makes the values of a field: by its scalar, its name and its description.

    ``specified_by`` is the URL that the scalar's ``@specifiedBy`` names (GraphQL §3.13.4).
    """
    return _maker(scalar, snake_case(field).strip("_"), description or "", specified_by or "")


@lru_cache(maxsize=8192)
def _maker(scalar: str, field: str, description: str, specified_by: str) -> Maker:
    if scalar in _NO_TEXT:
        table, fallback = _NO_TEXT[scalar]
        return _found(table, field) or fallback
    return (
        _custom(scalar, specified_by)
        or _found(_TEXT, field)
        or _example(description)
        or _found(_DESCRIBED, description.lower())
        or make.words
    )


def _custom(scalar: str, specified_by: str) -> Maker | None:
    if scalar in {"String", "ID"}:
        return None
    name = snake_case(scalar).strip("_")
    return _found(_CUSTOM, name) or _found(_SPECIFIED, specified_by.lower())


def _found(table: _Table, text: str) -> Maker | None:
    return next((maker for pattern, maker in table if pattern.search(text)), None)


_EXAMPLE = re.compile(r"""(?:e\.g\.|[Ee]xample|such as|like)[:,]? ["'`]([^"'`\n]{1,80})["'`]""")


def _example(description: str) -> Maker | None:
    """Take the value that the description gives as an example."""
    found = _EXAMPLE.search(description)
    return None if found is None else make.always(found[1])


def _by_words(rows: Mapping[str, Maker]) -> _Table:
    return _by_text({rf"(?:^|_)(?:{pattern})s?(?:_|$)": maker for pattern, maker in rows.items()})


def _by_text(rows: Mapping[str, Maker]) -> _Table:
    return tuple((re.compile(pattern), maker) for pattern, maker in rows.items())


_NAMES: dict[str, Maker] = {
    r"html": make.html,
    r"markdown": make.sentences,
    r"e_?mail": make.email,
    r"avatar|image|photo|picture|thumbnail|logo|icon": make.picture,
    r"ur[il]|href|link|website|homepage|webhook": make.url,
    r"uuid|guid": make.uuid,
    r"time_?zone": make.zone,
    r"currency": make.currency,
    r"country_?code": make.country_code,
    r"locale|language|lang": make.language,
    r"colou?r": make.color,
    r"phone|mobile|fax": make.phone,
    r"ip|ip_?v4|ip_address": make.ip,
    r"sha_?1|sha|object_id|oid|commit_(id|hash)": make.hexadecimal(40),
    r"sha_?256|hash|digest|checksum|fingerprint": make.hexadecimal(64),
    r"base_?64|bytes?|binary": make.base64,
}
"""What fields are called, and custom scalars too."""

_TEXT = _by_words(
    {
        **_NAMES,
        r"date_?time|timestamp|at": moment("datetime"),
        r"birthday|date|day|on": moment("date"),
        r"time": moment("time"),
        r"(first|given|fore)_?name": make.first_name,
        r"(last|sur|family)_?name": make.last_name,
        r"(user|nick|screen|login)_?name|login|handle": make.of(lambda facts: facts.login),
        r"(full|display|real|author|owner|contact|customer)_name": make.person,
        r"file_?name|file_?path|path": make.of(lambda facts: f"{facts.slug}.txt"),
        r"company|organi[sz]ation|employer|vendor|publisher|brand": make.of(
            lambda facts: facts.company
        ),
        r"host|hostname|domain": make.of(lambda facts: f"{facts.slug}.example.com"),
        r"slug|permalink|key": make.slug,
        r"street|address": make.of(lambda facts: facts.street),
        r"city|town": make.of(lambda facts: facts.city),
        r"country|nationality": make.of(lambda facts: facts.country),
        r"zip|zip_?code|postal|post_?code": make.drawn(
            lambda chance: str(chance.between(10_000, 99_999))
        ),
        r"token|secret|signature": make.hexadecimal(32),
        r"isbn": make.drawn(lambda chance: f"978{chance.below(10**10):010}"),
        r"version": make.drawn(lambda chance: f"{chance.between(0, 4)}.{chance.between(0, 20)}.0"),
        r"mime|mime_?type|(content|media)_type": make.one_of("application/json", "text/plain"),
        r"gender": make.one_of("female", "male", "other"),
        r"job|occupation|profession|role": make.one_of("Analyst", "Designer", "Engineer"),
        r"status|state": make.one_of("active", "closed", "open", "pending"),
        r"price|amount|total|cost|balance": make.money,
        r"sku|code|reference|serial": make.code,
        r"tag|category|categorie|genre|kind|type|topic": make.one_of(
            "books", "garden", "kitchen", "music", "travel"
        ),
        r"name": make.of(lambda facts: facts.name),
        r"title|headline|subject|label": make.title,
        r"description|summary|bio|about|body|text|content|message|note|comment": make.sentences,
    }
)

_DESCRIBED = _by_text(
    {
        r"e-?mail address": make.email,
        r"\b(url|uri|link)\b": make.url,
        r"\buuid\b": make.uuid,
        r"iso[- ]?8601|rfc ?3339|date and time|date-?time|timestamp": moment("datetime"),
        r"\bdate\b": moment("date"),
        r"phone number": make.phone,
        r"currency code|iso[- ]?4217": make.currency,
        r"country code|iso[- ]?3166": make.country_code,
        r"language code|locale": make.language,
        r"time ?zone": make.zone,
        r"first name": make.first_name,
        r"last name|surname": make.last_name,
        r"full name|(person|user|author|customer)'s name": make.person,
    }
)

_INT = _by_words(
    {
        r"age": make.whole(18, 90),
        r"year": make.whole(1990, 2026),
        r"month": make.whole(1, 12),
        r"hour": make.whole(0, 23),
        r"count|total|num|number|quantity|qty|stock": make.whole(0, 100),
        r"day": make.whole(1, 28),
        r"percent|percentage|progress": make.whole(0, 100),
        r"rating|score": make.whole(1, 5),
        r"price|amount|cost|cent|salary|balance|revenue": make.whole(100, 20_000),
        r"width|height": make.whole(320, 1920),
        r"byte|size": make.whole(100, 1_000_000),
        r"port": make.whole(1024, 65_535),
        r"status": make.whole(200, 204),
        r"timestamp|at": seconds,
        r"duration|second|minute|milli|ms": make.whole(30, 7_200),
        r"position|index|rank|order|line|page|version|priority|level": make.whole(1, 20),
        r"id": make.whole(1, 999_999),
    }
)

_FLOAT = _by_words(
    {
        r"lat|latitude": make.decimal(-85, 85, 5),
        r"lon|lng|long|longitude": make.decimal(-180, 180, 5),
        r"rating|score|star": make.decimal(1, 5, 1),
        r"percent|percentage": make.decimal(0, 100, 1),
        r"ratio|rate|fraction|probability|confidence|share": make.decimal(0, 1, 3),
        r"price|amount|cost|total|balance|fee|tax": make.decimal(1, 500),
        r"temperature": make.decimal(-10, 35, 1),
    }
)

_BOOLEAN = _by_words(
    {
        r"deleted|archived|banned|blocked|disabled|locked|failed|expired|hidden": make.seldom,
        r"error|spam|invalid|inactive": make.seldom,
        r"success|successful|ok|valid|enabled|active|available|accepted": make.always(value=True),
    }
)

_NO_TEXT: dict[str, tuple[_Table, Maker]] = {
    "Int": (_INT, make.whole(1, 100)),
    "Float": (_FLOAT, make.decimal(1, 1000)),
    "Boolean": (_BOOLEAN, make.yes_or_no),
}

_CUSTOM = _by_words(
    {
        r"local_?date_?time": moment("local datetime"),
        r"date_?time|timestamp|timestamptz|instant": moment("datetime"),
        r"date": moment("date"),
        r"time": moment("time"),
        r"duration|period|interval": make.one_of("PT45M", "PT1H30M", "P1D", "P7D"),
        r"float\d*|double": make.decimal(1, 1000),
        r"latitude|longitude": make.decimal(-85, 85, 5),
        **_NAMES,
        r"country": make.country_code,
        r"decimal|money|amount|price": make.money,
        r"json|object|map|any|struct": make.json,
        r"u?int\d*|bigint|long|integer|number": make.whole(1, 10_000),
    }
)

_SPECIFIED = _by_text(
    {
        r"rfc3339|iso8601|date-?time|instant": moment("datetime"),
        r"local-?date|full-?date": moment("date"),
        r"rfc4122|rfc9562|uuid": make.uuid,
        r"rfc3986|rfc1738|url\.spec": make.url,
        r"rfc5322|rfc5321|email": make.email,
        r"rfc4648|base-?64": make.base64,
        r"json": make.json,
    }
)
"""By the URL of the specification."""
