"""Access tokens: the token request, its response, and how long a token is used."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from hashlib import sha256
from random import uniform
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec

from trunkline.auth.calling.authentication import ClientAuthentication
from trunkline.auth.discovery import ACCEPT_JSON, MAX_BYTES, IssuerError, find_endpoint
from trunkline.auth.urls import check_issuer, check_secure
from trunkline.errors import DeadlineExceededError, ProtocolError, ServerStatusError, TokenError
from trunkline.flow.calls import Flow, send_request
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

if TYPE_CHECKING:
    from trunkline.auth.dpop import ProofKey

__all__ = ["Token", "TokenRequest", "requested_nonce", "suspects_token"]

_B64TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750 §2.1
_LONGEST = 16_384  # characters of a token
_DEFAULT_SECONDS = 300.0  # the life of a token if the issuer does not name it
_SKEW = 30.0  # seconds before its end in which a token is not used
_ERROR = re.compile(r'\berror\s*=\s*"?([a-z_]+)')
_NONCE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,512}")


@dataclass(frozen=True, slots=True, eq=False)
class Token:
    """An access token.

    - ``kind``: ``Bearer`` or ``DPoP``.
    - ``expires``: in seconds since 1970.
    - ``renews``: from then on it should be renewed; the time differs from client to client.
    - ``ends``: until then it is used, shortly before it expires. Both are of the monotonic clock.
    """

    value: str = field(repr=False)
    kind: str
    expires: float
    renews: float
    ends: float

    @classmethod
    def lasting(cls, value: str, kind: str, obtained: float, seconds: float) -> Token:
        """Make a token that lives for ``seconds`` from ``obtained`` on (monotonic)."""
        return cls(
            value,
            kind,
            expires=time.time() - time.monotonic() + obtained + seconds,
            renews=obtained + seconds * uniform(0.7, 0.9),  # noqa: S311  # not a secret
            ends=obtained + seconds - min(_SKEW, seconds / 10),
        )


class _IssuedToken(msgspec.Struct):
    """RFC 6749 §5.1. Some issuers write the number as a string."""

    access_token: str
    token_type: str
    expires_in: float | str | None = None

    def __repr__(self) -> str:
        return "_IssuedToken(…)"


class _ErrorResponse(msgspec.Struct):
    """RFC 6749 §5.2."""

    error: str = ""
    error_description: str = ""


@dataclass(slots=True)
class TokenRequest:
    """A request for a token. Raises ``ValueError`` for settings that cannot work."""

    client_id: str
    issuer: str | None
    token_url: str | None
    authentication: ClientAuthentication = field(repr=False)
    scope: str
    resource: str | None
    parameters: dict[str, str] = field(repr=False)
    proof_key: ProofKey | None = field(repr=False)
    mtls: bool = field(repr=False)
    allow_http: bool = field(repr=False)
    _nonce: str | None = field(default=None, init=False, repr=False)
    _discovered: str | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.token_url is None and self.issuer is None:
            raise ValueError("Give issuer= or token_url=: the tokens come from there.")
        if self.issuer is not None:
            check_issuer(self.issuer, allow_http=self.allow_http)
        if self.token_url is not None:
            check_secure(self.token_url, allow_http=self.allow_http)
        if not self.client_id:
            raise ValueError("The client_id is empty.")

    @property
    def name(self) -> str:
        """The name of the tokens of this request, the same in every process."""
        parts = (self.issuer or self.token_url, self.client_id, self.scope, self.resource)
        return sha256(msgspec.json.encode((*parts, self.parameters))).hexdigest()

    def send(self) -> Flow[Token]:
        """Request a token. Raises ``TokenError`` for every failure except the caller's deadline."""
        try:
            url = self._discovered or self.token_url
            if url is None:
                url = self._discovered = yield from find_endpoint(
                    self.issuer or "",
                    "token_endpoint",
                    mtls=self.mtls,
                    allow_http=self.allow_http,
                )
            obtained = time.monotonic()
            response = yield from send_request(self._request(url))
            nonce = requested_nonce(response, self._nonce) if self.proof_key else None
            if nonce is not None:
                self._nonce = nonce
                response = yield from send_request(self._request(url))
            return self._read(url, response, obtained)
        except DeadlineExceededError:
            raise  # it says nothing about the issuer
        except TokenError:
            self._discovered = None  # the endpoint may have moved
            raise
        except IssuerError as error:
            raise TokenError(str(error), status=error.status) from None
        except Exception as error:  # noqa: BLE001  # of any transport
            where, self._discovered = self._discovered or self.token_url or self.issuer, None
            message = f"{where}: the issuer cannot be reached: {error}"
            failure = TokenError(
                message, unreachable=not isinstance(error, (ProtocolError, ServerStatusError))
            )
        raise failure  # without the transport's frames, whose locals have the secret

    def _request(self, url: str) -> HTTPRequest:
        # A function of its own, because the frames of `send` are in tracebacks of transports.
        form = {"grant_type": "client_credentials", **self.parameters}
        if self.scope:
            form["scope"] = self.scope
        if self.resource:
            form["resource"] = self.resource
        headers = {**ACCEPT_JSON, "content-type": "application/x-www-form-urlencoded"}
        if self.proof_key is not None:
            now = time.time()
            headers["dpop"] = self.proof_key.prove("POST", url, now=now, nonce=self._nonce)
        self.authentication.add_to(headers, form)
        return HTTPRequest("POST", headers, urlencode(form).encode(), url)

    def _read(self, url: str, response: HTTPResponse, obtained: float) -> Token:
        try:
            return _read_token(response, obtained, "DPoP" if self.proof_key else "Bearer")
        except TokenError as error:
            after = response.headers.get("retry-after", "")
            message = f"{url}, client {self.client_id}: {error}"
            wait = float(after) if after.isdigit() and len(after) < 5 else 0.0
            raise TokenError(message, error.error, error.status, wait) from None


def _read_token(response: HTTPResponse, obtained: float, kind: str) -> Token:
    """Read the response to a token request that was sent at ``obtained`` (monotonic).

    Raises ``TokenError`` if the issuer gave no token, or one that is not of the ``kind`` that was
    requested (RFC 9449 §5).
    """
    if len(response.body) > MAX_BYTES:
        message = f"The issuer's response has more than {MAX_BYTES} bytes."
        raise TokenError(message, status=response.status)
    if response.status != 200:
        try:
            problem = msgspec.json.decode(response.body, type=_ErrorResponse)
        except (msgspec.DecodeError, UnicodeDecodeError):
            problem = _ErrorResponse()
        why = ": ".join(filter(None, (problem.error, problem.error_description)))[:300]
        message = f"The issuer gave no token; the status is {response.status}"
        message = f"{message}: {why}" if why else message
        raise TokenError(message, problem.error, response.status)
    try:
        token = msgspec.json.decode(response.body, type=_IssuedToken)
        seconds = _DEFAULT_SECONDS if token.expires_in is None else float(token.expires_in)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError):
        message = "The issuer's response is not JSON with 'access_token' and 'token_type'."
        raise TokenError(message, status=200) from None
    if not (_is_token(token.access_token) and 0 < seconds < 1e9):
        message = "The issuer's 'access_token' or 'expires_in' has a value that cannot be used."
        raise TokenError(message, status=200)
    if token.token_type.lower() != kind.lower():
        raise TokenError(f"The issuer's token is not of the type {kind}.", status=200)
    return Token.lasting(token.access_token, kind, obtained, seconds)


def _is_token(text: str) -> bool:
    """Say whether a text can be sent as a token. No frame of a failure has it as a local."""
    return len(text) <= _LONGEST and _B64TOKEN.fullmatch(text) is not None


def suspects_token(response: HTTPResponse) -> bool:
    """Say whether a 401 may be about the token, so that another token may help (RFC 6750 §3).

    Not every server sends the code ``invalid_token``. Only another code rules the token out.
    """
    return _error_code(response) in {"", "invalid_token"}


def requested_nonce(response: HTTPResponse, used: str | None) -> str | None:
    """Return the new nonce that a server requests in the proof (RFC 9449 §8, §9), or ``None``."""
    nonce = response.headers.get("dpop-nonce", "")
    usable = response.status in {400, 401} and _NONCE.fullmatch(nonce) and nonce != used
    code = "use_dpop_nonce"
    asked = code.encode() in response.body[:1000] or _error_code(response) == code
    return nonce if usable and asked else None


def _error_code(response: HTTPResponse) -> str:
    found = _ERROR.search(response.headers.get("www-authenticate", ""))
    return found[1] if found else ""
