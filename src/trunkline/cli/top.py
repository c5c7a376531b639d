"""`trunkline top`: the operations that take the most time of one or several servers, live."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from math import inf
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from trunkline.cli.credentials import (
    ClientIDOption,
    IssuerOption,
    KeyOption,
    ResourceOption,
    ScopeOption,
    SecretFileOption,
    read_credentials,
)
from trunkline.cli.reading import HeaderOption, errors_end_command, read_pairs
from trunkline.errors import TrunklineError
from trunkline.printable import printable

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

    from trunkline.auth.calling.credentials import ClientCredentials
    from trunkline.contrib.prometheus.figures import ClientFigures, Counts, OperationFigures

__all__ = ["top_command"]

_TIMEOUT = 5.0  # seconds within which a server must give its page
_WINDOW = 60.0  # seconds that the live table looks back
_STEP = 10.0  # seconds between the pages that are kept for that
_MOST_CLIENTS = 5  # lines of a terminal


class _Order(StrEnum):
    TIME = "time"
    REQUESTS = "requests"
    FAILED = "failed"
    P50 = "p50"
    P95 = "p95"
    P99 = "p99"
    OPERATION = "operation"


def top_command(  # noqa: PLR0913  # the options
    urls: Annotated[
        list[str],
        typer.Argument(help="The pages with the metrics of servers: https://shop.internal/metrics"),
    ],
    *,
    sort: Annotated[_Order, typer.Option(help="What comes first.")] = _Order.TIME,
    every: Annotated[float, typer.Option(min=0.1, max=3600, help="Seconds between two looks.")] = 2,
    once: Annotated[
        bool, typer.Option("--once", help="Look once: what was counted since the servers started.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print an object of JSON, one a line, for each look.")
    ] = False,
    header: HeaderOption = None,
    issuer: IssuerOption = None,
    client_id: ClientIDOption = None,
    secret_file: SecretFileOption = None,
    key: KeyOption = None,
    resource: ResourceOption = None,
    scope: ScopeOption = None,
) -> None:
    """Show the operations of servers that count with PrometheusMetrics, and their clients.

    The table has the last minute, of all servers together. A request has failed if its outcome is
    not "ok". Ctrl-C ends the command.
    """
    from rich.console import Console

    from trunkline.generate.client.schema import with_environment

    with errors_end_command(ValueError):
        headers = with_environment(read_pairs(header, ":", "header"))
        credentials = read_credentials(issuer, client_id, secret_file, key, resource, scope)
        servers = [_Server(url, headers, credentials) for url in dict.fromkeys(urls)]
    console = Console(highlight=False)
    if not console.is_terminal and not json:
        once = True
    try:
        with ThreadPoolExecutor(len(servers)) as threads:
            if once:
                list(threads.map(_Server.look, servers))
                look = _look(servers, sort, with_all=True)
                typer.echo(look.json()) if json else console.print(_table(look, console.width))
            elif json:
                for look in _looks(servers, sort, every, threads):
                    typer.echo(look.json())
            else:
                _show(console, _looks(servers, sort, every, threads))
    except KeyboardInterrupt:
        return
    finally:
        for server in servers:
            server.close()
    if any(server.problem for server in servers):
        raise typer.Exit(1)


class _Server:
    """A server, and its pages of the last minute."""

    def __init__(
        self, url: str, headers: dict[str, str], credentials: ClientCredentials | None
    ) -> None:
        from trunkline.client.connection import Connection
        from trunkline.client.transports.httpx2 import HTTPX2Transport
        from trunkline.client.transports.rules import safe_url

        self.url = safe_url(url)  # it may have a password
        self.problem = ""
        self.pages: deque[tuple[float, Counts]] = deque()
        self._connection = Connection(
            HTTPX2Transport(url, headers=headers), auth=credentials, timeout=_TIMEOUT
        )
        self.close = self._connection.close

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
        response = self._connection.run(lambda _: self._connection.send_http(request), None)
        if response.status != 200:
            hint = ""
            if response.status in {401, 403}:
                hint = " It wants a token: --issuer, --client-id and --secret-file, or --header."
            raise ValueError(f"The response has the status {response.status}.{hint}")
        return read_counts(response.body.decode())


class _Look(NamedTuple):
    """What is shown: ``seconds`` is how far it looks back, ``None`` for all since the start."""

    seconds: float | None
    problems: dict[str, str]
    operations: list[OperationFigures]
    clients: list[ClientFigures]

    def json(self) -> str:
        import msgspec

        content = {
            "seconds": self.seconds,
            "servers": [
                {"url": url, "problem": problem or None} for url, problem in self.problems.items()
            ],
            "operations": [
                {
                    "operation": each.operation,
                    "type": each.kind,
                    "requests": each.requests,
                    "failed": each.failed,
                    "seconds": each.seconds,
                    "p50": each.quantile(0.5),
                    "p95": each.quantile(0.95),
                    "p99": each.quantile(0.99),
                }
                for each in self.operations
            ],
            "clients": self.clients,
        }
        return msgspec.json.encode(content).decode()


_KEYS: dict[_Order, Callable[[OperationFigures], Any]] = {
    _Order.TIME: lambda each: -each.seconds,
    _Order.REQUESTS: lambda each: -each.requests,
    _Order.FAILED: lambda each: -each.failed,
    _Order.P50: lambda each: -each.quantile(0.5),
    _Order.P95: lambda each: -each.quantile(0.95),
    _Order.P99: lambda each: -each.quantile(0.99),
    _Order.OPERATION: lambda each: each.operation,
}


def _looks(
    servers: Sequence[_Server], sort: _Order, every: float, threads: ThreadPoolExecutor
) -> Iterable[_Look]:
    """Yield a look each time; it is empty until each server was seen twice."""
    while True:
        list(threads.map(_Server.look, servers))
        yield _look(servers, sort, with_all=False)
        time.sleep(every)


def _look(servers: Sequence[_Server], sort: _Order, *, with_all: bool) -> _Look:
    from trunkline.contrib.prometheus.figures import (
        client_figures,
        difference,
        operation_figures,
    )

    total: Counts = {}
    seconds = 0.0
    for server in servers:
        if not server.pages:
            continue
        (began, before), (ended, after) = server.pages[0], server.pages[-1]
        seconds = max(seconds, ended - began)
        for key, value in difference(after, {} if with_all else before).items():
            total[key] = total.get(key, 0) + value
    return _Look(
        None if with_all else seconds,
        {server.url: server.problem for server in servers},
        sorted(operation_figures(total), key=_KEYS[sort]),
        sorted(client_figures(total), key=lambda each: -each.requests),
    )


def _show(console: Console, looks: Iterable[_Look]) -> None:
    from rich.live import Live

    with Live(console=console, auto_refresh=False, vertical_overflow="crop") as live:
        for look in looks:
            live.update(_table(look, console.width, console.height), refresh=True)


def _table(look: _Look, width: int, height: int | None = None) -> RenderableType:
    """Draw a look. With a height, what does not fit is left out; else all is there."""
    from rich.console import Group
    from rich.text import Text

    since = "since the servers started" if look.seconds is None else f"last {look.seconds:.0f} s"
    count = len(look.problems)
    lines: list[Text] = [Text(f"{count} server{'' if count == 1 else 's'}, {since}", "bold")]
    for url, problem in look.problems.items():
        if problem:
            lines.append(Text(f"{printable(url)}: {printable(problem)}", "red"))
    clients, operations = look.clients, look.operations
    if height is not None:
        clients = clients[:_MOST_CLIENTS]
        operations = operations[: max(1, height - len(lines) - len(clients) - 4)]
    columns = [(heading, cell) for heading, least, cell in _COLUMNS if width >= least]
    return Group(
        *lines,
        _rows(
            [heading for heading, _ in columns],
            [[cell(each) for _, cell in columns] for each in operations],
            fold=height is None,
        ),
        Text(),
        _rows(
            ["client", "requests", "failed"],
            [[each.client, f"{each.requests:,}", _part(each)] for each in clients],
            fold=height is None,
        ),
    )


def _rows(headings: Sequence[str], rows: Iterable[Sequence[str]], *, fold: bool) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="dim")
    for number, heading in enumerate(headings):
        table.add_column(
            heading,
            justify="right" if number else "left",
            no_wrap=bool(number),  # a long name gives way, not a figure
            overflow="fold" if fold else "ellipsis",
        )
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    return table


def _part(figures: OperationFigures | ClientFigures) -> str:
    return f"{figures.failed / figures.requests:.1%}" if figures.failed else ""


def _time(seconds: float) -> str:
    return f"{seconds:,.1f} s" if seconds >= 1 else f"{seconds * 1_000:.1f} ms"


def _quantile(figures: OperationFigures, part: float) -> str:
    seconds = figures.quantile(part)
    if seconds < inf:
        return _time(seconds)
    return f"> {max((each for each in figures.buckets if each < inf), default=0):g} s"


# The heading, the width of the narrowest terminal with this column, and what stands there.
_COLUMNS: tuple[tuple[str, int, Callable[[OperationFigures], str]], ...] = (
    ("operation", 0, lambda each: each.operation),
    ("type", 90, lambda each: each.kind),
    ("time", 0, lambda each: _time(each.seconds)),
    ("requests", 50, lambda each: f"{each.requests:,}"),
    ("failed", 0, _part),
    ("p50", 80, lambda each: _quantile(each, 0.5)),
    ("p95", 40, lambda each: _quantile(each, 0.95)),
    ("p99", 65, lambda each: _quantile(each, 0.99)),
)
