"""Why a request was refused, for those who run the server: in words, and without what was sent.

A response tells its caller what is wrong with a value, and repeats the value. A log is read by
others, so it gets only sentences that are made of names and of numbers of the server.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from graphql import GraphQLError

from trunkline.asgi.requests import HTTPProblem
from trunkline.compiler.authorization import UNAUTHORIZED
from trunkline.errors import (
    AccessDeniedError,
    DocumentSyntaxError,
    LimitExceededError,
    RequestError,
    RequestRefusedError,
    ValidationError,
    VariablesError,
)
from trunkline.server.execute import ExecutionTimeout

__all__ = ["reason_of_partial", "reason_of_refusal"]

_ABOUT_NAMES = re.compile(
    r"(Cannot query field|Directive|Fields?|Fragment|The directive|Unknown \w+|Variable) ['\"@]"
    r"|Argument '[^']*' of type"
    r"|There can be only one "
)
"""The messages about documents that repeat no value."""

_VALUE = re.compile(
    r"Expected (a )?value of (non-null )?type '[^']*'"
    r"( not to include unknown field '\w{1,64}'| to include required field '\w+'"
    r"| to be an object| to be provided| not to be None)?"
)
"""What a message about a value says before it repeats the value."""

_QUOTED = re.compile(r"""["'].*["']""", re.DOTALL)


def reason_of_refusal(error: Exception) -> str | None:
    """Return why a request was refused; ``None`` if only the program's own code knows that."""
    match error:
        case AccessDeniedError(scopes=scopes):
            return f"{error} It needs {' '.join(sorted(scopes))}." if scopes else str(error)
        case HTTPProblem(message=message):
            return message.partition(" The URL is ")[0]  # which has the variables
        case ExecutionTimeout():
            return str(error)
        case RequestRefusedError():
            return None
        case RequestError() if type(error) is not RequestError:
            return _reason_of_request(error)
        case _:
            return None


def reason_of_partial(errors: Sequence[Mapping[str, Any]]) -> str | None:
    """Return why fields were refused that the server, not the program, refused."""
    for each in errors:
        extensions = each.get("extensions") or {}
        code = extensions.get("code")
        if code == LimitExceededError.code or (code == UNAUTHORIZED and "scopes" in extensions):
            return str(each["message"])
    return None


def _reason_of_request(error: RequestError) -> str:
    first, more = error.errors[0], len(error.errors) - 1
    match error:
        case DocumentSyntaxError():
            told = _QUOTED.sub("'…'", first.message).rstrip(".") + _place(first)
        case VariablesError():
            place, _, problem = first.message.partition(": ")
            told = f"{place}: {_expected(problem)}." if problem else place
        case ValidationError() if not _ABOUT_NAMES.match(first.message):
            told = _expected(first.message) + _place(first)
        case _:
            told = first.message
    return f"{told} And {more} more." if more else told


def _expected(message: str) -> str:
    """Return what a message about a value says without the value."""
    found = _VALUE.match(message)
    return found.group() if found else "It does not fit its type"


def _place(error: GraphQLError) -> str:
    for each in error.locations or ():
        return f" (line {each.line}, column {each.column})."
    return "."
