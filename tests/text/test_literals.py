from __future__ import annotations

import ast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trunkline.text.literals import docstring, docstring_lines, literal, text_block

any_text = st.text(st.characters(exclude_categories=[]))  # lone surrogates too
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | any_text,
    lambda inner: st.lists(inner, max_size=3).map(tuple),
)


@given(values)
@example('"')
@example('\\"')
@example("\\")
@example(('"""', "\n", "\r", "\u2028"))
def test_a_literal_reads_back_as_its_value(value: object) -> None:
    text = literal(value)
    assert ast.literal_eval(text) == value
    assert text.isascii()
    assert "\n" not in text


@given(any_text)
@example('"""')
@example('\\"""')
@example("\\")
def test_a_docstring_stays_one_string(text: str) -> None:
    (statement,) = ast.parse(docstring(text)).body
    assert isinstance(statement, ast.Expr)
    assert ast.literal_eval(statement.value) == text


@pytest.mark.parametrize("value", [1.5, float("inf"), [], {}, b"", object(), 1 << 63, ("a", [])])
def test_what_has_no_safe_text_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="bind it instead"):
        literal(value)


@given(st.text())
def test_a_docstring_of_any_lines_reads_as_what_it_was_but_for_white_space(text: str) -> None:
    lines = docstring_lines(text)
    read = ast.literal_eval("\n".join(lines))
    assert read.split() == text.split()
    assert "\n".join(lines).isprintable() or "\n" in "\n".join(lines)


@given(st.text())
def test_a_block_of_text_reads_as_what_it_was(text: str) -> None:
    written = "\n".join(text_block(text))
    assert written.isascii()
    assert ast.literal_eval(written) == text
