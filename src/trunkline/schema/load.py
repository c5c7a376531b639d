"""SDL in one file, several files or globs → one GraphQL schema."""

from __future__ import annotations

import gc
import logging
import re
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from glob import glob, has_magic
from pathlib import Path
from threading import Lock

import graphql
from graphql.validation.validate import validate_sdl

from trunkline.errors import SchemaError
from trunkline.schema.caching import misplaced_caching
from trunkline.schema.directives import misapplied, with_known_directives
from trunkline.schema.saved import read_saved, write_saved

__all__ = [
    "TYPE_ORDER",
    "build_schema",
    "collector_paused",
    "load_document",
    "load_located_schema",
    "load_schema",
    "parse_schema",
    "read_file",
    "schema_files",
]

TYPE_ORDER = "trunkline.types"
"""The key of a schema's extensions that has the names of its types in the order of the SDL."""

logger = logging.getLogger("trunkline.schema")


_PAUSING = Lock()
_PLACES = 5  # of one mistake, beside its first


@contextmanager
def collector_paused() -> Generator[None]:
    """Keep the garbage collector from walking again and again through a schema that is made.

    One thread at a time, because the collector belongs to the whole process.
    """
    with _PAUSING:
        was_enabled = gc.isenabled()
        gc.disable()
        try:
            yield
        finally:
            if was_enabled:
                gc.enable()


@collector_paused()
def load_schema(*sources: str | Path, saved: str | Path | None = None) -> graphql.GraphQLSchema:
    """Read a schema from files, folders or glob patterns.

    A folder stands for every ``*.graphql`` and ``*.graphqls`` file below it. In a pattern, ``**``
    stands for folders. A type may be extended in other files (GraphQL §3.4.3 and the ``extend``
    forms). A root type may be extended without being defined. The order of the files decides only
    the order of the fields. The directives that Trunkline defines need no definition.

    ``saved`` names a file that keeps the schema after it was read and checked. If the file fits the
    sources, the schema is built from it in about a quarter of the time; else the file is written
    again. So a build that loads the schema once makes every later start faster. Keep the file where
    only those can write who may change the schema: it is trusted as the sources are.

    The nodes of the schema (``ast_node``) have no locations. Raises ``SchemaError`` with
    ``file:line:column`` of each mistake.
    """
    return _build(_read_files(*sources), None if saved is None else Path(saved))


@collector_paused()
def load_located_schema(*sources: str | Path) -> tuple[graphql.GraphQLSchema, graphql.DocumentNode]:
    """Read a schema as `load_schema` does, with the locations of its nodes, and its document.

    For tools that tell people where something stands. It takes three times as long.
    """
    return _check_and_build(load_document(*sources))


@collector_paused()
def build_schema(
    document: graphql.DocumentNode,
) -> tuple[graphql.GraphQLSchema, graphql.DocumentNode]:
    """Check a document and build its schema. Returns the schema, and its document as it is served.

    Raises ``SchemaError`` as `load_schema` does.
    """
    return _check_and_build(_with_root_types(document))


@collector_paused()
def parse_schema(sdl: str, name: str = "schema") -> graphql.GraphQLSchema:
    """Read a schema from text. In messages, ``name`` stands for the file.

    Raises ``SchemaError`` with ``name:line:column`` of each mistake.
    """
    return _build([graphql.Source(sdl, name)])


def schema_files(*sources: str | Path) -> list[Path]:
    """List the files that ``load_schema`` reads, each once. Raises ``SchemaError``."""
    if not sources:
        raise SchemaError("No schema is named. Name a .graphql file, a folder or a glob pattern.")
    return list(dict.fromkeys(path for source in sources for path in _find_files(source)))


def _find_files(source: str | Path) -> Iterator[Path]:
    if not isinstance(source, (str, Path)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise SchemaError(
            "load_schema takes each file, folder or pattern as an argument of its own, not a"
            f" {type(source).__name__}."
        )
    if "{" in str(source) or "\n" in str(source):
        raise SchemaError("load_schema takes files. For the text of a schema, use parse_schema.")
    path = Path(source)
    if path.is_dir():
        found = [*path.rglob("*.graphql"), *path.rglob("*.graphqls")]
    elif path.exists() or not has_magic(str(source)):
        found = [path]
    else:
        found = [Path(name) for name in glob(str(source), recursive=True)]  # noqa: PTH207  # absolute too
    if not found:
        raise SchemaError(
            f"{source}: no schema file found. Name a .graphql file, a folder or a glob pattern."
        )
    yield from sorted(found)


def read_file(path: Path) -> str:
    """Read a text file. Raises ``SchemaError`` if it cannot be read or is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SchemaError(f"{path}: cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError as error:
        raise SchemaError(f"{path}: is not UTF-8 (byte {error.start}).") from None


def _read_files(*sources: str | Path) -> list[graphql.Source]:
    """Read the files, except those with nothing but white space and comments, if any has more."""
    files = [graphql.Source(read_file(path), str(path)) for path in schema_files(*sources)]
    lines = ((file, map(str.lstrip, file.body.splitlines())) for file in files)
    return [file for file, texts in lines if any(x and x[0] != "#" for x in texts)] or files


def _build(files: list[graphql.Source], saved: Path | None = None) -> graphql.GraphQLSchema:
    """Build the schema from the saved file if it fits, else from the files.

    They are parsed without locations, which takes two thirds of the time and makes the schema half
    as large. Only if there is a mistake are they parsed again, with locations.
    """
    texts = [file.body for file in files]
    document = None if saved is None else read_saved(saved, texts)
    if document is not None:
        return _in_order(graphql.build_ast_schema(document, assume_valid=True), document)
    with suppress(SchemaError):
        schema, document = _check_and_build(_parse(files, located=False))
        if saved is not None:
            try:
                write_saved(saved, texts, document)
            except OSError as error:
                logger.warning(
                    "%s: cannot be written (%s); the next start is no faster.", saved, error
                )
        return schema
    return _check_and_build(_parse(files, located=True))[0]


def load_document(*sources: str | Path) -> graphql.DocumentNode:
    """Read the files of a schema as one document, which is not checked. Raises ``SchemaError``."""
    return _parse(_read_files(*sources), located=True)


def _parse(files: list[graphql.Source], *, located: bool) -> graphql.DocumentNode:
    """Parse the files into one document; raises one error for all files that do not parse."""
    parsed: list[graphql.DocumentNode] = []
    problems: list[str] = []
    for file in files:
        try:
            parsed.append(graphql.parse(file, no_location=not located))
        except graphql.GraphQLError as error:
            place = error.locations[0] if error.locations else graphql.SourceLocation(1, 1)
            problems.append(f"{file.name}:{place.line}:{place.column}: {error.message}")
    if problems:
        raise SchemaError("\n".join(problems))
    definitions = tuple(definition for each in parsed for definition in each.definitions)
    return _with_root_types(graphql.DocumentNode(definitions=definitions))


def _with_root_types(document: graphql.DocumentNode) -> graphql.DocumentNode:
    """Define the root types that a document extends but does not define.

    People split schemas by feature: each file extends the root types. GraphQL §3.4.3 allows
    extensions only of types that are defined. Root types are ``Query``, ``Mutation`` and
    ``Subscription``, unless ``schema {}`` names others.
    """
    defined: set[str] = set()
    extended: dict[str, graphql.ObjectTypeExtensionNode] = {}
    roots = {each: each.value.title() for each in graphql.OperationType}
    if any(isinstance(node, graphql.SchemaDefinitionNode) for node in document.definitions):
        roots = {}
    for node in document.definitions:
        if isinstance(node, graphql.TypeDefinitionNode):
            defined.add(node.name.value)
        elif isinstance(node, graphql.ObjectTypeExtensionNode):
            extended.setdefault(node.name.value, node)
        elif isinstance(node, (graphql.SchemaDefinitionNode, graphql.SchemaExtensionNode)):
            roots |= {root.operation: root.type.name.value for root in node.operation_types or ()}
    added = [
        graphql.ObjectTypeDefinitionNode(
            name=node.name, fields=(), directives=(), interfaces=(), loc=node.loc
        )
        for name, node in extended.items()
        if name in set(roots.values()) - defined
    ]
    return replace(document, definitions=(*added, *document.definitions)) if added else document


def _check_and_build(
    document: graphql.DocumentNode,
) -> tuple[graphql.GraphQLSchema, graphql.DocumentNode]:
    """Build a document's schema. Returns with it the document from which it can be built again."""
    _raise_any(misapplied(document))
    _raise_any(_first_causes(document, validate_sdl(with_known_directives(document))))
    document = with_known_directives(document, shown_only=True)
    try:
        schema = graphql.build_ast_schema(document, assume_valid_sdl=True)
    except (graphql.GraphQLError, TypeError) as error:
        raise SchemaError(str(error)) from error
    _raise_any(graphql.validate_schema(schema))
    _raise_any(misplaced_caching(schema))
    return _in_order(schema, document), document


def _in_order(
    schema: graphql.GraphQLSchema, document: graphql.DocumentNode
) -> graphql.GraphQLSchema:
    """Keep the order in which a document defines its types; a schema's own tells what refers."""
    nodes = (each for each in document.definitions if isinstance(each, graphql.TypeDefinitionNode))
    schema.extensions[TYPE_ORDER] = [each.name.value for each in nodes]
    return schema


def _first_causes(
    document: graphql.DocumentNode, errors: list[graphql.GraphQLError]
) -> Iterator[graphql.GraphQLError]:
    """Leave out what follows from a second definition of a type, a directive or the schema.

    For example, the fields of a type that is defined twice are there twice.
    """
    first: dict[str, graphql.Node] = {}
    again: list[tuple[graphql.Node, graphql.Node]] = []  # the first definition, and another one
    for each in document.definitions:
        if isinstance(each, (graphql.TypeDefinitionNode, graphql.SchemaDefinitionNode)):
            name = "" if isinstance(each, graphql.SchemaDefinitionNode) else each.name.value
            if first.setdefault(name, each) is not each:
                again.append((first[name], each))
    directives = [found[1] for each in errors if (found := _DIRECTIVE_AGAIN.match(each.message))]
    for error in errors:
        node = error.nodes[-1] if error.nodes else None
        for one, other in again:
            if node is other:  # a second `schema {}`, whose error has no other place
                yield graphql.GraphQLError(error.message, [one, other])
                break
            is_name = node is getattr(other, "name", None)
            if node and not is_name and _is_within(node.loc, other.loc):
                break
        else:
            follows = any(re.search(rf"{each}\b", error.message) for each in directives)
            if _DIRECTIVE_AGAIN.match(error.message) or not follows:
                yield error


_DIRECTIVE_AGAIN = re.compile(r"There can be only one directive named '(@\w+)'")


def _is_within(inner: graphql.Location | None, outer: graphql.Location | None) -> bool:
    if inner is None or outer is None:
        return False
    return inner.source is outer.source and outer.start <= inner.start < outer.end


def _raise_any(errors: Iterable[graphql.GraphQLError]) -> None:
    """Raise one error for all; what is wrong in the same way in many places is told once."""
    places: dict[str, list[str]] = {}
    for error in errors:
        message = _MESSAGES.get(error.message, error.message)
        places.setdefault(message, []).extend(filter(None, map(_place, error.nodes or ())))
    if places:
        raise SchemaError("\n".join(map(_with_places, places, places.values())))


def _with_places(message: str, places: list[str]) -> str:
    """Write a message as ``file:line:column: message``, with its other places behind it."""
    places = list(dict.fromkeys(places))
    if not places:
        return message
    also = ", ".join(places[1 : 1 + _PLACES])
    more = len(places) - 1 - _PLACES
    also += f" and {more} more places" if more > 0 else ""
    return f"{places[0]}: {message}" + (f" See also {also}." if also else "")


def _place(node: graphql.Node) -> str | None:
    if node.loc is None:
        return None
    return f"{node.loc.source.name}:{node.loc.start_token.line}:{node.loc.start_token.column}"


_MESSAGES = {
    "Query root type must be provided.": (
        "The schema has no type 'Query'. Add it, or name another type: schema { query: … }."
    ),
    **{
        f"Cannot extend type '{name}' because it is not defined.": (
            f"'{name}' is a scalar of GraphQL itself and cannot be extended."
        )
        for name in graphql.specified_scalar_types
    },
}
"""Our sentences in place of graphql-core's, where those do not say what to do."""
