"""The schema as text below the endpoint's path, for clients that check their documents against it.

Each caller gets the schema as it sees it.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

from trunkline.asgi.requests import Headers, HTTPProblem, Scope, check_method
from trunkline.asgi.responses import Response
from trunkline.compiler.cache import OperationCache
from trunkline.protocol.messages import SCHEMA_VERSION, schema_etag, schema_version
from trunkline.schema.printing import print_schema

__all__ = ["SCHEMA_PATH", "SchemaTexts"]

SCHEMA_PATH = "/schema.graphql"
"""Where the SDL is, below the endpoint's own path."""


class SchemaTexts:
    """The SDL of each view of a schema, printed once.

    It is the text that ``trunkline schema print`` prints, the same for the same schema, whatever
    the order of its definitions. Directives are in it where they are applied, except those that
    only generators read.
    """

    def __init__(self, *, is_private: bool) -> None:
        self._control = b"private, no-cache" if is_private else b"no-cache"
        self._texts = WeakKeyDictionary[OperationCache, tuple[str, str]]()

    def header(self, view: OperationCache) -> tuple[bytes, bytes]:
        """Return the header of each response that names the version of the schema."""
        _, version = self._text(view)
        return SCHEMA_VERSION.encode(), version.encode()

    def respond(self, view: OperationCache, scope: Scope, headers: Headers) -> Response:
        """Return the SDL, or 304 for a client that has it already (RFC 9110 §13.1.2).

        Raises ``HTTPProblem`` for another method, and for a caller who may not ask for the schema.
        """
        check_method(scope, "GET", "HEAD")
        if not view.schema.has_introspection:
            raise HTTPProblem(403, "This server does not tell you its schema.")
        text, version = self._text(view)
        etag = schema_etag(version).encode()
        always = (
            (b"etag", etag),
            (b"cache-control", self._control),
            (b"vary", b"Authorization"),
            self.header(view),
        )
        known = headers.get(b"if-none-match", b"")
        if etag in {one.strip().removeprefix(b"W/") for one in known.split(b",")}:
            return Response(304, headers=always)
        described = (
            (b"content-type", b"application/graphql; charset=utf-8"),
            (b"x-content-type-options", b"nosniff"),
        )
        return Response(200, text.encode(), (*always, *described))

    def _text(self, view: OperationCache) -> tuple[str, str]:
        known = self._texts.get(view)
        if known is None:
            text = print_schema(view.schema.definition)
            known = self._texts[view] = text, schema_version(text)
        return known
