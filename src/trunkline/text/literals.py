"""The one gate by which a value becomes Python source.

The compiler binds every other value to the module as an object: quoting by hand has been a hole in
other generators again and again.
"""

from __future__ import annotations

from typing import cast

__all__ = ["literal", "text_block"]


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
