"""Reading answers into classes that msgspec does not decode itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from msgspec import UNSET

from trunkline.client.answers import read_answer
from trunkline.client.generated.operation import Reader
from trunkline.errors import ProtocolError
from trunkline.protocol.messages import HTTPResponse
from trunkline.protocol.response import PLAIN, GraphQLResponse

__all__ = ["converting_reader"]

Data = TypeVar("Data")


def converting_reader(convert: Callable[[Any], Data]) -> Reader[Data]:
    """Make a reader that decodes JSON, and lets ``convert`` make the data of it."""

    def read(response: HTTPResponse) -> GraphQLResponse[Data]:
        answer: GraphQLResponse[Any] = read_answer(response, PLAIN)
        if answer.data is not None and answer.data is not UNSET:
            try:
                answer.data = convert(answer.data)
            except ValueError as error:
                message = f"The server's answer is not of the expected type: {error}"
                raise ProtocolError(message) from None
        return answer

    return read
