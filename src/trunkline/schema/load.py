"""SDL in one file, several files or globs → one GraphQL schema."""

from __future__ import annotations

from collections.abc import Iterator
from glob import glob, has_magic
from pathlib import Path

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

__all__ = ["load_schema", "parse_schema"]


def load_schema(*sources: str | Path) -> GraphQLSchema:
    """Read a schema from files, folders or glob patterns.

    A folder stands for every ``*.graphql`` and ``*.graphqls`` file below it; ``**`` in a pattern
    stands for folders. Types may be extended from file to file (GraphQL §3.4.3 and the ``extend``
    forms). The order of the files does not matter, save that it is the order of the fields.

    Raises ``SchemaError`` with ``file:line:column`` of each mistake.
    """
    paths = list(dict.fromkeys(path for source in sources for path in _paths(source)))
    return _build([Source(_read(path), str(path)) for path in paths])


def parse_schema(sdl: str, name: str = "schema") -> GraphQLSchema:
    """Read a schema from text; ``name`` stands for the file in messages.

    Raises ``SchemaError`` with ``name:line:column`` of each mistake.
    """
    return _build([Source(sdl, name)])


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


def _build(sources: list[Source]) -> GraphQLSchema:
    document = DocumentNode(
        definitions=tuple(
            definition for source in sources for definition in _parse(source).definitions
        )
    )
    _raise_any(validate_sdl(document))
    try:
        schema = build_ast_schema(document, assume_valid_sdl=True)
    except (GraphQLError, TypeError) as error:
        raise SchemaError(str(error)) from error
    _raise_any(validate_schema(schema))
    return schema


def _parse(source: Source) -> DocumentNode:
    try:
        return parse(source)
    except GraphQLError as error:
        raise SchemaError(_sentence(error)) from None


def _raise_any(errors: list[GraphQLError]) -> None:
    if errors:
        raise SchemaError("\n".join(map(_sentence, errors)))


def _sentence(error: GraphQLError) -> str:
    """Write an error as ``file:line:column: what is wrong``."""
    if not (error.source and error.locations):
        return error.message
    place = error.locations[0]
    return f"{error.source.name}:{place.line}:{place.column}: {error.message}"
