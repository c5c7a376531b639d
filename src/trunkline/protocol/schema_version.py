"""The version of a schema, which a server's responses name."""

from __future__ import annotations

from hashlib import sha256

__all__ = ["SCHEMA_VERSION", "schema_etag", "schema_version"]

SCHEMA_VERSION = "graphql-schema-version"
"""The header. Its value changes when the schema changes."""


def schema_version(sdl: str) -> str:
    """Return the version of a schema, a hash of its text."""
    return sha256(sdl.encode()).hexdigest()[:32]


def schema_etag(version: str) -> str:
    """Return the strong ETag of the SDL of that version (RFC 9110 §8.8.3)."""
    return f'"{version}"'
