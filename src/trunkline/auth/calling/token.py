"""An access token as its client has it: when it is renewed, and when it ends."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from random import uniform
from typing import Any

import msgspec

from trunkline.errors import TokenError
from trunkline.protocol.messages import HTTPResponse

__all__ = ["Token", "read_token"]

_B64TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750 §2.1
_LONGEST = 16_384
_MOST_BYTES = 1_048_576
_UNTOLD = 300.0  # seconds that a token is taken to live if its issuer does not say
_SKEW = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class Token:
    """A token; the times are of the monotonic clock.

    From ``renews`` on it should be renewed, at a time that differs from client to client; it is
    used until ``ends``, shortly before it expires.
    """

    value: str = field(repr=False)
    kind: str
    expires: float
    renews: float
    ends: float

    @classmethod
    def lasting(cls, value: str, kind: str, obtained: float, seconds: float) -> Token:
        """Make a token that lives for some seconds from a time on."""
        return cls(
            value,
            kind,
            expires=time.time() - time.monotonic() + obtained + seconds,
            renews=obtained + seconds * uniform(0.7, 0.9),  # noqa: S311  # no secret
            ends=obtained + seconds - min(_SKEW, seconds / 10),
        )


class _Answer(msgspec.Struct):
    """RFC 6749 §5.1. Some issuers write the number as a string."""

    access_token: str
    token_type: str
    expires_in: float | str | None = None

    def __repr__(self) -> str:
        return "_Answer(…)"


class _Problem(msgspec.Struct):
    """RFC 6749 §5.2."""

    error: str = ""
    error_description: str = ""


def read_token(response: HTTPResponse, obtained: float, *, asked_kind: str) -> Token:
    """Read the answer to a token request, which was sent at a time of the monotonic clock.

    Raises ``TokenError`` where the issuer refused, or the answer is none, or its token is of
    another kind than was asked for (RFC 9449 §5).
    """
    if len(response.body) > _MOST_BYTES:
        raise TokenError("The issuer's answer is too long to be one.", status=response.status)
    if response.status != 200:
        raise _refused(response)
    try:
        answer = msgspec.json.decode(response.body, type=_Answer)
        seconds = _UNTOLD if answer.expires_in is None else float(answer.expires_in)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError):
        raise TokenError("The issuer's answer is no access token.", status=200) from None
    value = answer.access_token
    if not _B64TOKEN.fullmatch(value) or len(value) > _LONGEST or not 0 < seconds < 1e9:
        raise TokenError("The issuer's token cannot be used in a header.", status=200)
    if answer.token_type.lower() != asked_kind.lower():
        raise TokenError(f"The issuer's token is not of the type {asked_kind}.", status=200)
    return Token.lasting(value, asked_kind, obtained, seconds)


def _refused(response: HTTPResponse) -> TokenError:
    try:
        problem: Any = msgspec.json.decode(response.body, type=_Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        problem = _Problem()
    said = ": ".join(filter(None, (problem.error, problem.error_description)))[:300]
    shown = said if said.isprintable() else said.encode("unicode_escape").decode("ascii")
    message = f"The issuer refuses a token with status {response.status}"
    return TokenError(f"{message}, {shown}" if shown else message, problem.error, response.status)
