"""Errors as the caller may see them (GraphQL §7.1.6)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from graphql import GraphQLError

from trunkline.errors import RequestError
from trunkline.runtime.failures import NullError
from trunkline.server.asgi import HTTPProblem

__all__ = [
    "INTERNAL_SERVER_ERROR",
    "error_codes",
    "present_failure",
    "present_internal",
    "present_problem",
    "present_request_error",
]

logger = logging.getLogger("trunkline.errors")

INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"

_MESSAGE_LENGTH = 1_000  # characters; messages about a request repeat parts of it
_RENAMED = {413: "CONTENT_TOO_LARGE", 414: "URI_TOO_LONG"}  # Python 3.13 took RFC 9110's names


def present_failure(error: GraphQLError) -> dict[str, Any]:
    """Show an error that a field met.

    A ``GraphQLError`` was raised for the caller to read, or says that a value does not fit the
    schema. Any other exception is nobody else's business: it is logged whole under an id, and the
    caller gets the id.
    """
    original = error.original_error
    if original is None or isinstance(original, GraphQLError):
        return dict(error.formatted)
    shown = {**error.formatted, **present_internal(original, _place(error))}
    if isinstance(original, NullError):  # which tells nothing but the schema's own words
        shown["message"] = error.message
    return shown


def present_internal(error: BaseException, place: str) -> dict[str, Any]:
    """Log an exception that nobody foresaw, and show its id instead of it."""
    number = uuid4().hex
    logger.error("%s at %s (id %s)", type(error).__name__, place, number, exc_info=error)
    return {
        "message": f"Internal server error. The server's log has it under the id {number}.",
        "extensions": {"code": INTERNAL_SERVER_ERROR, "id": number},
    }


def present_request_error(error: RequestError) -> list[dict[str, Any]]:
    """Show what is wrong with a request, mistake by mistake."""
    return [
        {
            **each.formatted,
            "message": _shorten(each.message),
            "extensions": {"code": error.code, **(each.extensions or {})},
        }
        for each in error.errors
    ]


def present_problem(problem: HTTPProblem) -> list[dict[str, Any]]:
    """Show what is wrong with the HTTP of a request."""
    code = _RENAMED.get(problem.status) or HTTPStatus(problem.status).name
    return [{"message": problem.message, "extensions": {"code": code}}]


def error_codes(errors: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """Return each error's code, empty where it has none."""
    return tuple(str(error.get("extensions", {}).get("code", "")) for error in errors)


def _shorten(message: str) -> str:
    return message if len(message) <= _MESSAGE_LENGTH else message[:_MESSAGE_LENGTH] + "…"


def _place(error: GraphQLError) -> str:
    path = ".".join(str(key) for key in error.path or ())
    where = ", ".join(f"{place.line}:{place.column}" for place in error.locations or ())
    return f"{path} (document {where})"
