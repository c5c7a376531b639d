"""The schema as text under a URL, for clients that check their documents against it."""

from __future__ import annotations

from functools import cached_property

from graphql import lexicographic_sort_schema, print_schema

from trunkline.asgi.requests import Receive, Scope, check_method
from trunkline.asgi.responses import HTTPApplication, Response
from trunkline.protocol.schema_version import SCHEMA_VERSION, schema_etag, schema_version
from trunkline.schema.bindings import Schema

__all__ = ["SchemaText"]


class SchemaText(HTTPApplication):
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

    async def respond(self, scope: Scope, receive: Receive) -> Response:  # noqa: ARG002  # ASGI's
        """Return the SDL, or 304 for a client that has it already."""
        check_method(scope, "GET", "HEAD")
        etag = schema_etag(self.header[1].decode()).encode()
        headers = ((b"etag", etag), (b"cache-control", b"no-cache"), self.header)
        known = dict(scope["headers"]).get(b"if-none-match", b"")
        if etag in {one.strip().removeprefix(b"W/") for one in known.split(b",")}:
            return Response(304, headers=headers)
        described = (
            (b"content-type", b"application/graphql; charset=utf-8"),
            (b"x-content-type-options", b"nosniff"),
        )
        return Response(200, self.text.encode(), (*headers, *described))
