"""The event of an operation: one request to an endpoint, as sinks get it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, runtime_checkable

import msgspec

from trunkline.printable import printable

if TYPE_CHECKING:  # clients import this, and do without the compiler
    from trunkline.compiler.operation import Operation

__all__ = [
    "CacheOutcome",
    "OperationEvent",
    "OperationOutcome",
    "ProfilingSink",
    "RequestWatcher",
    "Sink",
    "Stages",
    "main_failure",
    "name_and_version",
]

OperationOutcome: TypeAlias = Literal[
    "ok",
    "partial",
    "request_error",
    "denied",
    "limited",
    "unavailable",
    "deadline_exceeded",
    "internal_error",
    "disconnected",
]
"""How a request ended.

- ``partial``: with data and errors.
- ``request_error``: nothing was executed, because the request is wrong.
- ``denied``: the caller may not do it: 401, 403, or a scope or policy is missing.
- ``limited``: it is too much: 413, 429, or a limit of documents, cost or responses.
- ``unavailable``: what it needs is away or full: 503. The issuer could not be asked about a token,
  for example.
- ``deadline_exceeded``: the execution was cancelled.
- ``internal_error``: an exception was raised that is not for callers.
- ``disconnected``: no response was sent, because the client went away or the server cancelled the
  request.
"""

CacheOutcome: TypeAlias = Literal["hit", "miss", "stored", "shared", "304"]
"""What a store or a version of the server had for a request.

- ``hit``: the response.
- ``shared``: an execution that another request had begun.
- ``stored``: nothing, and the response was kept.
- ``miss``: nothing, and the response was not kept.
- ``304``: the version that the client has the response to, so nothing was executed.
"""

EventName: TypeAlias = Literal["graphql.request", "graphql.publication", "graphql.schema"]
"""What was asked for: an operation, the registering of a manifest, or the SDL."""

_MOST_PATHS = 10
_MOST_WAITS = 3
_PATH_LENGTH = 200  # characters
_MOST_VARIABLES = 50
_CACHE_CONTROL = b"cache-control"


class Stages(msgspec.Struct, omit_defaults=True):
    """The seconds that the stages of a request took; 0 for what was not done.

    - ``authenticate``: to verify a token that was not remembered.
    - ``read``: until the body had arrived.
    - ``queue``: until a long document had its turn to be compiled.
    - ``parse``, ``validate``, ``compile``: of a document that came for the first time.
    - ``execute``: with the context and the middlewares.
    - ``serialize``: to write the response as JSON.
    """

    authenticate: float = 0.0
    read: float = 0.0
    queue: float = 0.0
    parse: float = 0.0
    validate: float = 0.0
    compile: float = 0.0
    execute: float = 0.0
    serialize: float = 0.0


class OperationEvent(msgspec.Struct):
    """One request to a GraphQL endpoint, or one operation of a batch.

    An attribute is ``None``, 0 or empty if the request ended before it was known.

    - ``name``: what was asked for; that of an operation is ``graphql.request``.
    - ``document_id``: ``sha256:…`` of the document's text.
    - ``registered``: whether the document is one that its client registered.
    - ``coordinates``: what the request uses of the schema, also in variables: fields
      (``Todo.title``), arguments (``Query.todo(todoID:)``), input fields (``TodoInput.title``) and
      enum values (``State.DONE``).
    - ``client``: what the client calls itself, ``name/version``. It is not proven.
    - ``client_id``: the caller's id, from its verified token.
    - ``trace_id``: the trace that the request belongs to, as OpenTelemetry or the request's header
      ``traceparent`` says: 32 hexadecimal digits.
    - ``request_id``: the request's header ``X-Request-Id``, if it has at most 128 letters, digits
      and ``-._~+/=:``.
    - ``status``: the HTTP status; 0 if none was sent.
    - ``duration``: seconds from the first byte read to the last one sent.
    - ``stages``: the seconds of each stage.
    - ``reason``: why the request was refused, or failed: a sentence without values that were sent.
      It names what the caller lacks, also where the response says that it does not exist; or the
      exception, its place and its id.
    - ``address``: where a refused request came from, if no token proves the client: its address,
      or that of a proxy that the server does not know.
    - ``slowest``: the fields that were waited for longest, by their places without the indices of
      lists, and the seconds of each; at most three that took 10 ms or more.
    - ``profile``: what the resolvers took, if that was measured.
    - ``sample_rate``: which part of the operations like this one `AccessLog` writes.
    - ``error_codes``: an entry per error of the response, its ``extensions.code`` or an empty
      string.
    - ``errors``: the number of errors, with those that the response only counts.
    - ``fields``: how many fields the response has, as `Limits.response` counts them.
    - ``batches``: how often batch resolvers were called.
    - ``cache``: what a store or a version of the server had for the request; ``None`` where neither
      was asked.
    - ``groups``: the groups of a response that caches may keep, or those that a mutation
      invalidated.
    - ``bytes_in``: the bytes of the body, or of the query string.
    - ``bytes_out``: the bytes of the response's body.

    The other attributes are computed when they are read. An event keeps its operation and the
    values of its variables; so a sink that keeps events should keep what it needs of them instead.
    """

    name: EventName = "graphql.request"
    operation_name: str | None = None
    operation_kind: str | None = None
    document_id: str | None = None
    registered: bool = False
    coordinates: frozenset[str] = frozenset()
    client: str | None = None
    client_id: str | None = None
    trace_id: str | None = None
    request_id: str | None = None
    outcome: OperationOutcome = "ok"
    status: int = 0
    duration: float = 0.0
    stages: Stages = msgspec.field(default_factory=Stages)
    reason: str | None = None
    address: str | None = None
    slowest: Mapping[str, float] = {}
    profile: Mapping[str, Any] | None = None
    sample_rate: float = 1.0
    error_codes: tuple[str, ...] = ()
    errors: int = 0
    fields: int = 0
    batches: int = 0
    cache: CacheOutcome | None = None
    groups: Collection[str] = ()
    bytes_in: int = 0
    bytes_out: int = 0
    _operation: Operation | None = None
    _variables: Mapping[str, Any] | None = None
    _callers_scopes: frozenset[str] = frozenset()
    _errors: Sequence[Mapping[str, Any]] = ()
    _headers: Sequence[tuple[bytes, bytes]] = ()
    _schema_version: Callable[[], str | None] | None = None

    def __repr__(self) -> str:
        """Say what it is about, without the values of variables."""
        operation = f"{self.operation_kind} {self.operation_name or ''}".rstrip()
        return f"<OperationEvent {self.name} {operation} {self.status} {self.outcome}>"

    def has_found(self, operation: Operation, variables: Mapping[str, Any] | None) -> None:
        """Take the operation of the request, and the values of its variables as they were sent."""
        self.operation_name = operation.name
        self.operation_kind = operation.kind
        self.document_id = operation.id
        self.coordinates = operation.coordinates
        self._operation = operation
        self._variables = variables

    def has_compiled(self, made_in: tuple[float, float, float], waited: float) -> None:
        """Take the times of a document that is new, and how long another thread had it."""
        stages = self.stages
        stages.parse, stages.validate, stages.compile = made_in
        stages.queue = max(0.0, waited - sum(made_in))

    def is_denied(self, reason: str) -> None:
        """Take what the caller lacks, though its response says that there is no such thing."""
        self.outcome, self.reason = "denied", reason

    def has_waited(self, waits: Mapping[str, float]) -> None:
        """Take the fields that took long, by their places."""
        longest = sorted(waits, key=waits.__getitem__, reverse=True)[:_MOST_WAITS]
        self.slowest = {place: waits[place] for place in longest}

    def is_of(self, client_id: str, scopes: frozenset[str]) -> None:
        """Take the caller that the request's token proves."""
        self.client_id = client_id
        self._callers_scopes = scopes

    def has_failed(self, errors: Sequence[Mapping[str, Any]], codes: tuple[str, ...]) -> None:
        """Take the errors of the response, and their codes."""
        self.error_codes, self.errors = codes, len(errors)
        self._errors = errors

    def is_over(self, status: int, headers: Sequence[tuple[bytes, bytes]], bytes_out: int) -> None:
        """Take the response that was sent."""
        self.status, self.bytes_out = status, bytes_out
        self._headers = headers

    def ended_with(self, request: OperationEvent) -> None:
        """Take the end of the HTTP request, which had several operations."""
        self.duration = request.duration
        self.is_over(request.status, request._headers, request.bytes_out)
        if request.outcome == "disconnected":
            self.outcome = request.outcome

    def identity(self) -> dict[str, str]:
        """Return what tells the operation from others, as keys of a line of JSON."""
        told = {
            "graphql.operation.name": self.operation_name,
            "graphql.document.id": self.document_id,
            "client": self.client,
            "client_id": self.client_id,
            "request_id": self.request_id,
            "trace_id": self.trace_id,
        }
        return {key: printable(value) for key, value in told.items() if value is not None}

    @property
    def operation(self) -> Operation | None:
        """The compiled operation, which knows nothing of the request."""
        return self._operation

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes that the operation uses: the schema declares them, and the caller has them."""
        operation = self._operation
        if operation is None or not self._callers_scopes:
            return frozenset()
        if self.coordinates is operation.coordinates:
            return operation.scopes & self._callers_scopes
        return operation.schema.declared.scopes(self.coordinates) & self._callers_scopes

    @property
    def deprecated(self) -> frozenset[str]:
        """The coordinates that are deprecated."""
        operation = self._operation
        if operation is None:
            return frozenset()
        if self.coordinates is operation.coordinates:
            return operation.deprecated
        return operation.schema.deprecated & self.coordinates

    @property
    def cost(self) -> int:
        """What the operation was expected to cost; 0 if the server has no limit of it."""
        if self._operation is None:
            return 0
        try:
            return self._operation.cost.of([self._variables or {}])
        except Exception:  # noqa: BLE001  # the variables are wrong, or the program's function is
            return 0

    @property
    def entities(self) -> int:
        """How many entities the ``groups`` name."""
        return sum(":" in each and not each.endswith(":*") for each in self.groups)

    @property
    def error_paths(self) -> list[str]:
        """The different places of errors in the response, such as ``todos.3.title``; at most 10."""
        paths: dict[str, None] = {}
        for each in self._errors:
            path = each.get("path")
            if isinstance(path, list) and len(paths) < _MOST_PATHS:
                paths[printable(".".join(map(str, path)))[:_PATH_LENGTH]] = None
        return list(paths)

    @property
    def variables(self) -> dict[str, str]:
        """The types of the variables that were sent; never a value.

        A list has its length, ``[String!](3)``; what is null is ``null``. At most 50 are told.
        """
        operation, values = self._operation, self._variables
        told: dict[str, str] = {}
        if operation is None or not values:
            return told
        for name, type_ in islice(operation.variables.types.items(), _MOST_VARIABLES):
            if name in values:
                value = values[name]
                if value is None:
                    told[name] = "null"
                elif isinstance(value, list):
                    told[name] = f"{type_}({len(value)})"
                else:
                    told[name] = type_
        return told

    @property
    def cache_policy(self) -> str | None:
        """The header ``Cache-Control`` of the response."""
        for name, value in self._headers:
            if name == _CACHE_CONTROL:
                return value.decode("latin-1")
        return None

    @property
    def schema_hash(self) -> str | None:
        """The version of the server's whole schema, as ``GraphQL-Schema-Version`` names it.

        It is looked for when a sink wants it for the first time, and known a little later.
        """
        return None if self._schema_version is None else self._schema_version()


Sink: TypeAlias = Callable[[OperationEvent], None]
"""Takes every event, on the server's event loop: it must be quick, and should not raise."""


def main_failure(failures: Mapping[str, int]) -> str:
    """Return the outcome that most of the failed requests had, by how many had each."""
    return max(sorted(failures), key=failures.__getitem__)


def name_and_version(client: str | None) -> tuple[str, str]:
    """Return the two parts of what a client calls itself; those that it does not say are empty."""
    name, slash, version = (client or "").rpartition("/")
    return (name, version) if slash else (version, "")


@runtime_checkable
class RequestWatcher(Protocol):
    """What a sink may have besides, to know what is in flight; it must not raise.

    A request with a batch of operations begins and ends once, and has an event for each of them.
    """

    def request_begins(self) -> None:
        """Take note that a request begins."""
        ...

    def request_ends(self) -> None:
        """Take note that a request is over, after its events."""
        ...


@runtime_checkable
class ProfilingSink(Protocol):
    """What a sink has that wants the profiles of some requests; it must not raise."""

    def wants_profile(self, event: OperationEvent) -> bool:
        """Say whether a request is to be profiled; its operation is known."""
        ...
