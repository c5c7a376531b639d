"""Requests as httpcore2 takes them, answers as it gives them, and both as httpx2's auth wants them.

httpx2 sends by httpcore2. What its client does between the two (cookies, hooks, its own redirects)
nobody needs here, and it costs half as much as sending does.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import TypedDict

import httpcore2
import httpx2

from trunkline.client.transports.addresses import followed
from trunkline.protocol.messages import HTTPResponse

__all__ = ["Place", "Waits", "asked", "received", "redirected", "shown", "told"]

_REDIRECT = 300  # the least status of one


class Waits(TypedDict):
    """Seconds that one wait may take (httpcore2's extension ``timeout``)."""

    connect: float | None
    read: float | None
    write: float | None
    pool: float | None


class Place:
    """Where requests go, parsed once, and the headers that this alone decides."""

    def __init__(self, url: str | httpx2.URL, accept_encoding: str) -> None:
        self.url = httpx2.URL(url)
        self.headers = {
            "host": self.url.netloc.decode("ascii"),
            "accept-encoding": accept_encoding,
            "connection": "keep-alive",
        }
        if self.url.userinfo:
            told = f"{self.url.username}:{self.url.password}".encode()
            self.headers["authorization"] = f"Basic {b64encode(told).decode()}"
        self._raw = _raw(self.url)

    def request(
        self, method: str, headers: Mapping[str, str], body: bytes, waits: Waits
    ) -> httpcore2.Request:
        """Make a request that goes here. ``headers`` have lower-case names and win."""
        sent = {**self.headers, **headers}
        if body or method != "GET":
            sent["content-length"] = str(len(body))
        raw = [(name.encode("ascii"), value.encode("ascii")) for name, value in sent.items()]
        return httpcore2.Request(
            method, self._raw, headers=raw, content=body, extensions={"timeout": waits}
        )


def redirected(request: httpcore2.Request, response: httpcore2.Response, before: int) -> bool:
    """Turn a request to where its answer redirects it; answer whether it does.

    ``before`` is how often this happened already. Raises ``ServerStatusError`` at a redirect that
    must not be followed.
    """
    if response.status < _REDIRECT:
        return False
    url = bytes(request.url).decode("ascii")
    place = followed(url, response.status, _headers(response).get("location"), before)
    if place is not None:
        request.url = _raw(httpx2.URL(place))
    return place is not None


def received(response: httpcore2.Response) -> HTTPResponse:
    """Return an answer that was read, decoded. Raises ``httpx2.DecodingError``."""
    headers, body = _headers(response), response.content
    encoding = headers.get("content-encoding")
    if encoding and body:
        encoded = {"content-encoding": encoding}
        body = httpx2.Response(response.status, headers=encoded, content=body).content
    return HTTPResponse(response.status, body, headers)


def shown(place: Place, request: httpcore2.Request, body: bytes) -> httpx2.Request:
    """Show a request to an auth scheme of httpx2."""
    method = request.method.decode("ascii")
    return httpx2.Request(method, place.url, headers=request.headers, content=body)


def asked(
    place: Place, request: httpx2.Request, before: httpcore2.Request
) -> tuple[Place, httpcore2.Request]:
    """Return what an auth scheme of httpx2 wants sent, and where, which may be another URL."""
    if request.url != place.url:
        place = Place(request.url, place.headers["accept-encoding"])
    headers = {name.lower(): value for name, value in request.headers.items()}
    waits: Waits = before.extensions["timeout"]
    return place, place.request(request.method, headers, request.content, waits)


def told(request: httpx2.Request, response: httpcore2.Response) -> httpx2.Response:
    """Show an answer that was read to an auth scheme of httpx2."""
    return httpx2.Response(
        response.status, headers=response.headers, content=response.content, request=request
    )


def _raw(url: httpx2.URL) -> httpcore2.URL:
    return httpcore2.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
    )


def _headers(response: httpcore2.Response) -> dict[str, str]:
    """Return headers by their names in lower case; those that come twice as one (RFC 9110 §5.3)."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in response.headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
