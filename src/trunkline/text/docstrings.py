"""People's descriptions as docstrings: every character that shows stays as it is."""

from __future__ import annotations

from textwrap import wrap

from trunkline.text.source import WIDTH

__all__ = ["docstring_lines"]

_QUOTES = '"""'


def docstring_lines(text: str, indentation: int = 0) -> list[str]:
    """Write a text of any length as the lines of a docstring, without their indentation.

    Lines are broken where they would not fit into `WIDTH` at that many columns of
    ``indentation``. What does not show (control characters, marks of direction, surrogates) and
    what would end the docstring is escaped, so the text can say anything.
    """
    width = max(WIDTH - indentation, 40)
    lines = [_safe(line) for line in text.strip().splitlines()] or [""]
    broken = [each for line in lines for each in _broken(line, width - len(_QUOTES))]
    if len(broken) == 1:  # formatters let the quotes at its end stand out
        return [_QUOTES + _apart(broken[0]) + _QUOTES]
    broken[0] = _QUOTES + (" " if broken[0].startswith('"') else "") + broken[0]
    return [*broken, _QUOTES]


def _broken(line: str, width: int) -> list[str]:
    if len(line) <= width:
        return [line.rstrip()]
    inner = len(line) - len(line.lstrip())
    return wrap(
        line.strip(),
        width,
        initial_indent=" " * inner,
        subsequent_indent=" " * inner,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _apart(line: str) -> str:
    """Keep a quote at either end apart from the quotes of the docstring, as formatters do."""
    return (" " if line.startswith('"') else "") + line + (" " if line.endswith('"') else "")


def _safe(line: str) -> str:
    shown = "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode("ascii")
        for each in line.replace("\\", "\\\\").expandtabs(4)
    )
    return shown.replace(_QUOTES, '\\"\\"\\"').rstrip()
