"""What a resource server means by its 401 (RFC 6750 §3, RFC 9449 §7.1, §9)."""

from __future__ import annotations

import re

from trunkline.protocol.messages import HTTPResponse

__all__ = ["asks_for_nonce", "may_be_the_token"]

_ERROR = re.compile(r'\berror\s*=\s*"?([a-z_]+)')
_NONCE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,512}")


def may_be_the_token(response: HTTPResponse) -> bool:
    """Say whether another token may be accepted, after a 401.

    The status counts first: not every server sends the code ``invalid_token``, and some send it
    without need. Only a code that says otherwise rules it out.
    """
    return _error(response) in {"", "invalid_token"}


def asks_for_nonce(response: HTTPResponse, used: str | None) -> str | None:
    """Return the nonce that a server wants in the proof, if it is another than was used."""
    nonce = response.headers.get("dpop-nonce", "")
    wanted = response.status in {400, 401} and _NONCE.fullmatch(nonce) and nonce != used
    asked = b"use_dpop_nonce" in response.body[:1000] or _error(response) == "use_dpop_nonce"
    return nonce if wanted and asked else None


def _error(response: HTTPResponse) -> str:
    found = _ERROR.search(response.headers.get("www-authenticate", ""))
    return found[1] if found else ""
