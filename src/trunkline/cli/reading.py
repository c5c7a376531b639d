"""What commands share: reading schemas and documents, and ending with a message."""

from __future__ import annotations

import re
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from trunkline.errors import RequestError, SchemaError, TrunklineError
from trunkline.printable import printable

if TYPE_CHECKING:
    from graphql import GraphQLSchema

    from trunkline.compiler.operation import Operation
    from trunkline.schema.bindings import Binding, Schema

__all__ = [
    "ExecutableOption",
    "HeaderOption",
    "compiled_operations",
    "configured_sources",
    "counted",
    "error_lines",
    "errors_end_command",
    "load_definition",
    "load_executable",
    "read_pairs",
    "read_text",
    "require_file",
    "stop",
    "tell",
]

HeaderOption = Annotated[
    list[str] | None,
    typer.Option(
        help="A header, as 'Authorization: Bearer ${TOKEN}'. ${NAME} is read from the environment:"
        " use single quotes. Repeatable."
    ),
]

ExecutableOption = Annotated[
    list[str] | None,
    typer.Option(
        help="A schema file, folder or glob, repeatable; or the executable schema of a program, as"
        " package.module:attribute. Without it, the project's schema files."
    ),
]

_ATTRIBUTE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def stop(message: str) -> NoReturn:
    """Print a message to standard error, and end the command with status 1."""
    tell(message)
    raise typer.Exit(1)


def counted(documents: int) -> str:
    """Say how many documents there are."""
    return f"{documents} document{'' if documents == 1 else 's'}"


def tell(message: str, colour: str | None = None) -> None:
    """Print a message to standard error. What a schema or a server wrote moves no cursor."""
    text = "\n".join(map(printable, message.expandtabs().split("\n")))
    typer.secho(text, err=True, fg=colour)


@contextmanager
def errors_end_command(*others: type[Exception]) -> Generator[None]:
    """End the command with the message of an error of Trunkline, of a file, or of ``others``."""
    expected: tuple[type[Exception], ...] = (TrunklineError, *others)
    try:
        yield
    except expected as error:
        stop(str(error))
    except BrokenPipeError:
        raise  # the reader of our output has enough, as `head`: Typer ends without a word
    except OSError as error:
        stop(f"{error.filename}: {error.strerror}." if error.filename else f"{error}.")


def read_text(path: Path) -> str:
    """Read a file, or standard input for ``-``; end the command if that fails."""
    from trunkline.schema.load import read_file

    with errors_end_command(UnicodeDecodeError):
        return sys.stdin.read() if str(path) == "-" else read_file(path)


def require_file(store: str, remedy: str) -> None:
    """End the command if a store is a file of SQLite that is not there: it would be made, empty."""
    file = Path(store.removeprefix("sqlite:///").partition("?")[0])
    if store.startswith("sqlite:///") and not file.exists():
        stop(f"There is no file {file}. {remedy}")


def read_pairs(texts: list[str] | None, separator: str, option: str) -> dict[str, str]:
    """Read options that are ``NAME`` and a value; end the command if one is not."""
    pairs: dict[str, str] = {}
    for text in texts or ():
        name, found, value = text.partition(separator)
        if not (found and name.strip()):
            stop(f"--{option} must be NAME{separator}VALUE, not {text!r}.")
        pairs[name.strip()] = value.strip()
    return pairs


def configured_sources(sources: list[str] | None) -> list[str]:
    """Return the sources that a command was given, else those of the project in this folder.

    Raises ``ConfigurationError``.
    """
    from trunkline.generate.configuration import read_configuration

    return sources or list(map(str, read_configuration(Path.cwd()).schema_sources))


def load_definition(sources: list[str]) -> GraphQLSchema:
    """Load a schema's definition, from its files or from a program that made it executable.

    Raises ``SchemaError``.
    """
    from graphql import GraphQLSchema

    from trunkline.schema.bindings import Schema
    from trunkline.schema.load import load_schema

    if not _is_attribute(sources):
        return load_schema(*sources)
    found = _import_attribute(sources[0])
    definition = found.definition if isinstance(found, Schema) else found
    if not isinstance(definition, GraphQLSchema):
        raise SchemaError(f"{sources[0]}: is a {type(found).__name__}, not a schema.")
    return definition


def load_executable(sources: list[str] | None) -> Schema:
    """Load a schema that operations can be compiled for.

    ``sources`` are files, or one ``package.module:attribute``; without any, the schema files of the
    project in this folder. With files, the fields of the root types are taken to have synchronous
    resolvers, and all others to be read from their parent. Raises ``SchemaError``, and
    ``ConfigurationError`` if there is no project.
    """
    from trunkline.schema.bindings import Resolver, Schema
    from trunkline.schema.load import load_schema
    from trunkline.text.names import python_name

    sources = configured_sources(sources)
    if _is_attribute(sources):
        found = _import_attribute(sources[0])
        if not isinstance(found, Schema):
            raise SchemaError(
                f"{sources[0]}: is a {type(found).__name__}, not an executable schema."
            )
        return found
    definition = load_schema(*sources)
    bindings: dict[str, Binding] = {}
    for root in filter(None, (definition.query_type, definition.mutation_type)):
        for name, field in root.fields.items():
            arguments = {argument: python_name(argument) for argument in field.args}
            bindings[f"{root.name}.{name}"] = Resolver(
                _not_executed, is_async=False, takes_parent=False, arguments=arguments
            )
    return Schema(definition, bindings, {})


def compiled_operations(schema: Schema, paths: list[Path]) -> Iterator[Operation]:
    """Yield each operation of files and folders, compiled; the documents share their fragments.

    They are read as a client is generated from them: in .py files, too, and with ``@catch``. Ends
    the command if one is wrong.
    """
    from graphql import DocumentNode, print_ast, separate_operations

    from trunkline.compiler.pipeline import compile_operation
    from trunkline.generate.client.documents import DocumentSource, check_documents
    from trunkline.generate.client.problems import Problems, place_of
    from trunkline.generate.client.settings import read_documents
    from trunkline.generate.configuration import ClientConfiguration, Configuration, Project

    problems, folder = Problems(), Path.cwd()
    project = Project(folder / "pyproject.toml", folder, Configuration())
    client = ClientConfiguration("", "", [str(path) for path in paths if str(path) != "-"])
    sources = [DocumentSource("-", read_text(path)) for path in paths if str(path) == "-"]
    if client.operations:
        sources += read_documents(project, client, Path(), problems)
    documents = check_documents(schema.definition, sources, problems, catch=False, are_named=False)
    if problems.errors:
        stop("\n".join(map(str, problems.errors)))
    for each in documents.operations:
        name = each.node.name.value if each.node.name else None
        whole = DocumentNode(definitions=(each.node, *documents.fragments.values()))
        try:
            text = print_ast(separate_operations(whole)[name or ""])
            yield compile_operation(schema, text, name)
        except RequestError as error:
            stop(error_lines(error, place_of(each.node)))


def _not_executed(**_arguments: Any) -> NoReturn:
    raise AssertionError("the operation was compiled to be printed, not to be executed")


def _is_attribute(sources: list[str]) -> bool:
    return len(sources) == 1 and _ATTRIBUTE.fullmatch(sources[0]) is not None


def _import_attribute(name: str) -> Any:
    module_name, _, attribute = name.partition(":")
    sys.path.insert(0, "")  # the folder that the command is run in, as `python -m` does
    try:
        return getattr(import_module(module_name), attribute)
    except (ImportError, AttributeError) as error:
        raise SchemaError(f"{name}: {error}.") from error


def error_lines(error: RequestError, document: str) -> str:
    """Write each mistake as ``file:line:column: what is wrong``."""
    lines: list[str] = []
    for each in error.errors:
        place = f":{each.locations[0].line}:{each.locations[0].column}" if each.locations else ""
        lines.append(f"{document}{place}: {each.message}")
    return "\n".join(lines)
