"""Headers that can be sent, checked before a library quotes them in its exception."""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["checked_headers"]

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110 §5.6.2, token
_VALUE = re.compile(r"(?! )[\x20-\x7e\t]*(?<![ \t])")  # RFC 9110 §5.5, what is safe of it


def checked_headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Return headers with lower-case names.

    Raises ``ValueError`` where one cannot be sent, such as a token read from a file with its line
    break. The message does not tell the value, which may be a secret.
    """
    for name, value in (headers or {}).items():
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a header.")
        if not _VALUE.fullmatch(value):
            raise ValueError(
                f"The header {name!r} has a value that cannot be sent: only printable ASCII,"
                " without a line break or a space at either end."
            )
    return {name.lower(): value for name, value in (headers or {}).items()}
