"""The issuer's endpoints: tokens are granted, introspected and revoked here.

Access tokens are JWTs (RFC 9068), each for one client and one resource, so that no API can use the
tokens it receives at another API (§5).
"""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Mapping
from secrets import token_urlsafe
from typing import Any, Literal

import msgspec

from trunkline.asgi.responses import Response
from trunkline.auth.certificates import thumbprint
from trunkline.auth.dpop import PROOF_SECONDS, check_proof
from trunkline.auth.jose import JWTError, read_signed
from trunkline.auth.urls import is_resource
from trunkline.issuer.audit import AuditEntry, write_audit
from trunkline.issuer.authentication import AuthenticatedClient
from trunkline.issuer.clients import RegisteredClient, read_scope
from trunkline.issuer.keys import SIGNING_ALGORITHMS
from trunkline.issuer.messages import IssuerRequest, OAuthError, private_response
from trunkline.issuer.signing import KeyRotation
from trunkline.issuer.store import ClientDirectory, Store, unique_id

__all__ = ["AccessToken", "TokenEndpoints"]


class AccessToken(msgspec.Struct, frozen=True, omit_defaults=True):
    """The claims of an access token (RFC 9068 §2.2); ``sub`` is the client itself (§5).

    ``cnf`` binds it to its sender: ``x5t#S256`` to a certificate (RFC 8705 §3.1), ``jkt`` to a
    key that proofs are made with (RFC 9449 §6.1).
    """

    iss: str
    aud: str
    sub: str
    client_id: str
    exp: int
    iat: int
    jti: str
    scope: str = ""
    cnf: dict[str, str] | None = None

    @property
    def type(self) -> Literal["Bearer", "DPoP"]:
        """The ``token_type``, which is the scheme that requests send it with."""
        return "DPoP" if self.cnf and "jkt" in self.cnf else "Bearer"


class _TokenResponse(msgspec.Struct):
    """RFC 6749 §5.1; there is no refresh token (§4.4.3)."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str


class TokenEndpoints:
    """The three endpoints for tokens. ``urls`` are the token endpoint's, as proofs may name it."""

    def __init__(
        self,
        issuer: str,
        urls: tuple[str, ...],
        keys: KeyRotation,
        store: Store,
        directory: ClientDirectory,
    ) -> None:
        self._issuer = issuer
        self._urls = urls
        self._keys = keys
        self._store = store
        self._directory = directory

    async def grant(self, sender: AuthenticatedClient, request: IssuerRequest) -> Response:
        """Give a client an access token (RFC 6749 §4.4); raises ``OAuthError``."""
        client, form = sender.client, request.form
        grant_type = form.get("grant_type")
        if grant_type is None:
            raise OAuthError("invalid_request", "'grant_type' is missing.")
        if grant_type != "client_credentials":
            raise OAuthError("unsupported_grant_type", "'grant_type' must be client_credentials.")
        resource, scope = grant_scope(client, request)
        issued = int(request.now)
        claims = AccessToken(
            iss=self._issuer,
            aud=resource,
            sub=client.client_id,
            client_id=client.client_id,
            exp=issued + client.lifetime,
            iat=issued,
            jti=token_urlsafe(16),
            scope=scope,
            cnf=await self._bind(client, request) or None,
        )
        token = (await self._keys.key(request.now)).sign_token(claims)
        entry = _audit_entry(
            "grant",
            client,
            request,
            claims,
            method=sender.method,
            secret=sender.secret,
            scope=scope,
            expires=claims.exp,
            bound=" ".join(claims.cnf or ()),
        )
        write_audit(entry)
        return private_response(_TokenResponse(token, claims.type, client.lifetime, scope))

    async def introspect(self, sender: AuthenticatedClient, request: IssuerRequest) -> Response:
        """Describe a token to the resource that it is for, or to its client (RFC 7662)."""
        caller = sender.client
        token = await self._read(request)
        if (
            token is None
            or not (token.aud in caller.serves or token.client_id == caller.client_id)
            or await self._directory.client(token.client_id, request.now) is None
            or await to_thread(self._store.is_claimed, unique_id("revoked", token.jti))
        ):
            return private_response({"active": False})
        write_audit(_audit_entry("introspection", caller, request, token))
        claims = msgspec.to_builtins(token)
        return private_response({"active": True, "token_type": token.type, **claims})

    async def revoke(self, sender: AuthenticatedClient, request: IssuerRequest) -> Response:
        """Revoke a token of the client (RFC 7009). The response does not tell if it existed."""
        caller = sender.client
        token = await self._read(request)
        if token is not None and token.client_id == caller.client_id:
            await to_thread(self._store.claim, unique_id("revoked", token.jti), float(token.exp))
            write_audit(_audit_entry("revocation", caller, request, token))
        return private_response({})

    async def _bind(self, client: RegisteredClient, request: IssuerRequest) -> dict[str, str]:
        """Return what the token is bound to, if the client must or wants to have it bound."""
        cnf: dict[str, str] = {}
        if client.bound == "mtls":
            if request.peer.certificate is None:
                message = "The client's tokens are bound to its certificate: connect with it."
                raise OAuthError("invalid_request", message)
            cnf["x5t#S256"] = thumbprint(request.peer.certificate)
        header = request.headers.get(b"dpop")
        if header is not None:
            try:
                text = header.decode("latin-1")
                proof = check_proof(text, method="POST", urls=self._urls, now=request.now)
            except JWTError as error:
                raise OAuthError("invalid_dpop_proof", str(error)) from None
            unique = unique_id("proof", proof.jkt, proof.jti)
            if not await to_thread(self._store.claim, unique, request.now + 2 * PROOF_SECONDS):
                raise OAuthError("invalid_dpop_proof", "The proof was used before.")
            cnf["jkt"] = proof.jkt
        elif client.bound == "dpop":
            message = "The client's tokens are bound to a key: send a proof in the header DPoP."
            raise OAuthError("invalid_request", message)
        return cnf

    async def _read(self, request: IssuerRequest) -> AccessToken | None:
        """Return the form's token if this issuer signed it and it has not expired."""
        text = request.form.get("token")
        if text is None:
            raise OAuthError("invalid_request", "'token' is missing.")
        now = request.now
        ring = await self._keys.ring(now)

        def find(header: Mapping[str, Any]) -> Any:
            key = ring.find(header.get("kid"), now)
            if key is None or header.get("alg") != key.algorithm:
                raise JWTError("The header 'kid' names no key of this issuer.")
            return key.private

        try:
            signed = read_signed(text, find, SIGNING_ALGORITHMS)
            token = msgspec.convert(signed.claims, AccessToken)
        except (JWTError, msgspec.ValidationError):
            return None
        is_ours = signed.header.get("typ") == "at+jwt" and token.iss == self._issuer
        return token if is_ours and now < token.exp else None


def grant_scope(client: RegisteredClient, request: IssuerRequest) -> tuple[str, str]:
    """Return the resource and the scope of the token that a client gets.

    Without 'resource' it is the only one that has the scopes; without 'scope' it is every scope
    that the client has there. Raises ``OAuthError``.
    """
    if not client.grants:
        raise OAuthError("unauthorized_client", "The client has no grants, so it gets no tokens.")
    scope = request.form.get("scope")
    wanted: tuple[str, ...] = ()
    if scope is not None:
        try:
            wanted = read_scope(scope)
        except ValueError:
            message = "'scope' is not a list of scopes, separated by one space each."
            raise OAuthError("invalid_scope", message) from None
    fitting = [name for name, granted in client.grants.items() if set(wanted) <= set(granted)]
    if len(request.resources) > 1:
        message = "'resource' occurs twice: a token is for one resource, so request one for each."
        raise OAuthError("invalid_target", message)
    if request.resources:
        resource = request.resources[0]
        if not is_resource(resource) or resource not in client.grants:
            raise OAuthError("invalid_target", "'resource' is not a resource of this client.")
        if resource not in fitting:
            message = "'scope' has a scope that the client does not have at this resource."
            raise OAuthError("invalid_scope", message)
    elif len(fitting) == 1:
        resource = fitting[0]
    elif fitting:
        message = "The client has several resources with these scopes: name one with 'resource'."
        raise OAuthError("invalid_target", message)
    else:
        message = "The client has no resource with all scopes of 'scope'."
        raise OAuthError("invalid_scope", message)
    return resource, " ".join(client.grants[resource] if scope is None else wanted)


def _audit_entry(
    event: Literal["grant", "introspection", "revocation"],
    client: RegisteredClient,
    request: IssuerRequest,
    token: AccessToken,
    **more: Any,
) -> AuditEntry:
    address, client_id = request.peer.address, client.client_id
    return AuditEntry(
        event, address, client_id=client_id, resource=token.aud, jti=token.jti, **more
    )
