"""Which HTTP requests may hold a GraphQL request: POST and GET (GraphQL over HTTP §5)."""

from __future__ import annotations

from functools import lru_cache

from trunkline.asgi.requests import Headers, HTTPProblem, Scope, has_body
from trunkline.protocol.media import JSON, charset_of, choose_response_type

__all__ = ["check_request", "response_type"]

_ALLOW = (b"allow", b"GET, POST")


def response_type(headers: Headers) -> str:
    """Choose the media type of the answer; raises ``HTTPProblem`` (406) where none suits."""
    chosen = _choose_response_type(headers.get(b"accept", b""))
    if chosen is None:
        raise HTTPProblem(
            406, "This endpoint answers with application/graphql-response+json or application/json."
        )
    return chosen


@lru_cache(maxsize=256)  # the few forms that a server's clients send
def _choose_response_type(accept: bytes) -> str | None:
    return choose_response_type(accept.decode("latin-1"))


def check_request(scope: Scope, headers: Headers, limit: int) -> None:
    """Refuse what no GraphQL request comes in, before its body is read (``HTTPProblem``).

    A query string may have as many bytes as a body: ``limit``.
    """
    if b"transfer-encoding" in headers and b"content-length" in headers:
        # Two lengths hide a second request in a first (RFC 9112 §6.1); h11 lets them pass.
        raise HTTPProblem(400, "A body is either chunked or has a length.")
    method = scope["method"]
    if method == "POST":
        _check_content(headers)
    elif method == "GET":
        _check_url(scope, headers, limit)
    else:
        raise HTTPProblem(405, f"{method} is not served here; use POST or GET.", _ALLOW)


def _check_url(scope: Scope, headers: Headers, limit: int) -> None:
    """Refuse a URL that is too long, and a body beside it, which would mean nothing."""
    if len(scope["query_string"]) > limit:
        raise HTTPProblem(414, f"The query string is longer than {limit} bytes; use POST.")
    if has_body(headers):
        raise HTTPProblem(400, "A GET has its parameters in the URL and no body; or use POST.")


def _check_content(headers: Headers) -> None:
    """Refuse bodies that are not plain JSON in UTF-8.

    What a browser may send across origins without asking (``text/plain`` and forms) is refused
    with them, which is what keeps other people's pages from posting here.
    """
    problem = _problem_of_content(
        headers.get(b"content-type", b""), headers.get(b"content-encoding", b"")
    )
    if problem is not None:
        raise HTTPProblem(415, *problem)


@lru_cache(maxsize=256)  # the few forms that a server's clients send
def _problem_of_content(
    content_type: bytes, encoding: bytes
) -> tuple[str, *tuple[tuple[bytes, bytes], ...]] | None:
    media_type, _, parameters = content_type.decode("latin-1").partition(";")
    if media_type.strip().lower() != JSON:
        return (f"The body must be {JSON}, and Content-Type must say so.",)
    if charset_of(parameters) not in {"utf-8", "utf8"}:
        return ("The body must be in UTF-8.",)
    if encoding.lower() not in {b"", b"identity"}:
        return ("The body must not be compressed.", (b"accept-encoding", b"identity"))
    return None
