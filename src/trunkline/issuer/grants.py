"""The token endpoint: an access token for a client that may have it (RFC 6749 §4.4)."""

from __future__ import annotations

from asyncio import to_thread

import msgspec

from trunkline.asgi.requests import Headers
from trunkline.asgi.responses import Response
from trunkline.auth.certificates import thumbprint
from trunkline.auth.dpop import PROOF_SECONDS, Proof, check_proof
from trunkline.auth.jose import JOSEProblem
from trunkline.auth.peers import Peer
from trunkline.auth.tokens import AccessToken, issue_token
from trunkline.issuer.answers import Refusal, json_answer
from trunkline.issuer.assertions import unique_id
from trunkline.issuer.audit import AuditEntry, write_audit
from trunkline.issuer.authenticate import Authenticated, Authenticator
from trunkline.issuer.clients import Client
from trunkline.issuer.forms import Form
from trunkline.issuer.permission import permitted
from trunkline.issuer.signing import Signing
from trunkline.issuer.store import Store

__all__ = ["Grants"]

_GRANT_TYPE = "client_credentials"


class _TokenAnswer(msgspec.Struct):
    """RFC 6749 §5.1; there is no refresh token (§4.4.3)."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str


class Grants:
    """Grants tokens. ``urls`` are where the token endpoint is, as proofs may name it."""

    def __init__(
        self,
        issuer: str,
        urls: tuple[str, ...],
        authenticator: Authenticator,
        signing: Signing,
        store: Store,
    ) -> None:
        self._issuer = issuer
        self._urls = urls
        self._authenticator = authenticator
        self._signing = signing
        self._store = store

    async def answer(self, form: Form, headers: Headers, peer: Peer, now: float) -> Response:
        """Response a token request; raises ``Refusal``."""
        found = await self._authenticator.authenticate(form, headers, peer, now)
        try:
            return await self._grant(found, form, headers, peer, now)
        except Refusal as refusal:
            refusal.client_id = found.client.client_id
            raise

    async def _grant(
        self, found: Authenticated, form: Form, headers: Headers, peer: Peer, now: float
    ) -> Response:
        _check_grant_type(form)
        resource, scope = permitted(found.client, form)
        cnf = await self._confirmation(found.client, headers, peer, now)
        token, claims = issue_token(
            await self._signing.key(now),
            issuer=self._issuer,
            client_id=found.client.client_id,
            audience=resource,
            scope=scope,
            lifetime=found.client.lifetime,
            now=now,
            cnf=cnf or None,
        )
        write_audit(_entry(found, peer, claims))
        kind = "DPoP" if "jkt" in cnf else "Bearer"
        return json_answer(_TokenAnswer(token, kind, found.client.lifetime, scope))

    async def _confirmation(
        self, client: Client, headers: Headers, peer: Peer, now: float
    ) -> dict[str, str]:
        """Bind the token to its sender, where the client must or wants to have it so."""
        cnf: dict[str, str] = {}
        if client.bound == "mtls":
            if peer.certificate is None:
                raise Refusal("invalid_request", "The client's tokens need its certificate.")
            cnf["x5t#S256"] = thumbprint(peer.certificate)
        proof = headers.get(b"dpop")
        if proof is not None:
            cnf["jkt"] = await self._check_proof(proof, now)
        elif client.bound == "dpop":
            raise Refusal("invalid_request", "The client's tokens need a DPoP proof.")
        return cnf

    async def _check_proof(self, value: bytes, now: float) -> str:
        try:
            proof = _check_any(value.decode("latin-1"), self._urls, now)
        except JOSEProblem as problem:
            raise Refusal("invalid_dpop_proof", str(problem)) from None
        unique = unique_id("proof", proof.jkt, proof.jti)
        if not await to_thread(self._store.claim, unique, now + 2 * PROOF_SECONDS):
            raise Refusal("invalid_dpop_proof", "The proof was used before.")
        return proof.jkt


def _check_any(text: str, urls: tuple[str, ...], now: float) -> Proof:
    """Check a proof for one of the URLs that the endpoint has; the last one's problem is told."""
    *others, last = urls
    for url in others:
        try:
            return check_proof(text, method="POST", url=url, now=now)
        except JOSEProblem:
            continue
    return check_proof(text, method="POST", url=last, now=now)


def _check_grant_type(form: Form) -> None:
    grant_type = form.get("grant_type")
    if grant_type is None:
        raise Refusal("invalid_request", "The grant_type is missing.")
    if grant_type != _GRANT_TYPE:
        raise Refusal("unsupported_grant_type", "The grant_type is client_credentials here.")


def _entry(found: Authenticated, peer: Peer, claims: AccessToken) -> AuditEntry:
    return AuditEntry(
        "grant",
        peer.address,
        client_id=claims.client_id,
        method=found.method,
        secret=found.secret,
        resource=claims.aud,
        scope=claims.scope,
        jti=claims.jti,
        expires=claims.exp,
        bound=" ".join(claims.cnf or ()),
    )
