"""What the pages of the console show, each from the parameters of its URL."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlencode

from graphql import GraphQLSchema

from trunkline.asgi.requests import HTTPProblem
from trunkline.console import charts, texts
from trunkline.console.fields import schema_changes, used_types
from trunkline.console.readings import by_client, by_operation, by_version
from trunkline.console.waterfall import by_slowness, longest, waterfall
from trunkline.contracts.registry import DocumentRegistry
from trunkline.errors import StoreError
from trunkline.observe.log import safe_logger
from trunkline.observe.operations import main_failure
from trunkline.observe.usage_counts import Counts, Span, UsageOperation
from trunkline.observe.usage_store import UsageStore
from trunkline.printable import printable
from trunkline.protocol.messages import schema_version
from trunkline.schema.printing import print_schema

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["FILES", "Pages", "Query"]

logger = safe_logger("trunkline.console")

FILES = Path(__file__).parent / "pages"
"""The folder with the templates of the pages, their style and their script."""

Query: TypeAlias = Mapping[str, str]

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


class Pages:
    """The pages of a console; ``by_path`` has what makes the text of each.

    These raise ``HTTPProblem`` for parameters that are wrong, and ``StoreError``.
    """

    def __init__(
        self, usage: UsageStore, registered: DocumentRegistry | None, schema: GraphQLSchema | None
    ) -> None:
        self._usage = usage
        self._registered = registered
        self._templates = _templates()
        self._unnoted = ""  # why the version of the schema is not noted
        self.by_path: dict[str, Callable[[Query], str]] = {
            "/": self._operations,
            "/operation": self._operation,
            "/clients": self._clients,
            "/client": self._client,
            "/slow": self._slowest,
            "/request": self._request,
        }
        if schema is None:
            return
        self._schema = schema
        self._text = print_schema(schema)
        self._note_schema()
        if self._unnoted:
            logger.warning("The console did not note the version of the schema. %s", self._unnoted)
        self.by_path |= {
            "/schema": self._fields,
            "/coordinate": self._coordinate,
            "/changes": self._changes,
        }

    def problem(self, message: str) -> str:
        """Return the page that says what is wrong."""
        return self._render("problem", message=message)

    def _note_schema(self) -> None:
        try:
            self._usage.saw_schema(schema_version(self._text), self._text)
        except StoreError as error:
            self._unnoted = str(error)
        else:
            self._unnoted = ""

    def _operations(self, query: Query) -> str:
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

    def _operation(self, query: Query) -> str:
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

    def _clients(self, query: Query) -> str:
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

    def _client(self, query: Query) -> str:
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

    def _fields(self, query: Query) -> str:
        window, since, _ = _window(query)
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

    def _coordinate(self, query: Query) -> str:
        window, since, _ = _window(query)
        coordinate = query.get("name", "")
        return self._render(
            "coordinate",
            window,
            coordinate=coordinate,
            rows=self._usage.rows(since, coordinate=coordinate)[:_MOST_LISTED],
        )

    def _changes(self, query: Query) -> str:
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

    def _slowest(self, query: Query) -> str:
        window, since, _ = _window(query)
        return self._render("slow", window, operations=by_slowness(self._usage.slow(since)))

    def _request(self, query: Query) -> str:
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
            pages=self.by_path,
            window=window,
            windows=list(_WINDOWS),
            link=link,
            **values,
        )


def _window(query: Query) -> tuple[str, float, Span]:
    """Return how far a page looks back, since when, and the spans of its charts."""
    window = query.get("since", "24h")
    if window not in _WINDOWS:
        raise HTTPProblem(400, f"since must be one of {', '.join(_WINDOWS)}.")
    seconds, span = _WINDOWS[window]
    return window, time.time() - seconds, span


def _templates() -> Environment:
    try:
        import jinja2  # noqa: PLC0415  # of an extra
    except ModuleNotFoundError as error:
        raise ImportError("Console needs Jinja: pip install 'trunkline[console]'.") from error
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FILES),
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
