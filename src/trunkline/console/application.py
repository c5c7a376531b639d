"""The console's application: who may see it, its pages, and what these show."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import parse_qs, urlencode

from graphql import GraphQLSchema

from trunkline.asgi.mounting import location_with_slash, path_below_mount
from trunkline.asgi.requests import HTTPProblem, Receive, Scope, check_method, read_headers
from trunkline.asgi.responses import HTTPApplication, Response, close_unread
from trunkline.auth.verifying.caller import Authenticator, check_authenticator
from trunkline.console import charts, texts
from trunkline.console.fields import schema_changes, used_types
from trunkline.console.readings import by_client, by_operation, by_version
from trunkline.console.waterfall import by_slowness, longest, waterfall
from trunkline.contracts.registry import DocumentRegistry
from trunkline.errors import AccessDeniedError, StoreError
from trunkline.observe.log import safe_logger
from trunkline.observe.operations import main_failure
from trunkline.observe.usage_counts import Counts, Span, UsageOperation
from trunkline.observe.usage_store import UsageStore
from trunkline.printable import printable
from trunkline.protocol.messages import schema_version
from trunkline.schema.printing import print_schema

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["Console"]

logger = safe_logger("trunkline.console")

_FILES = Path(__file__).parent / "pages"
_ASSETS = {"/console.css": "text/css", "/console.js": "text/javascript"}
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_DAY = 86_400
_WINDOWS = {
    "24h": (_DAY, Span.HOUR),
    "7d": (7 * _DAY, Span.HOUR),
    "30d": (30 * _DAY, Span.DAY),
    "90d": (90 * _DAY, Span.DAY),
}
_MOST_LISTED = 200  # operations, or clients, of a page
_MOST_PARTS = 500  # of a schema, on one page
_MOST_OF_ONE = 12  # slow requests of an operation

MaySee: TypeAlias = Callable[[Scope], Awaitable[bool]]
"""Says by a request's ASGI scope whether the person who sent it may see the console."""

_Query: TypeAlias = Mapping[str, str]


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
        self._registered = registered
        self._schema = schema
        self._usage = UsageStore(usage, creates=False)
        self._unnoted = ""  # why the version of the schema is not noted
        if schema is not None:
            self._text = print_schema(schema)
            self._note_schema()
            if self._unnoted:
                logger.warning(
                    "The console did not note the version of the schema. %s", self._unnoted
                )
        self._templates = _templates()
        self._assets = {
            path: self._response(200, (_FILES / path[1:]).read_bytes(), f"{kind}; charset=utf-8")
            for path, kind in _ASSETS.items()
        }
        self._pages: dict[str, Callable[[_Query], str]] = {
            "/": self._operations,
            "/operation": self._operation,
            "/clients": self._clients,
            "/client": self._client,
            "/slow": self._slowest,
            "/request": self._request,
        }
        if schema is not None:
            self._pages |= {
                "/schema": self._fields,
                "/coordinate": self._coordinate,
                "/changes": self._changes,
            }

    def _note_schema(self) -> None:
        try:
            self._usage.saw_schema(schema_version(self._text), self._text)
        except StoreError as error:
            self._unnoted = str(error)
        else:
            self._unnoted = ""

    async def respond(self, scope: Scope, receive: Receive) -> Response:  # noqa: ARG002  # ASGI's
        """Return a page, the stylesheet or the script."""
        await self._admit(scope)
        check_method(scope, "GET", "HEAD")
        path = path_below_mount(scope) or "/"
        if path in self._assets:
            return self._assets[path]
        page = self._pages.get(path)
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
            status, text = 503, self._render("problem", message=str(error))
        except HTTPProblem as problem:
            status, text = problem.status, self._render("problem", message=problem.message)
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

    # -- the pages, each from the parameters of its URL --

    def _operations(self, query: _Query) -> str:
        window, since, span = _window(query)
        counted = self._usage.over_time(since, span)
        readings = by_operation(self._usage.by_operation(since))
        return self._render(
            "operations",
            window,
            readings=readings[:_MOST_LISTED],
            left_out=len(readings[_MOST_LISTED:]),
            seconds=sum(each.counts.seconds for each in readings),
            charts=charts.all_charts(counted, since, span),
        )

    def _operation(self, query: _Query) -> str:
        window, since, span = _window(query)
        operation = UsageOperation(
            query.get("name", ""), query.get("kind", ""), query.get("document", "")
        )
        counted = self._usage.over_time(since, span, operation)
        rows = self._usage.rows(since, operation=operation, with_buckets=True)
        total = Counts()
        for row in rows:
            total.add(row)
        return self._render(
            "operation",
            window,
            operation=operation,
            total=total,
            versions=by_version(rows)[:_MOST_LISTED],
            slow=self._usage.slow_of(operation, since, _MOST_OF_ONE),
            texts=self._usage.texts(operation),
            charts=charts.all_charts(counted, since, span),
        )

    def _clients(self, query: _Query) -> str:
        window, since, _ = _window(query)
        readings = by_client(self._usage.by_client(since))
        contracts = self._registered.contracts() if self._registered else []
        versions = {contract.client: 0 for contract, _ in contracts}
        for contract, state in contracts:
            versions[contract.client] += state == "active"
        return self._render(
            "clients",
            window,
            has_contracts=self._registered is not None,
            versions=versions,
            quiet=sorted(versions.keys() - {each.of.name for each in readings}),
            readings=readings[:_MOST_LISTED],
            left_out=len(readings[_MOST_LISTED:]),
        )

    def _client(self, query: _Query) -> str:
        window, since, _ = _window(query)
        name = query.get("name", "")
        rows = self._usage.rows(since, client=name, with_buckets=True)
        registered = self._registered
        return self._render(
            "client",
            window,
            client=name,
            contracts=registered and registered.contracts(name),
            rule=registered and registered.rule(name),
            unknown=registered and registered.unknown(name)[:_MOST_LISTED],
            versions=by_version(rows)[:_MOST_LISTED],
            readings=by_operation((row.operation, row) for row in rows)[:_MOST_LISTED],
        )

    def _fields(self, query: _Query) -> str:
        window, since, _ = _window(query)
        assert self._schema is not None  # noqa: S101  # else there is no such page
        everything = used_types(self._schema, self._usage.coordinates(since))
        text, name = query.get("text", "").strip(), query.get("type", "")
        only_unused = query.get("show") == "unused"
        types = [
            found
            for each in everything
            if name in {"", each.name}
            and (found := each.only(text=text.lower(), unused=only_unused)).elements
        ]
        return self._render(
            "schema",
            window,
            types=types,
            is_list=not name and sum(len(each.elements) for each in types) > _MOST_PARTS,
            text=text,
            type_name=name,
            only_unused=only_unused,
            count=sum(len(each.elements) for each in everything),
            unused=sum(each.unused for each in everything),
            most=max((part.count for each in everything for part in each.elements), default=0) or 1,
        )

    def _coordinate(self, query: _Query) -> str:
        window, since, _ = _window(query)
        coordinate = query.get("name", "")
        return self._render(
            "coordinate",
            window,
            coordinate=coordinate,
            rows=self._usage.rows(since, coordinate=coordinate)[:_MOST_LISTED],
        )

    def _changes(self, query: _Query) -> str:
        window, _, _ = _window(query)
        if self._unnoted:
            self._note_schema()
        seen = self._usage.schemas()
        if not seen:
            return self._render("changes", window, seen=seen, unnoted=self._unnoted)
        version = query.get("version", seen[0].version)
        index = next((index for index, each in enumerate(seen) if each.version == version), None)
        if index is None:
            raise HTTPProblem(404, "This version of the schema was not seen.")
        before = seen[index + 1] if index + 1 < len(seen) else None
        return self._render(
            "changes",
            window,
            seen=seen,
            unnoted=self._unnoted,
            chosen=seen[index],
            before=before,
            changes=before and schema_changes(before.text, seen[index].text),
        )

    def _slowest(self, query: _Query) -> str:
        window, since, _ = _window(query)
        return self._render("slow", window, operations=by_slowness(self._usage.slow(since)))

    def _request(self, query: _Query) -> str:
        window, since, _ = _window(query)
        request = self._usage.slow_request(query.get("id", ""))
        if request is None:
            raise HTTPProblem(404, "This request is not kept, or not any more.")
        operation = UsageOperation(request.name, request.kind, request.document_id)
        others = self._usage.slow_of(operation, since, _MOST_OF_ONE)
        return self._render(
            "request",
            window,
            request=request,
            bars=waterfall(request),
            others=[each for each in others if each.id != request.id],
        )

    def _render(self, template: str, window: str = "", **values: Any) -> str:
        def link(page: str, **parameters: str) -> str:
            chosen = {"since": window, **parameters}
            return f"{page}?{urlencode({key: value for key, value in chosen.items() if value})}"

        return self._templates.get_template(f"{template}.html").render(
            page=template,
            pages=self._pages,
            window=window,
            windows=list(_WINDOWS),
            link=link,
            **values,
        )


def _window(query: _Query) -> tuple[str, float, Span]:
    """Return how far a page looks back, since when, and the spans of its charts."""
    window = query.get("since", "24h")
    if window not in _WINDOWS:
        raise HTTPProblem(400, f"since must be one of {', '.join(_WINDOWS)}.")
    seconds, span = _WINDOWS[window]
    return window, time.time() - seconds, span


def _read_query(scope: Scope) -> _Query:
    try:
        found = parse_qs(scope.get("query_string", b"").decode("ascii"), errors="strict")
    except ValueError:  # also of what is not UTF-8
        raise HTTPProblem(400, "The query string cannot be read.") from None
    return {name: values[-1] for name, values in found.items()}


def _templates() -> Environment:
    try:
        import jinja2  # noqa: PLC0415  # of an extra
    except ModuleNotFoundError as error:
        raise ImportError("Console needs Jinja: pip install 'trunkline[console]'.") from error
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FILES),
        autoescape=True,  # names come from strangers
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., str]] = {
        "name": printable,
        "number": texts.number,
        "duration": texts.duration,
        "moment": texts.moment,
        "day": texts.day,
        "percent_of": texts.percent,
        "longest": longest,
        "main_failure": main_failure,
    }
    environment.filters.update(filters)
    return environment
