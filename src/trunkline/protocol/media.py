"""Media types of GraphQL over HTTP, and the choice between them (RFC 9110 §12.5.1)."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "ACCEPT",
    "GRAPHQL_RESPONSE",
    "JSON",
    "JSON_LINES",
    "charset_of",
    "choose_response_type",
    "names_json_lines",
]

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"
JSON_LINES = "application/jsonl"

ACCEPT = f"{GRAPHQL_RESPONSE}, {JSON};q=0.9"
"""The ``Accept`` header of a client that does not know the server yet (GraphQL over HTTP §5.2)."""

_EXACT = 3


def choose_response_type(accept: str) -> str | None:
    """Choose the media type of the response, or ``None`` if the client accepts neither.

    If the client accepts both equally, ``application/graphql-response+json`` is used only if the
    client names it, as new clients must (GraphQL over HTTP §5.2). A client that accepts anything,
    or sends no ``Accept`` header, may be old and gets ``application/json``.
    """
    if not accept.strip():
        return JSON
    entries = [entry.partition(";") for entry in accept.lower().split(",")]
    ranges = [(media_range.strip(), parameters) for media_range, _, parameters in entries]
    graphql, named = _weigh(ranges, GRAPHQL_RESPONSE)
    json, _ = _weigh(ranges, JSON)
    if graphql > json or (named and graphql == json > 0):
        return GRAPHQL_RESPONSE
    return JSON if json else None


def names_json_lines(accept: str) -> bool:
    """Say whether a client names ``application/jsonl`` among what it accepts."""
    entries = [entry.partition(";") for entry in accept.lower().split(",")]
    quality, is_named = _weigh([(each.strip(), rest) for each, _, rest in entries], JSON_LINES)
    return is_named and quality > 0


def _weigh(ranges: Sequence[tuple[str, str]], media_type: str) -> tuple[float, bool]:
    """Return a type's quality, by the most specific range, and whether a range names the type."""
    specificity, quality = max(
        (_specificity(media_range, media_type), _quality(parameters))
        for media_range, parameters in ranges
    )
    return (quality if specificity and quality > 0 else 0.0), specificity == _EXACT


def _specificity(media_range: str, media_type: str) -> int:
    """Rank how exactly a range matches: 3 the type itself, 2 ``type/*``, 1 ``*/*``, 0 not."""
    if media_range == media_type:
        return _EXACT
    if media_range == media_type.partition("/")[0] + "/*":
        return 2
    return 1 if media_range == "*/*" else 0


def _quality(parameters: str) -> float:
    value = _parameter(parameters, "q")
    try:
        return 1.0 if value is None else float(value)
    except ValueError:
        return 0.0


def charset_of(parameters: str) -> str:
    """Read the charset from the parameters of a content type; the default is UTF-8."""
    value = _parameter(parameters, "charset")
    return "utf-8" if value is None else value.strip('"').lower()


def _parameter(parameters: str, wanted: str) -> str | None:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == wanted:
            return value.strip()
    return None
