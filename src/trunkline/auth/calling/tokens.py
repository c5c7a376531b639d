"""Access tokens: the token request, its response, and how long a token is used."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from hashlib import sha256
from random import uniform
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec

from trunkline.auth.calling.authentication import ClientAuthentication
from trunkline.auth.calling.grants import Grant
from trunkline.auth.discovery import ACCEPT_JSON, MAX_BYTES, IssuerError, find_endpoint
from trunkline.auth.urls import check_issuer, check_secure
from trunkline.errors import DeadlineExceededError, ProtocolError, ServerStatusError, TokenError
from trunkline.flow.calls import Flow, send_request
from trunkline.protocol.messages import HTTPRequest, HTTPResponse
from trunkline.protocol.response import has_error_code

if TYPE_CHECKING:
    from trunkline.auth.dpop import ProofKey

__all__ = ["Accepted", "Token", "TokenRequest", "requested_nonce", "suspects_token"]

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


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a response with a token must be: ``ClientCredentials`` says what these mean."""

    token_type: str | None = "Bearer"  # noqa: S105  # not a secret
    token_status: int = 200
    lifetime: float | None = None


class _IssuedToken(msgspec.Struct):
    """RFC 6749 §5.1. Some issuers write the number as a string."""

    access_token: str
    token_type: str | None = None
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

    client_id: str | None
    issuer: str | None
    token_url: str | None
    authentication: ClientAuthentication = field(repr=False)
    grant: Grant = field(repr=False)
    accepted: Accepted = field(repr=False)
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
        if self.client_id is not None and not self.client_id:
            raise ValueError("The client_id is empty.")

    @property
    def name(self) -> str | None:
        """The name of the tokens of this request, the same in every process.

        ``None`` if it is not known whose tokens they are.
        """
        subject = self.grant.subject
        if subject is None:
            return None
        parts = (self.issuer or self.token_url, self.client_id, self.scope, self.resource)
        return sha256(msgspec.json.encode((*parts, self.parameters, subject))).hexdigest()

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
        except TokenError as error:
            self._discovered = None  # the endpoint may have moved
            failure = error.with_traceback(None)
        except IssuerError as error:
            failure = TokenError(str(error), status=error.status)
        except Exception as error:  # noqa: BLE001  # of any transport
            where, self._discovered = self._discovered or self.token_url or self.issuer, None
            message = f"{where}: the issuer cannot be reached: {error}"
            failure = TokenError(
                message, unreachable=not isinstance(error, (ProtocolError, ServerStatusError))
            )
        raise failure  # without the frames below, whose locals have the secret

    def _request(self, url: str) -> HTTPRequest:
        # A function of its own, because the frames of `send` are in tracebacks of transports.
        audience = self.issuer or url
        form = dict(self.parameters)
        self.grant.add_to(form, audience)
        if self.scope:
            form["scope"] = self.scope
        if self.resource:
            form["resource"] = self.resource
        headers = {**ACCEPT_JSON, "content-type": "application/x-www-form-urlencoded"}
        if self.proof_key is not None:
            now = time.time()
            headers["dpop"] = self.proof_key.prove("POST", url, now=now, nonce=self._nonce)
        self.authentication.add_to(headers, form, audience)
        return HTTPRequest("POST", headers, urlencode(form).encode(), url)

    def _read(self, url: str, response: HTTPResponse, obtained: float) -> Token:
        try:
            return _read_token(response, obtained, self.accepted)
        except TokenError as error:
            after = response.headers.get("retry-after", "")
            client = "" if self.client_id is None else f", client {self.client_id}"
            message = f"{url}{client}: {error}"
            wait = float(after) if after.isdigit() and len(after) < 5 else 0.0
            raise TokenError(message, error.error, error.status, wait) from None


def _read_token(response: HTTPResponse, obtained: float, accepted: Accepted) -> Token:
    """Read the response to a token request that was sent at ``obtained`` (monotonic).

    Raises ``TokenError`` if the issuer gave no token, or one that is not as ``accepted`` says.
    """
    status = response.status
    if len(response.body) > MAX_BYTES:
        raise TokenError(f"The issuer's response has more than {MAX_BYTES} bytes.", status=status)
    problem = _problem_of(response)
    if problem.error or status // 100 != 2:  # GitHub, for one, has errors with 200
        why = ": ".join(filter(None, (problem.error, problem.error_description)))[:300]
        message = f"The issuer gave no token; the status is {status}"
        raise TokenError(f"{message}: {why}" if why else message, problem.error, status)
    if status != accepted.token_status:
        raise TokenError(
            f"The status of the issuer's response is {status}; expected {accepted.token_status}."
            f" If this issuer gives tokens so, say token_status={status}.",
            status=status,
        )
    try:
        token = msgspec.json.decode(response.body, type=_IssuedToken)
        seconds = None if token.expires_in is None else float(token.expires_in)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError):
        message = "The issuer's response is not JSON with 'access_token' and 'token_type'."
        raise TokenError(message, status=status) from None
    _check_type(token.token_type, accepted.token_type, status)
    if seconds is None or (seconds <= 0 and accepted.lifetime is not None):
        seconds = accepted.lifetime or _DEFAULT_SECONDS
    if not 0 < seconds < 1e9:
        raise TokenError(
            f"The issuer's 'expires_in' is {token.expires_in}, not a number of seconds above 0."
            " If its tokens do not expire, say how long one is used: lifetime=3600.",
            status=status,
        )
    if not _is_token(token.access_token):
        raise TokenError("The issuer's 'access_token' cannot be sent in a header.", status=status)
    kind = "DPoP" if accepted.token_type == "DPoP" else "Bearer"  # noqa: S105  # not a secret
    return Token.lasting(token.access_token, kind, obtained, seconds)


def _problem_of(response: HTTPResponse) -> _ErrorResponse:
    try:
        return msgspec.json.decode(response.body, type=_ErrorResponse)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _ErrorResponse()


def _check_type(named: str | None, expected: str | None, status: int) -> None:
    """Raise ``TokenError`` if a token is not of the type that was requested (RFC 9449 §5)."""
    kind = None if named is None else named.lower()
    if kind in ({None, "bearer"} if expected is None else {expected.lower()}):
        return
    shown = None if named is None else named[:100]
    remedy = f" If this issuer calls bearer tokens so, say token_type={shown!r}."
    if kind == "dpop" or expected == "DPoP":
        remedy = " Tokens of the type 'DPoP' are for dpop=True, and dpop=True is for them."
    raise TokenError(
        f"The issuer's 'token_type' is {'missing' if shown is None else repr(shown)};"
        f" expected {expected or 'Bearer'!r}.{remedy}",
        status=status,
    )


def _is_token(text: str) -> bool:
    """Say whether a text can be sent as a token. No frame of a failure has it as a local."""
    return len(text) <= _LONGEST and _B64TOKEN.fullmatch(text) is not None


def suspects_token(
    response: HTTPResponse,
    expired: Collection[int | str] | Callable[[HTTPResponse], bool] = (),
) -> bool:
    """Say whether a response may be about the token, so that another token may help.

    Not every server sends a 401 with the code ``invalid_token`` (RFC 6750 §3): only another code
    rules the token out. ``expired`` says what else tells of the token.
    """
    if response.status == 401 and _error_code(response) in {"", "invalid_token"}:
        return True
    if callable(expired):
        return expired(response)
    return response.status in expired or has_error_code(
        response, [each for each in expired if isinstance(each, str)]
    )


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
