"""The schema as text under a URL, for clients that check their documents against it."""

from __future__ import annotations

from functools import cached_property

from graphql import lexicographic_sort_schema, print_schema

from trunkline.asgi.messages import Answer, Receive, Scope, Send, messages_of, refuse_socket
from trunkline.protocol.schema_version import SCHEMA_VERSION, schema_etag, schema_version
from trunkline.schema.bindings import Schema

__all__ = ["SchemaText"]

_METHODS = b"GET, HEAD"


class SchemaText:
    """Serves a schema's SDL: an ASGI application, ``Route("/schema.graphql", SchemaText(schema))``.

    It has a strong ETag, so that asking again costs a 304 (RFC 9110 §13.1.2). Give it to the
    endpoint too, ``GraphQL(schema, auth=…, schema_text=…)``, and each answer says in a header which
    schema it was made with: clients that see another one than theirs ask here. Whoever may ask sees
    the whole schema, descriptions included, as by introspection.
    """

    def __init__(self, schema: Schema) -> None:
        self._definition = schema.definition

    @cached_property
    def text(self) -> str:
        """The SDL: the same text for the same schema, in whatever order it was written."""
        return print_schema(lexicographic_sort_schema(self._definition)) + "\n"

    @cached_property
    def header(self) -> tuple[bytes, bytes]:
        """The header that names the schema in an answer."""
        return SCHEMA_VERSION.encode(), schema_version(self.text).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        if scope["type"] == "websocket":
            await refuse_socket(receive, send)
            return
        if scope["type"] != "http":
            raise RuntimeError(f"A schema's text is served by HTTP, not {scope['type']!r}.")
        for message in messages_of(self._answer(scope)):
            await send(message)

    def _answer(self, scope: Scope) -> Answer:
        if scope["method"] not in ("GET", "HEAD"):
            return Answer(405, b"", ((b"allow", _METHODS),))
        etag = schema_etag(self.header[1].decode()).encode()
        headers = ((b"etag", etag), (b"cache-control", b"no-cache"), self.header)
        wanted = dict(scope["headers"]).get(b"if-none-match", b"")
        if etag in {one.strip().removeprefix(b"W/") for one in wanted.split(b",")}:
            return Answer(304, b"", headers)
        body = self.text.encode()
        described = (
            (b"content-type", b"application/graphql; charset=utf-8"),
            (b"x-content-type-options", b"nosniff"),
        )
        if scope["method"] == "HEAD":
            return Answer(200, b"", (*headers, *described))
        return Answer(200, body, (*headers, *described))
