"""Errors as the caller may see them (GraphQL §7.1.6)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeAlias
from uuid import uuid4

from graphql import GraphQLError

from trunkline.asgi.requests import HTTPProblem
from trunkline.errors import AccessDeniedError, RequestError
from trunkline.runtime.positions import NullError
from trunkline.server.encode import encode

__all__ = [
    "DEADLINE_EXCEEDED",
    "INTERNAL_SERVER_ERROR",
    "PresentError",
    "error_codes",
    "present_deadline",
    "present_denied",
    "present_failure",
    "present_internal",
    "present_problem",
    "present_request_error",
]

logger = logging.getLogger("trunkline.errors")

INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"
DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"

_MESSAGE_LENGTH = 1_000  # characters; messages about a request repeat parts of it
_RENAMED = {413: "CONTENT_TOO_LARGE", 414: "URI_TOO_LONG"}  # Python 3.13 took RFC 9110's names

PresentError: TypeAlias = Callable[[GraphQLError, dict[str, Any]], Mapping[str, Any]]
"""Takes an error and what the caller would see of it; returns what the caller sees.

The error has the place in the document and in the answer, and as ``original_error`` the exception
that was raised. What the caller sees has a ``message``, and may have ``extensions``, ``path`` and
``locations``.
"""


def present_failure(error: GraphQLError, presenter: PresentError | None = None) -> dict[str, Any]:
    """Show an error that a field met.

    A ``GraphQLError`` was raised for the caller to read, or says that a value does not fit the
    schema. Any other exception is nobody else's business: it is logged whole under an id, and the
    caller gets the id.
    """
    original = error.original_error
    if original is None or isinstance(original, GraphQLError):
        return _ask(presenter, error, dict(error.formatted))
    return _present_masked(error, original, _place(error), presenter)


def present_internal(
    error: Exception, place: str, presenter: PresentError | None = None
) -> dict[str, Any]:
    """Log an exception that nobody foresaw, and show its id instead of it."""
    located = GraphQLError("Internal server error.")
    located.original_error = error
    return _present_masked(located, error, place, presenter)


def present_request_error(
    error: RequestError, presenter: PresentError | None = None
) -> list[dict[str, Any]]:
    """Show what is wrong with a request, mistake by mistake."""
    return [
        _ask(
            presenter,
            each,
            {
                **each.formatted,
                "message": _shorten(each.message),
                "extensions": {"code": error.code, **(each.extensions or {})},
            },
        )
        for each in error.errors
    ]


def present_problem(problem: HTTPProblem) -> list[dict[str, Any]]:
    """Show what is wrong with the HTTP of a request."""
    code = _RENAMED.get(problem.status) or HTTPStatus(problem.status).name
    return [{"message": problem.message, "extensions": {"code": code}}]


def present_denied(denied: AccessDeniedError) -> list[dict[str, Any]]:
    """Show why a request is not let in."""
    code = "UNAUTHENTICATED" if denied.status == 401 else HTTPStatus(denied.status).name
    return [{"message": str(denied), "extensions": {"code": code}}]


def present_deadline(seconds: float) -> list[dict[str, Any]]:
    """Show that an operation was given up because it took too long."""
    message = f"The operation took longer than {seconds:g} s and was given up."
    return [{"message": message, "extensions": {"code": DEADLINE_EXCEEDED}}]


def error_codes(errors: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return each error's code, empty where it has none."""
    return tuple(str((error.get("extensions") or {}).get("code", "")) for error in errors)


def _present_masked(
    error: GraphQLError, original: Exception, place: str, presenter: PresentError | None
) -> dict[str, Any]:
    """Show an id instead of an exception, and log it under the id as long as the id is shown."""
    number = uuid4().hex
    shown = {**dict(error.formatted), **_masked(number)}
    if isinstance(original, NullError):  # which tells nothing but the schema's own words
        shown["message"] = error.message
    presented = _ask(presenter, error, shown, number)
    if presenter is None or number in str(presented):
        _log(original, place, number)
    return presented


def _ask(
    presenter: PresentError | None,
    error: GraphQLError,
    shown: dict[str, Any],
    number: str | None = None,
) -> dict[str, Any]:
    """Let the program's presenter decide; where it fails, nothing of the error is shown."""
    if presenter is None:
        return shown
    number = number or uuid4().hex
    masked = {**shown, **_masked(number)}
    try:
        return _checked(presenter(error, shown))
    except Exception as fault:  # noqa: BLE001  # the program's code; the caller gets an answer
        _log(fault, "the error presenter", number)
        return masked


def _checked(presented: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(presented.get("message"), str):
        raise TypeError(f"An error must have a message, a text; {presented!r} has none.")
    if not isinstance(presented.get("extensions", {}), Mapping):
        raise TypeError(f"An error's extensions must be a mapping; those of {presented!r} are not.")
    encode(shown := dict(presented))  # raises where it cannot be written
    return shown


def _masked(number: str) -> dict[str, Any]:
    return {
        "message": f"Internal server error. The server's log has it under the id {number}.",
        "extensions": {"code": INTERNAL_SERVER_ERROR, "id": number},
    }


def _log(error: Exception, place: str, number: str) -> None:
    logger.error("%s at %s (id %s)", type(error).__name__, place, number, exc_info=error)


def _shorten(message: str) -> str:
    return message if len(message) <= _MESSAGE_LENGTH else message[:_MESSAGE_LENGTH] + "…"


def _place(error: GraphQLError) -> str:
    path = ".".join(str(key) for key in error.path or ())
    where = ", ".join(f"{place.line}:{place.column}" for place in error.locations or ())
    return f"{path} (document {where})"
