"""What the answer to a generated operation means: typed data, a result with errors, or an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar, cast

from msgspec import UNSET, Struct

from trunkline.client.answers import execution_error
from trunkline.protocol.messages import HTTPResponse
from trunkline.protocol.response import GraphQLResponse

__all__ = ["Result", "data_of", "result_of"]

Data = TypeVar("Data")


class Result(Struct, Generic[Data], frozen=True):
    """What an operation gives that catches errors (``@catch``): data, and the errors beside it.

    ``data`` is ``None`` where an error reached the root. ``errors`` are as the server sent them:
    mappings with ``message``, ``path``, ``extensions`` (GraphQL §7.1.2).
    """

    data: Data | None
    errors: tuple[Mapping[str, Any], ...] = ()
    extensions: Mapping[str, Any] | None = None


def data_of(answer: GraphQLResponse[Data], response: HTTPResponse) -> Data:
    """Return the data of an answer without errors.

    Raises ``ExecutionError`` where it has errors; its ``data`` is what is there beside them, typed.
    """
    if answer.errors:
        raise execution_error(answer, response)
    return cast("Data", answer.data)


def result_of(answer: GraphQLResponse[Data], response: HTTPResponse) -> Result[Data]:
    """Return data and errors of an answer.

    Raises ``ExecutionError`` for request errors (GraphQL §7.1.6): nothing was executed.
    """
    if answer.data is UNSET:
        raise execution_error(answer, response)
    return Result(answer.data, tuple(answer.errors or ()), answer.extensions)
