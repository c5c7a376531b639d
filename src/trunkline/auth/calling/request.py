"""The token request, and what becomes of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec

from trunkline.auth.calling.identity import Identity
from trunkline.auth.calling.refusals import asks_for_nonce
from trunkline.auth.calling.token import Token, read_token
from trunkline.auth.discovery import IssuerError, find_endpoint
from trunkline.auth.urls import check_issuer, check_secure
from trunkline.errors import DeadlineExceededError, TokenError
from trunkline.flow.calls import Flow, send_request
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

if TYPE_CHECKING:
    from trunkline.auth.dpop import ProofKey

__all__ = ["TokenRequest"]


@dataclass(slots=True)
class TokenRequest:
    """What is asked for, of whom, by whom. Raises ``ValueError`` for what can never be sent."""

    client_id: str
    issuer: str | None
    token_url: str | None
    identity: Identity = field(repr=False)
    scope: str
    resource: str | None
    parameters: dict[str, str] = field(repr=False)
    proof_key: ProofKey | None = field(repr=False)
    mtls: bool = field(repr=False)
    _nonce: str | None = field(default=None, init=False, repr=False)
    _found: str | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.token_url is None and self.issuer is None:
            raise ValueError("Give issuer= or token_url=: who gives the tokens.")
        if self.issuer is not None:
            check_issuer(self.issuer)
        if self.token_url is not None:
            check_secure(self.token_url)
        if not self.client_id:
            raise ValueError("The client_id is empty.")

    @property
    def name(self) -> str:
        """A name for tokens of this kind, the same in every process."""
        parts = (self.issuer or self.token_url, self.client_id, self.scope, self.resource)
        return sha256(msgspec.json.encode((*parts, self.parameters))).hexdigest()

    def send(self) -> Flow[Token]:
        """Ask for a token; raises ``TokenError``, whatever went wrong."""
        try:
            return (yield from self._send())
        except DeadlineExceededError:
            raise  # the caller's time is over, which says nothing of the issuer
        except TokenError:
            self._found = None  # it may have moved
            raise
        except IssuerError as error:
            raise TokenError(str(error), status=error.status) from None
        except Exception as error:
            where, self._found = self._found or self.token_url or self.issuer, None
            raise TokenError(f"{where}: the issuer is not to be reached: {error}") from error

    def _send(self) -> Flow[Token]:
        url = self._found or self.token_url
        if url is None:
            flow = find_endpoint(self.issuer or "", "token_endpoint", mtls=self.mtls)
            url = self._found = yield from flow
        obtained = time.monotonic()
        response = yield from self._exchange(url)
        return self._read(url, response, obtained)

    def _exchange(self, url: str) -> Flow[HTTPResponse]:
        response = yield from send_request(self._made(url))
        nonce = asks_for_nonce(response, self._nonce) if self.proof_key else None
        if nonce is not None:
            self._nonce = nonce
            response = yield from send_request(self._made(url))
        return response

    def _made(self, url: str) -> HTTPRequest:
        form = {"grant_type": "client_credentials", **self.parameters}
        if self.scope:
            form["scope"] = self.scope
        if self.resource:
            form["resource"] = self.resource
        headers = {
            "accept": "application/json",
            "content-type": "application/x-www-form-urlencoded",
        }
        if self.proof_key is not None:
            now = time.time()
            headers["dpop"] = self.proof_key.prove("POST", url, now=now, nonce=self._nonce)
        self.identity.show(headers, form)
        return HTTPRequest("POST", headers, urlencode(form).encode(), url)

    def _read(self, url: str, response: HTTPResponse, obtained: float) -> Token:
        kind = "DPoP" if self.proof_key else "Bearer"
        try:
            return read_token(response, obtained, asked_kind=kind)
        except TokenError as error:
            after = response.headers.get("retry-after", "")
            message = f"{url}, client {self.client_id}: {error}"
            wait = float(after) if after.isdigit() and len(after) < 5 else 0.0
            raise TokenError(message, error.error, error.status, wait) from None
