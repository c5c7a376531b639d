"""The one gate by which a value or a description becomes Python source.

The compiler binds every other value to the module as an object: quoting by hand has been a hole in
other generators again and again.
"""

from __future__ import annotations

from textwrap import wrap
from typing import cast

from trunkline.printable import printable
from trunkline.text.source import WIDTH

__all__ = ["docstring", "docstring_lines", "literal", "text_block"]

_QUOTES = '"""'


def literal(value: object) -> str:
    """Write ``None``, a bool, a short int, a string or a tuple of these as Python source.

    Strings come out as ASCII in double quotes, so no line separator or bidirectional mark reaches
    the file. Raises ``TypeError`` for everything else; floats too, because their ``repr`` is not
    always source (``inf``).
    """
    if type(value) is str:
        if value.isascii() and value.isidentifier():
            return f'"{value}"'  # as nearly all are
        return '"' + value.encode("unicode_escape").decode("ascii").replace('"', '\\"') + '"'
    if value is None or isinstance(value, bool):
        return repr(value)
    if type(value) is int and abs(value) < 1 << 63:
        return repr(value)
    if isinstance(value, tuple):
        items = [literal(item) for item in cast("tuple[object, ...]", value)]
        return "(" + ", ".join(items) + ("," if len(items) == 1 else "") + ")"
    raise TypeError(f"{type(value).__name__} is not written as source; bind it instead")


def text_block(text: str) -> list[str]:
    """Write text of several lines as a string literal that shows them, as ASCII."""
    *lines, last = text.split("\n")
    quote = '\\"' if last.endswith('"') else ""  # apart from those that close the literal
    last = _escaped(last[:-1] if quote else last) + quote
    return ['"""\\', *map(_escaped, lines), f'{last}"""']


def _escaped(line: str) -> str:
    if not (line.isascii() and line.isprintable()) or "\\" in line:
        line = line.encode("unicode_escape").decode("ascii")
    return line.replace('"""', '\\"\\"\\"')


# descriptions: every character that can be seen stays as it is


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
    lines = [_visible(line) for line in text.strip().splitlines()] or [""]
    broken = [part for line in lines for part in _broken(line, width)]
    start = _QUOTES + (" " if broken[0].startswith('"') else "")  # as formatters have it
    if len(broken) == 1:  # its closing quotes may stand out
        return [start + broken[0] + (" " if broken[0].endswith('"') else "") + _QUOTES]
    return [start + broken[0], *broken[1:], _QUOTES]


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


def _visible(line: str) -> str:
    visible = printable(line.replace("\\", "\\\\").expandtabs(4))
    return visible.replace(_QUOTES, '\\"\\"\\"').rstrip()
