"""URLs of issuers and resources: which ones are safe, and where an issuer's metadata is."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

__all__ = [
    "check_issuer",
    "check_secure",
    "is_loopback",
    "is_resource",
    "metadata_urls",
    "origin_of",
]

_VISIBLE = re.compile(r"[\x21-\x7e]+")


def check_secure(url: str, *, allow_http: bool = False) -> SplitResult:
    """Return the parts of a URL that secrets may be sent to.

    Without TLS that is only this machine (RFC 6749 §3.2), unless ``allow_http``; the parsed host
    decides. Raises ``ValueError`` with the remedy.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises if it is not a number
    except ValueError:
        raise ValueError("The URL is malformed.") from None
    if not parts.hostname:
        raise ValueError("The URL must begin with https:// and name a host: https://auth.internal")
    if "@" in url or not _VISIBLE.fullmatch(url):  # a "/" in a password moves "@" into the path
        raise ValueError("The URL must have neither a user nor '@' nor spaces.")
    if parts.scheme == "https":
        return parts
    if parts.scheme == "http" and (allow_http or is_loopback(parts.hostname)):
        return parts
    shown = f"{parts.scheme}://{parts.netloc}{parts.path}"
    raise ValueError(
        f"{shown}: use https, because secrets are sent there; http is for localhost only."
    )


def check_issuer(url: str, *, allow_http: bool = False) -> SplitResult:
    """Return the parts of an issuer's identifier (RFC 8414 §2): no query, no fragment."""
    parts = check_secure(url, allow_http=allow_http)
    if "?" in url or "#" in url:
        shown = f"{parts.scheme}://{parts.netloc}{parts.path}"
        raise ValueError(f"{shown}: the URL of an issuer must not have a query or a fragment.")
    return parts


def metadata_urls(issuer: str) -> tuple[str, str]:
    """Return where the metadata of an issuer that was checked may be, the preferred place first.

    RFC 8414 §3 puts the well-known part between host and path. OpenID Connect puts it at the end,
    and so do Keycloak, Entra, Cognito and Auth0.
    """
    parts = urlsplit(issuer)
    path = parts.path.rstrip("/")
    root = f"{parts.scheme}://{parts.netloc}"
    return (
        f"{root}/.well-known/oauth-authorization-server{path}",
        f"{root}{path}/.well-known/openid-configuration",
    )


def origin_of(url: str) -> str:
    """Return scheme, host and port as a text. Raises ``ValueError`` for a malformed URL."""
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    return f"{parts.scheme}://{parts.hostname}:{port}"


@lru_cache(maxsize=1024)
def is_loopback(host: str | None) -> bool:
    """Tell whether a host, as parsed from a URL, is this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


def is_resource(text: str) -> bool:
    """Tell whether a text is a resource: an absolute URI without a fragment (RFC 8707 §2)."""
    if not _VISIBLE.fullmatch(text) or "#" in text:
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme and (parts.netloc or parts.path))
