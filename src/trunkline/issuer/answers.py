"""What the issuer answers, and refuses: JSON that nobody may keep."""

from __future__ import annotations

from typing import Any

import msgspec

from trunkline.asgi.responses import Response

__all__ = ["Refusal", "json_answer", "public_answer"]

_JSON = (b"content-type", b"application/json")
# Both of them, on success and on errors alike (RFC 6749 §5.1).
_NO_STORE = ((b"cache-control", b"no-store"), (b"pragma", b"no-cache"))
_SNIFFING = (b"x-content-type-options", b"nosniff")


class Refusal(Exception):  # noqa: N818  # an answer on its way out
    """The issuer refuses, with one of the codes that RFC 6749 §5.2 and its extensions have.

    ``description`` is for people, and never has a word of the request in it: its characters are
    limited, and logs are read by machines. ``reason`` says more, and goes to the audit log only;
    ``client_id`` is who asked, as far as that is known.
    """

    def __init__(
        self, error: str, description: str, status: int = 400, *headers: tuple[bytes, bytes]
    ) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status
        self.headers = headers
        self.reason = description
        self.client_id = ""

    def answer(self) -> Response:
        """Return the answer that says so."""
        body = {"error": self.error, "error_description": self.description}
        return json_answer(body, self.status, *self.headers)


def json_answer(body: Any, status: int = 200, *headers: tuple[bytes, bytes]) -> Response:
    """Response with JSON that is for the caller alone."""
    all_headers = (_JSON, *_NO_STORE, _SNIFFING, *headers)
    return Response(status, msgspec.json.encode(body), all_headers)


def public_answer(body: Any, seconds: int, media_type: bytes = b"application/json") -> Response:
    """Response with JSON that is for all, and may be kept for a while."""
    kept = (b"cache-control", b"public, max-age=%d" % seconds)
    headers = ((b"content-type", media_type), kept, _SNIFFING)
    return Response(200, msgspec.json.encode(body), headers)
