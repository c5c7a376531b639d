from __future__ import annotations

import traceback
from types import FunctionType

import pytest

from trunkline.text.loading import compile_module
from trunkline.text.source import Source


def test_blocks_are_indented() -> None:
    source = Source[str]()
    with source.block("def f(x):"):
        with source.any_of(["x", "not x"]):
            source.line("return x")
        source.line("return None")
    assert source.text() == "def f(x):\n    if x or not x:\n        return x\n    return None\n"


def test_what_does_not_fit_a_line_is_spread_as_ruff_would() -> None:
    source = Source[str]()
    long = ["a" * 30, "b" * 30, "c" * 30]
    source.call("f(", long)
    with source.all_of(long):
        source.line("pass")
    assert source.text() == (
        f"f(\n    {long[0]},\n    {long[1]},\n    {long[2]},\n)\n"
        f"if (\n    {long[0]}\n    and {long[1]}\n    and {long[2]}\n):\n    pass\n"
    )


def test_marks_know_the_line_they_stand_at() -> None:
    source = Source[str]()
    source.mark("first")
    source.line("a = 1")
    source.line("b = 2")
    source.mark("second")
    source.line("c = 3")
    assert source.marks == [(1, "first"), (3, "second")]


def test_a_traceback_shows_the_emitted_line() -> None:
    module = compile_module("Todos-0123.py", "def f(x):\n    return x.title\n")({})
    function = module.f
    assert isinstance(function, FunctionType)
    with pytest.raises(AttributeError) as caught:
        function(None)
    shown = "".join(traceback.format_exception(caught.value))
    assert 'File "Todos-0123.py", line 2, in f\n    return x.title' in shown


def test_a_module_finds_what_is_bound_to_it() -> None:
    module = compile_module("bound.py", "def f():\n    return ANSWER\n")({"ANSWER": 42})
    assert module.f() == 42
