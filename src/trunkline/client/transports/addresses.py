"""URLs of servers: which are good, what of them may be shown, where a redirect may lead."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import urljoin, urlsplit

from trunkline.errors import ServerStatusError
from trunkline.protocol.messages import HTTPRequest

__all__ = ["checked_url", "followed", "identity_of", "refuse_redirect", "shown_url", "target"]

_REDIRECTS = (301, 302, 303, 307, 308)
_KEEP_THE_METHOD = (307, 308)
_MOST_REDIRECTS = 20  # as httpx2 and browsers have it
_PORTS = {"http": 80, "https": 443}


def checked_url(url: str) -> str:
    """Return the URL if it is one of HTTP with a host; raises ``ValueError`` if not."""
    scheme, host, _ = _origin(url)
    if scheme not in _PORTS or not host:
        raise ValueError(
            "A transport's URL begins with http:// or https:// and names a host, such as"
            " 'http://localhost:8080/graphql'."
        )
    return url


def shown_url(url: str) -> str:
    """Return what of a URL may stand in messages and logs: no user, no password, no query."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "(a URL that cannot be read)"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def target(url: str, request: HTTPRequest) -> str:
    """Return where a request goes: its own URL, or the transport's with the request's query."""
    if request.url is not None:
        return checked_url(request.url)
    if not request.query:
        return url
    return f"{url}{'&' if '?' in url else '?'}{request.query}"


def followed(url: str, status: int, location: str | None, before: int) -> str | None:
    """Return where to send a request again, or ``None`` where the answer is no redirect.

    For libraries that would follow any. ``before`` is how many redirects were followed already.
    Raises ``ServerStatusError``, as ``refuse_redirect`` does, and where there is no end of them.
    """
    refuse_redirect(url, status, location)
    if status not in _KEEP_THE_METHOD or not location:
        return None
    if before < _MOST_REDIRECTS:
        return _target(url, location)
    raise ServerStatusError(
        f"The server at {shown_url(url)} answered {status}: it redirects for the {before + 1}th"
        " time. The request was not sent on. Give the transport the URL that answers.",
        status,
    )


def identity_of(url: str, headers: Mapping[str, str]) -> str:
    """Name a transport by where it leads and what it says of itself, without telling either."""
    told = "\n".join(f"{name}: {headers[name]}" for name in sorted(headers))
    return sha256(f"{url}\n{told}".encode()).hexdigest()


def refuse_redirect(url: str, status: int, location: str | None) -> None:
    """Allow an answer that is no redirect, or one by 307 or 308 within the same origin.

    The others would turn the POST into a GET (RFC 9110 §15.4.2 to 4), or carry the request's
    headers and variables to another server. Raises ``ServerStatusError``.
    """
    if status not in _REDIRECTS or not location:
        return
    place = _target(url, location)
    if status in _KEEP_THE_METHOD and _origin(place) == _origin(url):
        return
    raise ServerStatusError(
        f"The server at {shown_url(url)} answered {status}: it redirects to {shown_url(place)}."
        " The request was not sent there, because it would lose its body or leave its origin."
        " If that is the right place, give the transport that URL.",
        status,
    )


def _target(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        return location


def _origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port; all empty where the URL cannot be read."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme)
    except ValueError:  # its message would quote the URL, which may have a password in it
        return "", "", None
