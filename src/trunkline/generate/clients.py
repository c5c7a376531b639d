"""The clients that a project generates: reading what they are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from glob import glob, has_magic
from pathlib import Path

from trunkline.errors import ConfigurationError, SchemaError
from trunkline.generate.client import (
    ClientOptions,
    DocumentSource,
    Messages,
    ScalarOption,
    generate_client,
    marked_documents,
)
from trunkline.generate.client.schema_source import load_client_schema
from trunkline.generate.configuration import ClientConfiguration, Project
from trunkline.generate.places import shown_path

__all__ = ["client_files", "clients_of"]

_KINDS = (".graphql", ".graphqls", ".gql", ".py")


def clients_of(project: Project) -> list[ClientConfiguration]:
    """Return the clients that a configuration asks for."""
    configuration = project.configuration
    one = [] if configuration.client is None else [configuration.client]
    return [*one, *configuration.clients]


def client_files(
    project: Project, client: ClientConfiguration
) -> tuple[Mapping[Path, bytes], Sequence[str]]:
    """Generate a client: its files, and what is to be said. Raises ``SchemaError``."""
    schema = load_client_schema(_schema_sources(project, client), client.headers)
    module = project.source.joinpath(*client.module.split(".")).with_suffix(".py")
    messages = Messages()
    sources = list(_documents(project.folder, client.operations, module, messages))
    options = _options(project, client, module)
    made = generate_client(schema, sources, options, messages)
    if made.errors:
        raise SchemaError("\n".join(map(str, made.errors)))
    files = {project.folder / name: text.encode() for name, text in made.files.items()}
    return files, [str(each) for each in made.warnings]


def _schema_sources(project: Project, client: ClientConfiguration) -> Sequence[str | Path]:
    names = [client.schema] if isinstance(client.schema, str) else client.schema
    if not names:
        if not project.schema_sources:
            raise ConfigurationError(
                f"{shown_path(project.file)}: the client {client.name} has no schema. Say"
                ' schema = "…": files, or the URL of the server.'
            )
        return project.schema_sources
    return [name if "://" in name else Path(shown_path(project.folder / name)) for name in names]


def _options(project: Project, client: ClientConfiguration, module: Path) -> ClientOptions:
    operations = [client.operations] if isinstance(client.operations, str) else client.operations
    return ClientOptions(
        name=client.name,
        module=str(module),
        calls=client.calls,
        style=client.types or project.configuration.types,
        errors=client.errors,
        scalars={
            name: ScalarOption(each)
            if isinstance(each, str)
            else ScalarOption(each.type, each.parse, each.serialize)
            for name, each in client.scalars.items()
        },
        manifest=client.manifest and str(project.folder / client.manifest),
        header=" and ".join(operations),
    )


def _documents(
    folder: Path, patterns: str | Sequence[str], module: Path, messages: Messages
) -> Iterator[DocumentSource]:
    for path in _paths(folder, [patterns] if isinstance(patterns, str) else patterns):
        if path.resolve() == module.resolve():
            continue
        name = shown_path(path)
        try:
            text = path.read_text(encoding="utf-8-sig")
        except OSError as error:
            messages.error(name, f"cannot be read ({error.strerror}).")
            continue
        except UnicodeDecodeError as error:
            messages.error(name, f"is not UTF-8 (byte {error.start}).")
            continue
        if path.suffix == ".py":
            yield from marked_documents(text, name, messages)
        else:
            yield DocumentSource(name, text)


def _paths(folder: Path, patterns: Iterable[str]) -> list[Path]:
    """List the files that the patterns mean, each once. Raises ``ConfigurationError``."""
    found: dict[Path, None] = {}
    for pattern in patterns:
        paths = list(_matching(folder / pattern))
        if not paths:
            raise ConfigurationError(
                f"operations: there is no {' or '.join(_KINDS)} file at {pattern!r}."
            )
        found.update(dict.fromkeys(paths))
    return list(found)


def _matching(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(each for each in path.rglob("*") if each.suffix in _KINDS)
    elif has_magic(str(path)):
        names = sorted(glob(str(path), recursive=True))  # noqa: PTH207  # absolute too
        yield from (Path(name) for name in names if Path(name).suffix in _KINDS)
    elif path.exists():
        yield path
