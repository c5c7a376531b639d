"""The answers that the playground gives, with the headers that make them safe to show."""

from __future__ import annotations

from pathlib import PurePath
from typing import NamedTuple

# Ours, because the standard library's depends on the machine: some serve JavaScript as text/plain.
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".ttf": "font/ttf",
}
_TEXT = "text/plain; charset=utf-8"
_IMMUTABLE = "public, max-age=31536000, immutable"  # for a year: the name holds a digest
_NEVER = "no-store"


class Answer(NamedTuple):
    """An HTTP response, ready to send."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


def page(body: bytes, policy: str) -> Answer:
    """Answer with the page."""
    return _answer(200, body, policy, {"content-type": "text/html; charset=utf-8"})


def file(name: str, body: bytes, policy: str) -> Answer:
    """Answer with a file that the page loads."""
    media_type = _MEDIA_TYPES.get(PurePath(name).suffix, "application/octet-stream")
    return _answer(200, body, policy, {"content-type": media_type, "cache-control": _IMMUTABLE})


def redirect(location: str, policy: str) -> Answer:
    """Send the browser to another place."""
    return _answer(307, b"", policy, {"location": location})


def not_found(policy: str) -> Answer:
    """Answer that there is nothing of that name."""
    return _answer(404, b"Not Found", policy, {"content-type": _TEXT})


def method_not_allowed(policy: str) -> Answer:
    """Answer that this can only be read."""
    headers = {"content-type": _TEXT, "allow": "GET, HEAD"}
    return _answer(405, b"Method Not Allowed", policy, headers)


def _answer(status: int, body: bytes, policy: str, headers: dict[str, str]) -> Answer:
    """Put the safety headers on: on files as well, since a worker obeys its own script's policy."""
    together = {
        "content-length": str(len(body)),
        "cache-control": _NEVER,
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        **headers,
    }
    return Answer(status, [(name.encode(), text.encode()) for name, text in together.items()], body)
