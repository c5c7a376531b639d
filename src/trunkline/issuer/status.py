"""What becomes of tokens: introspection (RFC 7662) and revocation (RFC 7009)."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Mapping
from typing import Any

import msgspec

from trunkline.asgi.requests import Headers
from trunkline.asgi.responses import Response
from trunkline.auth.jose import JOSEProblem, read_signed
from trunkline.auth.keys import SIGNING_ALGORITHMS, KeyRing, SigningKey
from trunkline.auth.peers import Peer
from trunkline.auth.tokens import AccessToken
from trunkline.issuer.answers import Refusal, json_answer
from trunkline.issuer.assertions import unique_id
from trunkline.issuer.audit import AuditEntry, write_audit
from trunkline.issuer.authenticate import Authenticator
from trunkline.issuer.clients import Client
from trunkline.issuer.directory import Directory
from trunkline.issuer.forms import Form
from trunkline.issuer.signing import Signing
from trunkline.issuer.store import Store

__all__ = ["Status"]

_INACTIVE = {"active": False}


class Status:
    """Says whether tokens are good, and makes them bad. Callers are clients themselves."""

    def __init__(
        self,
        issuer: str,
        authenticator: Authenticator,
        signing: Signing,
        store: Store,
        directory: Directory,
    ) -> None:
        self._issuer = issuer
        self._authenticator = authenticator
        self._signing = signing
        self._store = store
        self._directory = directory

    async def introspect(self, form: Form, headers: Headers, peer: Peer, now: float) -> Response:
        """Tell a resource about a token that is for it, and a client about its own."""
        caller, text = await self._asked(form, headers, peer, now)
        token = await self._read(text, now)
        if token is None or not _may_see(caller, token) or not await self._lives(token, now):
            return json_answer(_INACTIVE)
        write_audit(_entry("introspection", caller, peer, token))
        kind = "DPoP" if "jkt" in (token.cnf or {}) else "Bearer"
        return json_answer({"active": True, "token_type": kind, **msgspec.to_builtins(token)})

    async def revoke(self, form: Form, headers: Headers, peer: Peer, now: float) -> Response:
        """Revoke a client's own token; the answer is the same where there is no such token."""
        caller, text = await self._asked(form, headers, peer, now)
        token = await self._read(text, now)
        if token is not None and token.client_id == caller.client_id:
            await to_thread(self._store.claim, _revoked(token), float(token.exp))
            write_audit(_entry("revocation", caller, peer, token))
        return json_answer({})

    async def _asked(
        self, form: Form, headers: Headers, peer: Peer, now: float
    ) -> tuple[Client, str]:
        found = await self._authenticator.authenticate(form, headers, peer, now)
        text = form.get("token")
        if text is None:
            refusal = Refusal("invalid_request", "The token is missing.")
            refusal.client_id = found.client.client_id
            raise refusal
        return found.client, text

    async def _read(self, text: str, now: float) -> AccessToken | None:
        """Read a token that we signed and that has not expired."""
        ring = await self._signing.ring(now)
        try:
            signed = read_signed(text, _finder(ring, now), SIGNING_ALGORITHMS)
            token = msgspec.convert(signed.claims, AccessToken)
        except (JOSEProblem, msgspec.ValidationError):
            return None
        good = signed.header.get("typ") == "at+jwt" and token.iss == self._issuer
        return token if good and now < token.exp else None

    async def _lives(self, token: AccessToken, now: float) -> bool:
        if await self._directory.client(token.client_id, now) is None:
            return False
        return not await to_thread(self._store.is_claimed, _revoked(token))


def _finder(ring: KeyRing, now: float) -> Any:
    def find(header: Mapping[str, Any]) -> Any:
        key: SigningKey | None = ring.find(header.get("kid"), now)
        if key is None or header.get("alg") != key.algorithm:
            raise JOSEProblem("No key of ours has signed it.")
        return key.private

    return find


def _may_see(caller: Client, token: AccessToken) -> bool:
    return token.aud in caller.serves or token.client_id == caller.client_id


def _revoked(token: AccessToken) -> str:
    return unique_id("revoked", token.jti)


def _entry(event: Any, caller: Client, peer: Peer, token: AccessToken) -> AuditEntry:
    return AuditEntry(
        event, peer.address, client_id=caller.client_id, resource=token.aud, jti=token.jti
    )
