"""Clients' secrets: made by us, or chosen by people; stored as hashes only."""

from __future__ import annotations

import re
import secrets
from functools import cache
from hashlib import sha256
from hmac import compare_digest

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

__all__ = ["SHORTEST_CHOSEN", "hash_secret", "is_chosen", "is_generated", "make_secret", "matches"]

SHORTEST_CHOSEN = 16
"""Characters that a secret chosen by people has at least."""

_PREFIX = "tks_"  # scanners of repositories find such words
_GENERATED = re.compile(_PREFIX + r"[A-Za-z0-9_-]{43}")


def make_secret() -> str:
    """Make a secret of 256 bits (RFC 6749 §10.10 wants 160)."""
    return _PREFIX + secrets.token_urlsafe(32)


def is_generated(secret: str) -> bool:
    """Say whether a secret looks like one that we made."""
    return _GENERATED.fullmatch(secret) is not None


def is_chosen(stored: str) -> bool:
    """Say whether what is stored is of a secret that somebody chose."""
    return stored.startswith("$argon2")


def hash_secret(secret: str) -> str:
    """Return what is stored: SHA-256 of 256 random bits, argon2id of what people think of.

    Raises ``ValueError`` for a chosen secret that is too short.
    """
    if is_generated(secret):
        return _digest(secret)
    if len(secret) < SHORTEST_CHOSEN:
        raise ValueError(f"A chosen secret has {SHORTEST_CHOSEN} characters at least.")
    return _hasher().hash(secret)


def matches(secret: str, stored: str) -> bool:
    """Compare a secret with what is stored, in a time that tells nothing of either.

    The time depends on the form of the given secret alone: one of ours is compared by its digest,
    any other slowly, whatever the client has.
    """
    if is_generated(secret):
        return compare_digest(_digest(secret), stored)
    try:
        return _hasher().verify(stored if is_chosen(stored) else _dummy(), secret)
    except (Argon2Error, InvalidHashError):
        return False


def _digest(secret: str) -> str:
    return "sha256:" + sha256(secret.encode()).hexdigest()


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)  # as OWASP has it


@cache
def _dummy() -> str:
    """Make a hash that no secret has, for clients without a chosen one."""
    return _hasher().hash(secrets.token_urlsafe(32))
