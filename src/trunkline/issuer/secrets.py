"""Secrets of clients: generated, or chosen by people; stored as hashes only."""

from __future__ import annotations

import re
import secrets
from functools import cache
from hashlib import sha256
from hmac import compare_digest

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

__all__ = ["hash_secret", "is_chosen", "is_generated", "make_secret", "matches"]

_SHORTEST_CHOSEN = 16  # characters of a secret that a person chose
_PREFIX = "tks_"  # scanners of repositories find such words
_GENERATED = re.compile(_PREFIX + r"[A-Za-z0-9_-]{43}")


def make_secret() -> str:
    """Make a secret of 256 bits (RFC 6749 §10.10 asks for 160)."""
    return _PREFIX + secrets.token_urlsafe(32)


def is_generated(secret: str) -> bool:
    """Tell whether a secret has the form of those that `make_secret` makes."""
    return _GENERATED.fullmatch(secret) is not None


def is_chosen(stored: str) -> bool:
    """Tell whether a stored hash is of a secret that a person chose."""
    return stored.startswith("$argon2")


def hash_secret(secret: str) -> str:
    """Return the hash to store: SHA-256 of 256 random bits, argon2id of a chosen secret.

    Raises ``ValueError`` for a chosen secret that is too short.
    """
    if is_generated(secret):
        return _sha256(secret)
    if len(secret) < _SHORTEST_CHOSEN:
        raise ValueError(f"A chosen secret must have {_SHORTEST_CHOSEN} characters at least.")
    return _hasher().hash(secret)


def matches(secret: str, stored: str) -> bool:
    """Compare a secret with a stored hash, in a time that tells nothing about either.

    The time depends on the form of the given secret alone: a generated one is compared by its
    SHA-256, any other one slowly, whatever the client has.
    """
    if is_generated(secret):
        return compare_digest(_sha256(secret), stored)
    try:
        return _hasher().verify(stored if is_chosen(stored) else _unmatched(), secret)
    except (Argon2Error, InvalidHashError):
        return False


def _sha256(secret: str) -> str:
    return "sha256:" + sha256(secret.encode()).hexdigest()


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)  # as OWASP recommends


@cache
def _unmatched() -> str:
    """Return a hash that no secret has, for clients without a chosen one."""
    return _hasher().hash(secrets.token_urlsafe(32))
