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
from msgspec import Meta, Struct

from trunkline.errors import ConfigurationError
from trunkline.generate.elements import shown_path, suggestion

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
    "SuffixConfiguration",
    "read_configuration",
]


def _about(description: str) -> Meta:
    return Meta(description=description)


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
Suffix: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_]*$")]
LayoutName: TypeAlias = Literal["schema", "type", "feature", "single"]
TypeKind: TypeAlias = Annotated[
    Literal["msgspec", "dataclasses", "pydantic"], _about("What the generated classes are.")
]


class _Table(Struct, forbid_unknown_fields=True, frozen=True):
    """A table of the configuration, whose keys are described for editors."""


class FieldConfiguration(_Table, frozen=True):
    """How a field of a type is bound."""

    name: Annotated[str | None, _about("Its name in Python.")] = None
    resolver: Annotated[
        bool | None,
        _about(
            "true: it has a resolver even if the class has an attribute for it."
            " false: the class must have one."
        ),
    ] = None
    batch: Annotated[bool, _about("Its resolver is called once for all parents of a level.")] = (
        False
    )
    selection: Annotated[bool, _about("Its resolver gets the selection below the field.")] = False
    caller: Annotated[bool, _about("Its resolver gets the caller.")] = False
    omittable: Annotated[bool | None, _about("Of an input: absent is UNSET, and null is None.")] = (
        None
    )
    arguments: Annotated[dict[str, str], _about("The names of its arguments in Python.")] = {}


class ModelConfiguration(_Table, frozen=True, rename={"path": "class"}):
    """What a type of the schema is bound to."""

    path: Annotated[
        ClassName | None, _about("The class that stands for it; without, one is generated.")
    ] = None
    name: Annotated[
        str | None, _about("The name of the generated class if it is not that of the type.")
    ] = None
    fields: Annotated[
        dict[str, str | FieldConfiguration],
        _about("Fields by name: the name in Python, or a table."),
    ] = {}
    extra: Annotated[
        dict[str, ClassName],
        _about("Attributes of the generated class that the schema does not have: their class."),
    ] = {}
    values: Annotated[dict[str, str], _about("Of an enum: the names of members in Python.")] = {}


class ScalarConfiguration(_Table, frozen=True):
    """What a custom scalar is in Python."""

    type: Annotated[ClassName, _about("The class of its values.")]
    scalar: Annotated[
        ClassName | None, _about("The trunkline.server.Scalar that writes and reads it.")
    ] = None


class DirectiveConfiguration(_Table, frozen=True):
    """What a directive of the schema is in Python."""

    name: Annotated[str | None, _about("The name of its function.")] = None
    parent: Annotated[bool, _about("Its function gets the parent object.")] = False
    runtime: Annotated[bool, _about("false: it is for people and tools and has no function.")] = (
        True
    )


class ClientScalarConfiguration(_Table, frozen=True):
    """What a custom scalar is in a client.

    Without ``parse`` and ``serialize``, JSON libraries must know the type.
    """

    type: Annotated[str, _about("Its class as package.module:name, or the name of a builtin.")]
    parse: Annotated[
        ClassName | None, _about("The function that makes a value from what JSON has.")
    ] = None
    serialize: Annotated[ClassName | None, _about("The function that makes JSON of a value.")] = (
        None
    )


class SuffixConfiguration(_Table, frozen=True):
    """What the classes of a client's operations and fragments end with."""

    query: Annotated[Suffix, _about("Of the data of a query.")] = "Query"
    mutation: Annotated[Suffix, _about("Of the data of a mutation.")] = "Mutation"
    subscription: Annotated[Suffix, _about("Of the data of a subscription.")] = "Subscription"
    fragment: Annotated[Suffix, _about("Of a fragment.")] = "Fragment"


class ClientConfiguration(_Table, frozen=True):
    """A client that is generated."""

    name: Annotated[str, _about("The name of its class.")]
    module: Annotated[ModuleName, _about("The module that is generated.")]
    operations: Annotated[
        str | list[str], _about("Files with its documents: .graphql, or Python that calls gql(…).")
    ]
    schema: Annotated[
        str | list[str],
        _about(
            "The server's schema: files, package:file of an installed package, or its URL;"
            " without, that of the project."
        ),
    ] = []
    headers: Annotated[
        dict[str, str],
        _about("Headers for the URL of a schema; ${NAME} is from the environment."),
    ] = {}
    calls: Annotated[
        Literal["sync", "async", "both"],
        _about("Whether its methods block, are awaited, or there is a class of each."),
    ] = "async"
    errors: Annotated[
        Literal["raise", "catch"],
        _about("Whether a method raises the errors of a response, or returns them (catch)."),
    ] = "raise"
    types: TypeKind | None = None
    scalars: Annotated[
        dict[str, str | ClientScalarConfiguration],
        _about("Custom scalars by name: their class, or a table."),
    ] = {}
    suffixes: Annotated[
        SuffixConfiguration,
        _about("What the classes of operations and fragments end with, if not with what they are."),
    ] = SuffixConfiguration()
    base: Annotated[
        ClassName | None, _about("A class of yours that the client's class extends, too.")
    ] = None
    mixins: Annotated[
        dict[str, ClassName],
        _about("Classes of yours that generated classes extend, too, by the names of these."),
    ] = {}
    ignore_rules: Annotated[
        list[str],
        _about("Validation rules that its documents need not keep, as graphql-core names them."),
    ] = []
    absent_is_null: Annotated[
        bool, _about("Whether a nullable field that the server leaves out is null.")
    ] = False
    client_directives: Annotated[
        list[str],
        _about("Directives that are not sent: client (with its fields), connection, for example."),
    ] = []
    manifest: Annotated[str | None, _about("The file that lists its documents with their ids.")] = (
        None
    )


class Configuration(_Table, frozen=True):
    """What ``[tool.trunkline]`` says."""

    schema: Annotated[str | list[str], _about("Schema files, folders or globs.")] = []
    package: Annotated[
        ModuleName, _about("The server's package that is generated, as it is imported.")
    ] = ""
    client: Annotated[
        ClientConfiguration | None, _about("The client that is generated, if there is one.")
    ] = None
    clients: Annotated[
        list[ClientConfiguration], _about("The clients that are generated, if there are several.")
    ] = []
    resolvers: Annotated[
        ModuleName | None, _about("The package with your resolvers; without, no stubs are written.")
    ] = None
    layout: Annotated[
        LayoutName,
        _about(
            "Where new resolvers go: a module per schema file, a module per type, a package per"
            " folder of the schema, or one module for all."
        ),
    ] = "schema"
    source: Annotated[
        str | None,
        _about("The folder that imports start from; src if there is one, else this one."),
    ] = None
    types: TypeKind = "msgspec"
    context: Annotated[ClassName | None, _about("The class of the context that resolvers get.")] = (
        None
    )
    snake_case: Annotated[bool, _about("camelCase in the schema is snake_case in Python.")] = True
    omittable: Annotated[bool, _about("Inputs keep absent (UNSET) and null (None) apart.")] = False
    autobind: Annotated[
        list[ModuleName], _about("Modules whose classes stand for the types of their names.")
    ] = []
    models: Annotated[
        dict[str, ClassName | ModelConfiguration],
        _about("Types by name: their class, or a table."),
    ] = {}
    scalars: Annotated[
        dict[str, ClassName | ScalarConfiguration],
        _about("Custom scalars by name: their class, or a table."),
    ] = {}
    directives: Annotated[dict[str, DirectiveConfiguration], _about("Directives by name.")] = {}
    plugins: Annotated[
        list[str], _about("Plugins by the name of their entry point, or as package.module:name.")
    ] = []
    app: Annotated[
        ClassName | None, _about("The ASGI application that `trunkline serve` runs.")
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
            hint = suggestion(key, known) or f" There are {', '.join(known)}."
            yield (*path, key), f"no such key.{hint}"
    for key, field in known.items():
        if key in table:
            yield from _mistakes(table[key], hints[field.name], (*path, key))
        elif field.required:
            yield path, f"{key!r} is missing."


def _message(message: str, kind: Any, value: object) -> str:
    if "regex" in message and ":" in message:
        return f"{value!r} must be written as package.module:name."
    if "regex" in message and "_]*$" in message:
        return f"{value!r} cannot end a name in Python."
    if "regex" in message:
        return f"{value!r} is not the name of a module."
    choices = get_args(kind) if get_origin(kind) is Literal else ()
    hint = f" There are {', '.join(choices)}." if choices else ""
    return message.replace("object`", "a table`").replace("`", "'") + "." + hint


def _is_struct(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Struct)
