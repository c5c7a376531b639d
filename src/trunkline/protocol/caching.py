"""Headers for HTTP caches (RFC 9111), and validators of responses (RFC 9110 §8.8, §13)."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

__all__ = ["caching_headers", "etag_of", "is_current"]


def caching_headers(
    max_age: int, *, is_shared: bool, vary: Iterable[str]
) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers of a response that caches may reuse for ``max_age`` seconds.

    Nothing has a bare ``max-age``: nginx gives a response with one to callers with other tokens.
    ``s-maxage`` forbids to serve what is stale (RFC 9111 §5.2.2.10), so there is no
    ``stale-while-revalidate`` (RFC 5861). Every response depends on ``Accept``.
    """
    control = b"public, s-maxage=%d" if is_shared else b"private, max-age=%d"
    names = ", ".join(("Accept", *vary))
    return (b"cache-control", control % max_age), (b"vary", names.encode("ascii"))


def etag_of(headers: Iterable[tuple[bytes, bytes]], body: bytes) -> bytes:
    """Return the strong ETag of a response: the same for the same bytes of the same media type."""
    digest = sha256(dict(headers).get(b"content-type", b"") + b"\n")
    digest.update(body)
    return b'"%b"' % digest.hexdigest()[:32].encode()


def is_current(etag: bytes, if_none_match: bytes | None) -> bool:
    """Say whether a client that sends ``If-None-Match`` has the response already.

    ETags are compared weakly, as RFC 9110 §13.1.2 says.
    """
    if if_none_match is None:
        return False
    known = {each.strip().removeprefix(b"W/") for each in if_none_match.split(b",")}
    return b"*" in known or etag.removeprefix(b"W/") in known
