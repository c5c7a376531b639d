"""Descriptions as docstrings: every character that can be seen stays as it is."""

from __future__ import annotations

from textwrap import wrap

from trunkline.text.literals import literal
from trunkline.text.source import WIDTH

__all__ = ["docstring", "docstring_lines"]

_QUOTES = '"""'


def docstring(text: str) -> str:
    """Write a text as a docstring of one line in ASCII, which reads back as the text."""
    return f'""{literal(text)}""'


def docstring_lines(text: str, indentation: int = 0) -> list[str]:
    """Write a text of any length as the lines of a docstring, without their indentation.

    Lines are broken where they would not fit into `WIDTH` at that many columns of
    ``indentation``. Characters that cannot be seen (control characters, marks of direction,
    surrogates) and quotes that would end the docstring are escaped.
    """
    width = max(WIDTH - indentation, 40) - len(_QUOTES)
    lines = [_escaped(line) for line in text.strip().splitlines()] or [""]
    broken = [part for line in lines for part in _broken(line, width)]
    if len(broken) == 1:  # its closing quotes may stand out, as formatters have it
        return [_QUOTES + _apart(broken[0]) + _QUOTES]
    first = " " + broken[0] if broken[0].startswith('"') else broken[0]
    return [_QUOTES + first, *broken[1:], _QUOTES]


def _broken(line: str, width: int) -> list[str]:
    if len(line) <= width:
        return [line]
    margin = " " * (len(line) - len(line.lstrip()))
    return wrap(
        line.strip(),
        width,
        initial_indent=margin,
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _apart(line: str) -> str:
    """Keep a quote at either end apart from the quotes of the docstring, as formatters do."""
    return (" " if line.startswith('"') else "") + line + (" " if line.endswith('"') else "")


def _escaped(line: str) -> str:
    visible = "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode("ascii")
        for each in line.replace("\\", "\\\\").expandtabs(4)
    )
    return visible.replace(_QUOTES, '\\"\\"\\"').rstrip()
