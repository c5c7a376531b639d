"""The values of an operation's variables: their JSON form, their files, and their types."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, cast

import msgspec
from graphql import (
    GraphQLError,
    GraphQLSchema,
    NonNullTypeNode,
    OperationDefinitionNode,
    VariableDefinitionNode,
    print_ast,
)
from graphql.execution.values import get_variable_values
from graphql.pyutils import did_you_mean, suggestion_list

from trunkline.errors import VariablesError
from trunkline.protocol.request import FilePart, check_finite

__all__ = ["Upload", "check_variables", "encode_variables"]


class Upload:
    """A file as the value of a variable, whose scalar is called ``Upload`` on most servers.

    ``content`` is the file's bytes, its path, or an open binary file, which is read from its
    position, once for all its places in a call, and left open. The default name and media type are
    those of the path. The whole file is in memory while it is sent.
    """

    # Not a dataclass: msgspec would write it as an object, without calling the hook.
    def __init__(
        self,
        content: bytes | Path | IO[bytes],
        filename: str | None = None,
        media_type: str | None = None,
    ) -> None:
        if isinstance(content, str):  # not all callers are typed
            raise TypeError("Upload takes bytes, a Path or an open binary file: Upload(Path(…)).")
        self.content = content
        self.filename = filename
        self.media_type = media_type

    def part(self, path: str, read: dict[int, bytes] | None = None) -> FilePart:
        """Read the file; ``path`` is the place of its null in the request.

        ``read`` has the open files that the call has read already, by ``id``.
        """
        content = self.content
        named = content if isinstance(content, Path) else getattr(content, "name", None)
        name = self.filename or (Path(named).name if isinstance(named, (str, Path)) else "file")
        media_type = self.media_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
        if isinstance(content, Path):
            content = content.read_bytes()
        elif not isinstance(content, bytes):
            seen = {} if read is None else read
            if id(content) not in seen:
                seen[id(content)] = content.read()
            content = seen[id(content)]
            if not isinstance(content, bytes):  # pyright: ignore[reportUnnecessaryIsInstance]  # a text file
                raise TypeError(f"{name} is open as text: open it with the mode 'rb'.")
        return FilePart(path, content, name, media_type)


class _Uploads:
    """Collects the files of one call while its variables are converted to JSON.

    msgspec's hook does not know the place of a value. So it leaves a mark for each file, and the
    marks are looked for afterwards. The variables of a call without files are not searched.
    """

    def __init__(self) -> None:
        self._marked: dict[str, Upload] = {}
        self._read: dict[int, bytes] = {}

    def mark(self, value: Any) -> Any:
        """Return the mark of a file. Raises ``TypeError`` for other values."""
        if not isinstance(value, Upload):
            raise TypeError(f"Encoding objects of type {type(value).__name__} is unsupported")
        mark = f"\0upload {id(self)} {len(self._marked)}"
        self._marked[mark] = value
        return mark

    def take(self, variables: dict[str, Any]) -> list[FilePart]:
        """Replace the marks by null, and return the files with their places."""
        return list(self._take(variables, "variables")) if self._marked else []

    def _take(self, container: Any, path: str) -> Iterator[FilePart]:
        items = container.items() if isinstance(container, dict) else enumerate(container)
        for key, value in list(items):
            if isinstance(value, str) and value in self._marked:
                container[key] = None
                yield self._marked[value].part(f"{path}.{key}", self._read)
            elif isinstance(value, (dict, list, tuple)):
                inner = container[key] = list(value) if isinstance(value, tuple) else value
                yield from self._take(inner, f"{path}.{key}")


_UNENCODABLE = (TypeError, ValueError, OverflowError, RecursionError)


def encode_variables(
    variables: Mapping[str, object],
) -> tuple[dict[str, Any], bytes, list[FilePart]]:
    """Return values as JSON has them (dicts, lists, strings, …), as encoded JSON, and the files.

    Files have null in their places. Other values are converted as msgspec does: dataclasses,
    structs and attrs classes become objects, enums their values, dates and times ISO 8601, UUIDs
    and Decimals strings, bytes base64. Raises ``VariablesError``, which names all variables whose
    values have no JSON form.
    """
    if not isinstance(variables, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        kind = type(variables).__name__
        raise VariablesError.because(f"Variables must be a mapping by name, not {kind}.")
    plain: dict[str, Any] = {}
    encoded: dict[str, msgspec.Raw] = {}
    errors: list[GraphQLError] = []
    uploads = _Uploads()
    for name, value in variables.items():
        try:
            plain[name] = msgspec.to_builtins(value, str_keys=True, enc_hook=uploads.mark)
        except _UNENCODABLE as error:
            errors.append(GraphQLError(f"Variable '${name}' has no JSON form: {error}."))
    files = uploads.take(plain)
    for name, value in plain.items():
        try:
            text = msgspec.json.encode(value)
            if b"null" in text:  # NaN is written so, too
                check_finite(value, f"${name}")
            encoded[name] = msgspec.Raw(text)
        except _UNENCODABLE as error:
            errors.append(GraphQLError(f"Variable '${name}' has no JSON form: {error}."))
    if errors:
        raise VariablesError(errors)
    return plain, msgspec.json.encode(encoded) if encoded else b"", files


def check_variables(
    definition: OperationDefinitionNode,
    schema: GraphQLSchema | None,
    values: Mapping[str, Any],
    *,
    uploads: bool = False,
) -> None:
    """Check values, as JSON has them, against an operation's variables (GraphQL §6.1.2).

    Without a schema only the names are checked, and that no required value is missing. With
    ``uploads`` only the names are checked, because null does not fit a non-null type. Raises
    ``VariablesError`` with all mistakes at once.
    """
    variables = definition.variable_definitions or ()
    names = [variable.variable.name.value for variable in variables]
    errors = [_unknown(name, names, definition) for name in values if name not in names]
    if not uploads and schema:
        coerced = get_variable_values(schema, variables, cast("dict[str, Any]", values))
        errors += coerced if isinstance(coerced, list) else []
    elif not uploads:
        errors += _missing(variables, values)
    if errors:
        raise VariablesError(errors)


def _unknown(name: str, names: list[str], definition: OperationDefinitionNode) -> GraphQLError:
    operation = definition.name
    where = f"operation '{operation.value}'" if operation else "this operation"
    near = [f"${known}" for known in suggestion_list(name, names)]
    return GraphQLError(
        f"Variable '${name}' is not declared by {where}.{did_you_mean(near)}", definition
    )


def _missing(
    variables: Sequence[VariableDefinitionNode], values: Mapping[str, Any]
) -> list[GraphQLError]:
    return [
        GraphQLError(
            f"Variable '${variable.variable.name.value}' has invalid value: Expected a value of"
            f" non-null type '{print_ast(variable.type)}' to be provided.",
            variable,
        )
        for variable in variables
        if isinstance(variable.type, NonNullTypeNode)
        and variable.default_value is None
        and values.get(variable.variable.name.value) is None
    ]
