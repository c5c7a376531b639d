"""The schema as text at a URL, for clients that check their documents against it."""

from __future__ import annotations

from functools import cached_property

from trunkline.asgi.requests import Receive, Scope, check_method
from trunkline.asgi.responses import HTTPApplication, Response
from trunkline.protocol.messages import SCHEMA_VERSION, schema_etag, schema_version
from trunkline.schema.bindings import Schema
from trunkline.schema.printing import print_schema

__all__ = ["SchemaText"]


class SchemaText(HTTPApplication):
    """Serves a schema's SDL: an ASGI application, ``Route("/schema.graphql", SchemaText(schema))``.

    The SDL has a strong ETag: a client that has it already gets 304 (RFC 9110 §13.1.2). Give it to
    the endpoint too, ``GraphQL(schema, auth=…, schema_text=…)``. Then a header of each response
    names the schema's version, and clients that know another version fetch the SDL again. Everyone
    who may fetch it sees the whole schema: descriptions, and the scopes that it declares.
    """

    def __init__(self, schema: Schema) -> None:
        self._definition = schema.definition

    @cached_property
    def text(self) -> str:
        """The SDL, as ``trunkline schema print`` prints it.

        It is the same text for the same schema, whatever the order of its definitions. Directives
        are in it where they are applied, except those that only generators read.
        """
        return print_schema(self._definition)

    @cached_property
    def header(self) -> tuple[bytes, bytes]:
        """The header of responses that names the schema's version."""
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
