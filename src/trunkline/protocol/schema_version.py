"""How a server's answers say which schema they were made with."""

from __future__ import annotations

from hashlib import sha256

__all__ = ["SCHEMA_VERSION", "schema_etag", "schema_version"]

SCHEMA_VERSION = "graphql-schema-version"
"""The header; its value is another one as soon as the schema is."""


def schema_version(sdl: str) -> str:
    """Name a schema by its text."""
    return sha256(sdl.encode()).hexdigest()[:32]


def schema_etag(version: str) -> str:
    """Return the strong ETag of the SDL of that version (RFC 9110 §8.8.3)."""
    return f'"{version}"'
