"""The store in a folder: manifests that are in the repository of the API.

    documents/
      clients.toml                 what is known of each client; it may be missing
      billing/2.3.1.json           a manifest of version 2.3.1 of the client billing
      billing/2.4.0/*.graphql      documents of version 2.4.0

Who writes the folder publishes: files are added by a commit, and retired by removing them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn
from urllib.parse import unquote

import msgspec

from trunkline.contracts.contract import (
    Audience,
    Contract,
    UnknownDocument,
    UnknownRule,
    check_names,
)
from trunkline.contracts.manifests import DocumentProblem, Manifest, read_manifest
from trunkline.database import poll
from trunkline.errors import PublicationError, StoreError

__all__ = ["FolderStore"]

_CLIENTS = "clients.toml"
_ALWAYS = float("inf")


class _Client(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A client in ``clients.toml``: its rule, and the scopes that its tokens have."""

    unknown: UnknownRule | None = None
    scopes: frozenset[str] | None = None


class FolderStore:
    """A store in a folder, which is only read. Raises ``StoreError`` if there is no such folder."""

    keeps_unknown = False

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise StoreError(
                f"There is no folder {folder}. A store is a folder with a manifest for each version"
                " of each client (billing/2.3.1.json), sqlite:///documents.db, or"
                " postgresql://user@host/database."
            )
        self._folder = folder
        self._manifests: dict[str, Manifest] = {}

    def __repr__(self) -> str:
        return f"FolderStore({str(self._folder)!r})"

    def revision(self) -> object:
        """Return names, sizes and times of all files."""
        try:
            found = [(path, path.stat()) for path in sorted(self._folder.rglob("*"))]
        except OSError as error:
            raise StoreError(f"{error.filename}: {error.strerror}.") from None
        return [(str(path), stat.st_size, stat.st_mtime_ns) for path, stat in found]

    @contextmanager
    def watching(self) -> Generator[Callable[[], bool]]:
        """Poll."""
        yield poll

    def contracts(
        self,
        known: Collection[Contract] = (),  # noqa: ARG002  # the protocol's
        needs_documents: Callable[[Contract], bool] = lambda _: True,  # noqa: ARG002
    ) -> list[Contract]:
        """Read all manifests; raises ``PublicationError`` for what is wrong in them."""
        clients = self._clients()
        contracts: list[Contract] = []
        problems: list[str] = []
        self._manifests = {}
        for path in sorted(self._folder.glob("*/*")):
            client = unquote(path.parent.name)
            version = path.name if path.is_dir() else path.name.removesuffix(".json")
            try:
                check_names(client, version)
                manifest = read_manifest(path)
            except ValueError as error:
                problems.append(f"{path}: {error}")
                continue
            except PublicationError as error:
                problems += error.problems
                continue
            scopes = clients.get(client, _Client()).scopes
            contract = Contract(
                client=client,
                version=version,
                documents=manifest.documents,
                audience=None if scopes is None else Audience(scopes),
                used=_ALWAYS,
            )
            self._manifests[contract.name] = manifest
            contracts.append(contract)
        if problems:
            raise PublicationError(problems)
        return contracts

    def located(self, problems: Mapping[str, Collection[DocumentProblem]]) -> list[str]:
        """Return the problems of contracts, by name, with the places in their files."""
        return [
            line
            for name, found in problems.items()
            for line in self._manifests[name].refusal(found).problems
        ]

    def rules(self) -> dict[str, UnknownRule]:
        """Return the rules of the clients that have one."""
        return {name: each.unknown for name, each in self._clients().items() if each.unknown}

    def publish(self, contract: Contract) -> Contract | None:
        """Add a contract; return the one that is there already."""
        name = f"{contract.client}/{contract.version}.json"
        message = f"The store is a folder: commit the manifest there as {name}."
        raise PublicationError([message])

    def renew(self, contract: Contract) -> None:
        """Do nothing: the files are all that is known."""

    def mark(self, contract: Contract) -> None:
        """Do nothing, either."""

    def retire(self, client: str, version: str, now: float) -> NoReturn:  # noqa: ARG002
        """Retire a contract; return whether it was active."""
        raise StoreError(f"To retire it, remove {self._folder / client / version} or its .json.")

    def set_rule(self, client: str, rule: UnknownRule) -> NoReturn:
        """Set a client's rule."""
        raise StoreError(
            f'Write it into {self._folder / _CLIENTS}: ["{client}"] and unknown = "{rule}".'
        )

    def note(
        self,
        used: Mapping[tuple[str, str], float],
        unknown: Collection[UnknownDocument],
        since: float,
    ) -> None:
        """Do nothing: nothing is written into the folder."""

    def unknown(self, client: str) -> list[UnknownDocument]:  # noqa: ARG002
        """Return nothing: no record is kept."""
        return []

    def _clients(self) -> dict[str, _Client]:
        path = self._folder / _CLIENTS
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
            return msgspec.convert(content, dict[str, _Client])
        except FileNotFoundError:
            return {}
        except (ValueError, OSError) as error:
            raise PublicationError([f"{path}: {error}"]) from None
