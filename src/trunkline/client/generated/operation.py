"""An operation of a generated client: its document, and the types of its answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar, cast

import msgspec
from msgspec import UNSET, Struct, structs

from trunkline.client.answers import read_answer
from trunkline.client.generated.answers import Result, data_of, result_of
from trunkline.client.generated.unions import read_hook
from trunkline.errors import VariablesError
from trunkline.protocol.documents import OperationKind, RegisteredDocument
from trunkline.protocol.messages import HTTPResponse
from trunkline.protocol.response import GraphQLResponse

__all__ = ["Codec", "Operation", "Reader", "Serializers"]

Data = TypeVar("Data")
Reader: TypeAlias = Callable[[HTTPResponse], GraphQLResponse[Data]]

Serializers: TypeAlias = Mapping[type, Callable[[Any], Any]]
"""How values of custom scalars become what JSON can hold, by their Python types."""


class Codec:
    """How one style of classes is read and written; this one is for structs."""

    def reader(self, data: type[Data]) -> Reader[Data]:
        """Make the function that reads an answer whose data is of a class."""
        type_ = cast("type[GraphQLResponse[Data]]", cast("Any", GraphQLResponse)[data])
        return partial(read_answer, decoder=msgspec.json.Decoder(type_, dec_hook=read_hook))

    writes_itself: ClassVar[bool] = True
    """Whether msgspec writes inputs of this style as they should be."""

    def members(self, value: Any) -> Iterable[tuple[str, Any]] | None:
        """Return what an input object has, by the names in JSON; ``None`` if it is none."""
        if not isinstance(value, Struct):
            return None
        fields = structs.fields(value)
        return [(each.encode_name, getattr(value, each.name)) for each in fields]


STRUCTS = Codec()


class Operation(Generic[Data]):
    """One operation: what is sent, and how its answer is read. Made at import, once.

    ``data`` is the class of the answer's data. Its reader is made at the first call, for a program
    may use few of a client's operations. ``codec`` knows the style of the classes, ``serializers``
    write the custom scalars among the variables.
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
    ) -> None:
        self.name = name
        self.data = data
        self.document = RegisteredDocument(text, kind, name)
        self._codec = codec
        self._serializers = serializers or {}

    def __repr__(self) -> str:
        return f"<{self.document.kind} {self.name} {self.document.id}>"

    def encode(self, variables: Mapping[str, object]) -> bytes:
        """Write the variables of a call; those that are ``UNSET`` are left out.

        Raises ``VariablesError`` where a value has no JSON form.
        """
        given = {name: value for name, value in variables.items() if value is not UNSET}
        if not given:
            return b""
        try:
            return self._encoder.encode(given if self._is_direct else self._plain(given))
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            raise VariablesError.because(f"The variables of {self.name}: {error}.") from error

    def read(self, response: HTTPResponse) -> Data:
        """Return the data of an answer. Raises ``ExecutionError`` where it has errors."""
        return data_of(self._read(response), response)

    def read_result(self, response: HTTPResponse) -> Result[Data]:
        """Return data and errors of an answer. Raises only where nothing was executed."""
        return result_of(self._read(response), response)

    @cached_property
    def _read(self) -> Reader[Data]:
        return self._codec.reader(self.data)

    @cached_property
    def _encoder(self) -> msgspec.json.Encoder:
        return msgspec.json.Encoder(enc_hook=self._serialize)

    @property
    def _is_direct(self) -> bool:
        return self._codec.writes_itself and not self._serializers

    def _plain(self, value: Any) -> Any:
        """Turn inputs into what JSON has, where msgspec alone would write something else."""
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
        """Write what msgspec does not know: subclasses of scalars, and sequences of all kinds."""
        for class_ in type(value).__mro__:
            if class_ in self._serializers:
                return self._serializers[class_](value)
        if isinstance(value, Sequence):
            return self._plain(list(value))  # pyright: ignore[reportUnknownArgumentType]
        raise TypeError(f"{type(value).__name__} has no JSON form")
