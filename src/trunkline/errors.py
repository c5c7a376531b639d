"""Every error that Trunkline raises on purpose, in one tree.

    TrunklineError
    ├── SchemaError                   the schema, or what is bound to it, is wrong
    ├── ConfigurationError            the generator's configuration cannot be used
    ├── StoreError                    a store of clients, documents or usage cannot be used
    ├── PublicationError              documents were not registered
    ├── PlaygroundNotBuiltError       the playground's files are missing
    ├── RequestError                  the request is wrong; nothing was executed
    │   ├── MalformedRequestError     the body or the parameters are not a GraphQL request
    │   │   └── NotJSONError          the body is not JSON
    │   ├── DocumentNotFoundError     the server has no document with the request's id
    │   ├── DocumentSyntaxError       the document does not parse
    │   ├── LimitExceededError        the document exceeds a limit of the server
    │   ├── ValidationError           the document does not fit the schema
    │   ├── OperationNotFoundError    the document has no such operation
    │   ├── VariablesError            a variable's value does not fit its type
    │   ├── OperationRefusedError     the caller lacks scopes or policies for the operation
    │   ├── RequestRefusedError       the program refuses the request, with an HTTP status
    │   └── SubscriptionError         the subscription's stream of events could not be created
    ├── MutationFailedError           a mutation's response has errors; its context is told
    ├── AccessDeniedError             the request has no valid token
    ├── ExecutionError                the response has errors
    └── TransportError                there is no usable response
        ├── ConnectionFailedError     the server was not reached, or the connection broke
        │   ├── DeadlineExceededError the caller's time is over
        │   └── CircuitOpenError      the server failed too often; nothing is sent for a while
        ├── TokenError                the issuer gave no access token
        ├── ServerStatusError         an HTTP status without a GraphQL response
        └── ProtocolError             the response is not GraphQL over HTTP
            └── ResponseTooLargeError it has more bytes than the transport reads

``trunkline`` exports all of them. ``trunkline.auth`` exports `AccessDeniedError` and `TokenError`
too. No other module exports errors.

A ``RequestError`` means the same on both sides: a client raises it before it sends anything, and a
server makes a response of it. GraphQL September 2025 §7.1.6 calls such errors request errors. In
the response each has its ``code`` in ``extensions.code``.

``retryable`` says whether the same call may succeed later. Whether it may be repeated is another
question: a query always, a mutation only if it was ``never_sent`` or has an idempotency key.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from trunkline.printable import printable

if TYPE_CHECKING:  # generated clients work without graphql-core
    from graphql import GraphQLError

__all__ = [
    "RETRYABLE_STATUSES",
    "AccessDeniedError",
    "CircuitOpenError",
    "ConfigurationError",
    "ConnectionFailedError",
    "DeadlineExceededError",
    "DocumentNotFoundError",
    "DocumentSyntaxError",
    "ExecutionError",
    "LimitExceededError",
    "MalformedRequestError",
    "MutationFailedError",
    "NotJSONError",
    "OperationNotFoundError",
    "OperationRefusedError",
    "PlaygroundNotBuiltError",
    "ProtocolError",
    "PublicationError",
    "RequestError",
    "RequestRefusedError",
    "ResponseTooLargeError",
    "SchemaError",
    "ServerStatusError",
    "StoreError",
    "SubscriptionError",
    "TokenError",
    "TransportError",
    "TrunklineError",
    "ValidationError",
    "VariablesError",
]

RETRYABLE_STATUSES = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
"""HTTP statuses of conditions that pass (RFC 9110 §15, RFC 6585 §4, RFC 8470 §5.2)."""

_PRINTED = 20  # errors that a text shows; `errors` has all
_LONGEST_LINE = 1000  # characters of an error of a response that a text shows


class TrunklineError(Exception):
    """The base of every error that Trunkline raises on purpose."""

    @property
    def retryable(self) -> bool:
        """Whether the same call may succeed later, without a change on this side."""
        return False

    def __reduce__(self) -> tuple[Any, ...]:
        """Let errors be copied and sent to other processes, whatever their constructors take."""
        return _restore, (type(self), self.args, self.__dict__)


def _restore(
    kind: type[TrunklineError], args: tuple[Any, ...], attributes: dict[str, Any]
) -> TrunklineError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(attributes)
    return error


# -- at start and when generating -----------------------------------------------------------------


class SchemaError(TrunklineError):
    """The schema, or what is bound to it, is wrong. Raised when it is loaded or made executable.

    The message has all mistakes, each with its place (``file:line:column`` or a schema coordinate)
    and what to do.
    """


class ConfigurationError(TrunklineError):
    """The configuration of the generator cannot be used. Raised before anything is written.

    The message names the file, the key and what to do.
    """


class StoreError(TrunklineError):
    """The store of an issuer, of registered documents or of usage, cannot be used.

    The message says where the store is, and why.
    """


class PublicationError(TrunklineError):
    """A client's documents were not registered: nothing has changed.

    ``problems`` has a line for each mistake, with its place: ``file:line``, and the document's id.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class PlaygroundNotBuiltError(TrunklineError):
    """The files of the playground are missing, which happens only in a checkout of Trunkline.

    The message has the command that builds them.
    """


# -- request errors -------------------------------------------------------------------------------


class RequestError(TrunklineError):
    """The request is wrong, and nothing of it was executed. Correct the request.

    ``errors`` has an entry for each mistake, with its message and, if it has one, its location in
    the document. ``code`` names the kind of mistake for programs: ``BAD_REQUEST``, if no subclass
    fits.
    """

    code: ClassVar[str] = "BAD_REQUEST"

    made_in: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """The seconds that it took to parse, validate and compile the document, until it failed."""

    operation: tuple[str, str | None] | None = None
    """The type and the name of the operation that is wanted, if the document parses and has it."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        self.errors = tuple(errors)
        super().__init__(self.errors)

    def __str__(self) -> str:
        """Print the first errors with their places; made only when asked for, as it costs much."""
        text = "\n\n".join(str(error) for error in self.errors[:_PRINTED])
        # A document may have half of a character, which cannot be printed.
        text = text.encode(errors="backslashreplace").decode()
        more = len(self.errors) - _PRINTED
        return f"{text}\n\nand {more} more" if more > 0 else text

    def __reduce__(self) -> tuple[Any, ...]:
        """Take the errors apart, because graphql-core's are not copied with all that they have."""
        errors = [
            (each.message, None, each.source, each.positions, each.path, None, each.extensions)
            for each in self.errors
        ]
        attributes = {name: value for name, value in vars(self).items() if name != "errors"}
        return _restore_request_error, (type(self), errors, attributes)

    @classmethod
    def because(cls, message: str) -> Self:
        """Make the error from one sentence, for a mistake without a location in the document."""
        from graphql import GraphQLError  # noqa: PLC0415  # see the head of the module

        return cls([GraphQLError(message)])


def _restore_request_error(
    kind: type[RequestError], errors: list[tuple[Any, ...]], attributes: dict[str, Any]
) -> RequestError:
    from graphql import GraphQLError  # noqa: PLC0415  # see the head of the module

    error = kind.__new__(kind)
    RequestError.__init__(error, [GraphQLError(*each) for each in errors])  # not the subclass's
    error.__dict__.update(attributes)
    return error


class MalformedRequestError(RequestError):
    """The body or the parameters are not a GraphQL request (GraphQL over HTTP, §Request).

    Send a JSON object with a ``query``, as the message says. The code is ``MALFORMED_REQUEST``.
    """

    code = "MALFORMED_REQUEST"


class NotJSONError(MalformedRequestError):
    """What should be JSON in UTF-8 is not, or is nested too deeply. The response has status 400."""


class DocumentNotFoundError(RequestError):
    """The server has no document with the id that the request names. The response has status 404.

    Send the document's text, or register it. The code is ``PERSISTED_QUERY_NOT_FOUND``; it is
    ``PERSISTED_QUERY_NOT_SUPPORTED`` if the server takes no ids.
    """

    code = "PERSISTED_QUERY_NOT_FOUND"


class DocumentSyntaxError(RequestError):
    """The document does not parse (GraphQL §2).

    The message has the place, and what is expected there. The code is ``GRAPHQL_PARSE_FAILED``.
    """

    code = "GRAPHQL_PARSE_FAILED"


class LimitExceededError(RequestError):
    """The document is longer, deeper or has more fields than the server allows.

    Ask for less in one operation, or raise the server's limit. The code is ``LIMIT_EXCEEDED``.
    """

    code = "LIMIT_EXCEEDED"


class ValidationError(RequestError):
    """The document does not fit the schema (GraphQL §5).

    ``errors`` has every mistake, with suggestions. The code is ``GRAPHQL_VALIDATION_FAILED``.
    """

    code = "GRAPHQL_VALIDATION_FAILED"


class OperationNotFoundError(RequestError):
    """The document has no operation of the given name, or several and no name was given (§6.1).

    Send the name of one of its operations. The code is ``OPERATION_RESOLUTION_FAILURE``.
    """

    code = "OPERATION_RESOLUTION_FAILURE"


class VariablesError(RequestError):
    """A variable's value does not fit its type (GraphQL §6.1.2).

    The message names the variable and the place in its value. The code is ``BAD_USER_INPUT``.
    """

    code = "BAD_USER_INPUT"


class OperationRefusedError(RequestError):
    """The caller lacks scopes or policies for all of the operation, or for a part of it.

    Raised for a part only if the server refuses whole requests. ``scopes`` are the fewest scopes
    that the caller needs in addition: get a token that has them. The code is
    ``UNAUTHORIZED_FIELD_OR_TYPE``.
    """

    code = "UNAUTHORIZED_FIELD_OR_TYPE"

    def __init__(self, errors: Sequence[GraphQLError], scopes: Collection[str] = ()) -> None:
        super().__init__(errors)
        self.scopes = frozenset(scopes)


class RequestRefusedError(RequestError):
    """The program refuses the request, with an HTTP status: for example 429, too many requests.

    A resolver, a middleware or the context raises it. The response has no data then, whatever else
    was resolved; what a mutation has done stays done.

    - ``status`` is the HTTP status, from 400 to 599.
    - ``retry_after`` is the time in seconds after which the request may be sent again.

    The code is ``REQUEST_REFUSED``, unless the program gives another. Raises ``ValueError`` for
    another status.
    """

    code = "REQUEST_REFUSED"

    def __init__(
        self, status: int, message: str, *, code: str | None = None, retry_after: int | None = None
    ) -> None:
        from graphql import GraphQLError  # noqa: PLC0415  # see the head of the module

        if not 400 <= status < 600:  # errors of HTTP
            raise ValueError(f"A request is refused with a status from 400 to 599, not {status}.")
        super().__init__([GraphQLError(message, extensions={"code": code or self.code})])
        self.status = status
        self.retry_after = retry_after


class SubscriptionError(RequestError):
    """The stream of events of a subscription could not be created (GraphQL §6.2.3.1).

    The resolver of the subscription's field raised an error, or did not return a stream. The code
    is ``SUBSCRIPTION_FAILED``.
    """

    code = "SUBSCRIPTION_FAILED"


class MutationFailedError(TrunklineError):
    """The response of a mutation has errors. Raised into its context, which may roll back.

    A `GraphQL` endpoint raises it where ``context=`` yields, or where a context manager is closed.
    If it leaves the context, the response has these errors and no data, because what the data would
    say may be undone. A context that suppresses it keeps the data.

    ``errors`` are the errors of the response before callers see them. Each has its ``path``, and in
    ``original_error`` what was raised.
    """

    def __init__(self, title: str, errors: Sequence[GraphQLError]) -> None:
        self.errors = tuple(errors)
        super().__init__(f"The response of {title} has errors.")


class AccessDeniedError(TrunklineError):
    """The request is not authenticated: it has no token, or not a valid one (RFC 6750 §3.1).

    - ``status`` is the HTTP status: 401, 403 or 400; 503 if the issuer must be asked and cannot be.
    - ``error`` is the code of RFC 6750, or ``None`` if there was no token.
    - ``scopes`` are the scopes that are needed.
    - ``scheme`` is the scheme of the token (``Bearer`` or ``DPoP``).
    - ``retry_after`` is the time in seconds after which the request may be sent again.
    - ``client_id`` is the client that the token proves, if it is valid and lacks a scope only.

    The message has nothing of the token.
    """

    def __init__(  # noqa: PLR0913  # what a response says
        self,
        status: int,
        message: str,
        error: str | None = None,
        *,
        scopes: Collection[str] = (),
        scheme: str | None = None,
        retry_after: int | None = None,
        client_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error = error
        self.scopes = frozenset(scopes)
        self.scheme = scheme
        self.retry_after = retry_after
        self.client_id = client_id


# -- responses, and none --------------------------------------------------------------------------


class ExecutionError(TrunklineError):
    """The server's response has errors.

    - ``errors`` are the errors of the response.
    - ``data`` is what could be resolved in spite of them, or ``None``.
    - ``extensions`` are the extensions of the response.
    - ``status`` is the HTTP status, ``headers`` are those of the response, in lower case.
    - ``retry_after`` is the time in seconds to wait, if the server named one.
    """

    def __init__(  # noqa: PLR0913  # what a response has
        self,
        errors: Sequence[Mapping[str, Any]],
        data: Any = None,
        extensions: Mapping[str, Any] | None = None,
        status: int | None = None,
        *,
        retry_after: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.errors = tuple(errors)
        self.data = data
        self.extensions = extensions
        self.status = status
        self.retry_after = retry_after
        self.headers = _plain(headers)
        lines = [_error_line(error) for error in self.errors[:_PRINTED]]
        if len(self.errors) > _PRINTED:
            lines.append(f"{len(self.errors) - _PRINTED} more")
        super().__init__("\n  ".join(lines))  # no line of a server begins a line

    @property
    def retryable(self) -> bool:
        """Whether the status is that of a condition that passes, such as 503."""
        return self.status in RETRYABLE_STATUSES


def _plain(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Return headers as a dictionary, because not every library's can be pickled."""
    return {name.lower(): value for name, value in (headers or {}).items()}


def _error_line(error: Mapping[str, Any]) -> str:
    """Write an error of a response as ``at path: message``, in one line that is not endless."""
    message = error.get("message", "(an error without a message)")
    line = message if isinstance(message, str) else "(an error whose message is not a string)"
    path = error.get("path")
    if isinstance(path, list):
        keys = [str(key) for key in cast("list[object]", path) if isinstance(key, (str, int))]
        line = f"at {'.'.join(keys)}: {line}"
    return printable(line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…")


class TransportError(TrunklineError):
    """There is no usable response. The message is one printable line, whatever the server sent."""

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


class ConnectionFailedError(TransportError):
    """The server was not reached, or the connection broke before the response was complete.

    ``never_sent`` is true if the server certainly received nothing of the request, so that even a
    mutation may be repeated.
    """

    def __init__(self, message: str, *, never_sent: bool = False) -> None:
        self.never_sent = never_sent
        super().__init__(message)

    @property
    def retryable(self) -> bool:
        """Always true: the server may be reached later."""
        return True


class DeadlineExceededError(ConnectionFailedError):
    """The time that the caller gave was over before the response was complete."""


class CircuitOpenError(ConnectionFailedError):
    """The server failed so often in a row that nothing is sent to it for a while.

    ``retry_after`` is the time in seconds until the next call is sent.
    """

    def __init__(self, message: str, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__(message, never_sent=True)


class TokenError(TransportError):
    """The issuer gave no access token.

    - ``error`` is the code of its error response (RFC 6749 §5.2), or empty if there was none.
    - ``status`` is the HTTP status, or 0.
    - ``retry_after`` is the time in seconds until the issuer may be asked again, or 0.
    - ``unreachable`` is true if there was no response.
    """

    def __init__(  # what is known of a failure
        self,
        message: str,
        error: str = "",
        status: int = 0,
        retry_after: float = 0.0,
        *,
        unreachable: bool = False,
    ) -> None:
        self.error = error
        self.status = status
        self.retry_after = retry_after
        self.unreachable = unreachable
        super().__init__(message)

    @property
    def retryable(self) -> bool:
        """Whether the issuer was not reached, or its status is that of a condition that passes."""
        return self.unreachable or self.status in RETRYABLE_STATUSES


class ServerStatusError(TransportError):
    """The server sent an HTTP status with a body that is not a GraphQL response.

    - ``status`` is the HTTP status, ``headers`` are those of the response, in lower case.
    - ``body`` is the beginning of the body, for people to read.
    - ``retry_after`` is the time in seconds to wait, if the server named one.
    """

    def __init__(
        self,
        message: str,
        status: int,
        body: str = "",
        *,
        retry_after: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.body = body
        self.retry_after = retry_after
        self.headers = _plain(headers)
        super().__init__(message)

    @property
    def retryable(self) -> bool:
        """Whether the status is that of a condition that passes, such as 503."""
        return self.status in RETRYABLE_STATUSES


class ProtocolError(TransportError):
    """The response cannot be read, or has a 2xx status and is not a GraphQL response."""


class ResponseTooLargeError(ProtocolError):
    """The body of a response has more bytes than allowed, counted after decompression.

    What was read is thrown away. Ask for less, or allow more. ``limit`` is in bytes.
    """

    def __init__(self, message: str, limit: int) -> None:
        self.limit = limit
        super().__init__(message)
