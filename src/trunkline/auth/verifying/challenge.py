"""What a request that is not let in is told: `WWW-Authenticate` (RFC 6750 §3, RFC 9449 §7.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from trunkline.errors import AccessDeniedError

__all__ = ["Challenge"]

_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


class Challenge:
    """Writes the headers of refusals.

    ``realm`` is what is protected; ``metadata`` the URL of its metadata (RFC 9728 §5.1);
    ``algorithms`` are those that proofs may be signed with, where proofs are taken.
    """

    def __init__(
        self, realm: str, metadata: str | None = None, algorithms: Iterable[str] = ()
    ) -> None:
        self._realm = realm
        self._metadata = metadata
        self._algorithms = " ".join(algorithms)

    def headers(self, denied: AccessDeniedError) -> list[tuple[bytes, bytes]]:
        """Return the headers that go with a refusal, besides those of its body."""
        if denied.retry_after is not None:
            return [(b"retry-after", b"%d" % denied.retry_after)]
        schemes = [denied.scheme] if denied.scheme else ["Bearer"]
        if self._algorithms and not denied.scheme:
            schemes.append("DPoP")
        return [(b"www-authenticate", self._written(scheme, denied)) for scheme in schemes]

    def _written(self, scheme: str, denied: AccessDeniedError) -> bytes:
        parameters = ", ".join(
            f'{name}="{_quoted(value)}"' for name, value in self._parameters(scheme, denied)
        )
        return f"{scheme} {parameters}".encode("ascii")

    def _parameters(self, scheme: str, denied: AccessDeniedError) -> Iterator[tuple[str, str]]:
        yield "realm", self._realm
        if denied.error:
            yield "error", denied.error
            yield "error_description", str(denied)
        if denied.scopes:
            yield "scope", " ".join(sorted(denied.scopes))
        if scheme == "DPoP" and self._algorithms:
            yield "algs", self._algorithms
        if self._metadata:
            yield "resource_metadata", self._metadata


def _quoted(text: str) -> str:
    """Write a text so that it stays within its quotes (RFC 9110 §5.6.4; RFC 6750 §3)."""
    return _UNPRINTABLE.sub("?", text).replace("\\", "/").replace('"', "'")
