"""pyreqwest's exceptions as ours.

Their classes tell less than they seem to: a server that hangs up after it read the request is a
``ConnectError``, a body that ends early and a head that is no HTTP are ``DecodeError``. The causes
tell what happened.
"""

from __future__ import annotations

from pyreqwest.exceptions import PoolTimeoutError, RequestError, RequestTimeoutError

from trunkline.client.transports.addresses import shown_url
from trunkline.errors import ConnectionFailedError, ProtocolError, TransportError

__all__ = ["failure"]


def failure(url: str, error: RequestError) -> TransportError:
    """Tell what went wrong at a URL, without what may be secret."""
    causes = [cause["message"] for cause in error.details["causes"] or ()] or [error.message]
    why = causes[-1]
    body = "error decoding response body" in causes
    broken = "error reading a body from connection" in causes
    if body and not broken and not isinstance(error, RequestTimeoutError):
        return ProtocolError(
            f"The answer from {shown_url(url)} is not in the Content-Encoding that it names: {why}"
        )
    never_sent = "client error (Connect)" in causes or isinstance(error, PoolTimeoutError)
    kind = _kind(why, never_sent=never_sent)
    return ConnectionFailedError(
        f"No whole answer from {shown_url(url)} ({kind}): {why}", never_sent=never_sent
    )


def _kind(why: str, *, never_sent: bool) -> str:
    phase = "Connect" if never_sent else "Read"
    return phase + ("Timeout" if "timed out" in why else "Error")
