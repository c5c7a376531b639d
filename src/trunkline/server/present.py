"""Errors as callers may see them (GraphQL §7.1.6), and the JSON of responses."""

from __future__ import annotations

import json
from collections.abc import (
    Callable,
    Collection,
    Hashable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeAlias
from uuid import uuid4

from graphql import GraphQLError

from trunkline.errors import RequestError, ValidationError, VariablesError
from trunkline.observe.log import safe_logger, subject
from trunkline.runtime.execution import Result
from trunkline.runtime.positions import HiddenValueError, NullError, written_place
from trunkline.schema.scalars import UnreadableError, unreadable
from trunkline.server.arrivals import Arrival

try:
    import orjson
except ModuleNotFoundError as error:
    raise ImportError(
        "A GraphQL server needs the library orjson: pip install 'trunkline[server]'"
    ) from error

__all__ = [
    "INTERNAL_SERVER_ERROR",
    "ErrorPresenter",
    "PresentError",
    "encode",
    "error_codes",
    "present",
    "status_code_name",
]

logger = safe_logger("trunkline.errors")

INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"

# Names of RFC 9110, which Python has from 3.13; and 401 is about authentication.
_STATUS_CODES = {401: "UNAUTHENTICATED", 413: "CONTENT_TOO_LARGE", 414: "URI_TOO_LONG"}
_MESSAGE_LENGTH = 1_000  # characters; messages about a request repeat parts of it

PresentError: TypeAlias = Callable[[GraphQLError, dict[str, Any]], Mapping[str, Any]]
"""Takes an error and what the caller would see of it; returns what the caller sees.

The error has its place in the document and in the response, and as ``original_error`` the exception
that was raised. What the caller sees has a ``message``, and may have ``extensions``, ``path`` and
``locations``.
"""


@dataclass(slots=True)
class _Fault:
    """Exceptions of a response that are alike: one entry of the log, under one id."""

    first: Exception
    place: str
    number: str = field(default_factory=lambda: uuid4().hex)
    count: int = 0
    is_told: bool = False  # to the caller, by its id


_Faults: TypeAlias = dict[Hashable, _Fault]
"""The faults of a response, by the exceptions and by what they have in common."""


class ErrorPresenter:
    """Decides what callers see of errors; ``present`` is the program's own decision."""

    def __init__(self, present: PresentError | None = None) -> None:
        self._present = present

    def field_errors(self, errors: Iterable[GraphQLError]) -> list[dict[str, Any]]:
        """Return what the caller sees of the errors that fields raised.

        A ``GraphQLError`` was raised for the caller to read, or says that a value does not fit the
        schema. Other exceptions are masked: the log has them under an id, and the caller sees the
        id. Those that were raised at the same line for a field of many objects have one id, and the
        log has the first of them.
        """
        faults: _Faults = {}
        shown = [self._field_error(error, faults) for error in errors]
        _log_all(faults)
        return shown

    def _field_error(self, error: GraphQLError, faults: _Faults) -> dict[str, Any]:
        original = error.original_error
        for each in _chain(original):
            if isinstance(each, UnreadableError) and each.original_error:
                original = each.original_error
        if original is None or isinstance(original, (GraphQLError, HiddenValueError)):
            return self._decide(error, dict(error.formatted))
        place = written_place(error.path or (), next(iter(error.locations or ()), None))
        return self._mask(error, original, place, faults)

    def internal_error(self, error: Exception) -> dict[str, Any]:
        """Log an exception that was raised outside of any field; return what the caller sees."""
        located = GraphQLError("Internal server error.")
        located.original_error = error
        faults: _Faults = {}
        shown = self._mask(located, error, "the endpoint", faults)
        _log_all(faults)
        return shown

    def request_errors(self, error: RequestError) -> list[dict[str, Any]]:
        """Return what is wrong with a request, mistake by mistake."""
        shown: list[dict[str, Any]] = []
        faults: _Faults = {}
        for each in error.errors:
            if isinstance(error, (ValidationError, VariablesError)):
                fault = _fault_of(each)
                if fault is not None:
                    shown.append(self._mask(each, fault, "a value of the request", faults))
                    continue
            message = each.message
            if len(message) > _MESSAGE_LENGTH:
                message = message[:_MESSAGE_LENGTH] + "…"
            extensions = {"code": error.code, **(each.extensions or {})}
            formatted = {**each.formatted, "message": message, "extensions": extensions}
            shown.append(self._decide(each, formatted))
        _log_all(faults)
        return shown

    def _mask(
        self, error: GraphQLError, original: Exception, place: str, faults: _Faults
    ) -> dict[str, Any]:
        """Show an id instead of an exception, which is to be logged if the id is shown."""
        alike = _kind_of(original, error.path or ())
        fault = faults.get(id(original)) or faults.get(alike) or _Fault(original, place)
        faults[id(original)] = faults[alike] = fault
        fault.count += 1
        number = fault.number
        shown = {**dict(error.formatted), **_masking_fields(number)}
        if isinstance(original, NullError):  # its message contains only the schema's own words
            shown["message"] = error.message
        presented = self._decide(error, shown, number)
        fault.is_told = fault.is_told or self._present is None or number in str(presented)
        return presented

    def _decide(
        self, error: GraphQLError, shown: dict[str, Any], number: str | None = None
    ) -> dict[str, Any]:
        """Let the program decide; an error that cannot be shown then is masked by itself."""
        number = number or uuid4().hex
        # made now, because the program may change `shown`
        masked = {**shown, **_masking_fields(number)}
        place = "the error presenter" if self._present else f"the error {error.message!r}"
        try:
            presented = dict(self._present(error, shown)) if self._present else shown
            if not isinstance(presented.get("message"), str):
                raise TypeError(f"The message of the error {presented!r} is not a string.")  # noqa: TRY301
            if not isinstance(presented.get("extensions", {}), Mapping):
                raise TypeError(f"The extensions of the error {presented!r} are not a mapping.")  # noqa: TRY301
            encode(presented)  # raises if it cannot be written
        except Exception as fault:  # noqa: BLE001  # the program's code; the caller gets a response
            _log(fault, place, number)
            return masked
        return presented


def present(
    outcome: Result | RequestError, present_error: PresentError | None = None
) -> dict[str, Any]:
    """Return a GraphQL response for what the engine gave or raised, as callers may see it.

    For programs that run the engine themselves (`trunkline.engine`). Errors are masked, logged and
    bounded as an endpoint does it; ``present_error`` is what it is for `GraphQL`.
    """
    presenter = ErrorPresenter(present_error)
    if isinstance(outcome, RequestError):
        return {"errors": presenter.request_errors(outcome)}
    if not outcome.errors:
        return {"data": outcome.data}
    return {"errors": presenter.field_errors(outcome.errors), "data": outcome.data}


def _chain(error: Exception | None) -> Iterator[Exception]:
    """Yield an error, and what it was made of."""
    while error is not None:
        yield error
        # a subclass may not have called GraphQLError's constructor
        error = getattr(error, "original_error", None) if isinstance(error, GraphQLError) else None


def _fault_of(error: GraphQLError) -> Exception | None:
    """Return the exception of a scalar's function that is not about the value, if there is one."""
    found = unreadable(error)
    return found.original_error if found else None


def _masking_fields(number: str) -> dict[str, Any]:
    return {
        "message": f"Internal server error. The server's log has it under the id {number}.",
        "extensions": {"code": INTERNAL_SERVER_ERROR, "id": number},
    }


def _kind_of(error: Exception, path: Collection[str | int]) -> Hashable:
    """Return what exceptions have in common that are alike: class, field and line."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    line = traceback and (traceback.tb_frame.f_code, traceback.tb_lineno)
    return type(error), tuple(each for each in path if isinstance(each, str)), line


def _log_all(faults: _Faults) -> None:
    for each in {id(fault): fault for fault in faults.values()}.values():
        if each.is_told:
            _log(each.first, each.place, each.number, each.count)


def _log(error: Exception, place: str, number: str, count: int = 1) -> None:
    what = type(error).__name__
    match error.args:
        case (str(name),) if what == "NotImplementedError" and name.replace(".", "").isidentifier():
            what = f"The stub {name} is not written: {what}"
        case _:
            pass
    more = f", and {count - 1} more like it" if count > 1 else ""
    message = f"{what} at {place} (id {number}){more}"
    about = subject.get()
    if isinstance(about, Arrival):  # so one line leads to the other
        about.event.reason = about.event.reason or message
    try:
        logger.error("%s", message, exc_info=error)
    except Exception as fault:  # noqa: BLE001  # of a handler, or of an exception that cannot be read
        logger.error("%s; its traceback cannot be logged: %r", message, fault)  # noqa: TRY400


def error_codes(errors: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return each error's code, empty where it has none."""
    return tuple(str((error.get("extensions") or {}).get("code", "")) for error in errors)


def status_code_name(status: int) -> str:
    """Return the error code for an HTTP status: its name, such as ``METHOD_NOT_ALLOWED``."""
    return _STATUS_CODES.get(status) or HTTPStatus(status).name


def encode(response: dict[str, Any]) -> bytes:
    """Write a response as JSON in UTF-8.

    orjson is the fastest (`benchmarks/json_encoders.py`). It rejects what JSON allows: integers of
    more than 64 bits, lone surrogates, which `json` writes as escapes, and keys that are not texts.
    Raises ``TypeError`` or ``ValueError`` for what neither can write.
    """
    try:
        return orjson.dumps(response)
    except orjson.JSONEncodeError:
        text = json.dumps(response, allow_nan=False, separators=(",", ":"), default=_parsed)
        return text.encode()


def _parsed(value: Any) -> Any:
    """Return what `json` does not know, such as a date or JSON already, as values of JSON."""
    if isinstance(value, str):  # by its `__class__`: a proxy, such as werkzeug's LocalProxy
        return str(value)
    return orjson.loads(orjson.dumps(value))
