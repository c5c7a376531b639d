"""Where contracts are kept: a folder, a file of SQLite, or PostgreSQL. All methods block."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from trunkline.contracts.contract import Contract, UnknownDocument, UnknownRule
from trunkline.contracts.database import DatabaseStore
from trunkline.contracts.folder import FolderStore
from trunkline.database import database_at

__all__ = ["ContractStore", "open_store"]


class ContractStore(Protocol):
    """Keeps contracts, the clients' rules, and the unknown documents of the last days.

    Every method raises ``StoreError`` if the store cannot be used. ``keeps_unknown`` says whether
    unknown documents are kept.
    """

    keeps_unknown: bool

    def revision(self) -> object:
        """Return what differs from before if contracts or rules have changed."""
        ...

    def watching(self) -> AbstractContextManager[Callable[[], bool]]:
        """Give a function that waits for a second at most; returns whether something may be new."""
        ...

    def contracts(
        self,
        known: Collection[Contract] = (),
        needs_documents: Callable[[Contract], bool] = lambda _: True,
    ) -> list[Contract]:
        """Return all contracts; documents are read only if they are needed and not known."""
        ...

    def rules(self) -> dict[str, UnknownRule]:
        """Return the rules of the clients that have one of their own."""
        ...

    def publish(self, contract: Contract) -> Contract | None:
        """Add a contract, whole or not at all; return the one that is there already, if any.

        Raises ``PublicationError`` if the store takes no publications.
        """
        ...

    def renew(self, contract: Contract) -> None:
        """Note that a contract was published again."""
        ...

    def mark(self, contract: Contract) -> None:
        """Note for which schema a contract was checked."""
        ...

    def retire(self, client: str, version: str, now: float) -> bool:
        """Retire a contract; return whether there is one that was not retired."""
        ...

    def set_rule(self, client: str, rule: UnknownRule) -> None:
        """Set what happens with the unknown documents of a client."""
        ...

    def note(
        self,
        used: Mapping[tuple[str, str], float],
        unknown: Collection[UnknownDocument],
        since: float,
    ) -> None:
        """Note when contracts were used, and what unknown documents were sent.

        Unknown documents that were not sent since a time are forgotten.
        """
        ...

    def unknown(self, client: str) -> list[UnknownDocument]:
        """Return the unknown documents of a client, those that were sent last first."""
        ...


def open_store(where: str | Path) -> ContractStore:
    """Open a store: a folder, ``sqlite:///documents.db``, or ``postgresql://user@host/database``.

    Raises ``StoreError``.
    """
    database = database_at(str(where))
    return FolderStore(Path(where)) if database is None else DatabaseStore(database)
