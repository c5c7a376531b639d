"""The clients, as the issuer looks them up: from memory for a second, then from the store."""

from __future__ import annotations

from asyncio import to_thread
from collections import OrderedDict

from trunkline.issuer.clients import Client, is_client_id
from trunkline.issuer.secrets import is_chosen
from trunkline.issuer.store import Store

__all__ = ["REMEMBERED", "Directory"]

REMEMBERED = 1.0
"""Seconds after which what others changed in the store is seen: a revocation, say."""

_NOTED_EVERY = 60.0
_LOOKED_EVERY = 60.0
_MOST_KEPT = 10_000


class Directory:
    """Looks clients up. Unknown ids are remembered too, so that they cost what others cost."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: OrderedDict[str, tuple[float, Client | None]] = OrderedDict()
        self._noted: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._looked = float("-inf")
        self._has_chosen = False

    async def client(self, client_id: str, now: float) -> Client | None:
        """Return a client, as it was a second ago at most."""
        kept = self._kept.get(client_id)
        if kept is not None and 0 <= now - kept[0] < REMEMBERED:
            return kept[1]
        return await self.fresh(client_id, now)

    async def fresh(self, client_id: str, now: float) -> Client | None:
        """Return a client as it is, for one whose credentials did not fit what was remembered."""
        client = None
        if is_client_id(client_id):
            client = await to_thread(self._store.client, client_id)
        if client is not None and client.revoked is not None:
            client = None
        self._kept[client_id] = (now, client)
        self._kept.move_to_end(client_id)
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return client

    async def has_chosen_secrets(self, now: float) -> bool:
        """Say whether any client has a secret that somebody chose, as it was a minute ago."""
        if now - self._looked >= _LOOKED_EVERY:
            self._looked = now
            clients = await to_thread(self._store.clients)
            hashes = (secret.hash for client in clients for secret in client.secrets)
            self._has_chosen = any(map(is_chosen, hashes))
        return self._has_chosen

    async def note_use(self, client_id: str, secret_id: str, now: float) -> None:
        """Have the store know when a secret was used, to the minute."""
        key = (client_id, secret_id)
        if now - self._noted.get(key, 0.0) < _NOTED_EVERY:
            return
        self._noted[key] = now
        if len(self._noted) > _MOST_KEPT:
            self._noted.popitem(last=False)
        await to_thread(self._store.note_use, client_id, secret_id, now)
