"""SDL in one file, several files or globs → one GraphQL schema."""

from __future__ import annotations

import gc
import logging
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from glob import glob, has_magic
from pathlib import Path
from threading import Lock

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    Source,
    build_ast_schema,
    parse,
    validate_schema,
)
from graphql.validation.validate import validate_sdl

from trunkline.errors import SchemaError
from trunkline.schema.directives import misapplied, with_known_directives
from trunkline.schema.roots import with_extended_roots
from trunkline.schema.saved import read_saved, write_saved

__all__ = [
    "build_schema",
    "load_located_schema",
    "load_schema",
    "parse_schema",
    "schema_files",
]

logger = logging.getLogger("trunkline.schema")


def load_schema(*sources: str | Path, saved: str | Path | None = None) -> GraphQLSchema:
    """Read a schema from files, folders or glob patterns.

    A folder stands for every ``*.graphql`` and ``*.graphqls`` file below it; ``**`` in a pattern
    stands for folders. Types may be extended from file to file (GraphQL §3.4.3 and the ``extend``
    forms); root types need not be defined then. The order of the files does not matter, save that
    it is the order of the fields. The directives of `directives.py` need no definition.

    ``saved`` names a file that is to keep what was read and checked. Where it fits the sources, the
    schema is built from it, in about a quarter of the time; else it is written anew. So a build
    that loads the schema once leaves it behind for every start. Keep it beside the program, where
    only those can write who may change the schema: it is as trusted as the sources are.

    The nodes of the schema (``ast_node``) have no locations. Raises ``SchemaError`` with
    ``file:line:column`` of each mistake.
    """
    files = _files(sources)
    with _collector_paused():
        return _build(files, None if saved is None else Path(saved))


def load_located_schema(*sources: str | Path) -> tuple[GraphQLSchema, DocumentNode]:
    """Read a schema as `load_schema` does, with the places of its nodes; and its document.

    For who must tell people where something stands; it takes three times as long.
    """
    files = _files(sources)
    with _collector_paused():
        return _checked(_document(files, located=True))


def build_schema(document: DocumentNode) -> tuple[GraphQLSchema, DocumentNode]:
    """Check a document and build its schema; return with it the document as it is served.

    Raises ``SchemaError`` as `load_schema` does.
    """
    with _collector_paused():
        return _checked(with_extended_roots(document))


def schema_files(*sources: str | Path) -> list[Path]:
    """List the files that ``load_schema`` reads, each once. Raises ``SchemaError``."""
    return list(dict.fromkeys(path for source in sources for path in _paths(source)))


def parse_schema(sdl: str, name: str = "schema") -> GraphQLSchema:
    """Read a schema from text; ``name`` stands for the file in messages.

    Raises ``SchemaError`` with ``name:line:column`` of each mistake.
    """
    with _collector_paused():
        return _build([Source(sdl, name)])


def _files(sources: Iterable[str | Path]) -> list[Source]:
    files = [Source(_read(path), str(path)) for path in schema_files(*sources)]
    return [file for file in files if _has_definitions(file.body)] or files


def _has_definitions(text: str) -> bool:
    """Say whether a file has more than white space and comments, as new ones often have not."""
    return any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines())


def _paths(source: str | Path) -> Iterator[Path]:
    if "{" in str(source) or "\n" in str(source):
        raise SchemaError("load_schema takes files; this is a schema's text: use parse_schema.")
    path = Path(source)
    if path.is_dir():
        found = [*path.rglob("*.graphql"), *path.rglob("*.graphqls")]
    elif path.exists() or not has_magic(str(source)):
        found = [path]
    else:
        found = [Path(name) for name in glob(str(source), recursive=True)]  # noqa: PTH207  # absolute too
    if not found:
        raise SchemaError(f"{source}: no schema file there. Name a .graphql file, folder or glob.")
    yield from sorted(found)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SchemaError(f"{path}: cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError as error:
        raise SchemaError(f"{path}: is not UTF-8 (byte {error.start}).") from None


def _build(files: list[Source], saved: Path | None = None) -> GraphQLSchema:
    """Build the schema from what was saved of the files, else from the files.

    They are parsed without places, which takes two thirds of the time and makes the schema half as
    large; only where there is a mistake are its places looked up.
    """
    texts = [file.body for file in files]
    kept = None if saved is None else read_saved(saved, texts)
    if kept is not None:
        return build_ast_schema(kept, assume_valid=True)
    with suppress(SchemaError):
        schema, document = _checked(_document(files, located=False))
        if saved is not None:
            _save(saved, texts, document)
        return schema
    return _checked(_document(files, located=True))[0]


def _save(saved: Path, texts: list[str], document: DocumentNode) -> None:
    try:
        write_saved(saved, texts, document)
    except OSError as error:
        logger.warning("%s: cannot be written (%s); the next start is no faster.", saved, error)


def _document(files: list[Source], *, located: bool) -> DocumentNode:
    """Parse the files into one document."""
    try:
        parsed = [parse(file, no_location=not located) for file in files]
    except GraphQLError as error:
        raise SchemaError(_sentence(error)) from None
    return with_extended_roots(
        DocumentNode(
            definitions=tuple(definition for each in parsed for definition in each.definitions)
        )
    )


def _checked(document: DocumentNode) -> tuple[GraphQLSchema, DocumentNode]:
    """Build a document's schema; return with it the document that makes the same one again."""
    _raise_any(list(misapplied(document)))
    _raise_any(validate_sdl(with_known_directives(document)))
    document = with_known_directives(document, shown_only=True)
    try:
        schema = build_ast_schema(document, assume_valid_sdl=True)
    except (GraphQLError, TypeError) as error:
        raise SchemaError(str(error)) from error
    _raise_any(validate_schema(schema))
    return schema, document


def _raise_any(errors: list[GraphQLError]) -> None:
    if errors:
        raise SchemaError("\n".join(map(_sentence, errors)))


def _sentence(error: GraphQLError) -> str:
    """Write an error as ``file:line:column: what is wrong``."""
    if not (error.source and error.locations):
        return error.message
    place = error.locations[0]
    return f"{error.source.name}:{place.line}:{place.column}: {error.message}"


_PAUSING = Lock()


@contextmanager
def _collector_paused() -> Generator[None]:
    """Keep the garbage collector from looking again and again through a schema in the making.

    One at a time, for the collector is the whole process's.
    """
    with _PAUSING:
        was_enabled = gc.isenabled()
        gc.disable()
        try:
            yield
        finally:
            if was_enabled:
                gc.enable()
