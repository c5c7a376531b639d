"""What a response means to the caller: data, errors, or both."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import msgspec

from trunkline.errors import ExecutionError, ProtocolError, ServerStatusError
from trunkline.protocol.messages import HTTPResponse
from trunkline.protocol.response import (
    PLAIN,
    UNREADABLE,
    GraphQLResponse,
    decode,
    read_response,
    retry_after,
)

__all__ = [
    "Decoder",
    "ExecutionResult",
    "ReadByHook",
    "execution_error",
    "read_batch",
    "read_hook",
    "read_result",
    "read_valid_response",
    "split_batch",
]

Data = TypeVar("Data")
Decoder: TypeAlias = msgspec.json.Decoder[GraphQLResponse[dict[str, Any]]]

_list_decoder = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True, slots=True)
class ExecutionResult:
    """The result of an operation, as it came (GraphQL §7.1).

    - ``data``: the data, or ``None`` if an error reached the root or nothing was executed.
    - ``errors`` and ``extensions``: those of the response.
    - ``status``: the HTTP status.
    - ``retry_after``: the seconds to wait that the server named, or ``None``.
    - ``headers``: those of the response; names are found in lower case.
    """

    data: dict[str, Any] | None
    errors: tuple[Mapping[str, Any], ...] = ()
    extensions: Mapping[str, Any] = field(default_factory=dict[str, Any])
    status: int = 200
    retry_after: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)  # cookies


class ReadByHook(type):
    """The metaclass of types that a hook reads. Readers trust the values that the hook returns."""

    read: Callable[[Any], Any]

    def __instancecheck__(cls, instance: object) -> bool:
        return True


def read_hook(type_: Any, value: Any) -> Any:
    """Read a value of a type that msgspec does not know. msgspec calls this as its ``dec_hook``."""
    if isinstance(type_, ReadByHook):
        return type_.read(value)
    raise TypeError(f"{type_} cannot be read from JSON: give its scalar a parse function")


def read_valid_response(
    response: HTTPResponse, decoder: msgspec.json.Decoder[GraphQLResponse[Data]]
) -> GraphQLResponse[Data]:
    """Read a response that has data, errors, or both. ``decoder`` knows the type of the data.

    Raises ``ServerStatusError`` or ``ProtocolError`` if it is not a valid GraphQL response.
    """
    result = read_response(response, decoder)
    if result.errors:
        return result
    if response.status // 100 != 2:
        message = f"The server responded with {response.status} and named no error."
        headers = response.headers
        raise ServerStatusError(
            message, response.status, retry_after=retry_after(headers), headers=headers
        )
    if result.data is None or result.data is msgspec.UNSET:
        what = "no data" if result.data is msgspec.UNSET else "data: null"
        raise ProtocolError(
            f"The server's response has {what} and no errors, which GraphQL does not allow (§7.1)."
        )
    return result


def read_result(response: HTTPResponse, decoder: Decoder) -> ExecutionResult:
    """Read a response, with errors or without.

    Raises ``ServerStatusError`` or ``ProtocolError`` if it is not a valid GraphQL response.
    """
    result = read_valid_response(response, decoder)
    return ExecutionResult(
        None if isinstance(result.data, msgspec.UnsetType) else result.data,
        tuple(result.errors or ()),
        result.extensions or {},
        response.status,
        retry_after(response.headers) if result.errors else None,
        response.headers,
    )


def read_batch(response: HTTPResponse, decoders: Sequence[Decoder]) -> list[ExecutionResult]:
    """Read one result per operation, each with the decoder of its operation.

    Raises what ``split_batch`` raises.
    """
    parts = split_batch(response, len(decoders))
    return [read_result(part, decoder) for part, decoder in zip(parts, decoders, strict=True)]


def split_batch(response: HTTPResponse, count: int) -> list[HTTPResponse]:
    """Take the response to a batch of ``count`` operations apart.

    Raises ``ExecutionError`` if the server rejects the whole batch, ``ServerStatusError`` or
    ``ProtocolError`` if the response is not that of a batch.
    """
    try:
        bodies = decode(response.body, _list_decoder)
    except UNREADABLE:
        result = read_valid_response(response, PLAIN)
        if result.errors:
            raise execution_error(result, response) from None
        message = (
            "The server's response to a batch is not a list: it is the response to one operation."
        )
        raise ProtocolError(message) from None
    if len(bodies) != count:
        raise ProtocolError(
            f"The server returned {len(bodies)} results for a batch of {count} operations."
        )
    return [HTTPResponse(response.status, bytes(body), response.headers) for body in bodies]


def execution_error(result: GraphQLResponse[Any], response: HTTPResponse) -> ExecutionError:
    """Make the error of a response that has errors; it keeps everything that the response has."""
    data = None if result.data is msgspec.UNSET else result.data
    wait = retry_after(response.headers)
    return ExecutionError(
        result.errors or [],
        data,
        result.extensions,
        response.status,
        retry_after=wait,
        headers=response.headers,
    )
