"""What servers do that call graphql-core's functions: parse, and make middleware, per request."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from graphql import MiddlewareManager, build_schema, parse

from trunkline.compiler.document import ChosenOperation
from trunkline.compiler.operation import Operation
from trunkline.compiler.pipeline import compile_chosen
from trunkline.engine import execute_sync, graphql_core

TEXT = "{ a { b } }"


def upper(next_: Any, root: Any, info: Any, **arguments: Any) -> Any:
    value = next_(root, info, **arguments)
    return value.upper() if isinstance(value, str) else value


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the texts that are compiled."""
    texts: list[str] = []

    def counted(chosen: ChosenOperation) -> Operation:
        texts.append(chosen.text)
        return compile_chosen(chosen)

    monkeypatch.setattr(graphql_core, "compile_chosen", counted)
    return texts


def test_a_text_that_is_parsed_anew_is_compiled_once(compiled: list[str]) -> None:
    schema = build_schema("type Query { a: A } type A { b: String }")
    for _ in range(5):
        manager = MiddlewareManager(upper)
        result = execute_sync(schema, parse(TEXT), {"a": {"b": "x"}}, middleware=manager)
        assert result.data == {"a": {"b": "X"}}
    assert compiled == [TEXT]


def test_a_document_that_was_changed_is_another(compiled: list[str]) -> None:
    schema = build_schema("type Query { a: A c: Int } type A { b: String }")
    root = {"a": {"b": "x"}, "c": 1}
    assert execute_sync(schema, parse(TEXT), root).data == {"a": {"b": "x"}}
    changed = replace(parse(TEXT), definitions=parse("{ c }").definitions)
    assert execute_sync(schema, changed, root).data == {"c": 1}
    assert execute_sync(schema, parse(TEXT), root).data == {"a": {"b": "x"}}
    assert len(compiled) == 3


def test_documents_without_a_place_are_told_apart(compiled: list[str]) -> None:
    schema = build_schema("type Query { a: Int b: Int }")
    for text, data in (("{ a }", {"a": 1}), ("{ b }", {"b": 2}), ("{ a }", {"a": 1})):
        document = parse(text, no_location=True)
        assert execute_sync(schema, document, {"a": 1, "b": 2}).data == data
    assert len(compiled) == 2
