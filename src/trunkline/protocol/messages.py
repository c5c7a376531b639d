"""HTTP messages as a transport takes and gives them: bytes and headers, no library's types."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

__all__ = ["HTTPRequest", "HTTPResponse"]


class HTTPRequest(Struct, frozen=True):  # a struct: each call makes some
    """What a transport sends.

    ``method`` in capitals, ``headers`` with lower-case names, ``body`` as it goes on the wire.
    ``url`` is for a request that does not go to the API but elsewhere, to an issuer of tokens say:
    the transport sends it there, without the headers and credentials that it adds for the API.
    ``None`` is the transport's own URL, with ``query`` (percent-encoded, without its question
    mark) behind it. ``timeout`` is how many seconds the whole exchange may take, connecting and
    the last byte included; ``None`` leaves it to the transport. Headers and bodies may hold
    secrets, and are no part of what is shown.
    """

    method: str
    headers: Mapping[str, str]
    body: bytes
    url: str | None = None
    query: str = ""
    timeout: float | None = None

    def __repr__(self) -> str:
        shown = f"{self.method!r}, url={self.url!r}, query={self.query!r}, timeout={self.timeout!r}"
        return f"HTTPRequest({shown})"


class HTTPResponse(Struct, frozen=True):
    """What a transport received: status, headers, and the whole decoded body.

    Headers are looked up by lower-case names; a library's own mapping that ignores case will do.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = {}  # a struct makes each its own

    def __repr__(self) -> str:
        return f"HTTPResponse({self.status!r})"

    @property
    def media_type(self) -> str:
        """The media type of the body without its parameters, in lower case; empty if none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()
