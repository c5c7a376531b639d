"""Several operations in one request, and their answers in one response."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from trunkline.client.answers import execution_error, read_answer, result_of
from trunkline.client.decoding import Decoder
from trunkline.client.result import Result
from trunkline.errors import ExecutionError, ProtocolError
from trunkline.protocol.messages import HTTPResponse
from trunkline.protocol.response import PLAIN

__all__ = ["read_batch"]

_answers = msgspec.json.Decoder(list[msgspec.Raw])


def read_batch(response: HTTPResponse, decoders: Sequence[Decoder]) -> list[Result]:
    """Read one answer per operation, each with the decoder of its own operation.

    Raises ``ExecutionError`` where the server refuses the batch as a whole, ``ServerStatusError``
    and ``ProtocolError`` where the response is no batch.
    """
    try:
        bodies = _answers.decode(response.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _refused(response) from None
    if len(bodies) != len(decoders):
        raise ProtocolError(
            f"The server gave {len(bodies)} answers to a batch of {len(decoders)} operations."
        )
    headers = response.headers
    return [
        result_of(HTTPResponse(response.status, bytes(body), headers), decoder)
        for body, decoder in zip(bodies, decoders, strict=True)
    ]


def _refused(response: HTTPResponse) -> ExecutionError | ProtocolError:
    """Make the error of one answer to a whole batch."""
    answer = read_answer(response, PLAIN)
    if answer.errors:
        return execution_error(answer, response)
    return ProtocolError("The server answered a batch as if it were one operation.")
