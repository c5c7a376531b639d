"""Manifests: the files in which clients list their documents, in the formats that are in use.

- Apollo's, which `trunkline generate` writes too: an object with ``format`` and ``operations``.
- Relay's and graphql-codegen's: an object ``{id: text}``, or a list of pairs ``[id, text]``.
- A folder of ``.graphql`` files, or one such file. Each file is a document with the text exactly as
  it is in the file; its id is the hash of the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

from msgspec import Struct

from trunkline.errors import PublicationError
from trunkline.printable import printable
from trunkline.protocol.documents import document_id

__all__ = ["DocumentProblem", "Manifest", "parse_manifest", "read_manifest"]

_APOLLO = "apollo-persisted-query-manifest"
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_SHA256 = re.compile(r"(?:sha256:)?[0-9a-f]{64}")
_LONGEST_ID = 256
_FORMS = (
    "A manifest is Apollo's (an object with 'format' and 'operations'), an object of texts by id, a"
    " list of [id, text], or a folder of .graphql files."
)


class DocumentProblem(Struct, frozen=True):
    """What is wrong with a document of a manifest.

    ``line`` and ``column`` are those in the document's text; 0 stands for no place in it.
    """

    id: str
    message: str
    line: int = 0
    column: int = 0


class _Place(NamedTuple):
    """Where a document stands: a file with the text alone, or a line of a manifest."""

    file: str
    line: int | None


class Manifest:
    """The documents of a manifest: ``documents`` has their texts by id."""

    def __init__(self, name: str, documents: dict[str, str], places: dict[str, _Place]) -> None:
        self.name = name
        self.documents = documents
        self._places = places

    def refusal(self, problems: Iterable[DocumentProblem]) -> PublicationError:
        """Return an error that tells each problem with the place of its document."""
        return PublicationError(list(map(self._tell, problems)))

    def _tell(self, problem: DocumentProblem) -> str:
        place = self._places.get(problem.id, _Place(self.name, None))
        if place.line is not None:
            within = f", line {problem.line}, column {problem.column}" if problem.line else ""
            name = f"document {printable(problem.id)}{within}"
            return f"{place.file}:{place.line}: {name}: {problem.message}"
        within = f":{problem.line}:{problem.column}" if problem.line else ""
        return f"{place.file}{within}: {problem.message}"


def read_manifest(path: Path) -> Manifest:
    """Read a manifest, or a folder of documents.

    An id that is a SHA-256 hash (64 hexadecimal digits, with ``sha256:`` or without) must be that
    of its text. Raises ``PublicationError`` with ``file:line`` of each mistake.
    """
    if path.is_dir():
        files = sorted(each for form in ("*.graphql", "*.gql") for each in path.rglob(form))
        if not files:
            raise PublicationError([f"{path}: has no .graphql files."])
        return _read_files(path, files)
    if path.suffix in {".graphql", ".gql"}:
        return _read_files(path, [path])
    return parse_manifest(_read_text(path), str(path))


def parse_manifest(text: str, name: str) -> Manifest:
    """Read the text of a manifest in JSON; ``name`` stands for the file in messages.

    Raises ``PublicationError``.
    """
    try:
        content = json.loads(text, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise PublicationError([f"{name}:{line}: this is not JSON: {error}. {_FORMS}"]) from None
    try:
        pairs = list(_pairs(content))
    except _FormError as error:
        raise PublicationError([f"{name}: {error} {_FORMS}"]) from None
    if not pairs:
        raise PublicationError([f"{name}: has no documents."])
    lines = _lines(text, {id_ for id_, _ in pairs})
    places = {id_: _Place(name, lines.get(id_, 1)) for id_, _ in pairs}
    manifest = Manifest(name, dict(pairs), places)
    problems = list(_wrong_ids(pairs))
    if problems:
        raise manifest.refusal(problems)
    return manifest


class _FormError(Exception):
    """The JSON has none of the forms of a manifest."""


class _Repeated(list[tuple[str, Any]]):
    """An object whose names come twice, as pairs."""


def _object(pairs: list[tuple[str, Any]]) -> Any:
    made = dict(pairs)
    return made if len(made) == len(pairs) else _Repeated(pairs)


def _pairs(content: Any) -> Iterator[tuple[str, str]]:
    """Yield ids and texts, whatever the format; raises ``_FormError``."""
    if isinstance(content, dict) and "format" in content and "operations" in content:
        if (content["format"], content.get("version")) != (_APOLLO, 1):
            raise _FormError(f"The format is not {_APOLLO!r} with the version 1.")
        operations = content["operations"]
        if not isinstance(operations, list):
            raise _FormError("'operations' is not a list.")
        entries = [
            (each.get("id"), each.get("body")) if isinstance(each, dict) else (None, None)
            for each in operations
        ]
    elif isinstance(content, (dict, _Repeated)):
        pairs = content.items() if isinstance(content, dict) else content
        entries = list(cast("Iterable[tuple[Any, Any]]", pairs))
    elif isinstance(content, list):
        entries = [
            (each[0], each[1]) if isinstance(each, list) and len(each) == 2 else (None, None)
            for each in content
        ]
    else:
        raise _FormError("This is neither an object nor a list.")
    for number, (id_, text) in enumerate(entries, 1):
        if not isinstance(id_, str) or not isinstance(text, str):
            raise _FormError(f"Entry {number} has no id and text, both strings.")
        yield id_, text


def _wrong_ids(pairs: list[tuple[str, str]]) -> Iterator[DocumentProblem]:
    documents: dict[str, str] = {}
    for id_, text in pairs:
        if not id_ or len(id_) > _LONGEST_ID or not id_.isprintable():
            yield DocumentProblem(id_, f"The id is not 1 to {_LONGEST_ID} printable characters.")
        if documents.setdefault(id_, text) != text:
            yield DocumentProblem(id_, "The id stands for two different texts.")
        if not _is_unicode(text):
            yield DocumentProblem(id_, "The text has half a character (a lone surrogate).")
        is_hash = id_.startswith("sha256:") or _SHA256.fullmatch(id_)
        if is_hash and document_id(text).removeprefix("sha256:") != id_.removeprefix("sha256:"):
            yield DocumentProblem(
                id_,
                f"The id is not the hash of the text, which is {document_id(text)}. White space"
                " counts: generate the manifest again.",
            )


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _lines(text: str, ids: set[str]) -> dict[str, int]:
    """Return the line of each id: that of the first string of the JSON that is the id."""
    found: dict[str, int] = {}
    line, reached = 1, 0
    for match in _STRING.finditer(text):
        value: str = json.loads(match[0], strict=False)
        if value in ids and value not in found:
            line += text.count("\n", reached, match.start())
            reached = match.start()
            found[value] = line
    return found


def _read_files(path: Path, files: list[Path]) -> Manifest:
    texts = [(_read_text(file), file) for file in files]
    documents = {document_id(text): text for text, _ in texts}
    places = {document_id(text): _Place(str(file), None) for text, file in texts}
    return Manifest(str(path), documents, places)


def _read_text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")  # line ends as they are: they are hashed, too
    except OSError as error:
        raise PublicationError([f"{path}: {error.strerror}."]) from None
    except UnicodeDecodeError:
        raise PublicationError([f"{path}: is not text in UTF-8."]) from None
