from __future__ import annotations

import pytest
from tests.compiler.library import library

from trunkline.compiler.cache import OperationCache
from trunkline.compiler.limits import Limits
from trunkline.compiler.pipeline import compile_operation
from trunkline.errors import (
    DocumentSyntaxError,
    LimitExceededError,
    OperationNotFoundError,
    RequestError,
    ValidationError,
)

SCHEMA = library()
SMALL = Limits(characters=200, tokens=40, depth=3, fields=10, errors=2)
DEEP = "{ books { related(first: 1) { author { name } } } }"
WIDE = "{ " + " ".join(f"a{n}:count" for n in range(11)) + " }"
CIRCLE = "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"


def doubling(times: int) -> str:
    """Build a document whose fields double with every fragment."""
    fragments = "".join(
        f"fragment F{n} on Book {{ a: related(first: 1) {{ ...F{n + 1} }}"
        f" b: related(first: 1) {{ ...F{n + 1} }} }} "
        for n in range(times)
    )
    return f"{{ books {{ ...F0 }} }} {fragments} fragment F{times} on Book {{ id }}"


@pytest.mark.parametrize(
    ("text", "name", "error", "message"),
    [
        ("{", None, DocumentSyntaxError, "Syntax Error: Expected Name, found <EOF>."),
        ("", None, DocumentSyntaxError, "Syntax Error: Unexpected <EOF>."),
        ("{ }", None, DocumentSyntaxError, "Syntax Error: Expected Name, found '}'."),
        ("{ books { } }", None, DocumentSyntaxError, "Syntax Error: Expected Name, found '}'."),
        ("{ boks { id } }", None, ValidationError, "Did you mean 'books' or 'book'?"),
        ("{ books }", None, ValidationError, "must have a selection of subfields"),
        (CIRCLE, None, ValidationError, "Cannot spread fragment 'A' within itself"),
        ("subscription { a }", None, ValidationError, "subscription"),
        ("query A { count } query B { count }", None, OperationNotFoundError, "It has: A, B."),
        ("query A { count }", "B", OperationNotFoundError, "no operation 'B'. It has: A."),
        ("{ count }", "B", OperationNotFoundError, "It has: (without a name)."),
        ("fragment A on Query { count }", None, RequestError, "A"),
        ("{ count }" + " " * 300, None, LimitExceededError, "309 characters"),
        ("{ " + "id " * 50 + "}", None, LimitExceededError, "more than 40 tokens"),
        (DEEP, None, LimitExceededError, "4 fields deep"),
        (WIDE, None, LimitExceededError, "11 fields"),
    ],
)
def test_a_wrong_document_says_what_is_wrong(
    text: str, name: str | None, error: type[RequestError], message: str
) -> None:
    with pytest.raises(error) as caught:
        compile_operation(SCHEMA, text, name, SMALL)
    assert message in str(caught.value)


def test_a_document_that_doubles_is_refused_for_what_it_would_be() -> None:
    with pytest.raises(LimitExceededError, match="100663295 fields"):
        compile_operation(SCHEMA, doubling(25))


def test_no_more_mistakes_are_listed_than_the_limit_says() -> None:
    with pytest.raises(ValidationError) as caught:
        compile_operation(SCHEMA, "{ a b c d e f }", limits=SMALL)
    assert len(caught.value.errors) == SMALL.errors + 1  # the last says that there are more


@pytest.mark.parametrize(("name", "fields"), [("A", {"Query.count"}), ("B", {"Query.class"})])
def test_the_operation_is_chosen_by_name(name: str, fields: set[str]) -> None:
    operation = compile_operation(SCHEMA, "query A { count } query B { class }", name)
    assert operation.name == name
    assert operation.coordinates == fields


def test_an_operation_knows_what_it_is() -> None:
    operation = compile_operation(SCHEMA, "query Titles { books { title author { name } } }")
    assert operation.name == "Titles"
    assert operation.kind == "query"
    assert operation.id.startswith("sha256:")
    assert operation.coordinates == {"Query.books", "Book.title", "Book.author", "Author.name"}
    assert operation.is_async


def test_an_operation_is_compiled_once() -> None:
    operations = OperationCache(SCHEMA)
    assert operations.get("{ count }") is operations.get("{ count }")


def test_the_cache_tells_operations_of_one_document_apart() -> None:
    operations = OperationCache(SCHEMA)
    text = "query A { count } query B { class }"
    assert operations.get(text, "A").name == "A"
    assert operations.get(text, "B").name == "B"


def test_a_refusal_is_remembered_and_raised_anew() -> None:
    operations = OperationCache(SCHEMA)
    caught: list[RequestError] = []
    for _ in range(2):
        with pytest.raises(ValidationError) as info:
            operations.get("{ nope }")
        caught.append(info.value)
    assert caught[0] is not caught[1]
    assert caught[0].errors == caught[1].errors


def room_for(*texts: str) -> Limits:
    """Return limits with which a cache has room for these documents, and for nothing else."""
    operations = OperationCache(SCHEMA, Limits())
    return Limits(memory=sum(operations.get(text).weight for text in texts) + 1_000)


def test_wrong_documents_do_not_drive_out_good_ones() -> None:
    operations = OperationCache(SCHEMA, room_for("{ count }", "{ class }"))
    good = operations.get("{ count }")
    for number in range(10):
        with pytest.raises(ValidationError):
            operations.get(f"{{ nope{number} }}")
    assert operations.get("{ count }") is good


def test_the_longest_unused_operation_is_forgotten() -> None:
    operations = OperationCache(SCHEMA, room_for("{ count }", "{ class }"))
    first, second = operations.get("{ count }"), operations.get("{ class }")
    assert operations.get("{ count }") is first
    for _ in range(2):  # when it is full, once is not enough
        operations.get("{ a: count }")
    assert operations.get("{ count }") is first
    assert operations.get("{ class }") is not second
