"""The console's application: who may see it, and how its pages are sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias
from urllib.parse import parse_qs

from graphql import GraphQLSchema

from trunkline.asgi.mounting import location_with_slash, path_below_mount
from trunkline.asgi.requests import HTTPProblem, Receive, Scope, check_method, read_headers
from trunkline.asgi.responses import HTTPApplication, Response, close_unread
from trunkline.auth.verifying.caller import Authenticator, check_authenticator
from trunkline.console.contents import FILES, Pages, Query
from trunkline.contracts.registry import DocumentRegistry
from trunkline.errors import AccessDeniedError, StoreError
from trunkline.observe.usage_store import UsageStore

__all__ = ["Console"]

_ASSETS = {"/console.css": "text/css", "/console.js": "text/javascript"}
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
MaySee: TypeAlias = Callable[[Scope], Awaitable[bool]]
"""Says by a request's ASGI scope whether the person who sent it may see the console."""


class Console(HTTPApplication):
    """An ASGI application whose pages show what `Usage` counted: ``Mount("/console", Console(…))``.

    - ``usage``: where the servers count: ``sqlite:///usage.db`` or
      ``postgresql://user@host/database``.
    - ``may_see``: an ``async`` function of the ASGI scope, for people: it looks who is logged in
      to the program that the console is mounted in, and returns whether they may see it.
    - ``auth``: a `Verifier`, for programs: it lets in tokens that have the ``scope``.
    - ``registered``: what the endpoint has as such, for the contracts of clients.
    - ``schema``: the definition, as ``load_schema`` returns it, to show what of it is used, and
      how it changed: each new version is noted in the database of usage, if that has tables and the
      console's user may write there; else it logs a warning.

    Every request is checked. With both, one of them must agree; with neither, ``TypeError`` is
    raised. Raises ``StoreError`` if the URL cannot be that of a database, and ``ImportError``
    without Jinja: ``pip install 'trunkline[console]'``. If the database cannot be used, or has no
    tables yet, pages say so.

    The pages need no JavaScript; with it, charts follow what is counted. Nothing is loaded from
    elsewhere, and nothing can be changed here.
    """

    def __init__(  # noqa: PLR0913  # what it shows, and to whom
        self,
        usage: str,
        *,
        may_see: MaySee | None = None,
        auth: Authenticator | None = None,
        scope: str = "console",
        registered: DocumentRegistry | None = None,
        schema: GraphQLSchema | None = None,
    ) -> None:
        if may_see is None and auth is None:
            raise TypeError(
                "Console needs may_see=, a function that says who may see it, or auth=, a Verifier:"
                " its pages tell who asks what."
            )
        if auth is not None:
            check_authenticator(auth)
        self._may_see = may_see
        self._auth = auth
        self._scope = scope
        self._pages = Pages(UsageStore(usage, creates=False), registered, schema)
        self._assets = {
            path: self._response(200, (FILES / path[1:]).read_bytes(), f"{kind}; charset=utf-8")
            for path, kind in _ASSETS.items()
        }

    async def respond(self, scope: Scope, receive: Receive) -> Response:  # noqa: ARG002  # ASGI's
        """Return a page, the stylesheet or the script."""
        await self._admit(scope)
        check_method(scope, "GET", "HEAD")
        path = path_below_mount(scope) or "/"
        if path in self._assets:
            return self._assets[path]
        page = self._pages.by_path.get(path)
        if page is None:
            raise HTTPProblem(404, "The console has no such page.")
        if path == "/" and (location := location_with_slash(scope)):
            query = scope.get("query_string", b"").decode("ascii", "replace")
            headers = {"location": f"{location}?{query}" if query else location}
            return self._response(307, b"", "text/plain", headers)
        status = 200
        try:
            text = await asyncio.to_thread(page, _read_query(scope))
        except StoreError as error:
            status, text = 503, self._pages.problem(str(error))
        except HTTPProblem as problem:
            status, text = problem.status, self._pages.problem(problem.message)
        return self._response(status, text.encode(), "text/html; charset=utf-8")

    async def _admit(self, scope: Scope) -> None:
        """Raise ``HTTPProblem`` or ``AccessDeniedError`` if the sender may not see this."""
        if self._may_see is not None and await self._may_see(scope) is True:
            return
        if self._auth is None:
            raise HTTPProblem(403, "You may not see the console.")
        known = self._auth.recall(scope, read_headers(scope))
        caller = known or await self._auth.authenticate(scope)
        if self._scope not in caller.scopes:
            message = f"The token lacks the scope {self._scope}."
            raise AccessDeniedError(403, message, "insufficient_scope", scopes=[self._scope])

    def explain(self, error: Exception, scope: Scope) -> Response:
        """Return the response to a request that gets no page."""
        if isinstance(error, AccessDeniedError) and self._auth is not None:
            error = HTTPProblem(error.status, str(error), *self._auth.challenge.headers(error))
        if not isinstance(error, HTTPProblem):
            return super().explain(error, scope)
        all_headers = (*error.headers, *close_unread(scope))
        headers = {name.decode(): value.decode() for name, value in all_headers}
        return self._response(
            error.status, error.message.encode(), "text/plain; charset=utf-8", headers
        )

    @staticmethod
    def _response(
        status: int, body: bytes, media_type: str, headers: Mapping[str, str] | None = None
    ) -> Response:
        complete = {
            "content-type": media_type,
            "cache-control": "no-store",
            "content-security-policy": _POLICY,
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            **(headers or {}),
        }
        return Response(
            status, body, tuple((name.encode(), value.encode()) for name, value in complete.items())
        )


def _read_query(scope: Scope) -> Query:
    try:
        found = parse_qs(scope.get("query_string", b"").decode("ascii"), errors="strict")
    except ValueError:  # also of what is not UTF-8
        raise HTTPProblem(400, "The query string cannot be read.") from None
    return {name: values[-1] for name, values in found.items()}
