"""How a client gets its server's schema, and under which name it keeps it."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from trunkline.client.connection import Connection
from trunkline.client.introspection import ByIntrospection, BySDL, sdl_url
from trunkline.client.schema_cache import StoredSchema
from trunkline.client.schemas import SchemaFetcher
from trunkline.flow.calls import AuthScheme, Flow, send_request
from trunkline.protocol.documents import RegisteredDocument
from trunkline.protocol.messages import HTTPResponse

__all__ = ["fetcher_of"]


def fetcher_of(connection: Connection, auth: AuthScheme | None, url: str | None) -> SchemaFetcher:
    """Make what fetches the schema: as SDL from a URL, or by introspection where there is none."""
    key = _key(connection, auth, url)
    if url is None:

        def ask(
            document: RegisteredDocument, read: Callable[[HTTPResponse], StoredSchema]
        ) -> Flow[StoredSchema]:
            return connection.flow(document, b"", read, None)

        return ByIntrospection(ask, key)
    place = sdl_url(connection.url, url)
    ours = urlsplit(place)[:2] == urlsplit(connection.url or "")[:2]
    return BySDL(connection.send_http if ours else send_request, place, key)


def _key(connection: Connection, auth: AuthScheme | None, url: str | None) -> str | None:
    """Name a schema by its URL and by who asks, for a server may show each client another.

    ``None`` where either cannot be told, so that nothing is kept.
    """
    asker = "" if auth is None else getattr(auth, "identity", None)
    carrier = getattr(connection.transport, "identity", None)
    return None if asker is None or carrier is None else "\n".join((carrier, asker, url or ""))
