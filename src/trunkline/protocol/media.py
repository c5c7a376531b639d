"""Media types of GraphQL over HTTP, and the choice between them (RFC 9110 §12.5.1)."""

from __future__ import annotations

from functools import lru_cache

__all__ = ["ACCEPT", "GRAPHQL_RESPONSE", "JSON", "charset_of", "choose_response_type"]

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"

ACCEPT = f"{GRAPHQL_RESPONSE}, {JSON};q=0.9"
"""What a client sends that does not know the server yet (GraphQL over HTTP §6.1)."""

_SUPPORTED = (GRAPHQL_RESPONSE, JSON)  # the server's own preference: first is best


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
        return 3
    if media_range == media_type.partition("/")[0] + "/*":
        return 2
    return 1 if media_range == "*/*" else 0


@lru_cache(maxsize=256)  # the few forms that a server's clients send
def choose_response_type(accept: str) -> str | None:
    """Choose the media type of the answer, or ``None`` if the client takes neither.

    Among the types that the client ranks equally, ``application/graphql-response+json`` wins;
    a client that names no type at all takes everything.
    """
    if not accept.strip():
        return GRAPHQL_RESPONSE
    ranges = [entry.partition(";")[::2] for entry in accept.lower().split(",")]
    best, best_quality = None, 0.0
    for media_type in _SUPPORTED:
        matches = [
            (_specificity(media_range.strip(), media_type), _quality(parameters))
            for media_range, parameters in ranges
        ]
        specificity, quality = max(matches)
        if specificity and quality > best_quality:
            best, best_quality = media_type, quality
    return best


def charset_of(parameters: str) -> str:
    """Read the charset from a content type's parameters; UTF-8 where none is said."""
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"').lower()
    return "utf-8"
