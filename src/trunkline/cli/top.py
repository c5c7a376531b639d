"""`trunkline top`: the operations that take the most time of one or several servers, live."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from trunkline.cli import credentials
from trunkline.cli.reading import HeaderOption, errors_end_command, read_pairs
from trunkline.cli.sending import Send, sending
from trunkline.errors import TrunklineError
from trunkline.printable import printable

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

    from trunkline.contrib.prometheus.figures import Asked, Counts, Figures

__all__ = ["top_command"]

_TIMEOUT = 5.0  # seconds within which a server must give its page
_WINDOW = 60.0  # seconds that the live table looks back
_STEP = 10.0  # seconds between the pages that are kept for that
_HINTS = {
    401: " It wants a token: --issuer, --client-id and --secret-file, or --header.",
    403: " The token is not for this page. The server's log says which scope or API it wants.",
    404: " Name the page with the metrics, such as http://localhost:8080/metrics.",
}
_MOST_BELOW = 5  # lines of the second table of a terminal
_TELLS_OUTCOMES = 100  # characters of a line that has room for how requests failed


class _Order(StrEnum):
    TIME = "time"
    REQUESTS = "requests"
    FAILED = "failed"
    P50 = "p50"
    P95 = "p95"
    P99 = "p99"
    NAME = "name"


class _By(StrEnum):
    OPERATION = "operation"
    CLIENT = "client"


class _Question(NamedTuple):
    """What is looked for: one operation, one client, or all; and how it is sorted."""

    sort: _Order
    operation: str | None
    client: str | None

    def asks(self, asked: Asked) -> bool:
        return self.operation in (None, asked.operation) and self.client in (None, asked.client)


def top_command(  # noqa: PLR0913  # the options
    urls: Annotated[
        list[str],
        typer.Argument(help="The pages with the metrics of servers: https://shop.internal/metrics"),
    ],
    *,
    by: Annotated[
        _By | None,
        typer.Option(
            help="Which table comes first: that of the operations, or that of the clients.",
            show_default="operation; client with --operation",
        ),
    ] = None,
    operation: Annotated[
        str | None, typer.Option(help="Show this operation only, and who asks for it.")
    ] = None,
    client: Annotated[
        str | None, typer.Option(help="Show this client only, and what it asks for.")
    ] = None,
    sort: Annotated[_Order, typer.Option(help="What comes first in both tables.")] = _Order.TIME,
    every: Annotated[float, typer.Option(min=0.1, max=3600, help="Seconds between two looks.")] = 2,
    once: Annotated[
        bool, typer.Option("--once", help="Look once: what was counted since the servers started.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print an object of JSON, one a line, for each look.")
    ] = False,
    header: HeaderOption = None,
    issuer: credentials.IssuerOption = None,
    client_id: credentials.ClientIDOption = None,
    secret_file: credentials.SecretFileOption = None,
    key: credentials.KeyOption = None,
    resource: credentials.ResourceOption = None,
    scope: credentials.ScopeOption = None,
) -> None:
    """Show the operations of servers that count with PrometheusMetrics, and their clients.

    The tables have the last minute, of all servers together; "before" is the p95 of all that was
    counted earlier. A request has failed if its outcome is not "ok"; from 100 characters on, a line
    has the outcome that most of these had. Ctrl-C ends the command.
    """
    from rich.console import Console

    from trunkline.generate.client.schema import with_environment

    if by is None:
        by = _By.CLIENT if operation is not None and client is None else _By.OPERATION
    question = _Question(sort, operation, client)
    console = Console(highlight=False)
    if not console.is_terminal and not json:
        once = True
    with ExitStack() as stack:
        with errors_end_command(ValueError):
            headers = with_environment(read_pairs(header, ":", "header"))
            auth = credentials.read_credentials(
                issuer, client_id, secret_file, key, resource, scope
            )
            servers: list[_Server] = []
            for url in dict.fromkeys(urls):
                opened = sending(url, timeout=_TIMEOUT, headers=headers, auth=auth)
                servers.append(_Server(url, stack.enter_context(opened)))
        threads = stack.enter_context(ThreadPoolExecutor(len(servers)))
        try:
            if once:
                list(threads.map(_Server.look, servers))
                look = _look(servers, question, with_all=True)
                typer.echo(look.json()) if json else console.print(_tables(look, by, console.width))
            elif json:
                for look in _looks(servers, question, every, threads):
                    typer.echo(look.json())
            else:
                _show(console, _looks(servers, question, every, threads), by)
        except KeyboardInterrupt:
            return
    if any(server.problem for server in servers):
        raise typer.Exit(1)


class _Server:
    """A server, and its pages of the last minute."""

    def __init__(self, url: str, send: Send) -> None:
        from trunkline.client.transports.rules import safe_url

        self.url = safe_url(url)  # it may have a password
        self.problem = ""
        self.pages: deque[tuple[float, Counts]] = deque()
        self._send = send

    def look(self) -> None:
        """Fetch the page. A server that is away counts again from its first page on."""
        try:
            counts = self._fetch()
        except (TrunklineError, ValueError) as error:
            self.problem = str(error)
            self.pages.clear()
            return
        self.problem = ""
        now, pages = time.monotonic(), self.pages
        if pages and any(counts.get(key, 0) < value for key, value in pages[-1][1].items()):
            then = pages[-1][0]
            pages.clear()
            pages.append((then, {}))  # it has started again
        if len(pages) > 1 and pages[-1][0] - pages[-2][0] < _STEP:
            pages.pop()
        pages.append((now, counts))
        while len(pages) > 2 and pages[1][0] <= now - _WINDOW:
            pages.popleft()

    def _fetch(self) -> Counts:
        from trunkline.contrib.prometheus.figures import read_counts
        from trunkline.protocol.messages import HTTPRequest

        request = HTTPRequest("GET", {"accept": "text/plain"}, b"", repeatable=True)
        response = self._send(request)
        if response.status != 200:
            hint = _HINTS.get(response.status, "")
            raise ValueError(f"The response has the status {response.status}.{hint}")
        return read_counts(response.body.decode())


@dataclass
class _Row:
    """A line of a table. ``parts`` are the seconds by client, or those of a client by operation."""

    name: str
    kind: str
    figures: Figures
    before: Figures
    parts: dict[str, float]


class _Look(NamedTuple):
    """What is shown: ``seconds`` is how far it looks back, ``None`` for all since the start."""

    seconds: float | None
    problems: dict[str, str]
    rows: dict[_By, list[_Row]]

    def json(self) -> str:
        import msgspec

        content = {
            "seconds": self.seconds,
            "servers": [
                {"url": url, "problem": problem or None} for url, problem in self.problems.items()
            ],
            "operations": [
                {
                    "operation": each.name,
                    "type": each.kind,
                    **_figures_json(each),
                    "seconds_by_client": each.parts,
                }
                for each in self.rows[_By.OPERATION]
            ],
            "clients": [
                {"client": each.name, **_figures_json(each), "seconds_by_operation": each.parts}
                for each in self.rows[_By.CLIENT]
            ],
        }
        return msgspec.json.encode(content).decode()


def _figures_json(row: _Row) -> dict[str, object]:
    its = row.figures
    return {
        "requests": its.requests,
        "failed": its.failed,
        "failed_by_outcome": its.failures,
        "seconds": its.seconds,
        "p50": its.quantile(0.5),
        "p95": its.quantile(0.95),
        "p95_before": row.before.quantile(0.95) if row.before.requests else None,
        "p99": its.quantile(0.99),
    }


_KEYS: dict[_Order, Callable[[_Row], Any]] = {
    _Order.TIME: lambda row: -row.figures.seconds,
    _Order.REQUESTS: lambda row: -row.figures.requests,
    _Order.FAILED: lambda row: -row.figures.failed,
    _Order.P50: lambda row: -row.figures.quantile(0.5),
    _Order.P95: lambda row: -row.figures.quantile(0.95),
    _Order.P99: lambda row: -row.figures.quantile(0.99),
    _Order.NAME: lambda row: row.name,
}


def _looks(
    servers: Sequence[_Server], question: _Question, every: float, threads: ThreadPoolExecutor
) -> Iterable[_Look]:
    """Yield a look each time; it is empty until each server was seen twice."""
    while True:
        list(threads.map(_Server.look, servers))
        yield _look(servers, question, with_all=False)
        time.sleep(every)


def _look(servers: Sequence[_Server], question: _Question, *, with_all: bool) -> _Look:
    from trunkline.contrib.prometheus.figures import Figures, difference, figures

    now: dict[Asked, Figures] = {}
    earlier: dict[Asked, Figures] = {}
    seconds = 0.0
    for server in servers:
        if not server.pages:
            continue
        (began, before), (ended, after) = server.pages[0], server.pages[-1]
        if with_all:
            before = {}
        seconds = max(seconds, ended - began)
        for total, counts in ((now, difference(after, before)), (earlier, before)):
            for asked, its in figures(counts).items():
                if question.asks(asked):
                    total.setdefault(asked, Figures()).add(its)
    return _Look(
        None if with_all else seconds,
        {server.url: server.problem for server in servers},
        {by: sorted(_rows(now, earlier, by), key=_KEYS[question.sort]) for by in _By},
    )


def _rows(now: dict[Asked, Figures], earlier: dict[Asked, Figures], by: _By) -> Iterable[_Row]:
    """Sum up the figures of each operation, or of each client."""
    from trunkline.contrib.prometheus.figures import Figures

    def key(asked: Asked) -> tuple[str, str]:
        return (asked.client, "") if by is _By.CLIENT else (asked.operation, asked.kind)

    rows: dict[tuple[str, str], _Row] = {}
    for asked, its in now.items():
        row = rows.setdefault(key(asked), _Row(*key(asked), Figures(), Figures(), {}))
        row.figures.add(its)
        other = asked.operation if by is _By.CLIENT else asked.client
        row.parts[other] = row.parts.get(other, 0) + its.seconds
    for asked, its in earlier.items():
        if key(asked) in rows:
            rows[key(asked)].before.add(its)
    return rows.values()


def _show(console: Console, looks: Iterable[_Look], by: _By) -> None:
    from rich.live import Live

    with Live(console=console, auto_refresh=False, vertical_overflow="crop") as live:
        for look in looks:
            live.update(_tables(look, by, console.width, console.height), refresh=True)


def _tables(look: _Look, first: _By, width: int, height: int | None = None) -> RenderableType:
    """Draw a look. With a height, what does not fit is left out; else all is there."""
    from rich.console import Group
    from rich.text import Text

    since = "since the servers started" if look.seconds is None else f"last {look.seconds:.0f} s"
    count = len(look.problems)
    lines: list[Text] = [Text(f"{count} server{'' if count == 1 else 's'}, {since}", "bold")]
    for url, problem in look.problems.items():
        if problem:
            told = problem if url in problem else f"{url}: {problem}"
            lines.append(Text(printable(told), "red"))
    second = _By.OPERATION if first is _By.CLIENT else _By.CLIENT
    above, below = look.rows[first], look.rows[second]
    if not above:
        answers = not all(look.problems.values())
        return Group(*lines, *([Text("No operation was counted.")] if answers else []))
    if height is not None:
        below = below[:_MOST_BELOW]
        above = above[: max(1, height - len(lines) - len(below) - 4)]
    shown = [
        _table(by, rows, width, fold=height is None, compares=look.seconds is not None)
        for by, rows in ((first, above), (second, below))
    ]
    return Group(*lines, shown[0], Text(), shown[1])


def _table(by: _By, rows: Sequence[_Row], width: int, *, fold: bool, compares: bool) -> Table:
    from rich.table import Table
    from rich.text import Text

    columns: list[tuple[str, int, Callable[[_Row], str]]] = [
        (by.value, 0, lambda row: row.name),
        ("type", 80, lambda row: row.kind),
        ("time", 0, lambda row: _time(row.figures.seconds)),
        ("requests", 50, lambda row: f"{row.figures.requests:,}"),
        ("failed", 0, partial(_failed, tells_outcome=width >= _TELLS_OUTCOMES)),
        ("p50", 120, lambda row: _quantile(row.figures, 0.5)),
        ("p95", 40, lambda row: _quantile(row.figures, 0.95)),
        ("before", 80, lambda row: _quantile(row.before, 0.95) if row.before.requests else ""),
        ("p99", 110, lambda row: _quantile(row.figures, 0.99)),
        ("mostly by" if by is _By.OPERATION else "mostly", 65, _most),
    ]
    if by is _By.CLIENT:
        columns = [each for each in columns if each[0] != "type"]
    if not compares:
        columns = [each for each in columns if each[0] != "before"]
    columns = [each for each in columns if width >= each[1]]
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading, _, cell in columns:
        is_name = heading == by.value or cell is _most
        table.add_column(
            heading,
            justify="left" if is_name else "right",
            no_wrap=not is_name,  # a long name gives way, not a figure
            overflow="fold" if fold else "ellipsis",
        )
    for row in rows:
        table.add_row(*(Text(printable(cell(row))) for _, _, cell in columns))
    return table


def _failed(row: _Row, *, tells_outcome: bool) -> str:
    from trunkline.observe.operations import main_failure

    its = row.figures
    if not its.failures:
        return ""
    part = f"{its.failed / its.requests:.1%}"
    return f"{part} {main_failure(its.failures)}" if tells_outcome else part


def _most(row: _Row) -> str:
    name = max(row.parts, key=row.parts.__getitem__)
    part = row.parts[name] / (row.figures.seconds or 1)
    return name if len(row.parts) == 1 else f"{name} {part:.0%}"


def _time(seconds: float) -> str:
    return f"{seconds:,.1f} s" if seconds >= 1 else f"{seconds * 1_000:.1f} ms"


def _quantile(figures: Figures, part: float) -> str:
    seconds = figures.quantile(part)
    if seconds < inf:
        return _time(seconds)
    return f"> {max((each for each in figures.buckets if each < inf), default=0):g} s"
