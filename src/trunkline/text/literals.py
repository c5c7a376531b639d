"""The one gate by which a value becomes Python source.

Whatever this gate does not know is bound to the module as an object instead (`bind` in
`source.py`): quoting by hand has been a hole in other generators again and again.
"""

from __future__ import annotations

from typing import cast

__all__ = ["docstring", "literal"]


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
