"""Text from elsewhere, as it may stand in a message, in a line of a log, and on a terminal."""

from __future__ import annotations

__all__ = ["printable"]


def printable(text: str) -> str:
    """Escape the characters that would end the line, move the cursor, or turn the direction."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode("ascii")
        for each in text
    )
