"""Pass 1: what a client is generated from, as its owner configured it.

The configuration gives the settings, the schema's source and the names of the files with documents.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from glob import glob
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from trunkline.errors import ConfigurationError, SchemaError
from trunkline.generate.client.documents import DocumentSource, marked_documents
from trunkline.generate.client.plan import RUNTIME
from trunkline.generate.client.problems import Problems
from trunkline.generate.configuration import (
    ClientConfiguration,
    ClientScalarConfiguration,
    Project,
    SuffixConfiguration,
    TypeKind,
)
from trunkline.generate.elements import shown_path
from trunkline.schema.load import read_file
from trunkline.schema.scalars import KNOWN_SCALARS, client_type
from trunkline.text.imports import Reference
from trunkline.text.names import is_name

__all__ = [
    "ClientSettings",
    "check_settings",
    "read_documents",
    "read_settings",
    "reference_of",
    "schema_sources",
]

_ENDINGS = (".graphql", ".graphqls", ".gql", ".py")


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """The settings of one client.

    - ``name``: the name of its class.
    - ``module``: the path of the file to write.
    - ``calls``: its methods block or are awaited. With ``both``, the class ``name`` blocks and the
      class ``Async`` + ``name`` is awaited.
    - ``style``: what the classes of responses and inputs are.
    - ``errors``: a method raises the errors of a response, or returns them beside the data
      (``catch``). An operation may choose for itself by ``@catch``.
    - ``suffixes``: what the classes of operations and fragments end with.
    - ``ignore_rules``: names of validation rules that documents need not keep.
    - ``client_directives``: names of directives that are not sent.
    - ``absent_is_null``: a nullable field that the server leaves out is null.
    - ``base``: a class, as ``package.module:Class``, that the client's classes extend too.
    - ``mixins``: such classes that generated classes extend, by the names of these.
    - ``manifest``: the path of the file that lists the documents with their ids.
    - ``header``: what the client is generated from, for the first line of its module.
    """

    name: str = "API"
    module: str = "api.py"
    calls: Literal["sync", "async", "both"] = "async"
    style: TypeKind = "msgspec"
    errors: Literal["raise", "catch"] = "raise"
    scalars: Mapping[str, ClientScalarConfiguration] = field(
        default_factory=dict[str, ClientScalarConfiguration]
    )
    suffixes: SuffixConfiguration = field(default_factory=SuffixConfiguration)
    ignore_rules: Sequence[str] = ()
    client_directives: Sequence[str] = ()
    absent_is_null: bool = False
    base: str | None = None
    mixins: Mapping[str, str] = field(default_factory=dict[str, str])
    manifest: str | None = None
    header: str = ""

    def scalar(self, name: str, url: str | None = None) -> ClientScalarConfiguration | None:
        """Return what a scalar is in Python, or ``None``.

        It is as configured, or as ``@specifiedBy`` (its ``url``) or else its name tells.
        """
        found = self.scalars.get(name, _UPLOAD if name == "Upload" else None)
        if found is None and (known := client_type(name, url)) is not None:
            found = ClientScalarConfiguration(_path_of(known))
        if found == _BYTES and self.style == "pydantic":  # which reads bytes as text, not base64
            return ClientScalarConfiguration("bytes", parse="base64:b64decode")
        return found


_BYTES = ClientScalarConfiguration("bytes")
_UPLOAD = ClientScalarConfiguration(f"{RUNTIME}:Upload")


def _path_of(type_: Any) -> str:
    module = type_.__module__
    return type_.__qualname__ if module == "builtins" else f"{module}:{type_.__qualname__}"


_JSON_TYPES = frozenset(
    {"Any", "list", "dict", "tuple", *(_path_of(each.type) for each in KNOWN_SCALARS.values())}
)
"""The types that JSON libraries read and write by themselves."""


def reference_of(path: str) -> Reference:
    """Return what ``module:name``, or the name of a builtin, refers to."""
    module, _, name = path.rpartition(":")
    return Reference("typing" if path == "Any" else module or "builtins", name)


def read_settings(project: Project, client: ClientConfiguration) -> ClientSettings:
    """Return the settings of a client that a project configures."""
    return ClientSettings(
        name=client.name,
        module=str(project.source.joinpath(*client.module.split(".")).with_suffix(".py")),
        calls=client.calls,
        style=client.types or project.configuration.types,
        errors=client.errors,
        scalars={
            name: ClientScalarConfiguration(each) if isinstance(each, str) else each
            for name, each in client.scalars.items()
        },
        suffixes=client.suffixes,
        ignore_rules=client.ignore_rules,
        base=client.base,
        mixins=client.mixins,
        client_directives=client.client_directives,
        absent_is_null=client.absent_is_null,
        manifest=client.manifest and str(project.folder / client.manifest),
        header=" and ".join(_as_list(client.operations)),
    )


def check_settings(settings: ClientSettings, problems: Problems) -> None:
    """Check that the names in the settings are names of Python, and that scalars can be read."""
    if not is_name(settings.name) or hasattr(builtins, settings.name):
        text = f"{settings.name!r} cannot be the name of a class. Give the client another name."
        problems.error("name", text)
    for name, scalar in sorted(settings.scalars.items()):
        place = f"scalars.{name}"
        for path in filter(None, (scalar.type, scalar.parse, scalar.serialize)):
            module, colon, attribute = path.rpartition(":")
            words = [*(module.split(".") if colon else ()), attribute]
            if not all(is_name(word) or word == "None" for word in words):
                text = (
                    f"{path!r} cannot be imported. Write package.module:name, or a builtin's name."
                )
                problems.error(place, text)
            elif ":" not in path and path != "Any" and not hasattr(builtins, path):
                text = f"{path!r} is not a builtin. Write its module too, as module:{path}."
                problems.error(place, text)
        if scalar.serialize and scalar.type in _JSON_TYPES and ":" not in scalar.type:
            problems.error(
                place,
                f"'serialize' would be called for every {scalar.type}, not only for those of"
                f" {name}. Write a class for {name}.",
            )
        elif scalar.serialize and not scalar.parse and scalar.type not in _JSON_TYPES:
            text = f"{scalar.type} cannot be made from JSON. Add 'parse'."
            problems.error(place, text)


def schema_sources(project: Project, client: ClientConfiguration) -> Sequence[str | Path]:
    """Return the files or the URL of the client's schema. Raises ``ConfigurationError``."""
    names = _as_list(client.schema)
    if names:
        folder = project.folder
        return [name if "://" in name else _schema_path(folder, name) for name in names]
    if project.schema_sources:
        return project.schema_sources
    raise ConfigurationError(
        f"{shown_path(project.file)}: the client {client.name} has no schema. Add"
        ' schema = "…" with its files, or with the URL of the server.'
    )


def _schema_path(folder: Path, name: str) -> Path:
    """Return the path of a file, which may be within an installed package: ``package:path``.

    Raises ``ConfigurationError`` if the package is not installed.
    """
    package, colon, path = name.partition(":")
    is_package = len(package) > 1 and all(map(is_name, package.split(".")))  # C:\ is a drive
    if not colon or not is_package or (folder / name).exists():
        return Path(shown_path(folder / name))
    try:
        return Path(str(files(package) / path))
    except ModuleNotFoundError:
        raise ConfigurationError(
            f"schema: {name!r}: the package {package} is not installed where you generate."
        ) from None


def read_documents(
    project: Project, client: ClientConfiguration, module: Path, problems: Problems
) -> Iterator[DocumentSource]:
    """Read the documents in the files that a client's ``operations`` match.

    The generated ``module`` may be among them and is left out. A file that cannot be read is one of
    the ``problems``. Raises ``ConfigurationError`` where a pattern matches no file.
    """
    for path in _document_paths(project.folder, _as_list(client.operations)):
        if path.resolve() == module.resolve():
            continue
        name = shown_path(path)
        try:
            text = read_file(Path(name))
        except SchemaError as error:  # told with all other mistakes
            problems.error(name, str(error).removeprefix(f"{name}: "))
            continue
        if path.suffix == ".py":
            yield from marked_documents(text, name, problems)
        else:
            yield DocumentSource(name, text)


def _document_paths(folder: Path, patterns: Iterable[str]) -> Iterable[Path]:
    """List the files that the patterns match, each file once."""
    found: dict[Path, None] = {}
    for pattern in patterns:
        path = folder / pattern
        if path.is_file():
            paths = [path]
        else:
            all_paths = (
                sorted(path.rglob("*"))
                if path.is_dir()
                else map(Path, sorted(glob(str(path), recursive=True)))  # noqa: PTH207  # absolute
            )
            paths = [each for each in all_paths if each.suffix in _ENDINGS]
        if not paths:
            raise ConfigurationError(
                f"operations: {pattern!r} matches no {' or '.join(_ENDINGS)} file."
            )
        found.update(dict.fromkeys(paths))
    return found


def _as_list(names: str | Sequence[str]) -> Sequence[str]:
    return [names] if isinstance(names, str) else names
