"""The response to a request of GraphQL: to the result of an execution, or to an exception."""

from __future__ import annotations

from typing import Any

from trunkline.asgi.requests import HTTPProblem
from trunkline.asgi.responses import Response, close_unread
from trunkline.auth.verifying.caller import Authenticator
from trunkline.errors import (
    AccessDeniedError,
    LimitExceededError,
    OperationRefusedError,
    RequestError,
    RequestRefusedError,
)
from trunkline.observe.log import safe_logger
from trunkline.observe.operations import OperationOutcome
from trunkline.protocol.media import GRAPHQL_RESPONSE, JSON
from trunkline.protocol.response import PARTIAL, StatusRules, status_of_request_error
from trunkline.runtime.execution import Result
from trunkline.server.additions import HeaderList, ResponseAdditions
from trunkline.server.arrivals import Arrival
from trunkline.server.execute import ExecutionTimeout
from trunkline.server.present import (
    INTERNAL_SERVER_ERROR,
    ErrorPresenter,
    PresentError,
    encode,
    error_codes,
    status_code_name,
)
from trunkline.server.reasons import reason_of_partial, reason_of_refusal
from trunkline.server.transports import prefers_json

__all__ = ["USUAL_HEADERS", "ResponseWriter"]

logger = safe_logger("trunkline.errors")

_LIMITED = frozenset({413, 414, 429, 431})

USUAL_HEADERS: dict[str, HeaderList] = {
    media_type: (
        (b"content-type", f"{media_type}; charset=utf-8".encode()),
        (b"cache-control", b"no-store"),
        (b"vary", b"Accept"),
        (b"x-content-type-options", b"nosniff"),
        (b"accept-query", JSON.encode()),  # RFC 10008 §3
    )
    for media_type in (GRAPHQL_RESPONSE, JSON)
}
"""The headers of responses that must not be stored, by media type; Content-Type first."""


class ResponseWriter:
    """Writes the responses of an endpoint, and takes note in the event of how a request ended.

    ``auth`` has the challenge of responses with 401 and 403; ``present`` decides what a caller sees
    of an error.
    """

    def __init__(
        self, auth: Authenticator | None, present: PresentError | None, status: StatusRules
    ) -> None:
        if status not in {"draft-2026-08", "audit"}:
            raise ValueError(f"status must be 'draft-2026-08' or 'audit', not {status!r}.")
        self._auth = auth
        self._presenter = ErrorPresenter(present)
        self._status: StatusRules = status
        self.partial = 200 if status == "audit" else PARTIAL

    def write(self, result: Result, came: Arrival) -> Response:
        """Return the response for the result of an execution, without headers.

        Raises the ``RequestRefusedError`` that a resolver raised.
        """
        additions = came.additions
        if not result.errors and additions is None:
            return Response(200, encode({"data": result.data}))
        event = came.event
        for error in result.errors:
            if isinstance(error.original_error, RequestRefusedError):
                raise error.original_error
        extensions, errors = self._extensions(additions)
        errors += self._presenter.field_errors(result.errors)
        if not errors:
            return Response(200, encode({"data": result.data, **extensions}))
        event.has_failed(errors, error_codes(errors))
        event.errors += max(0, result.omitted - 1)  # one stands for the omitted
        if result.omitted_faults:
            logger.error("%d more exceptions of this operation", result.omitted_faults)
        is_internal = bool(result.omitted_faults) or INTERNAL_SERVER_ERROR in event.error_codes
        is_limited = result.data is None and LimitExceededError.code in event.error_codes
        event.outcome = "internal_error" if is_internal else "limited" if is_limited else "partial"
        event.reason = event.reason or reason_of_partial(errors)
        return Response(self.partial, encode({"errors": errors, "data": result.data, **extensions}))

    def refuse(self, error: Exception, came: Arrival) -> Response:
        """Return the response for an exception, with its headers."""
        scope, event, additions = came.scope, came.event, came.to_add()
        takes_json = self._status == "audit" and prefers_json(scope)
        media_type = JSON if takes_json else GRAPHQL_RESPONSE  # draft §6.1
        usual = USUAL_HEADERS[media_type] + came.schema_header
        response = self._explain(error, media_type, came, additions)
        try:
            response.headers = additions.on(response.headers + usual)
        except ValueError as fault:
            error = fault
            response = self._explain(error, media_type, came, ResponseAdditions())
            response.headers += usual
        if event.outcome != "denied":  # for what the caller does not see
            event.outcome = _outcome_of(error, response.status)
        event.reason = event.reason or reason_of_refusal(error)
        if isinstance(error, AccessDeniedError) and error.client_id is not None:
            event.client_id = error.client_id
        if event.client_id is None and scope.get("client"):
            event.address = str(scope["client"][0])
        return response

    def _extensions(
        self, additions: ResponseAdditions | None
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Return the extensions of a response, and an error if they are not JSON."""
        if additions is None or not additions.extensions:
            return {}, []
        try:
            encode(additions.extensions)
        except (TypeError, ValueError) as error:
            return {}, [self._presenter.internal_error(error)]
        return {"extensions": additions.extensions}, []

    def _explain(
        self, error: Exception, media_type: str, came: Arrival, additions: ResponseAdditions
    ) -> Response:
        """Return the response for an exception: nothing was executed, or not to its end."""
        headers: tuple[tuple[bytes, bytes], ...] = ()
        match error:
            case AccessDeniedError(status=status):
                errors = [_error(str(error), status_code_name(status))]
                headers = (*self._challenge(error), *close_unread(came.scope))
            case HTTPProblem(status=status):
                errors = [_error(error.message, status_code_name(status))]
                headers = (*error.headers, *close_unread(came.scope))
            case RequestRefusedError(status=status):
                errors = self._presenter.request_errors(error)
                if error.retry_after is not None:
                    headers = ((b"retry-after", b"%d" % error.retry_after),)
            case RequestError():
                status = status_of_request_error(error, self._status, media_type)
                errors = self._presenter.request_errors(error)
                if INTERNAL_SERVER_ERROR in error_codes(errors):  # of a class or a scalar
                    status = 500
                if isinstance(error, OperationRefusedError):  # RFC 6750 §3.1
                    message = "The token lacks scopes that the operation needs."
                    scopes = error.scopes
                    denied = AccessDeniedError(403, message, "insufficient_scope", scopes=scopes)
                    headers = self._challenge(denied)
            case ExecutionTimeout():
                status = 504
                errors = [_error(str(error), "DEADLINE_EXCEEDED")]
            case _:
                status = 500
                errors = [self._presenter.internal_error(error)]
        extensions, faults = self._extensions(additions)
        errors += faults
        came.event.has_failed(errors, error_codes(errors))
        return Response(status, encode({"errors": errors, **extensions}), headers)

    def _challenge(self, denied: AccessDeniedError) -> tuple[tuple[bytes, bytes], ...]:
        return tuple(self._auth.challenge.headers(denied)) if self._auth else ()


def _outcome_of(error: Exception, status: int) -> OperationOutcome:
    """Return how a request ended that gets an error response with this status."""
    if status == 503:
        return "unavailable"
    if status in {401, 403} or isinstance(error, (AccessDeniedError, OperationRefusedError)):
        return "denied"
    if isinstance(error, ExecutionTimeout):
        return "deadline_exceeded"
    if status in _LIMITED or isinstance(error, LimitExceededError):
        return "limited"
    return "internal_error" if status == 500 else "request_error"


def _error(message: str, code: str) -> dict[str, Any]:
    return {"message": message, "extensions": {"code": code}}
