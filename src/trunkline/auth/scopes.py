"""Scopes as a request has them: words, apart by one space (RFC 6749 §3.3)."""

from __future__ import annotations

import re

__all__ = ["is_scope", "read_scope"]

_TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,256}")
_MAX_LENGTH = 4096


def is_scope(word: str) -> bool:
    """Say whether a word may be a scope."""
    return _TOKEN.fullmatch(word) is not None


def read_scope(text: str) -> tuple[str, ...]:
    """Read a scope parameter; a repeated word counts once.

    Raises ``ValueError`` where it breaks the grammar, or is longer than anybody needs.
    """
    words = text.split(" ")
    if len(text) > _MAX_LENGTH or not all(map(is_scope, words)):
        raise ValueError("It is not a list of scopes.")
    return tuple(dict.fromkeys(words))
