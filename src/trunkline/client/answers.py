"""What an answer means to the caller: its data, or an error."""

from __future__ import annotations

from typing import Any

import msgspec

from trunkline.errors import ExecutionError, ProtocolError, ServerStatusError
from trunkline.protocol.messages import HTTPResponse
from trunkline.protocol.response import GraphQLResponse, read_response

__all__ = ["data_of"]


def data_of(response: HTTPResponse) -> dict[str, Any]:
    """Return the data of an answer that has no errors (GraphQL §7.1).

    Raises ``ExecutionError`` where it has errors, whatever the HTTP status; ``ServerStatusError``
    and ``ProtocolError`` where it is no GraphQL answer.
    """
    answer = read_response(response)
    data = None if isinstance(answer.data, msgspec.UnsetType) else answer.data
    if answer.errors:
        raise ExecutionError(answer.errors, data, answer.extensions, response.status)
    if response.status // 100 != 2:
        message = f"The server answered {response.status} and named no error."
        raise ServerStatusError(message, response.status)
    if data is None:
        raise ProtocolError(_nothing(answer))
    return data


def _nothing(answer: GraphQLResponse) -> str:
    what = "no data" if answer.data is msgspec.UNSET else "data: null"
    return f"The server's answer has {what} and no errors, which GraphQL does not allow (§7.1)."
