"""One call: its operation, its deadline, its options, and the HTTP request that it becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from types import NoneType
from typing import NamedTuple

import msgspec

from trunkline.client.transports.rules import check_headers
from trunkline.flow.calls import Deadline
from trunkline.protocol.canonical import canonical_query
from trunkline.protocol.documents import Naming, OperationKind, RegisteredDocument
from trunkline.protocol.media import ACCEPT, JSON
from trunkline.protocol.messages import HTTPRequest
from trunkline.protocol.request import (
    TIMEOUT_HEADER,
    FilePart,
    check_finite,
    encode_multipart,
    why_no_json,
)
from trunkline.version import VERSION

__all__ = [
    "BatchedOperation",
    "Call",
    "CallOptions",
    "batch_document",
    "check_timeout",
    "client_headers",
    "http_request",
]

_LONGEST_URL = 7000  # bytes of a query string; nginx rejects 8 KB by default


@dataclass(frozen=True, slots=True)
class CallOptions:
    """What a caller chooses for one call.

    - ``timeout``: the seconds that the call may take, retries included, instead of the client's.
    - ``headers``: sent with the call; they win over the client's.
    - ``idempotency_key``: the same for all calls that must take effect only once (the header
      ``Idempotency-Key``). With it a mutation is retried like a query, because the server promises
      to execute it once.
    - ``extensions``: sent in the request beside the document, for servers that want more than
      GraphQL does (GraphQL over HTTP §5.1).

    Raises ``TypeError`` if the timeout is not a number.
    """

    timeout: float | None = None
    headers: Mapping[str, str] | None = field(default=None, repr=False)  # may have credentials
    idempotency_key: str | None = None
    extensions: Mapping[str, object] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Check the timeout."""
        check_timeout(self.timeout)

    def all_headers(self) -> dict[str, str]:
        """Return the headers that these options add. Raises ``ValueError`` for invalid ones."""
        headers = dict(self.headers or {})
        if self.idempotency_key is not None:
            headers["idempotency-key"] = self.idempotency_key
        return check_headers(headers)

    def encoded_extensions(self) -> bytes:
        """Return the extensions as JSON, or nothing. Raises ``ValueError`` if they have no JSON."""
        if not self.extensions:
            return b""
        try:
            check_finite(msgspec.to_builtins(self.extensions, str_keys=True), "extensions")
            return msgspec.json.encode(self.extensions)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            raise ValueError(f"The extensions have no JSON form: {why_no_json(error)}.") from error


def check_timeout(seconds: object) -> None:
    """Raise ``TypeError`` unless it is a number of seconds or ``None``."""
    if not isinstance(seconds, (int, float, NoneType)):
        raise TypeError(f"timeout is a number of seconds or None, not {type(seconds).__name__}.")


class BatchedOperation(NamedTuple):
    """One operation of a batch; ``variables`` is a JSON object or empty."""

    document: RegisteredDocument
    variables: bytes


def batch_document(batch: Sequence[BatchedOperation]) -> RegisteredDocument:
    """Return the document that stands for all of a batch, in logs."""
    kinds = {each.document.kind for each in batch}
    text = "\n".join(each.document.text for each in batch)
    kind: OperationKind = "query" if kinds == {"query"} else "mutation"
    return RegisteredDocument(text, kind, f"batch of {len(batch)}")


class Call(msgspec.Struct, eq=False):
    """One call while it is made.

    ``variables`` is a JSON object, or empty; so are ``extensions``. ``batch`` has the operations of
    a batch; ``document`` then stands for all of them. The connection changes what is below that:
    ``naming`` says how the request names the document, ``by_get`` whether it is a ``GET``, and
    ``rejection`` why the server rejected the document's id, if it did.
    """

    document: RegisteredDocument
    variables: bytes
    deadline: Deadline | None
    files: Sequence[FilePart] = ()
    batch: Sequence[BatchedOperation] = ()
    headers: Mapping[str, str] | None = None
    extensions: bytes = b""
    repeatable: bool = False
    attempts: int = 0
    naming: Naming = "text"
    by_get: bool = False
    rejection: str | None = None

    def __repr__(self) -> str:  # without variables and headers, which may be secret
        return f"Call({self.document!r})"


def client_headers(name: str | None, version: str | None) -> dict[str, str]:
    """Return the headers of every request of a client, with names in lower case.

    ``name`` and ``version`` are those of the calling program; servers log them and count usage by
    them. Raises ``ValueError`` if one of them cannot be sent.
    """
    named = {"graphql-client-name": name, "graphql-client-version": version}
    headers = {"accept": ACCEPT, "content-type": JSON, "user-agent": f"trunkline/{VERSION}"}
    headers |= {header: value for header, value in named.items() if value is not None}
    return check_headers(headers)


def http_request(call: Call, headers: Mapping[str, str]) -> HTTPRequest:
    """Make the request of a call: a ``POST``, or a ``GET`` if the call wants it and it fits."""
    document, naming = call.document, call.naming
    sent = {**headers, **call.headers} if call.headers else {**headers}
    left = None
    if call.deadline is not None:
        left = call.deadline.left()
        sent[TIMEOUT_HEADER] = str(ceil(left * 1000))
    extensions, path = call.extensions, ""
    if naming == "path":
        path = document.path
    elif naming in ("hash", "text and hash"):
        extensions = document.hash[:-1] + b"," + extensions[1:] if extensions else document.hash
    if call.by_get:
        query = canonical_query(
            msgspec.json.decode(call.variables or b"{}"),
            msgspec.json.decode(extensions or b"{}"),
            document.id if naming == "id" else None,
            None if path else document.name,
        )
        if len(query) <= _LONGEST_URL:
            del sent["content-type"]
            return HTTPRequest("GET", sent, b"", None, path, query, left, call.repeatable)
    if call.batch:
        objects = [
            _object(each.document.members["text"], each.variables, extensions)
            for each in call.batch
        ]
        body = b"[" + b",".join(objects) + b"]"
    else:
        body = _object(document.members[naming], call.variables, extensions)
    if call.files:
        sent["content-type"], body = encode_multipart(body, call.files)
    return HTTPRequest("POST", sent, body, None, path, "", left, call.repeatable)


def _object(members: bytes, variables: bytes, extensions: bytes) -> bytes:
    """Write the object of an operation. Variables and extensions may be missing."""
    if variables:
        members += b',"variables":' + variables
    if extensions:
        members += b',"extensions":' + extensions
    return b"{" + members.removeprefix(b",") + b"}"
