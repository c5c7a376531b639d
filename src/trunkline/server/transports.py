"""HTTP request → GraphQL request: POST and GET (GraphQL over HTTP §5)."""

from __future__ import annotations

from dataclasses import dataclass

from trunkline.protocol.media import JSON, charset_of, choose_response_type
from trunkline.protocol.request import GraphQLRequest, read_json, read_query_string
from trunkline.server.asgi import HTTPProblem, Receive, Scope, header, read_body

__all__ = ["ReadLimits", "read_request", "response_type"]

_ALLOW = (b"allow", b"GET, POST")


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """How much a server reads, in bytes, and how long it waits for it, in seconds."""

    body_bytes: int
    body_seconds: float


def response_type(scope: Scope) -> str:
    """Choose the media type of the answer; raises ``HTTPProblem`` (406) where none suits."""
    chosen = choose_response_type(header(scope, b"accept"))
    if chosen is None:
        raise HTTPProblem(
            406, "This endpoint answers with application/graphql-response+json or application/json."
        )
    return chosen


async def read_request(scope: Scope, receive: Receive, limits: ReadLimits) -> GraphQLRequest:
    """Read the GraphQL request out of an HTTP request.

    Raises ``HTTPProblem`` where the HTTP is wrong, ``MalformedRequestError`` where its contents
    are no GraphQL request.
    """
    method = scope["method"]
    if method == "POST":
        _check_content(scope)
        return read_json(await read_body(scope, receive, limits.body_bytes, limits.body_seconds))
    if method == "GET":
        return read_query_string(scope["query_string"])
    raise HTTPProblem(405, f"{method} is not served here; use POST or GET.", _ALLOW)


def _check_content(scope: Scope) -> None:
    """Refuse bodies that are not plain JSON in UTF-8.

    What a browser may send across origins without asking (``text/plain`` and forms) is refused
    with them, which is what keeps other people's pages from posting here.
    """
    media_type, _, parameters = header(scope, b"content-type").partition(";")
    if media_type.strip().lower() != JSON:
        raise HTTPProblem(415, f"The body must be {JSON}, and Content-Type must say so.")
    if charset_of(parameters) not in {"utf-8", "utf8"}:
        raise HTTPProblem(415, "The body must be in UTF-8.")
    if header(scope, b"content-encoding").lower() not in {"", "identity"}:
        raise HTTPProblem(
            415, "The body must not be compressed.", (b"accept-encoding", b"identity")
        )
