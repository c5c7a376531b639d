"""The ids of documents: the examples of the Persisted Documents appendix."""

from __future__ import annotations

import pytest

from trunkline.protocol.documents import document_id

PRETTY = "query ($id: ID!) {\n  user(id: $id) {\n    name\n  }\n}"


@pytest.mark.parametrize(
    ("text", "begin", "end"),
    [
        ("query($id:ID!){user(id:$id){name}}", "sha256:71f7dc57", "5286b"),
        (PRETTY, "sha256:7dba4bd7", "cd6e"),
    ],
)
def test_the_vectors_of_the_appendix(text: str, begin: str, end: str) -> None:
    id_ = document_id(text)
    assert id_.startswith(begin)
    assert id_.endswith(end)
    assert len(id_) == len("sha256:") + 64


def test_every_text_has_an_id() -> None:
    assert document_id("\ud800") == document_id("?")  # no UTF-8 text, and no valid document
    assert document_id("") != document_id(" ")
