"""An operation of a generated client: its document, and how its variables and response are read.

A response becomes typed data, data with the errors beside it, or an exception.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar, cast

import msgspec
from msgspec import UNSET, Struct, structs

from trunkline.client.generated.values import located
from trunkline.client.responses import execution_error, read_hook, read_valid_response
from trunkline.client.uploads import Upload, Uploads
from trunkline.errors import ProtocolError, VariablesError
from trunkline.protocol.documents import OperationKind, RegisteredDocument
from trunkline.protocol.messages import HTTPResponse
from trunkline.protocol.request import FilePart, check_finite, why_no_json
from trunkline.protocol.response import PLAIN, GraphQLResponse, not_of_type

__all__ = [
    "Codec",
    "GeneratedOperation",
    "Reader",
    "Serializers",
    "TypedResult",
    "converting_reader",
]

Data = TypeVar("Data")
Reader: TypeAlias = Callable[[HTTPResponse], GraphQLResponse[Data]]

Serializers: TypeAlias = Mapping[type, Callable[[Any], Any]]
"""The functions that turn values of custom scalars into JSON values, by their Python types."""


class TypedResult(Struct, Generic[Data], frozen=True):
    """The result of an operation that catches errors (``@catch``): data, and errors beside it.

    ``data`` is ``None`` where an error reached the root. ``errors`` are as the server sent them:
    mappings with ``message``, ``path``, ``extensions`` (GraphQL §7.1.2). The names of ``headers``
    are found in lower case.
    """

    data: Data | None
    errors: tuple[Mapping[str, Any], ...] = ()
    extensions: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = {}

    def __repr__(self) -> str:  # without headers, which may have cookies
        shown = f"data={self.data!r}, errors={self.errors!r}, extensions={self.extensions!r}"
        return f"TypedResult({shown})"


class Codec:
    """How one style of classes is read and written. This one is for structs of msgspec."""

    writes_itself: ClassVar[bool] = True
    """Whether msgspec writes inputs of this style correctly."""

    def reader(self, data: type[Data]) -> Reader[Data]:
        """Return the function that reads a response whose data is of the class ``data``."""
        type_ = cast("type[GraphQLResponse[Data]]", cast("Any", GraphQLResponse)[data])
        return partial(read_valid_response, decoder=msgspec.json.Decoder(type_, dec_hook=read_hook))

    def members(self, value: Any) -> Iterable[tuple[str, Any]] | None:
        """Return the members of an input object by their JSON names, else ``None``."""
        if not isinstance(value, Struct):
            return None
        fields = structs.fields(value)
        return [(each.encode_name, getattr(value, each.name)) for each in fields]


STRUCTS = Codec()


def converting_reader(convert: Callable[[Any], Data]) -> Reader[Data]:
    """Return a reader that decodes JSON first, then calls ``convert`` to make the data.

    ``convert`` raises ``ValueError`` where the data is of another type, as ``located`` makes it.
    """

    def read(response: HTTPResponse) -> GraphQLResponse[Data]:
        result: GraphQLResponse[Any] = read_valid_response(response, PLAIN)
        if result.data is not None and result.data is not UNSET:
            try:
                result.data = convert(result.data)
            except ValueError as error:
                if result.errors:
                    result.data = None
                    raise execution_error(result, response) from None
                raise ProtocolError(not_of_type(located(error, ".data"))) from None
        return result

    return read


class GeneratedOperation(Generic[Data]):
    """One operation: what is sent, and how its response is read. Made once, at import.

    ``data`` is the class of the response's data. Its reader is made at the first call, because a
    program may use few of a client's operations. ``codec`` knows the style of the classes,
    ``serializers`` write the custom scalars among the variables; ``uploads`` says whether there may
    be files among them.
    """

    def __init__(  # noqa: PLR0913  # as generated code writes it
        self,
        name: str,
        kind: OperationKind,
        data: type[Data],
        text: str,
        *,
        codec: Codec = STRUCTS,
        serializers: Serializers | None = None,
        uploads: bool = False,
    ) -> None:
        self.name = name
        self.data = data
        self.document = RegisteredDocument(text, kind, name)
        self._codec = codec
        self._serializers = serializers or {}
        self._uploads = uploads

    def __repr__(self) -> str:
        return f"<{self.document.kind} {self.name} {self.document.id}>"

    def encode(self, variables: Mapping[str, object]) -> bytes:
        """Write the variables of a call as JSON, without those that are ``UNSET``.

        Raises ``VariablesError`` where a value has no JSON form.
        """
        given = {name: value for name, value in variables.items() if value is not UNSET}
        if not given:
            return b""
        is_direct = self._codec.writes_itself and not self._serializers
        try:
            plain = given if is_direct else self._plain(given)
            text = self._encoder.encode(plain)
            if b"null" in text:  # NaN is written so, too
                hook = self._serialize
                check_finite(msgspec.to_builtins(plain, str_keys=True, enc_hook=hook), "$variables")
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            why = why_no_json(error)
            raise VariablesError.because(f"The variables of {self.name}: {why}.") from error
        return text

    def encode_with_files(
        self, variables: Mapping[str, object]
    ) -> tuple[bytes, Sequence[FilePart]]:
        """Write the variables of a call as JSON with null for each file, and return the files.

        Raises ``VariablesError`` where a value has no JSON form, and what reading a file raises.
        """
        if not self._uploads:
            return self.encode(variables), ()
        files = Uploads()

        def write(value: Any) -> Any:
            return files.mark(value) if isinstance(value, Upload) else self._serialize(value)

        plain = self._plain({key: each for key, each in variables.items() if each is not UNSET})
        try:
            plain = msgspec.to_builtins(plain, str_keys=True, enc_hook=write)
            check_finite(plain, "$variables")
            parts = files.take(plain)
            return msgspec.json.encode(plain), parts
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            why = why_no_json(error)
            raise VariablesError.because(f"The variables of {self.name}: {why}.") from error

    def read(self, response: HTTPResponse) -> Data:
        """Return the data of a response without errors.

        Raises ``ExecutionError`` where it has errors. The error's ``data`` is the typed data.
        """
        result = self._read(response)
        if result.errors:
            raise execution_error(result, response)
        return cast("Data", result.data)

    def read_result(self, response: HTTPResponse) -> TypedResult[Data]:
        """Return the data and the errors of a response.

        Raises ``ExecutionError`` for request errors (GraphQL §7.1.6): nothing was executed.
        """
        result = self._read(response)
        if result.data is UNSET:
            raise execution_error(result, response)
        errors = tuple(result.errors or ())
        return TypedResult(result.data, errors, result.extensions, response.headers)

    @cached_property
    def _read(self) -> Reader[Data]:
        return self._codec.reader(self.data)

    @cached_property
    def _encoder(self) -> msgspec.json.Encoder:
        return msgspec.json.Encoder(enc_hook=self._serialize)

    def _plain(self, value: Any) -> Any:
        """Turn inputs into JSON values where msgspec alone would write them differently."""
        serialize = self._serializers.get(type(value))
        if serialize is not None:
            return serialize(value)
        members = value.items() if isinstance(value, Mapping) else self._codec.members(value)
        if members is not None:
            return {key: self._plain(each) for key, each in members if each is not UNSET}
        if isinstance(value, (list, tuple)):
            return [self._plain(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
        return value

    def _serialize(self, value: Any) -> Any:
        """Write what msgspec does not know: subclasses of scalars, and other sequences."""
        for class_ in type(value).__mro__:
            if class_ in self._serializers:
                return self._serializers[class_](value)
        if isinstance(value, Sequence):
            return self._plain(list(value))  # pyright: ignore[reportUnknownArgumentType]
        raise TypeError(f"{type(value).__name__} has no JSON form")
