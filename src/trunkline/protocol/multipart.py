"""The body of a request with files (GraphQL multipart request specification)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from secrets import token_hex

import msgspec

__all__ = ["FilePart", "encode_multipart"]


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file. ``path`` is the place of its null in the request, such as ``variables.file.0``."""

    path: str
    content: bytes
    filename: str
    media_type: str


def encode_multipart(operations: bytes, files: Sequence[FilePart]) -> tuple[str, bytes]:
    """Write operations and files as one body; return its content type and its bytes.

    The parts ``operations`` and ``map`` come first, so that the server knows what a file is for
    when it arrives.
    """
    boundary = token_hex(16)
    places = {str(number): [file.path] for number, file in enumerate(files)}
    parts = [
        _part("operations", operations),
        _part("map", msgspec.json.encode(places)),
        *(_file(str(number), file) for number, file in enumerate(files)),
    ]
    delimiter = b"--" + boundary.encode() + b"\r\n"
    body = b"".join(delimiter + part + b"\r\n" for part in parts)
    return f"multipart/form-data; boundary={boundary}", body + delimiter[:-2] + b"--\r\n"


def _part(name: str, content: bytes) -> bytes:
    return f'Content-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + content


def _file(name: str, file: FilePart) -> bytes:
    head = (
        f'Content-Disposition: form-data; name="{name}"; filename="{_quoted(file.filename)}"\r\n'
        f"Content-Type: {file.media_type}\r\n\r\n"
    )
    return head.encode() + file.content


def _quoted(filename: str) -> str:
    """Escape a name as browsers do (HTML §4.10.21.8), so that nothing in it ends the header."""
    return filename.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
