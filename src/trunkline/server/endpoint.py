"""A GraphQL endpoint: an ASGI application, and the way of a request through it, stage by stage.

    bytes → caller → request → operation → allowed? → variables → compiled function → answer
          → event → sinks

Whoever has read `GraphQL._respond` has read the server; each stage is a function of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import lru_cache
from time import perf_counter
from typing import Any

from trunkline.asgi.requests import (
    ClientGone,
    Headers,
    HTTPProblem,
    Receive,
    Scope,
    Send,
    read_body,
    read_headers,
)
from trunkline.asgi.responses import HTTPOnly, Response, close_unread
from trunkline.auth.verifying.caller import Authenticator
from trunkline.compiler.cache import OperationCache
from trunkline.compiler.limits import Limits
from trunkline.compiler.operation import Operation
from trunkline.engine.run import run_sync
from trunkline.errors import (
    AccessDeniedError,
    MalformedRequestError,
    OperationRefusedError,
    RequestError,
    SubscriptionError,
)
from trunkline.observe.event import OperationEvent, Sink
from trunkline.observe.log import access_log, printable
from trunkline.protocol.media import GRAPHQL_RESPONSE, JSON
from trunkline.protocol.request import GraphQLRequest, read_json, read_query_string
from trunkline.protocol.response import PARTIAL, status_of_request_error
from trunkline.runtime.execution import Result
from trunkline.schema.bindings import Schema
from trunkline.server.encode import encode
from trunkline.server.execute import DeadlineExceeded, Executor, MakeContext
from trunkline.server.middleware import Middleware
from trunkline.server.permit import DecidePolicies, Permit, Refuse
from trunkline.server.present import (
    INTERNAL_SERVER_ERROR,
    PresentError,
    error_codes,
    present_deadline,
    present_denied,
    present_failure,
    present_internal,
    present_problem,
    present_request_error,
)
from trunkline.server.sdl import SchemaText
from trunkline.server.transports import check_request, response_type

__all__ = ["GraphQL"]

_UNDECIDED: Any = object()

logger = logging.getLogger("trunkline.errors")

_CLIENT_LENGTH = 128  # characters of a client's name that the event keeps

_HEADERS = {
    media_type: (
        (b"content-type", f"{media_type}; charset=utf-8".encode()),
        (b"cache-control", b"no-store"),
        (b"vary", b"Accept"),
        (b"x-content-type-options", b"nosniff"),
    )
    for media_type in (GRAPHQL_RESPONSE, JSON)
}


class GraphQL(HTTPOnly):
    """A GraphQL endpoint over HTTP: ``POST`` and ``GET``, as GraphQL over HTTP says.

    An ASGI application; in Starlette, ``Route("/graphql", GraphQL(schema, auth=verifier))``.

    ``auth`` finds out who calls, before anything of a request is read but its headers: a
    `trunkline.auth.Verifier`, or ``None``, said on purpose, for an endpoint that anybody may call;
    what the schema demands of callers is then refused to everybody. ``policies`` decides what
    ``@policy`` asks for. A field that the caller may not have is null, with an error; where
    ``refuse`` is ``"request"`` the whole request is refused.

    ``context`` makes, from a request's ASGI scope, what resolvers get as their ``context``; it may
    be ``async``. ``middlewares`` stand around every execution, the first one outermost.
    ``present_error`` decides what a caller sees of an error. What waits for something may take
    ``deadline`` seconds. ``limits`` bounds documents. A body may have ``max_body_bytes`` and take
    ``body_timeout`` seconds to come. ``sinks`` are told of every request; the default writes one
    line to the logger ``trunkline.access``. With ``schema_text`` every answer says which schema it
    was made with.
    """

    def __init__(  # noqa: PLR0913  # all by name
        self,
        schema: Schema,
        *,
        auth: Authenticator | None = _UNDECIDED,
        policies: DecidePolicies | None = None,
        refuse: Refuse = "fields",
        context: MakeContext | None = None,
        middlewares: Sequence[Middleware] = (),
        present_error: PresentError | None = None,
        deadline: float | None = None,
        limits: Limits | None = None,
        max_body_bytes: int = 1_048_576,
        body_timeout: float = 10.0,
        sinks: Sequence[Sink] = (access_log,),
        schema_text: SchemaText | None = None,
    ) -> None:
        if not isinstance(schema, Schema):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(
                f"GraphQL serves an executable schema, not {type(schema).__name__}:"
                " make_executable_schema(…) gives one."
            )
        if auth is _UNDECIDED:
            raise TypeError(
                "GraphQL must be told whose requests it serves: auth=Verifier(issuer, audience=…)"
                " of trunkline.auth, or auth=None if anybody may call."
            )
        if auth is not None and not callable(getattr(auth, "authenticate", None)):
            raise TypeError(f"auth is a Verifier of trunkline.auth, or None, not {auth!r}.")
        self._auth = auth
        self._permit = Permit(policies, refuse)
        self._operations = OperationCache(schema, limits)
        self._executor = Executor(context, middlewares, deadline)
        self._presenter = present_error
        self._max_body_bytes = max_body_bytes
        self._body_timeout = body_timeout
        self._sinks = tuple(sinks)
        version = (schema_text.header,) if schema_text else ()
        self._headers = {media_type: (*always, *version) for media_type, always in _HEADERS.items()}

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, and tell the sinks of it."""
        started = perf_counter()
        event = OperationEvent()
        try:
            response = await self._respond(scope, receive, event)
            await response(scope, receive, send)
            event.status = response.status
        except (ClientGone, OSError):  # OSError is what ASGI's `send` raises to a client gone
            event.outcome = "disconnected"
        except BaseException:  # cancelled
            event.outcome = "disconnected"
            raise
        finally:
            event.duration = perf_counter() - started
            self._tell(event)

    async def _respond(self, scope: Scope, receive: Receive, event: OperationEvent) -> Response:
        """Take a request the whole way, and turn whatever goes wrong into an answer."""
        media_type = GRAPHQL_RESPONSE
        try:
            headers = read_headers(scope)
            event.client = client_name(headers)
            caller = None
            if self._auth is not None:
                caller = self._auth.recall(scope, headers)
                caller = caller or await self._auth.authenticate(scope)
                event.client_id = caller.client_id
            media_type = response_type(headers)
            check_request(scope, headers, self._max_body_bytes)
            if scope["method"] == "POST":
                body = await read_body(headers, receive, self._max_body_bytes, self._body_timeout)
                request = read_json(body)
            else:
                request = read_query_string(scope["query_string"])
            operation = find_operation(self._operations, request)
            note_operation(event, operation)
            check_allowed(operation, scope["method"])
            if operation.required is not None:
                operation = await self._permit.find(operation, caller, request.variables)
            if self._executor.is_direct(operation):
                result = run_sync(operation, request.variables, caller=caller)
            else:
                result = await self._executor.execute(
                    operation, request, event.client, caller, scope, receive
                )
            answer = answer_result(result, event, self._presenter)
        except ClientGone:
            raise
        except Exception as error:  # noqa: BLE001  # the last resort: no traceback leaves
            answer = self._explain(error, scope, event)
        if answer.status // 100 != 2:  # whoever asked for plain JSON as well (draft §6.1)
            media_type = GRAPHQL_RESPONSE
        answer.headers += self._headers[media_type]
        return answer

    def _explain(self, error: Exception, scope: Scope, event: OperationEvent) -> Response:
        """Turn what went wrong into an answer."""
        match error:
            case AccessDeniedError():
                answer = answer_errors(error.status, present_denied(error), event)
                answer.headers = (*self._challenge(error), *close_unread(scope))
            case HTTPProblem():
                answer = answer_errors(error.status, present_problem(error), event)
                answer.headers = (*error.headers, *close_unread(scope))
            case RequestError():
                status = status_of_request_error(error)
                answer = answer_errors(status, present_request_error(error, self._presenter), event)
                if isinstance(error, OperationRefusedError):
                    answer.headers = self._challenge(insufficient(error))
            case DeadlineExceeded():
                answer = answer_errors(504, present_deadline(error.seconds), event)
                event.outcome = "deadline_exceeded"
            case _:
                shown = present_internal(error, "the endpoint", self._presenter)
                answer = answer_errors(500, [shown], event)
                event.outcome = "internal_error"
        return answer

    def _challenge(self, denied: AccessDeniedError) -> tuple[tuple[bytes, bytes], ...]:
        return tuple(self._auth.challenge.headers(denied)) if self._auth else ()

    def _tell(self, event: OperationEvent) -> None:
        for sink in self._sinks:
            try:
                sink(event)
            except Exception:  # the answer is sent; a sink's fault is its own
                logger.exception("The sink %r failed.", sink)


def client_name(headers: Headers) -> str | None:
    """Name the caller as it names itself, ``name/version``, in characters that show as they are.

    What a stranger sends goes into logs and metrics: it must be short, and must not break a line
    or move a terminal's cursor.
    """
    name = headers.get(b"graphql-client-name")
    return _client_name(name, headers.get(b"graphql-client-version")) if name else None


@lru_cache(maxsize=256)  # a server's clients are few
def _client_name(name: bytes, version: bytes | None) -> str:
    client = b"%b/%b" % (name, version) if version else name
    return printable(client.decode("latin-1")[:_CLIENT_LENGTH])


def find_operation(operations: OperationCache, request: GraphQLRequest) -> Operation:
    """Find the compiled operation that a request names by its text."""
    if not request.query:
        raise MalformedRequestError.because("The request has no document: 'query' is missing.")
    return operations.get(request.query, request.operation_name or None)


def note_operation(event: OperationEvent, operation: Operation) -> None:
    """Write into the event what is known from here on."""
    event.operation_name = operation.name
    event.operation_kind = operation.kind
    event.document_id = operation.id


def check_allowed(operation: Operation, method: str) -> None:
    """Refuse a mutation by ``GET``, which must change nothing (GraphQL over HTTP §5.3)."""
    if method == "GET" and operation.kind != "query":
        raise HTTPProblem(405, f"A {operation.kind} goes by POST.", (b"allow", b"POST"))
    if operation.kind == "subscription":
        raise SubscriptionError.because(
            "A subscription needs a connection that stays open; this endpoint has none."
        )


def insufficient(refused: OperationRefusedError) -> AccessDeniedError:
    """Say of an operation that was refused what RFC 6750 §3.1 has for it."""
    message = "The token lacks scopes that the operation needs."
    return AccessDeniedError(403, message, "insufficient_scope", scopes=refused.scopes)


def answer_result(
    result: Result, event: OperationEvent, presenter: PresentError | None = None
) -> Response:
    """Write what an execution gave."""
    if not result.errors:
        return Response(200, encode({"data": result.data}))
    errors = [present_failure(error, presenter) for error in result.errors]
    event.error_codes = error_codes(errors)
    internal = INTERNAL_SERVER_ERROR in event.error_codes
    event.outcome = "internal_error" if internal else "partial"
    return Response(PARTIAL, encode({"errors": errors, "data": result.data}))


def answer_errors(status: int, errors: list[dict[str, Any]], event: OperationEvent) -> Response:
    """Write an answer of errors only: nothing was executed."""
    event.outcome = "request_error"
    event.error_codes = error_codes(errors)
    return Response(status, encode({"errors": errors}))
