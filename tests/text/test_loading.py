"""Emitted text as a module: each function has the lines of the whole text, however long it is."""

from __future__ import annotations

import builtins
from typing import Any

import pytest

from trunkline.text.loading import compile_module


def test_a_long_text_is_compiled_in_parts_with_the_lines_of_the_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parts: list[str] = []
    original = compile

    def compile_(source: str, *rest: Any, **named: Any) -> Any:
        parts.append(source)
        return original(source, *rest, **named)

    monkeypatch.setattr(builtins, "compile", compile_)
    functions = [
        f"def f{number}(fails=False):\n"
        + "    f0\n" * 30
        + f"    return [{number} // (not fails) for _ in [0]][0]"
        for number in range(200)
    ]
    text = '"""Many."""\n\n\n' + "\n\n\n".join(functions) + "\n\n\nLAST = f199\n"
    module = compile_module("many.py", text)({"bound": 1})
    lines = text.split("\n")
    for number in range(200):
        function = getattr(module, f"f{number}")
        assert function() == number
        assert lines[function.__code__.co_firstlineno - 1] == f"def f{number}(fails=False):"
        with pytest.raises(ZeroDivisionError) as caught:
            function(fails=True)
        raised = caught.traceback[-1]  # in a comprehension, which is code of its own up to 3.11
        assert lines[raised.lineno].strip().startswith(f"return [{number} ")
    assert module.LAST() == 199
    assert module.__doc__ == "Many."
    assert 22 < len(parts) < 30
    assert max(len(part.split("\n")) for part in parts) < 350
    assert sum(map(len, parts)) <= len(text)  # each line is compiled once


def test_a_short_text_is_one_part() -> None:
    assert compile_module("short.py", "def f():\n    return 1\n")({}).f() == 1
