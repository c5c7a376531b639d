"""Which media type an answer gets, by the request's ``Accept`` (RFC 9110 §12.5.1)."""

from __future__ import annotations

import pytest

from trunkline.protocol.media import (
    ACCEPT,
    GRAPHQL_RESPONSE,
    JSON,
    charset_of,
    choose_response_type,
)


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (ACCEPT, GRAPHQL_RESPONSE),
        (GRAPHQL_RESPONSE, GRAPHQL_RESPONSE),
        (JSON, JSON),
        # who names no type, or takes any, gets what everybody can read
        ("", JSON),
        ("  ", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/html, */*;q=0.1", JSON),
        # a type that is named wins over a wildcard of the same weight
        (f"{GRAPHQL_RESPONSE}, */*", GRAPHQL_RESPONSE),
        (f"*/*, {GRAPHQL_RESPONSE}", GRAPHQL_RESPONSE),
        (f"{JSON}, */*", JSON),
        # named both: the heavier, and among equals ours
        (f"{JSON}, {GRAPHQL_RESPONSE}", GRAPHQL_RESPONSE),
        (f"{JSON};q=0.5, {GRAPHQL_RESPONSE};q=0.4", JSON),
        (f"{JSON};q=0.4, {GRAPHQL_RESPONSE};q=0.5", GRAPHQL_RESPONSE),
        # the nearest range counts, not the heaviest
        (f"{GRAPHQL_RESPONSE};q=0.1, */*;q=0.9", JSON),
        (f"{JSON};q=0, */*", GRAPHQL_RESPONSE),
        (f"{GRAPHQL_RESPONSE};q=0, */*", JSON),
        ("application/*;q=0, */*", None),
        # case, white space, further parameters
        ("Application/JSON", JSON),
        (f" text/html ,\t{GRAPHQL_RESPONSE} ; Q=0.3 ", GRAPHQL_RESPONSE),
        (f"{GRAPHQL_RESPONSE};charset=utf-8", GRAPHQL_RESPONSE),
        (f"{JSON};profile=x;q=0.5", JSON),
        # neither
        ("text/html", None),
        ("*/*;q=0", None),
        (f"{JSON};q=0", None),
        (f"{JSON};q=0.0, {GRAPHQL_RESPONSE};q=0.000", None),
        ("image/*, text/*", None),
        # garbage is a type that nobody has, or a weight of nothing
        ("application", None),
        (",,,", None),
        (";q=1", None),
        ("*", None),
        ("*/json", None),
        (f"{JSON};q=", None),
        (f"{JSON};q=high", None),
        (f"{JSON};q=nan", None),
        (f"{JSON};q=-1", None),
        ("\x00\xff", None),
        (f"\x00\xff, {JSON}", JSON),
    ],
)
def test_accept(accept: str, chosen: str | None) -> None:
    assert choose_response_type(accept) == chosen


@pytest.mark.parametrize(
    ("parameters", "charset"),
    [
        ("", "utf-8"),
        ("charset=utf-8", "utf-8"),
        (' Charset="UTF-8" ', "utf-8"),
        ("profile=x; charset=latin-1", "latin-1"),
        ("charset=", ""),
        ("charset=utf-8; charset=utf-16", "utf-8"),
    ],
)
def test_charset(parameters: str, charset: str) -> None:
    assert charset_of(parameters) == charset
