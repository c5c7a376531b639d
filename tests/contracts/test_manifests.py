"""Manifests in all formats, and what is wrong in them, with its place."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trunkline.contracts.manifests import DocumentProblem, parse_manifest, read_manifest
from trunkline.errors import PublicationError
from trunkline.protocol.documents import document_id

ONE = "query One {\n  number\n}"
TWO = 'query Two { echo(value: "Ä") }'
ID, ID_TWO = document_id(ONE), document_id(TWO)
BARE = ID.removeprefix("sha256:")
MD5 = hashlib.md5(ONE.encode(), usedforsecurity=False).hexdigest()  # Relay's default


def apollo(*operations: dict[str, Any], **more: Any) -> dict[str, Any]:
    head = {"format": "apollo-persisted-query-manifest", "version": 1}
    return {**head, "operations": list(operations), **more}


@pytest.mark.parametrize(
    ("content", "documents"),
    [
        (apollo({"id": BARE, "name": "One", "type": "query", "body": ONE}), {BARE: ONE}),
        (apollo({"body": ONE, "name": "One", "id": ID}), {ID: ONE}),
        ({ID: ONE, "two": TWO}, {ID: ONE, "two": TWO}),
        ({MD5: ONE}, {MD5: ONE}),
        ([[MD5, ONE], [ID_TWO, TWO]], {MD5: ONE, ID_TWO: TWO}),
        ({"format": ONE}, {"format": ONE}),  # an id like any other
        ([[ID, ONE], [ID, ONE]], {ID: ONE}),
    ],
)
def test_a_manifest(tmp_path: Path, content: Any, documents: dict[str, str]) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert read_manifest(path).documents == documents


def test_a_folder_of_documents(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "one.graphql").write_bytes(ONE.replace("\n", "\r\n").encode())
    (tmp_path / "deep" / "two.gql").write_text(TWO, encoding="utf-8")
    (tmp_path / "README.md").write_text("{ no document }", encoding="utf-8")
    windows = ONE.replace("\n", "\r\n")  # line ends count in the hash
    found = {document_id(windows): windows, ID_TWO: TWO}
    assert read_manifest(tmp_path).documents == found
    assert read_manifest(tmp_path / "deep" / "two.gql").documents == {ID_TWO: TWO}


REPEATED = f'{{\n  "a": {json.dumps(ONE)},\n  "a": {json.dumps(TWO)}\n}}'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", ":1: this is not JSON"),
        ("[\n[1,]]", ":2: this is not JSON"),
        ("[" * 100_000, ":1: this is not JSON"),
        ("7", ": This is neither an object nor a list."),
        ("{}", ": has no documents."),
        ('{"a": 7}', ": Entry 1 has no id and text, both strings."),
        ('[["a"]]', ": Entry 1 has no id and text, both strings."),
        ('["a", "b"]', ": Entry 1 has no id and text, both strings."),
        (json.dumps(apollo({"name": "One"})), ": Entry 1 has no id and text"),
        (json.dumps(apollo(version=2)), ": The format is not 'apollo-persisted-query-manifest'"),
        (json.dumps(apollo(operations={})), ": 'operations' is not a list."),
        ('{"\\n": "{ a }"}', ":1: document \\n: The id is not 1 to 256 printable characters."),
        ('{"a": "{ b }\\ud800"}', ":1: document a: The text has half a character"),
        (REPEATED, ":2: document a: The id stands for two different texts."),
        (f'{{\n\n"{ID}": "{{ b }}"}}', f":3: document {ID}: The id is not the hash of the text"),
        (f'{{"{BARE}": "{{ b }}"}}', f":1: document {BARE}: The id is not the hash of the text"),
        (json.dumps({ID.upper().replace("SHA", "sha"): ONE}), "is not the hash of the text"),
        ('{"sha256:1": "{ b }"}', ":1: document sha256:1: The id is not the hash of the text"),
    ],
)
def test_a_manifest_that_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PublicationError) as refused:
        read_manifest(path)
    assert len(refused.value.problems) == 1
    assert message in str(refused.value)
    assert str(refused.value).startswith(str(path))


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
NAMES = st.sampled_from(["format", "version", "operations", "id", "body", ID, BARE]) | st.text()
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3)
)


@given(
    st.text() | JSON.map(json.dumps) | JSON.map(lambda each: json.dumps(apollo(operations=each)))
)
@example('{"operations": [], "operations": []}')
@example('{"a": NaN}')
@example('{"\\ud800": "{ a }"}')
def test_whatever_stands_in_a_manifest_it_is_read_or_told(text: str) -> None:
    problems: tuple[str, ...] = ()
    documents: dict[str, str] = {}
    try:
        documents = parse_manifest(text, "manifest.json").documents
    except PublicationError as error:
        problems = error.problems
    assert bool(documents) != bool(problems)
    assert all(each.startswith("manifest.json:") and each.encode() for each in problems)
    assert all(each.encode() for each in documents.values())


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin.json").write_bytes(b'{"a": "\xe4"}')
    for path, message in (
        (tmp_path / "none.json", "No such file"),
        (tmp_path / "latin.json", "is not text in UTF-8"),
        (tmp_path, "has no .graphql files"),
    ):
        with pytest.raises(PublicationError, match=message):
            read_manifest(path)


def test_problems_have_the_place_of_their_document(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps([["a", ONE], ["b", TWO]], indent=1), encoding="utf-8")
    error = read_manifest(path).refusal(
        [DocumentProblem("b", "No.", 2, 3), DocumentProblem("a", "No.")]
    )
    assert error.problems == (
        f"{path}:7: document b, line 2, column 3: No.",
        f"{path}:3: document a: No.",
    )
    (tmp_path / "one.graphql").write_text(ONE, encoding="utf-8")
    error = read_manifest(tmp_path).refusal([DocumentProblem(ID, "No.", 2, 3)])
    assert error.problems == (f"{tmp_path / 'one.graphql'}:2:3: No.",)
