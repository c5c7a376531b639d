"""`trunkline usage`: who asks what, as the servers counted it."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trunkline.cli.clients import moment
from trunkline.cli.reading import errors_end_command, require_file, stop
from trunkline.cli.sending import sending
from trunkline.printable import printable

if TYPE_CHECKING:
    from trunkline.observe.hive import HiveReport
    from trunkline.observe.usage_counts import UsageRow
    from trunkline.observe.usage_store import UsageStore

__all__ = ["usage_command"]

_TOKEN = "HIVE_ACCESS_TOKEN"  # noqa: S105  # its name
_AGE = re.compile(r"(\d{1,6})([hdw])")
_SECONDS = {"h": 3_600, "d": 86_400, "w": 7 * 86_400}
_SENDING_SECONDS = 30.0
_LATE = 60  # seconds that the servers may need to write what they counted


def usage_command(  # noqa: PLR0913  # the options
    store: Annotated[
        str,
        typer.Argument(
            envvar="TRUNKLINE_USAGE",
            help="Where the servers count: sqlite:///usage.db or postgresql://user@host/database.",
        ),
    ],
    *,
    field: Annotated[
        str | None,
        typer.Option(
            help="Who uses this coordinate: Todo.text, 'Query.todo(todoID:)', TodoInput.text or"
            " State.DONE."
        ),
    ] = None,
    client: Annotated[str | None, typer.Option(help="Only this client, by its versions.")] = None,
    since: Annotated[
        str, typer.Option(help="How far to look back: 36h, 90d or 52w; whole days (UTC) from 2d.")
    ] = "90d",
    json: Annotated[bool, typer.Option("--json", help="Print a list as JSON.")] = False,
    hive: Annotated[
        str | None,
        typer.Option(
            help="Send what was not sent yet to GraphQL Hive, as usage reports:"
            " https://app.graphql-hive.com/usage/<target>. The token is read from"
            f" {_TOKEN}. - prints the reports instead, one a line."
        ),
    ] = None,
    keep: Annotated[
        float | None, typer.Option(min=1, help="First remove what is older than so many days.")
    ] = None,
) -> None:
    """Show what clients ask: how often, with how many failures, and when last.

    Counts are exact, and of all requests. A client whose name no token proves is marked.
    """
    began = max(0.0, time.time() - _seconds(since))
    if field is not None and "." not in field:
        stop(f"--field must be a coordinate, such as Todo.text, not {field!r}.")
    with errors_end_command(ValueError):
        opened = _open(store)
        if keep is not None:
            opened.forget(keep)
        if hive == "-":
            for report in _reports(opened, int(began // 3_600)):
                typer.echo(_json(report))
            return
        if hive is not None:
            _send(opened, hive, int(began // 3_600))
            return
        rows = opened.rows(began, client, field)
    if json:
        typer.echo(_json([_as_json(row, with_all=field is None) for row in rows]))
        return
    if not rows:
        what = f"used {printable(field)}" if field else "was counted"
        by = f" of {printable(client)}" if client else ""
        typer.echo(f"No request{by} {what} since {moment(began)}.", err=True)
        return
    by_version = field is not None or client is not None
    failed = f"{'failed':>10}{'mean':>12}  " if field is None else "  "
    lines = [f"{'client':<28}{'operation':<36}{'requests':>12}{failed}last used"]
    lines += [_line(row, with_all=field is None) for row in (rows if by_version else _merged(rows))]
    typer.echo("\n".join(lines))


def _seconds(age: str) -> float:
    found = _AGE.fullmatch(age)
    if found is None:
        stop(f"--since must be a number of hours, days or weeks, such as 36h or 90d, not {age!r}.")
    return int(found[1]) * _SECONDS[found[2]]


def _open(store: str) -> UsageStore:
    from trunkline.observe.usage_store import UsageStore

    require_file(store, "Give the URL that the servers have; they make the file.")
    return UsageStore(store, creates=False)


def _merged(rows: Sequence[UsageRow]) -> list[UsageRow]:
    """Put the versions of a client, and of an operation, into one row each."""
    from msgspec.structs import replace

    merged: dict[tuple[str, bool, str, str], UsageRow] = {}
    for row in rows:  # the last used first
        client, operation = row.client, row.operation
        key = client.name, client.is_proven, operation.kind, operation.name or operation.document_id
        there = merged.get(key)
        if there is None:
            merged[key] = replace(
                row, client=replace(client, version=""), failures=dict(row.failures)
            )
        else:
            there.add(row)
    return list(merged.values())


def _line(row: UsageRow, *, with_all: bool) -> str:
    client, operation = row.client, row.operation
    name = f"{client.name}@{client.version}" if client.version else client.name
    asked = f"{operation.kind} {operation.name or operation.document_id[:19]}".strip()
    failed = f"{row.failed:>10,}{row.seconds / row.count * 1_000:>9,.1f} ms  "
    return (
        f"{printable(name) or '(no name)':<27} {printable(asked) or '(not executed)':<35} "
        f"{row.count:>12,}{failed if with_all else '  '}{moment(row.last)}"
        f"{'' if client.is_proven or not client.name else '  unproven'}"
    )


def _as_json(row: UsageRow, *, with_all: bool) -> dict[str, object]:
    client, operation = row.client, row.operation
    return {
        "client": client.name,
        "version": client.version,
        "is_proven": client.is_proven,
        "operation": operation.name,
        "kind": operation.kind,
        "document_id": operation.document_id,
        "requests": row.count,
        "last": row.last,
        **({"seconds": row.seconds, "failures": row.failures} if with_all else {}),
    }


def _json(value: Any) -> str:
    import msgspec

    return msgspec.json.encode(value).decode()


def _reports(store: UsageStore, first: int) -> Iterator[HiveReport]:
    """Yield the reports of the hours that are over."""
    from trunkline.observe.hive import hive_reports

    for hour in store.hours(first, _end()):
        yield from hive_reports(store.hour(hour))


def _send(store: UsageStore, url: str, first: int) -> None:
    """Send the hours that are over and that were not sent, and note each hour that is.

    Raises ``ValueError`` for a URL that is not safe.
    """
    from trunkline.auth.urls import check_secure
    from trunkline.observe.hive import hive_reports
    from trunkline.protocol.messages import HTTPRequest

    check_secure(url)
    token = os.environ.get(_TOKEN)
    if not token:
        stop(f"Set the environment variable {_TOKEN} to a token that may send usage reports.")
    headers = {
        "authorization": f"Bearer {token}",
        "content-type": "application/json",
        "x-usage-api-version": "2",
    }
    last, sent = store.sent(url), 0
    first = first if last is None else max(first, last + 1)
    with sending(url, timeout=_SENDING_SECONDS) as send:
        for hour in store.hours(first, _end()):
            for report in hive_reports(store.hour(hour)):
                body = _json(report).encode()
                response = send(HTTPRequest("POST", headers, body))
                if response.status != 200:
                    text = printable(response.body[:300].decode(errors="replace"))
                    stop(f"{url} has refused a report with status {response.status}: {text}")
                sent += report.size
            store.has_sent(url, hour)
    typer.echo(f"Sent {sent:,} requests.", err=True)


def _end() -> int:
    """Return the first hour that is not over, or whose last counts may not be written."""
    return int(time.time() - _LATE) // 3_600
