"""Media types of GraphQL over HTTP, and the choice between them (RFC 9110 §12.5.1)."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["ACCEPT", "GRAPHQL_RESPONSE", "JSON", "charset_of", "choose_response_type"]

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"

ACCEPT = f"{GRAPHQL_RESPONSE}, {JSON};q=0.9"
"""What a client sends that does not know the server yet (GraphQL over HTTP §5.2)."""

_ITSELF = 3


def _quality(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def _specificity(media_range: str, media_type: str) -> int:
    """Rank how exactly a range names a type: 3 itself, 2 its main type, 1 anything, 0 not it."""
    if media_range == media_type:
        return _ITSELF
    if media_range == media_type.partition("/")[0] + "/*":
        return 2
    return 1 if media_range == "*/*" else 0


def _weigh(ranges: Sequence[tuple[str, str]], media_type: str) -> tuple[float, bool]:
    """Say how much a client wants a type, by the range nearest to it, and whether it names it."""
    specificity, quality = max(
        (_specificity(media_range, media_type), _quality(parameters))
        for media_range, parameters in ranges
    )
    return (quality if specificity and quality > 0 else 0.0), specificity == _ITSELF


def choose_response_type(accept: str) -> str | None:
    """Choose the media type of the answer, or ``None`` if the client takes neither.

    Of two that the client wants equally, ``application/graphql-response+json`` wins if it is
    named. Who takes anything, or says nothing, may never have heard of it, for a client must name
    it (GraphQL over HTTP §5.2), and gets ``application/json``.
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


def charset_of(parameters: str) -> str:
    """Read the charset from a content type's parameters; UTF-8 where none is said."""
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"').lower()
    return "utf-8"
