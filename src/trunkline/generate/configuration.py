"""The configuration: what ``[tool.trunkline]`` may say, and reading it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    TypeAlias,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec
from graphql.pyutils import did_you_mean, suggestion_list
from msgspec import Meta, Struct

from trunkline.errors import ConfigurationError
from trunkline.generate.places import shown_path

__all__ = [
    "ClientConfiguration",
    "ClientScalarConfiguration",
    "Configuration",
    "DirectiveConfiguration",
    "FieldConfiguration",
    "LayoutName",
    "ModelConfiguration",
    "Project",
    "ScalarConfiguration",
    "read_configuration",
]


ClassName: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$",
        description="A class or an object as package.module:name.",
    ),
]
ModuleName: TypeAlias = Annotated[
    str, Meta(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$", description="A module or package.")
]
LayoutName: TypeAlias = Literal["schema", "type", "feature", "single"]
Layout: TypeAlias = Annotated[
    LayoutName,
    Meta(
        description=(
            "Where new resolvers go: a module per schema file, a module per type, a package per"
            " folder of the schema, or one module for all."
        )
    ),
]
TypeKind: TypeAlias = Annotated[
    Literal["msgspec", "dataclasses", "pydantic"],
    Meta(description="What the generated classes are."),
]


class FieldConfiguration(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """How one field, argument-less part of a type, is bound."""

    name: Annotated[str | None, Meta(description="Its name in Python.")] = None
    resolver: Annotated[
        bool | None,
        Meta(
            description="true: it has a resolver, though the class could answer."
            " false: the class must answer."
        ),
    ] = None
    batch: Annotated[
        bool, Meta(description="Its resolver is called once for all parents of a level.")
    ] = False
    selection: Annotated[
        bool, Meta(description="Its resolver is told what is wanted below it.")
    ] = False
    caller: Annotated[bool, Meta(description="Its resolver is told who calls.")] = False
    omittable: Annotated[
        bool | None, Meta(description="Of an input: absent is UNSET, and null is None.")
    ] = None
    arguments: Annotated[
        dict[str, str], Meta(description="The names of its arguments in Python.")
    ] = {}


class ModelConfiguration(
    Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, rename={"path": "class"}
):
    """What a type of the schema is bound to."""

    path: Annotated[
        ClassName | None,
        Meta(description="The class that stands for it; without, one is generated."),
    ] = None
    name: Annotated[
        str | None, Meta(description="The name of the generated class, where it must be another.")
    ] = None
    fields: Annotated[
        dict[str, str | FieldConfiguration],
        Meta(description="Fields by name: the name in Python, or more."),
    ] = {}
    extra: Annotated[
        dict[str, ClassName],
        Meta(description="Attributes of the generated class that the schema has not: their class."),
    ] = {}
    values: Annotated[
        dict[str, str], Meta(description="Of an enum: the members' names in Python.")
    ] = {}


class ScalarConfiguration(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What a custom scalar is in Python."""

    type: Annotated[ClassName, Meta(description="The class of its values.")]
    scalar: Annotated[
        ClassName | None,
        Meta(description="The trunkline.server.Scalar that writes and reads it."),
    ] = None


class DirectiveConfiguration(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What a directive of the schema is in Python."""

    name: Annotated[str | None, Meta(description="The name of its function.")] = None
    parent: Annotated[bool, Meta(description="Its function is told the parent object.")] = False
    runtime: Annotated[
        bool, Meta(description="false: it says something to people and tools, and has no function.")
    ] = True


class ClientScalarConfiguration(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What a custom scalar is in a client."""

    type: Annotated[str, Meta(description="Its class as package.module:name, or a builtin's name.")]
    parse: Annotated[
        ClassName | None, Meta(description="The function that makes it of what JSON has.")
    ] = None
    serialize: Annotated[
        ClassName | None, Meta(description="The function that makes JSON of it.")
    ] = None


class ClientConfiguration(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A client that is generated."""

    name: Annotated[str, Meta(description="The name of its class.")]
    module: Annotated[ModuleName, Meta(description="The module that is generated.")]
    operations: Annotated[
        str | list[str],
        Meta(description="Files with its documents: .graphql, or Python that calls gql(…)."),
    ]
    schema: Annotated[
        str | list[str],
        Meta(description="The server's schema: files, or its URL; without, the project's own."),
    ] = []
    headers: Annotated[
        dict[str, str],
        Meta(description="Sent where the schema is a URL; ${NAME} is from the environment."),
    ] = {}
    calls: Annotated[
        Literal["sync", "async", "both"],
        Meta(description="Whether its methods block, are awaited, or there is a class of each."),
    ] = "async"
    errors: Annotated[
        Literal["raise", "catch"],
        Meta(description="What a method does with errors in an answer; catch: it returns them."),
    ] = "raise"
    types: TypeKind | None = None
    scalars: Annotated[
        dict[str, str | ClientScalarConfiguration],
        Meta(description="Custom scalars by name: their class, or more."),
    ] = {}
    manifest: Annotated[
        str | None, Meta(description="The file that lists its documents with their ids.")
    ] = None


class Configuration(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What ``[tool.trunkline]`` says."""

    schema: Annotated[str | list[str], Meta(description="Schema files, folders or globs.")] = []
    package: Annotated[
        ModuleName,
        Meta(description="The server's package that is generated, as it is imported."),
    ] = ""
    client: Annotated[
        ClientConfiguration | None,
        Meta(description="The client that is generated, where there is one."),
    ] = None
    clients: Annotated[
        list[ClientConfiguration],
        Meta(description="The clients that are generated, where there are several."),
    ] = []
    resolvers: Annotated[
        ModuleName | None,
        Meta(description="The package with your resolvers; without, no stubs are written."),
    ] = None
    layout: Layout = "schema"
    source: Annotated[
        str | None,
        Meta(description="The folder that imports start from; src if there is one, else this one."),
    ] = None
    types: TypeKind = "msgspec"
    context: Annotated[
        ClassName | None, Meta(description="The class of the context that resolvers get.")
    ] = None
    snake_case: Annotated[
        bool, Meta(description="camelCase in the schema is snake_case in Python.")
    ] = True
    omittable: Annotated[
        bool, Meta(description="Inputs keep absent (UNSET) and null (None) apart.")
    ] = False
    autobind: Annotated[
        list[ModuleName], Meta(description="Modules whose classes stand for types of their names.")
    ] = []
    models: Annotated[
        dict[str, ClassName | ModelConfiguration],
        Meta(description="Types by name: their class, or more."),
    ] = {}
    scalars: Annotated[
        dict[str, ClassName | ScalarConfiguration],
        Meta(description="Custom scalars by name: their class, or more."),
    ] = {}
    directives: Annotated[
        dict[str, DirectiveConfiguration], Meta(description="Directives by name.")
    ] = {}
    plugins: Annotated[
        list[str],
        Meta(description="Plugins by the name of their entry point, or as package.module:name."),
    ] = []
    app: Annotated[
        ClassName | None, Meta(description="The ASGI application that `trunkline serve` runs.")
    ] = None


class Project(Struct, frozen=True):
    """A configuration and where it was found: paths in it start from ``folder``."""

    file: Path
    folder: Path
    configuration: Configuration
    text: str = ""

    def place(self, *path: str) -> str:
        """Return where a key is written, as ``file:line``."""
        return f"{shown_path(self.file)}{_line_of(self.text, path)}"

    @property
    def source(self) -> Path:
        """The folder that imports start from."""
        configured = self.configuration.source
        if configured is not None:
            return (self.folder / configured).resolve()
        src = self.folder / "src"
        return src if src.is_dir() else self.folder

    @property
    def clients(self) -> list[ClientConfiguration]:
        """All clients that the project configures."""
        client = self.configuration.client
        return [*([] if client is None else [client]), *self.configuration.clients]

    @property
    def schema_sources(self) -> list[Path]:
        """The schema's files, folders and globs."""
        schema = self.configuration.schema
        names = [schema] if isinstance(schema, str) else schema
        return [Path(shown_path(self.folder / name)) for name in names]


def read_configuration(start: Path) -> Project:
    """Find the configuration in a folder or one above it, and read it.

    It stands in ``trunkline.toml``, or under ``[tool.trunkline]`` in ``pyproject.toml``. Raises
    ``ConfigurationError`` with all mistakes at once.
    """
    for folder in (start, *start.parents):
        found: list[tuple[Path, object, str]] = []
        own, shared = folder / "trunkline.toml", folder / "pyproject.toml"
        if own.is_file():
            found.append((own, *_read_toml(own)))
        if shared.is_file():
            tables, text = _read_toml(shared)
            match tables:
                case {"tool": {"trunkline": table}}:
                    found.append((shared, table, text))
                case _:
                    pass
        if len(found) > 1:
            raise ConfigurationError(
                f"{folder}: both trunkline.toml and [tool.trunkline] in pyproject.toml are there."
                " Keep one of them."
            )
        for file, table, text in found:
            return Project(file, folder, _convert(file, table, text), text)
    raise ConfigurationError(
        f"{start}: no trunkline.toml here or above, and no pyproject.toml with [tool.trunkline]."
        " `trunkline init NAME` makes a project that has one."
    )


_Path: TypeAlias = tuple[str, ...]


def _read_toml(path: Path) -> tuple[dict[str, Any], str]:
    shown = shown_path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
        return tomllib.loads(text), text
    except OSError as error:
        raise ConfigurationError(f"{shown}: cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{shown}: is not UTF-8 (byte {error.start}).") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{shown}: is not TOML: {error}.") from None


def _convert(file: Path, table: object, text: str) -> Configuration:
    """Check a table and convert it. Raises ``ConfigurationError`` with all mistakes."""
    shown = shown_path(file)
    mistakes = [
        f"{shown}{_line_of(text, path)}: {'.'.join(path) or 'tool.trunkline'}: {what}"
        for path, what in _mistakes(table, Configuration, ())
    ]
    if mistakes:
        raise ConfigurationError("\n".join(mistakes))
    configuration = msgspec.convert(table, Configuration)
    if configuration.package and not configuration.schema:
        raise ConfigurationError(f"{shown}: tool.trunkline: 'schema' is missing.")
    if not (configuration.package or configuration.client or configuration.clients):
        raise ConfigurationError(
            f"{shown}: tool.trunkline: 'package' is missing. A client alone needs 'client' instead."
        )
    return configuration


def _line_of(text: str, path: tuple[str, ...]) -> str:
    """Return the line of a key as ``:3``, as far as a look at the text can tell."""
    for key in reversed(path):
        written = re.compile(rf"""^\s*(\[.*\b)?["']?{re.escape(key)}["']?\s*(=|\.|\])""")
        for number, line in enumerate(text.splitlines(), 1):
            if written.match(line):
                return f":{number}"
    return ""


def _mistakes(value: Any, kind: Any, path: _Path) -> Iterator[tuple[_Path, str]]:
    """Yield the path of each mistake in a value, and what is wrong.

    msgspec's own message tells the first one only, and does not suggest a key.
    """
    bare = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    members = get_args(bare) if get_origin(bare) in (Union, UnionType) else (bare,)
    struct = next((each for each in members if _is_struct(each)), None)
    item = next(iter(get_args(bare)[-1:]), None)
    if isinstance(value, dict) and struct:
        yield from _table_mistakes(value, struct, path)
    elif isinstance(value, dict) and get_origin(bare) is dict:
        for key, each in value.items():
            yield from _mistakes(each, item, (*path, key))
    elif isinstance(value, list) and get_origin(bare) is list and _is_struct(item):
        for index, each in enumerate(value):
            yield from _mistakes(each, item, (*path, str(index)))
    else:
        try:
            msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            yield path, _message(str(error), bare, value)


def _table_mistakes(
    table: dict[str, Any], struct: type[Struct], path: _Path
) -> Iterator[tuple[_Path, str]]:
    hints = get_type_hints(struct, include_extras=True)
    known = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    for key in table:
        if key not in known:
            hint = did_you_mean(suggestion_list(key, list(known)))
            hint = hint or f" There are {', '.join(known)}."
            yield (*path, key), f"no such key.{hint}"
    for key, field in known.items():
        if key in table:
            yield from _mistakes(table[key], hints[field.name], (*path, key))
        elif field.required:
            yield path, f"{key!r} is missing."


def _message(message: str, kind: Any, value: object) -> str:
    if "regex" in message and ":" in message:
        return f"{value!r} must be written as package.module:name."
    if "regex" in message:
        return f"{value!r} is not the name of a module."
    choices = get_args(kind) if get_origin(kind) is Literal else ()
    hint = f" There are {', '.join(choices)}." if choices else ""
    return message.replace("object`", "a table`").replace("`", "'") + "." + hint


def _is_struct(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Struct)
