"""HTTP as transports see it: requests, responses, and the headers of GraphQL servers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256

from msgspec import Struct

__all__ = [
    "DOCUMENT_ID",
    "HEADER_NAME",
    "SCHEMA_VERSION",
    "HTTPRequest",
    "HTTPResponse",
    "schema_etag",
    "schema_version",
]

HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""The name of a header (RFC 9110 §5.6.2, token)."""

SCHEMA_VERSION = "graphql-schema-version"
"""The header of a server's responses that names its schema. Its value changes with the schema."""


DOCUMENT_ID = "graphql-document-id"
"""The header of a server's responses that names the document of the request, if the server has it.

A client that sees it sends the id from then on, in the path of the URL.
"""


class HTTPRequest(Struct, frozen=True):  # a struct: each call makes some
    """A request that a transport sends. Headers and bodies may contain secrets: ``repr`` has none.

    - ``method``: in capitals.
    - ``headers``: with names in lower case.
    - ``body``: as it is sent.
    - ``url``: ``None`` for the API, which is at the transport's own URL. Another server, such as an
      issuer, gets the request without the headers and credentials that are for the API.
    - ``path`` and ``query``: added to the transport's own URL; percent-encoded, without the slash
      and the question mark.
    - ``timeout``: the seconds that the whole exchange may take, from connecting to the last byte;
      ``None`` leaves it to the transport.
    - ``repeatable``: whether it may be executed twice, as a query may.
    """

    method: str
    headers: Mapping[str, str]
    body: bytes
    url: str | None = None
    path: str = ""
    query: str = ""
    timeout: float | None = None
    repeatable: bool = False

    def __repr__(self) -> str:
        names = ("url", "path", "query", "timeout")
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"HTTPRequest({self.method!r}, {shown})"

    def url_at(self, api: str) -> str:
        """Return where the request goes if the API is at this URL: there, or to its own URL."""
        if self.url is not None:
            return self.url
        if not self.path and not self.query:
            return api
        place, _, query = api.partition("?")
        if self.path:
            place = f"{place.removesuffix('/')}/{self.path}"
        query = "&".join(filter(None, (query, self.query)))
        return f"{place}?{query}" if query else place


class HTTPResponse(Struct, frozen=True):
    """A response that a transport received: status, headers, and the complete decoded body.

    ``headers`` must find names in lower case; a library's mapping that ignores case does.
    ``is_taken_for_json`` says that the client accepts the body as JSON, whatever its media type.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = {}  # each struct gets its own
    is_taken_for_json: bool = False

    def __repr__(self) -> str:
        return f"HTTPResponse({self.status!r})"

    @property
    def media_type(self) -> str:
        """The media type of the body, without parameters and in lower case; empty without one."""
        return _media_type(self.headers.get("content-type", ""))


@lru_cache(maxsize=64)  # a client's servers send few different ones
def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def schema_version(sdl: str) -> str:
    """Return the version of a schema, a hash of its text."""
    return sha256(sdl.encode()).hexdigest()[:32]


def schema_etag(version: str) -> str:
    """Return the strong ETag of the SDL of that version (RFC 9110 §8.8.3)."""
    return f'"{version}"'
