"""What a scalar is, as ``@specifiedBy`` says it; its name counts only where that says nothing."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from trunkline.schema.scalars import client_type

PAGES = "https://scalars.graphql.org"
GUILD = "https://the-guild.dev/graphql/scalars/docs/scalars"


@pytest.mark.parametrize(
    ("url", "name", "type_"),
    [
        ("https://tools.ietf.org/html/rfc3339", "Moment", datetime),
        ("https://datatracker.ietf.org/doc/html/rfc3339#section-5.6", "Time", datetime),
        ("https://www.rfc-editor.org/rfc/rfc3339.html", "Date", date),
        ("http://tools.ietf.org/html/rfc4122", "Guid", UUID),
        ("https://www.rfc-editor.org/rfc/rfc9562", "Id128", UUID),
        ("https://www.rfc-editor.org/rfc/rfc33391", "DateTime", None),
        ("https://tools.ietf.org/html/rfc3986", "URL", None),
        ("https://en.wikipedia.org/wiki/ISO_8601#Durations", "Period", timedelta),
        ("https://en.wikipedia.org/wiki/ISO_8601", "Date", date),
        ("https://en.wikipedia.org/wiki/ISO_8601", "Moment", None),
        (f"{PAGES}/andimarek/date-time", "T", datetime),
        (f"{PAGES}/andimarek/date-time.html", "T", datetime),
        (f"{PAGES}/andimarek/local-date.html", "T", date),
        (f"{PAGES}/apollographql/localtime-v0.1.html", "T", time),
        (f"{PAGES}/chillicream/base64-string.html", "T", bytes),
        (f"{PAGES}/AlexandreCarlton/accurate-duration", "T", timedelta),
        (f"{PAGES}/AlexandreCarlton/nominal-duration", "T", None),
        (f"{PAGES}/chillicream/long.html", "Long", int),
        (f"{PAGES}/jakobmerrild/long.html", "Long", str),
        ("https://www.graphql-scalars.com/date-time", "T", datetime),
        ("https://graphql-scalars.dev/docs/scalars/local-date", "T", date),
        (f"{GUILD}/uuid", "T", UUID),
        ("https://ibm.github.io/graphql-specs/custom-scalars/date.html", "T", date),
        ("https://scalars.graphql.org.evil.example/andimarek/date-time", "DateTime", None),
        ("https://example.com/our-uuids", "UUID", None),
        ("no url", "DateTime", None),
        ("", "DateTime", None),
        (None, "UUID", UUID),
        (None, "Decimal", Decimal),
        (None, "JSON", Any),
        (None, "Time", None),
        (None, "Duration", None),
    ],
)
def test_what_a_scalar_is(url: str | None, name: str, type_: Any) -> None:
    assert client_type(name, url) is type_
