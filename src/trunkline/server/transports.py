"""What HTTP says of a GraphQL request: its client, the response that it accepts, its form.

POST, GET and QUERY may contain a GraphQL request (GraphQL over HTTP §5, RFC 10008); HEAD is GET
without the body of the response (RFC 9110 §9.3.2).
"""

from __future__ import annotations

from functools import lru_cache
from time import perf_counter

from trunkline.asgi.requests import Headers, HTTPProblem, Scope, check_method, has_body
from trunkline.compiler.operation import Operation
from trunkline.errors import RequestRefusedError, SubscriptionError
from trunkline.printable import printable
from trunkline.protocol.canonical import is_path_of_document
from trunkline.protocol.media import (
    GRAPHQL_RESPONSE,
    JSON,
    charset_of,
    choose_response_type,
    names_json_lines,
)
from trunkline.protocol.request import BY_URL, TIMEOUT_HEADER
from trunkline.server.execute import ExecutionTimeout

__all__ = [
    "check_kind",
    "check_request",
    "client_name",
    "prefers_json",
    "response_type",
    "time_left",
    "wants_lines",
]

_CLIENT_LENGTH = 128  # characters of a client's name that the event keeps
_TIMEOUT = TIMEOUT_HEADER.encode()
_TIMEOUT_DIGITS = 10


def client_name(headers: Headers) -> str | None:
    """Return what the client calls itself, ``name/version``, in printable characters.

    It goes into logs and metrics: it must be short, and must not break a line or move a terminal's
    cursor.
    """
    name = headers.get(b"graphql-client-name")
    return _client_name(name, headers.get(b"graphql-client-version")) if name else None


@lru_cache(maxsize=256)  # a server has few clients
def _client_name(name: bytes, version: bytes | None) -> str:
    client = b"%b/%b" % (name, version) if version else name
    return printable(client.decode("latin-1")[:_CLIENT_LENGTH])


def time_left(headers: Headers, started: float) -> float | None:
    """Return for how many seconds the client still waits; ``None`` if it does not say.

    ``started`` is when the request came, by ``perf_counter``. Raises ``ExecutionTimeout`` if
    nothing is left, and ``HTTPProblem`` (400) if the header is malformed: ignored, it would let an
    operation go on after its client has given up. gRPC and Connect refuse it, too.
    """
    text = headers.get(_TIMEOUT)
    if text is None:
        return None
    if not text.isdigit() or len(text) > _TIMEOUT_DIGITS:
        raise HTTPProblem(
            400,
            "The header X-Request-Timeout-Ms is not a number of milliseconds, of at most"
            f" {_TIMEOUT_DIGITS} digits.",
        )
    left = int(text) / 1000 + started - perf_counter()
    if left <= 0:
        raise ExecutionTimeout(
            "The client's time (X-Request-Timeout-Ms) was over before the operation began."
        )
    return left


def response_type(headers: Headers, *, takes_batches: bool) -> str:
    """Choose the media type of the response; raises ``HTTPProblem`` (406) if Accept allows none."""
    chosen = _choose_response_type(headers.get(b"accept", b""))
    if chosen is None and takes_batches and wants_lines(headers):
        return GRAPHQL_RESPONSE
    if chosen is None:
        raise HTTPProblem(
            406, f"The header Accept allows neither {GRAPHQL_RESPONSE} nor {JSON}; name one."
        )
    return chosen


def wants_lines(headers: Headers) -> bool:
    """Tell whether the response to a batch is to be JSON lines."""
    return names_json_lines(headers.get(b"accept", b"").decode("latin-1"))


@lru_cache(maxsize=256)  # a server's clients send few different ones
def _choose_response_type(accept: bytes) -> str | None:
    return choose_response_type(accept.decode("latin-1"))


def prefers_json(scope: Scope) -> bool:
    """Tell whether a request is to have ``application/json``, not GraphQL's own media type."""
    accept = b",".join(value for name, value in scope["headers"] if name == b"accept")
    return _choose_response_type(accept) == JSON


def check_request(scope: Scope, headers: Headers, limit: int) -> None:
    """Raise ``HTTPProblem`` for a request that is not GraphQL over HTTP; its body is not read.

    A query string may have as many bytes as a body: ``limit``.
    """
    if scope.get("root_path") or scope.get("path_params"):
        _check_place(scope)
    if b"transfer-encoding" in headers and b"content-length" in headers:
        # Two lengths hide a second request in a first (RFC 9112 §6.1); h11 lets them pass.
        raise HTTPProblem(
            400, "The request has both Transfer-Encoding and Content-Length: send one of them."
        )
    if scope["method"] in {"POST", "QUERY"}:
        problem = _content_problem(
            headers.get(b"content-type", b""), headers.get(b"content-encoding", b"")
        )
        if problem is not None:
            raise HTTPProblem(415, *problem)
        return
    check_method(scope, "GET", "HEAD", "POST", "QUERY")
    if len(scope["query_string"]) > limit:
        raise HTTPProblem(414, f"The query string is longer than {limit} bytes; use POST.")
    if has_body(headers):  # which would mean nothing
        raise HTTPProblem(400, "A GET request has no body: put the parameters into the URL.")


def _check_place(scope: Scope) -> None:
    """Raise ``HTTPProblem`` (404) where the router of an application should not have come."""
    root: str = scope.get("root_path", "")
    server_root: str = scope.get("app_root_path", root)
    if server_root != root and scope["path"] == f"{root}/":
        mount = root.removeprefix(server_root)
        raise HTTPProblem(
            404,
            f"The endpoint is mounted at {mount}, where Starlette redirects each request. Put it"
            f" into a route instead: Route({mount!r}, …); in FastAPI, app.routes.append(Route(…)).",
        )
    rest = scope.get("path_params", {}).get("rest")
    if rest and not is_path_of_document(rest):
        raise HTTPProblem(
            404,
            "There is nothing at this path. Below the endpoint's own path is"
            " /sha256:<hash of a document>/<name of its operation>, and /schema.graphql if the"
            " server gives its schema (schema_text=True).",
        )


@lru_cache(maxsize=256)  # a server's clients send few different ones
def _content_problem(
    content_type: bytes, encoding: bytes
) -> tuple[str, *tuple[tuple[bytes, bytes], ...]] | None:
    """Return why a body is not plain JSON in UTF-8, and headers for the response.

    What a browser may send across origins without asking (``text/plain`` and forms) is rejected
    too. That keeps pages of other origins from posting here.
    """
    media_type, _, parameters = content_type.decode("latin-1").partition(";")
    if media_type.strip().lower() != JSON:
        return (f"The header Content-Type is not {JSON}.",)
    if charset_of(parameters) not in {"utf-8", "utf8"}:
        return ("The charset of the header Content-Type is not UTF-8.",)
    if encoding.lower() not in {b"", b"identity"}:
        return (
            "The body is compressed, which is not supported: send it without Content-Encoding.",
            (b"accept-encoding", b"identity"),
        )
    return None


def check_kind(operation: Operation, method: str) -> None:
    """Reject a mutation by ``GET`` (GraphQL over HTTP §5.3) or ``QUERY``, which change nothing.

    Subscriptions are rejected too: they need a connection that stays open.
    """
    if method in BY_URL and operation.kind != "query":
        raise HTTPProblem(
            405,
            f"A {operation.kind} must be sent by POST, not by GET or HEAD.",
            (b"allow", b"POST"),
        )
    if method == "QUERY" and operation.kind == "mutation":
        raise RequestRefusedError(
            422, "A mutation must be sent by POST, not by QUERY.", code="METHOD_NOT_ALLOWED"
        )
    if operation.kind == "subscription":
        raise SubscriptionError.because("This endpoint does not serve subscriptions.")
