"""What an answer means to the caller: its data, or an error."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from trunkline.client.result import Result
from trunkline.errors import ExecutionError, ProtocolError, ServerStatusError
from trunkline.protocol.messages import HTTPResponse
from trunkline.protocol.response import GraphQLResponse, read_response, retry_after

__all__ = ["execution_error", "read_answer", "result_of"]

Data = TypeVar("Data")


def result_of(
    response: HTTPResponse, decoder: msgspec.json.Decoder[GraphQLResponse[dict[str, Any]]]
) -> Result:
    """Read an answer, with errors or without.

    Raises ``ServerStatusError`` and ``ProtocolError`` where it is no GraphQL answer.
    """
    answer = read_answer(response, decoder)
    return Result(
        None if isinstance(answer.data, msgspec.UnsetType) else answer.data,
        tuple(answer.errors or ()),
        answer.extensions or {},
        response.status,
        retry_after(response.headers) if answer.errors else None,
    )


def read_answer(
    response: HTTPResponse, decoder: msgspec.json.Decoder[GraphQLResponse[Data]]
) -> GraphQLResponse[Data]:
    """Read an answer that has data, errors, or both; ``decoder`` knows the type of the data.

    Raises ``ServerStatusError`` and ``ProtocolError`` where it is no GraphQL answer.
    """
    answer = read_response(response, decoder)
    if answer.errors:
        return answer
    if response.status // 100 != 2:
        message = f"The server answered {response.status} and named no error."
        raise ServerStatusError(message, response.status, retry_after=retry_after(response.headers))
    if answer.data is None or answer.data is msgspec.UNSET:
        raise ProtocolError(_nothing(answer.data))
    return answer


def execution_error(answer: GraphQLResponse[Any], response: HTTPResponse) -> ExecutionError:
    """Make the error of an answer that has errors; it keeps all that the answer has."""
    data = None if answer.data is msgspec.UNSET else answer.data
    wait = retry_after(response.headers)
    return ExecutionError(
        answer.errors or [], data, answer.extensions, response.status, retry_after=wait
    )


def _nothing(data: msgspec.UnsetType | None) -> str:
    what = "no data" if data is msgspec.UNSET else "data: null"
    return f"The server's answer has {what} and no errors, which GraphQL does not allow (§7.1)."
