"""Headers for HTTP caches (RFC 9111, RFC 9875), and validators (RFC 9110 §8.8, §13)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from urllib.parse import quote

__all__ = [
    "EVERYTHING",
    "INVALIDATION",
    "MOST_GROUPS",
    "any_of",
    "caching_headers",
    "digest_of",
    "etag_of",
    "group_name",
    "is_current",
    "read_groups",
    "write_groups",
]


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


def digest_of(text: bytes) -> bytes:
    """Return what stands for these bytes and no others: 32 hexadecimal digits."""
    return sha256(text).hexdigest()[:32].encode()


def etag_of(content_type: bytes, digest: bytes) -> bytes:
    """Return the strong ETag of a body with this digest: each media type has another."""
    return b'"%b-%b"' % (digest, _mark(content_type))


@lru_cache(maxsize=16)
def _mark(content_type: bytes) -> bytes:
    return digest_of(content_type)[:8]


def is_current(etag: bytes, if_none_match: bytes) -> bool:
    """Say whether a client that sends ``If-None-Match`` has the response already.

    ETags are compared weakly, as RFC 9110 §13.1.2 says.
    """
    if if_none_match == etag:  # as nearly always
        return True
    known = {each.strip().removeprefix(b"W/") for each in if_none_match.split(b",")}
    return b"*" in known or etag.removeprefix(b"W/") in known


# -- groups (RFC 9875) ----------------------------------------------------------------------------

EVERYTHING = "*"
"""The group of responses that would belong to too many groups; every mutation invalidates it."""

INVALIDATION = "Cache-Group-Invalidation"
"""The header that names the groups which a mutation invalidated (RFC 9875 §3)."""

MOST_GROUPS = 32
"""How many groups of a response every cache supports, and the length of a name (RFC 9875 §2)."""

_GROUP = re.compile(r'"((?:[^"\\]|\\.)*)"')


def group_name(*parts: str) -> str:
    """Return the name of a group: ``group_name("Book", "7")`` is ``Book:7``.

    Characters that separate groups somewhere are percent-encoded. The end of a name that is too
    long for some caches is replaced by a hash.
    """
    name = ":".join(quote(part, safe="*") for part in parts)
    if len(name) <= MOST_GROUPS:
        return name
    digest = sha256(name.encode()).hexdigest()
    return f"{name[:12]}~{digest[: MOST_GROUPS - 13]}"


def any_of(type_name: str) -> str:
    """Return the group of responses that depend on which objects of a type there are."""
    return group_name(type_name, "*")


def write_groups(header: str, names: Iterable[str]) -> tuple[bytes, bytes]:
    """Return the header with the names of groups, as the caches that read it want them."""
    if header in {"Cache-Groups", INVALIDATION}:
        value = ", ".join(f'"{name}"' for name in names)
    else:
        value = ("," if header == "Cache-Tag" else " ").join(names)
    return header.lower().encode(), value.encode()


def read_groups(value: str | None) -> frozenset[str]:
    """Read the names from ``Cache-Groups`` or ``Cache-Group-Invalidation``."""
    return frozenset(_GROUP.findall(value or ""))
