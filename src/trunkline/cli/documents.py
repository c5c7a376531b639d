"""`trunkline clients documents`, `rule` and `retire`: what clients registered with an API."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from trunkline.cli.clients import DocumentsURL, moment
from trunkline.cli.reading import counted, errors_end_command, require_file, stop
from trunkline.printable import printable

if TYPE_CHECKING:
    from trunkline.contracts.contract import Contract
    from trunkline.contracts.store import ContractStore

__all__ = ["describe_documents", "documents_command", "retire_command", "rule_command"]

UnusedDays = Annotated[
    float, typer.Option(help="Days without use after which a version expires, as in the API.")
]

_RULES = {
    "allow": "documents that it did not register run",
    "log": "documents that it did not register run, and are logged",
    "only": "it may send only documents that it registered",
}
_LINE = 60  # characters of a document that are printed


def documents_command(
    name: Annotated[
        str | None, typer.Argument(help="A client, or one of its versions: billing@2.3.1.")
    ] = None,
    documents: DocumentsURL = None,
    unused_days: UnusedDays = 90,
) -> None:
    """List the versions with registered documents, or the documents of one version."""
    with errors_end_command(ValueError):
        contracts = _open(documents).contracts()
        found = [each for each in contracts if name in {None, each.client, each.name}]
        if name is not None and not found:
            stop(f"{name} has no registered documents; `trunkline clients documents` lists all.")
        if name is not None and name == found[0].name:
            for id_, text in found[0].documents.items():
                typer.echo(f"{printable(id_)}  {_first_line(text)}")
            return
        if not found:
            typer.echo("No client has registered documents.", err=True)
        for line in _versions(found, unused_days):
            typer.echo(line)


def rule_command(
    client: Annotated[str, typer.Argument(help="The client.")],
    rule: Annotated[Literal["allow", "log", "only"], typer.Argument(help="The rule.")],
    documents: DocumentsURL = None,
) -> None:
    """Set what happens with documents that a client did not register.

    allow: they run. log: they run, and each is logged once. only: they are refused. The API follows
    within two seconds.
    """
    with errors_end_command(ValueError):
        store = _open(documents)
        store.set_rule(client, rule)
        if client not in {each.client for each in store.contracts()}:
            typer.echo(f"{client} has registered no documents yet.", err=True)
    typer.echo(f"{client}: {rule} ({_RULES[rule]}).", err=True)


def retire_command(
    name: Annotated[str, typer.Argument(help="The version to retire: billing@2.2.0.")],
    documents: DocumentsURL = None,
) -> None:
    """Retire a version: its documents are served no longer, unless another version has them."""
    client, _, version = name.rpartition("@")
    if not client or not version:
        stop(f"{name!r} is not a version: write the client and its version, as billing@2.2.0.")
    with errors_end_command(ValueError):
        store = _open(documents)
        if not store.retire(client, version, time.time()):
            stop(f"{name} was never published, or is retired already.")
    typer.echo(f"Retired {name}.", err=True)


def describe_documents(client: str, documents: str | None, days: float) -> Iterator[str]:
    """Yield lines about a client: its rule, its versions, and what it sent beside them.

    Raises ``StoreError``.
    """
    from trunkline.contracts.contract import unregistered

    store = _open(documents)
    rule = store.rules().get(client)
    contracts = [each for each in store.contracts() if each.client == client]
    unknown = store.unknown(client) if store.keeps_unknown else []
    if not (rule or contracts or unknown):
        stop(f"{client} has registered no documents, and sent none.")
    meaning = _RULES[rule] if rule else "none of its own; the API's applies"
    yield f"{'rule':<12} {f'{rule}: ' if rule else ''}{meaning}"
    for line in _versions(contracts, days):
        yield f"{'version':<12} {line}"
    if not store.keeps_unknown:
        yield f"{'unknown':<12} a folder keeps no record: see the API's logger trunkline.documents"
        return
    active = (each for each in contracts if each.state(time.time(), days) == "active")
    refused = unregistered(unknown, active)
    told = f"{counted(len(refused))}, which the rule `only` refuses:" if refused else "none"
    yield f"{'unknown':<12} in the last 30 days: {told}"
    for each in refused:
        yield f"  {each.id}  {each.count}x  last {moment(each.last)}  {_first_line(each.text)}"


def _open(documents: str | None) -> ContractStore:
    from trunkline.contracts.store import open_store

    if documents is None:
        stop(
            "Name the store of registered documents, as the API does: --documents"
            " postgresql://user@host/database, or the environment variable TRUNKLINE_DOCUMENTS."
        )
    require_file(documents, "Name the store as the API does, which makes it.")
    return open_store(documents)


def _versions(contracts: list[Contract], unused_days: float) -> Iterator[str]:
    now = time.time()
    for each in contracts:
        proven = "" if each.is_proven else "  unproven"
        used = "always" if each.used == float("inf") else moment(each.used)
        state = each.state(now, unused_days)
        yield (
            f"{printable(each.name):<24} {state:<8} {counted(len(each.documents)):>15}"
            f"  published {moment(each.published)}  last used {used}{proven}"
        )


def _first_line(text: str) -> str:
    line = printable(" ".join(text.split()))
    return line if len(line) <= _LINE else f"{line[:_LINE]}…"
