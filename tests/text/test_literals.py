from __future__ import annotations

import ast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trunkline.text.literals import docstring, literal

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
