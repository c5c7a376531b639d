"""Everything that Trunkline raises on purpose.

    TrunklineError
    ├── SchemaError                 the schema or what is bound to it is wrong (at start only)
    ├── StoreError                  the store of an issuer of tokens cannot be used
    ├── RequestError                the request is wrong; nothing was executed
    │   ├── MalformedRequestError   the bytes are not a GraphQL request
    │   ├── DocumentSyntaxError     the document does not parse
    │   ├── LimitExceededError      the document is larger than the server allows
    │   ├── ValidationError         the document does not fit the schema
    │   ├── OperationNotFoundError  the document has no operation of that name
    │   ├── VariablesError          a variable's value does not fit its type
    │   ├── OperationRefusedError   the caller lacks the scopes that the operation needs
    │   └── SubscriptionError       a subscription has no stream of events
    ├── AccessDeniedError           the request's token does not let it in
    ├── ExecutionError              the server answered, and its answer has errors
    └── TransportError              no answer that can be used
        ├── ConnectionFailedError   the server was not reached, or went away
        │   ├── DeadlineExceededError   the time that the caller gave is over
        │   └── CircuitOpenError    the server failed too often, and is left alone for a while
        ├── TokenError              the issuer gave no access token
        ├── ServerStatusError       an HTTP status that is not a GraphQL answer
        └── ProtocolError           the answer is not GraphQL over HTTP

``RequestError`` has the same meaning on both sides: a client raises it before it sends anything,
a server turns it into an answer. GraphQL September 2025 §7.1.6 calls its contents request errors.

Each error says by ``retryable`` whether the same call may succeed later. Whether it may be repeated
is another question: a query always, a mutation only if it was ``never_sent`` or has an idempotency
key.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

if TYPE_CHECKING:  # a client whose operations were generated does without graphql-core
    from graphql import GraphQLError

__all__ = [
    "RETRYABLE_STATUSES",
    "AccessDeniedError",
    "CircuitOpenError",
    "ConnectionFailedError",
    "DeadlineExceededError",
    "DocumentSyntaxError",
    "ExecutionError",
    "LimitExceededError",
    "MalformedRequestError",
    "OperationNotFoundError",
    "OperationRefusedError",
    "ProtocolError",
    "RequestError",
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
"""HTTP statuses that tell of a condition that passes (RFC 9110 §15, RFC 6585 §4, RFC 8470 §5.2)."""


class TrunklineError(Exception):
    """The base of every error that Trunkline raises on purpose."""

    @property
    def retryable(self) -> bool:
        """Whether the same call may succeed later, without a change on this side."""
        return False


class SchemaError(TrunklineError):
    """The schema, or what is bound to it, is wrong.

    The message tells the place (``file:line:column`` or a schema coordinate) and the remedy.
    """


class StoreError(TrunklineError):
    """The store of an issuer cannot be used; the message says where it is and why."""


class RequestError(TrunklineError):
    """The request is wrong, and nothing of it was executed.

    ``errors`` has one entry per mistake, each with its message and, where it has one, its place
    in the document. ``code`` names the class of the mistake for programs.
    """

    code: ClassVar[str] = "BAD_REQUEST"

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n\n".join(str(error) for error in self.errors))

    @classmethod
    def because(cls, message: str) -> Self:
        """Make the error from one sentence, for a mistake that has no place in the document."""
        from graphql import GraphQLError  # noqa: PLC0415  # see the head of the module

        return cls([GraphQLError(message)])


class MalformedRequestError(RequestError):
    """The bytes are not a GraphQL request (GraphQL over HTTP, §Request)."""

    code = "MALFORMED_REQUEST"


class DocumentSyntaxError(RequestError):
    """The document does not parse (GraphQL §2)."""

    code = "GRAPHQL_PARSE_FAILED"


class LimitExceededError(RequestError):
    """The document is larger, deeper or wider than the server allows."""

    code = "LIMIT_EXCEEDED"


class ValidationError(RequestError):
    """The document does not fit the schema (GraphQL §5)."""

    code = "GRAPHQL_VALIDATION_FAILED"


class OperationNotFoundError(RequestError):
    """The document has no operation of that name, or several and no name was given (§6.1)."""

    code = "OPERATION_RESOLUTION_FAILURE"


class VariablesError(RequestError):
    """A variable's value does not fit its type (GraphQL §6.1.2)."""

    code = "BAD_USER_INPUT"


class OperationRefusedError(RequestError):
    """The caller may not have what the operation asks for.

    ``scopes`` are those that it would have to have besides.
    """

    code = "UNAUTHORIZED_FIELD_OR_TYPE"

    def __init__(self, errors: Sequence[GraphQLError], scopes: Collection[str] = ()) -> None:
        super().__init__(errors)
        self.scopes = frozenset(scopes)


class SubscriptionError(RequestError):
    """The source stream of a subscription could not be created (GraphQL §6.2.3.1)."""

    code = "SUBSCRIPTION_FAILED"


class AccessDeniedError(TrunklineError):
    """A request is not let in: it has no token, or none that is good here (RFC 6750 §3.1).

    ``status`` is the HTTP status: 401, 403, 400, or 503 where the issuer would have to be asked and
    cannot be. ``error`` is the code of RFC 6750, ``None`` where no token came. ``scopes`` are those
    that would be needed; ``scheme`` is the one that the token came with; after ``retry_after``
    seconds it may be tried again. The message has nothing of the token.
    """

    def __init__(  # noqa: PLR0913  # what an answer says
        self,
        status: int,
        message: str,
        error: str | None = None,
        *,
        scopes: Collection[str] = (),
        scheme: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error = error
        self.scopes = frozenset(scopes)
        self.scheme = scheme
        self.retry_after = retry_after


class ExecutionError(TrunklineError):
    """The server answered, and its answer has errors.

    ``errors`` are the answer's errors as they came; ``data`` is whatever could be resolved
    beside them, or ``None``; ``extensions`` are the answer's own; ``status`` is the HTTP status;
    ``retry_after`` the seconds to wait that the server named, if it did.
    """

    def __init__(
        self,
        errors: Sequence[Mapping[str, Any]],
        data: Any = None,
        extensions: Mapping[str, Any] | None = None,
        status: int | None = None,
        *,
        retry_after: float | None = None,
    ) -> None:
        self.errors = tuple(errors)
        self.data = data
        self.extensions = extensions
        self.status = status
        self.retry_after = retry_after
        super().__init__("\n".join(_sentence(error) for error in self.errors))

    @property
    def retryable(self) -> bool:
        """Whether the status tells of a condition that passes, such as 503."""
        return self.status in RETRYABLE_STATUSES


def _sentence(error: Mapping[str, Any]) -> str:
    """Write one error of an answer as ``at path: message``."""
    message = str(error.get("message", "(an error without a message)"))
    path = error.get("path")
    if not isinstance(path, list):
        return message
    keys = cast("list[object]", path)
    return "at " + ".".join(map(str, keys)) + ": " + message


class TransportError(TrunklineError):
    """No answer came that can be used."""


class ConnectionFailedError(TransportError):
    """The server was not reached, or the connection broke before the answer was whole.

    ``never_sent`` is true where it is certain that nothing of the request arrived, so that even a
    mutation may be repeated.
    """

    def __init__(self, message: str, *, never_sent: bool = False) -> None:
        self.never_sent = never_sent
        super().__init__(message)

    @property
    def retryable(self) -> bool:
        """Always: servers come back."""
        return True


class DeadlineExceededError(ConnectionFailedError):
    """The time that the caller gave was over before the answer was whole."""


class CircuitOpenError(ConnectionFailedError):
    """The server failed so often in a row that it is left alone for a while; nothing was sent.

    ``retry_after`` is in how many seconds a call will try again.
    """

    def __init__(self, message: str, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__(message, never_sent=True)


class TokenError(TransportError):
    """The issuer gave no access token.

    ``error`` is the code of its answer (RFC 6749 §5.2), or empty where there was none that could
    be read; ``status`` is the HTTP status, or 0; ``retry_after`` is how many seconds it wants to
    be left alone.
    """

    def __init__(
        self, message: str, error: str = "", status: int = 0, retry_after: float = 0.0
    ) -> None:
        self.error = error
        self.status = status
        self.retry_after = retry_after
        super().__init__(message)


class ServerStatusError(TransportError):
    """The server answered with an HTTP status and a body that is not a GraphQL answer.

    ``status`` is the HTTP status; ``body`` is the beginning of what came, for people to read;
    ``retry_after`` the seconds to wait that the server named, if it did.
    """

    def __init__(
        self, message: str, status: int, body: str = "", *, retry_after: float | None = None
    ) -> None:
        self.status = status
        self.body = body
        self.retry_after = retry_after
        super().__init__(message)

    @property
    def retryable(self) -> bool:
        """Whether the status tells of a condition that passes, such as 503."""
        return self.status in RETRYABLE_STATUSES


class ProtocolError(TransportError):
    """The server answered 2xx with something that is not a GraphQL answer."""
