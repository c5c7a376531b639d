"""The one gate by which a value becomes Python source.

Whatever this gate does not know is bound to the module as an object instead (`bind` in
`source.py`): quoting by hand has been a hole in other generators again and again.
"""

from __future__ import annotations

from typing import cast

__all__ = ["docstring", "docstring_lines", "literal", "text_block"]


def literal(value: object) -> str:
    """Write ``None``, a bool, a short int, a string or a tuple of these as Python source.

    Strings come out as ASCII in double quotes, so no line separator or bidirectional mark reaches
    the file. Raises ``TypeError`` for everything else; floats too, whose ``repr`` is not always
    source (``inf``).
    """
    if type(value) is str:
        return '"' + _escape(value).replace('"', '\\"') + '"'
    if value is None or isinstance(value, bool):
        return repr(value)
    if type(value) is int and abs(value) < 1 << 63:
        return repr(value)
    if isinstance(value, tuple):
        items = [literal(item) for item in cast("tuple[object, ...]", value)]
        return "(" + ", ".join(items) + ("," if len(items) == 1 else "") + ")"
    raise TypeError(f"{type(value).__name__} is not written as source; bind it instead")


def docstring(text: str) -> str:
    """Write one line of text as a docstring."""
    return '"""' + _escape(text).replace('"', '\\"') + '"""'


def _escape(text: str) -> str:
    if text.isascii() and text.isidentifier():
        return text  # as nearly all are
    return text.encode("unicode_escape").decode("ascii")


def docstring_lines(text: str) -> list[str]:
    """Write text of any number of lines as a docstring: its lines, without indentation.

    What is printable stays as it is, for people read it; all else is escaped.
    """
    lines = [_printable(line.expandtabs(4).rstrip()) for line in text.strip().splitlines()]
    if len(lines) == 1:
        return [f'"""{_unquoted(lines[0])}"""']
    return ['"""' + _unquoted(lines[0]), *lines[1:], '"""'] if lines else ['""""""']


def text_block(text: str) -> list[str]:
    """Write text of several lines as a string literal that shows them, as ASCII."""
    lines = [_escape_line(line) for line in text.split("\n")]
    lines[-1] += '"""'
    return ['"""\\', *lines]


def _escape_line(line: str) -> str:
    if not (line.isascii() and line.isprintable()) or "\\" in line:
        line = line.encode("unicode_escape").decode("ascii")
    return line.replace('"""', '\\"\\"\\"')


def _printable(line: str) -> str:
    """Escape what would not be seen, a backslash, and quotes that would end the docstring."""
    shown = "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode("ascii")
        for each in line.replace("\\", "\\\\")
    )
    return shown.replace('"""', '\\"\\"\\"')


def _unquoted(line: str) -> str:
    """Escape a quote next to the docstring's own."""
    if line.startswith('"'):
        line = "\\" + line
    return line[:-1] + '\\"' if line.endswith('"') and not line.endswith('\\"') else line
