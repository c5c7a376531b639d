"""Reading what is sent to the issuer: a form, and nothing else (RFC 6749 §3.2, §4.4.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from trunkline.asgi.requests import Headers
from trunkline.issuer.answers import Refusal

__all__ = ["Form", "read_form"]

_MOST_FIELDS = 100
_REPEATABLE = "resource"  # RFC 8707 §2


@dataclass(frozen=True, slots=True)
class Form:
    """The parameters of a request; one without a value counts as absent."""

    values: Mapping[str, str]
    resources: tuple[str, ...]

    def get(self, name: str) -> str | None:
        """Return a parameter, or ``None``."""
        return self.values.get(name)


def read_form(headers: Headers, body: bytes) -> Form:
    """Read a form; raises ``Refusal`` (``invalid_request``)."""
    media_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if media_type != b"application/x-www-form-urlencoded":
        raise Refusal("invalid_request", "The body must be application/x-www-form-urlencoded.")
    try:
        text = body.decode("utf-8")
        pairs = parse_qsl(text, max_num_fields=_MOST_FIELDS, errors="strict", strict_parsing=False)
    except ValueError:  # of which an error in decoding is one
        raise Refusal("invalid_request", "The form cannot be read.") from None
    return _form(pairs)


def _form(pairs: list[tuple[str, str]]) -> Form:
    values: dict[str, str] = {}
    resources: list[str] = []
    for name, value in pairs:
        if name == _REPEATABLE:
            resources.append(value)
        elif name in values:
            raise Refusal("invalid_request", "A parameter is there more than once.")
        else:
            values[name] = value
    return Form(values, tuple(dict.fromkeys(resources)))
