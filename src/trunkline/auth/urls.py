"""URLs that secrets and tokens are about: which may be used, and where metadata is."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

__all__ = ["check_issuer", "check_secure", "is_loopback", "is_resource", "metadata_urls"]

_VISIBLE = re.compile(r"[\x21-\x7e]+")


def check_secure(url: str) -> SplitResult:
    """Return the parts of a URL that secrets may be sent to.

    Without TLS only this machine is one (RFC 6749 §3.2): what counts is the host, parsed. Raises
    ``ValueError`` with the remedy.
    """
    parts = _split(url)
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname)):
        return parts
    raise ValueError(f"{_shown(parts)}: secrets go over https only, but for this machine itself.")


def check_issuer(url: str) -> SplitResult:
    """Return the parts of an issuer's identifier (RFC 8414 §2): no query, no fragment."""
    parts = check_secure(url)
    if "?" in url or "#" in url:
        raise ValueError(f"{_shown(parts)}: an issuer's URL has neither query nor fragment.")
    return parts


def metadata_urls(issuer: str) -> tuple[str, str]:
    """Return where an issuer's metadata may be, the better one first.

    RFC 8414 §3 puts the well-known part between host and path; OpenID Connect, which Keycloak,
    Entra, Cognito and Auth0 have, puts it at the end.
    """
    parts = check_issuer(issuer)
    path = parts.path.rstrip("/")
    root = f"{parts.scheme}://{parts.netloc}"
    return (
        f"{root}/.well-known/oauth-authorization-server{path}",
        f"{root}{path}/.well-known/openid-configuration",
    )


@lru_cache(maxsize=1024)
def is_loopback(host: str | None) -> bool:
    """Say whether a host, as parsed from a URL, is this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


def is_resource(text: str) -> bool:
    """Say whether a text may name a resource: an absolute URI without fragment (RFC 8707 §2)."""
    if not _VISIBLE.fullmatch(text) or "#" in text:
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme and (parts.netloc or parts.path))


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is no number
    except ValueError:
        raise ValueError("The URL is malformed.") from None
    if not parts.hostname or parts.username is not None or not _VISIBLE.fullmatch(url):
        raise ValueError("The URL needs a scheme and a host, and has neither user nor spaces.")
    return parts


def _shown(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc}{parts.path}"
