"""The registered documents of a server: what its store has, in memory, and what clients send."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from trunkline.auth.verifying.caller import Caller
from trunkline.bounded import BoundedMapping
from trunkline.contracts.contract import (
    Contract,
    ContractState,
    UnknownDocument,
    UnknownRule,
    is_client,
    unregistered,
)
from trunkline.contracts.folder import FolderStore
from trunkline.contracts.manifests import DocumentProblem
from trunkline.contracts.notes import Notes
from trunkline.contracts.store import open_store
from trunkline.errors import (
    DocumentNotFoundError,
    PublicationError,
    RequestRefusedError,
    StoreError,
)
from trunkline.forks import renewed_in_children
from trunkline.observe.operations import name_and_version
from trunkline.printable import printable
from trunkline.protocol.documents import document_id

__all__ = ["DocumentRegistry", "Problems", "Serve", "client_of"]

logger = logging.getLogger("trunkline.documents")

Problems: TypeAlias = Mapping[str, Sequence[DocumentProblem]]
"""What is wrong with documents, by the names of their contracts."""

Serve: TypeAlias = Callable[[Sequence[Contract]], Problems]
"""Compiles the documents of all active contracts, and forgets those of others."""

_NOTED_EVERY = 5.0  # seconds between two notes of what was used
_READ_EVERY = 3_600.0  # seconds after which the store is read again although nothing has changed
_TRIED_EVERY = 1.0  # seconds between two attempts to reach the store
_UNKNOWN_DAYS = 30  # that unknown documents are kept
_RETIRED_DAYS = 30  # that the server knows which documents were retired
_LOGGED = 10_000  # unknown documents that are logged once
_MOST_DOCUMENTS = 50_000
_HEX_DIGITS = 64


class _Client(Struct, frozen=True, eq=False):
    """What is known of a client.

    ``texts`` and ``versions`` are by id: the client's own, and the hash of the text. ``retired``
    has the names of contracts by the ids that were only theirs.
    """

    rule: UnknownRule
    texts: dict[str, str]
    versions: dict[str, tuple[str, ...]]
    retired: dict[str, str]


class DocumentRegistry:
    """The documents that clients registered: ``GraphQL(…, registered=DocumentRegistry(store))``.

    - ``store``: a folder with manifests, ``sqlite:///documents.db``, or
      ``postgresql://user@host/database``. Several processes may use one store; each sees a
      publication within two seconds.
    - ``unknown``: what happens with documents that were not registered, for clients without a rule
      of their own: ``"allow"``, ``"log"`` or ``"only"``.
    - ``unused_days``: after how many days without use the documents of a version expire.
    - ``publishing``: the scope that a token needs to publish documents; with ``None``, there is
      no publishing over HTTP.

    A client is who its token proves. Where the endpoint has ``auth=None``, it is who it says it is
    (the header ``GraphQL-Client-Name``), and its contracts are marked as unproven.

    The endpoint opens the registry when it is made, and compiles everything that is active. If the
    store cannot be reached later, the last known documents are served. Raises ``StoreError``, and
    ``PublicationError`` for mistakes in a folder.
    """

    def __init__(
        self,
        store: str | Path,
        *,
        unknown: UnknownRule = "allow",
        unused_days: float = 90,
        publishing: str | None = "documents:publish",
    ) -> None:
        if unknown not in {"allow", "log", "only"}:
            raise ValueError(f"unknown must be 'allow', 'log' or 'only', not {unknown!r}.")
        self._store = open_store(store)
        self._unknown: UnknownRule = unknown
        self._unused_days = unused_days
        self.publishing = publishing
        self._serve: Serve | None = None
        self._is_proven = False
        self._clients: Mapping[str, _Client] = {}
        self._contracts: list[Contract] = []
        self._served = 0  # documents
        self._told: set[str] = set()  # contracts whose problems were logged
        self._unfit: set[str] | None = None  # contracts that had problems from the start
        self._revision: object = None
        self._noted = self._read = time.monotonic()
        self._closed = threading.Event()
        self._logged = BoundedMapping[tuple[str, str], bool](_LOGGED)
        self.after_fork()
        renewed_in_children(self)

    def __repr__(self) -> str:
        return f"DocumentRegistry({self._store!r})"

    def after_fork(self) -> None:
        """Begin anew what belongs to a process: its lock, its thread, and what it has to note."""
        self._lock = threading.Lock()
        self._notes = Notes()
        if self._serve is not None:
            self._watch()

    def open(self, serve: Serve, *, is_proven: bool) -> None:
        """Compile everything that is active, and follow the store from now on.

        ``is_proven`` says whether clients are proven by their tokens.
        """
        if self._serve is not None:
            raise ValueError("A DocumentRegistry belongs to one endpoint: make another one.")
        self._serve, self._is_proven = serve, is_proven
        self.refresh()
        self._watch()

    def close(self) -> None:
        """Follow the store no longer, and note what is not noted yet.

        The endpoint does it when the application ends: see `GraphQL.lifespan`.
        """
        self._closed.set()
        try:
            self._note()
        except StoreError as error:
            logger.warning("What was used in the last seconds is not noted. %s", error)

    async def check_documents(self) -> str | None:
        """Return whose documents do not fit the schema: a check for a server's `Health`.

        Only documents that were active when the process started count, until they are retired: so a
        new schema that breaks some is not deployed. Those that are published later may be for a
        schema that other processes have.
        """
        if self._unfit is None:
            return "No endpoint serves the registered documents."
        if self._unfit:
            names = ", ".join(map(printable, sorted(self._unfit)))
            return f"Documents of {names} do not fit the schema."
        return None

    # -- requests --

    def text(self, document_id: str, caller: Caller | None, client: str | None) -> str | None:
        """Return the text of a client's document, ``None`` if the id is unknown.

        Raises ``DocumentNotFoundError`` if the document was retired.
        """
        name = client_of(caller, client)
        known = self._clients.get(name)
        if known is None:
            return None
        text = known.texts.get(document_id)
        if text is None and len(document_id) == _HEX_DIGITS:  # as Apollo's manifests write hashes
            text = known.texts.get(f"sha256:{document_id}")
        if text is None:
            if document_id in known.retired:
                raise DocumentNotFoundError.because(
                    f"The document {document_id!r} was retired with"
                    f" {printable(known.retired[document_id])}: register it with a new version of"
                    " the client (`trunkline publish`)."
                )
            return None
        self._notes.add_use(name, client, document_id)
        return text

    def admit(self, document_id: str, text: str, caller: Caller | None, client: str | None) -> bool:
        """Note a document that was sent as text; refuse it if its client may send only others.

        Returns whether it is registered.
        """
        name = client_of(caller, client)
        known = self._clients.get(name)
        if known is not None and document_id in known.texts:
            self._notes.add_use(name, client, document_id)
            return True
        rule = self._unknown if known is None else known.rule
        if is_client(name):
            self._notes.add_unknown(name, document_id, text)
        if rule == "allow":
            return False
        if rule == "only":
            raise RequestRefusedError(
                403,
                f"{_describe(name, caller)} may send only documents that it has registered, and"
                f" this is not one of them ({document_id}). Register it: trunkline publish"
                " --manifest … --version … --to <this endpoint>.",
                code="DOCUMENT_NOT_REGISTERED",
            )
        if not self._logged.get((name, document_id)):
            self._logged.put((name, document_id), value=True)
            logger.warning(
                "%s sent a document that it has not registered: %s",
                _describe(name, caller),
                document_id,
            )
        return False

    # -- publications --

    def room(self) -> int:
        """Return how many documents can still be registered."""
        return _MOST_DOCUMENTS - self._served

    def publish(self, contract: Contract) -> bool:
        """Register the documents of a contract, which were checked; return whether they are new.

        Raises ``PublicationError`` if the version has other documents, or was retired.
        """
        there = self._store.publish(contract)
        if there is not None:
            if problem := contract.conflict(there):
                raise PublicationError([problem])
            self._store.renew(replace(there, used=contract.published, checked=contract.checked))
        else:
            logger.info("%s was published: %d documents.", contract.name, len(contract.documents))
        self.refresh()
        return there is None

    def contracts(self, client: str | None = None) -> list[tuple[Contract, ContractState]]:
        """Return all contracts that the store has, with their states, or those of one client.

        Only those of one client have their documents. Raises ``StoreError``.
        """
        now = time.time()
        return [
            (each, each.state(now, self._unused_days))
            for each in self._store.contracts((), lambda each: each.client == client)
            if client in {None, each.client}
        ]

    def rule(self, client: str) -> UnknownRule:
        """Return what happens with the documents that a client did not register.

        Raises ``StoreError``.
        """
        return self._store.rules().get(client, self._unknown)

    def unknown(self, client: str) -> list[UnknownDocument]:
        """Return the documents of the last 30 days that a client did not register.

        Those that were sent last come first. Raises ``StoreError``.
        """
        if not self._store.keeps_unknown:
            return []
        active = (each for each, state in self.contracts(client) if state == "active")
        return unregistered(self._store.unknown(client), active)

    def mark(self, contract: Contract) -> None:
        """Note for which schema a contract was checked, so that the next start need not."""
        try:
            self._store.mark(contract)
        except StoreError as error:
            logger.warning("The next start is no faster. %s", error)

    # -- the store --

    def refresh(self) -> None:
        """Read the store, if it has changed, and serve what is active in it.

        Raises ``StoreError``, and ``PublicationError`` for mistakes in a folder.
        """
        with self._lock:
            revision = self._store.revision()
            if revision == self._revision or self._serve is None:
                return
            self._revision = revision
            try:
                contracts = _with_shared_texts(
                    self._store.contracts(self._contracts, self._needs_documents)
                )
                rules = self._store.rules()
            except StoreError:
                self._revision = None
                raise
            active = [each for each in contracts if self._is_served(each)]
            problems = self._serve(active)
            self._unfit = set(problems) & (set(problems) if self._unfit is None else self._unfit)
            self._tell(problems)
            self._clients = _by_client(contracts, active, rules, self._unknown)
            self._contracts = contracts
            self._served = sum(len(each.documents) for each in active)

    def _needs_documents(self, contract: Contract) -> bool:
        """Say whether the documents are served, or were retired so lately that clients ask why."""
        if contract.retired is not None:
            return time.time() - contract.retired < _RETIRED_DAYS * 86_400
        return contract.state(time.time(), self._unused_days) == "active"

    def _is_served(self, contract: Contract) -> bool:
        if contract.is_proven < self._is_proven:
            if contract.name not in self._told:
                self._told.add(contract.name)
                logger.warning(
                    "%s is not served: it was published without a token.", printable(contract.name)
                )
            return False
        return contract.state(time.time(), self._unused_days) == "active"

    def _tell(self, problems: Problems) -> None:
        """Log which documents no longer fit the schema; of a folder, raise it."""
        if isinstance(self._store, FolderStore) and problems:
            raise PublicationError(self._store.located(problems))
        for name, found in problems.items():
            if name not in self._told:
                self._told.add(name)
                for each in found:
                    logger.error(
                        "The document %s of %s does not fit the schema: %s",
                        printable(each.id),
                        printable(name),
                        printable(each.message),
                    )

    def _watch(self) -> None:
        self._closed = closed = threading.Event()
        thread = threading.Thread(
            target=self._follow, args=(closed,), name="trunkline-documents", daemon=True
        )
        thread.start()

    def _follow(self, closed: threading.Event) -> None:
        """Follow the store until the process ends; serve what is known while it is away."""
        fault = ""
        while not closed.is_set():
            try:
                with self._store.watching() as wait:
                    is_new = True  # what changed before this began to listen
                    while not closed.is_set():
                        self._follow_once(is_new=is_new)
                        if fault:
                            logger.warning("The store of registered documents is back.")
                        fault = ""
                        is_new = wait()
            except StoreError as error:
                if str(error) != fault:
                    fault = str(error)
                    logger.error("The last known documents are served. %s", fault)  # noqa: TRY400
            except Exception:
                logger.exception("Registered documents were not read.")
            closed.wait(_TRIED_EVERY)

    def _follow_once(self, *, is_new: bool) -> None:
        """Read what may be new; now and then read it anyway, and note what was used."""
        now = time.monotonic()
        if now - self._read >= _READ_EVERY:
            self._read, self._revision = now, None  # what was not used for long expires
        is_due = now - self._noted >= _NOTED_EVERY
        if is_new or is_due:
            try:
                self.refresh()
            except PublicationError as error:  # of a folder
                logger.error("The last known documents are served. %s", error)  # noqa: TRY400
        if is_due:
            self._note()

    def _versions(self, client: str, document_id: str) -> tuple[str, ...]:
        known = self._clients.get(client)
        return known.versions.get(document_id, ()) if known else ()

    def _note(self) -> None:
        """Write into the store what was used, and which unknown documents were sent."""
        now = time.time()
        notes, self._notes = self._notes, Notes()
        self._noted = time.monotonic()
        versions, unknown = notes.versions(self._versions), notes.unknown()
        if versions or unknown:
            since = now - _UNKNOWN_DAYS * 86_400
            self._store.note(dict.fromkeys(versions, now), unknown, since)


def client_of(caller: Caller | None, client: str | None) -> str:
    """Return the name of a client: the proven one, else what it calls itself."""
    return name_and_version(client)[0] if caller is None else caller.client_id


def _describe(name: str, caller: Caller | None) -> str:
    proof = "" if caller is not None or not name else ", which is not proven,"
    return f"The client {printable(name)!r}{proof}" if name else "A client without a name"


def _with_shared_texts(contracts: Sequence[Contract]) -> list[Contract]:
    """Let the contracts share equal texts, because most documents are those of the last version."""
    texts: dict[str, str] = {}
    return [
        replace(
            each,
            documents={id_: texts.setdefault(text, text) for id_, text in each.documents.items()},
        )
        for each in contracts
    ]


def _by_client(
    contracts: Sequence[Contract],
    active: Sequence[Contract],
    rules: Mapping[str, UnknownRule],
    unknown: UnknownRule,
) -> dict[str, _Client]:
    """Put together what is known of each client."""
    clients = {
        name: _Client(rules.get(name, unknown), {}, {}, {})
        for name in {*rules, *(each.client for each in contracts)}
    }
    for contract in active:
        client = clients[contract.client]
        for id_, text in contract.documents.items():
            for each in {id_, document_id(text)}:
                client.texts[each] = text
                client.versions[each] = (*client.versions.get(each, ()), contract.version)
    for contract in contracts:
        if contract.retired is not None:
            client = clients[contract.client]
            for id_ in contract.documents:
                if id_ not in client.texts:
                    client.retired[id_] = contract.name
    return clients
