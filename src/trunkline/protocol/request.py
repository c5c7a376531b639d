"""The request of GraphQL over HTTP: its parameters, read from a body or a URL, and its files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from secrets import token_hex
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from msgspec.structs import replace

from trunkline.errors import MalformedRequestError, NotJSONError

__all__ = [
    "BY_URL",
    "TIMEOUT_HEADER",
    "FilePart",
    "GraphQLRequest",
    "check_finite",
    "decode_json",
    "encode_multipart",
    "named_document",
    "read_json",
    "read_query_string",
    "why_no_json",
]


class GraphQLRequest(msgspec.Struct, omit_defaults=True):
    """The parameters of one request (GraphQL over HTTP §5.1).

    Other parameters are ignored, as the specification requires. A request has the text of its
    document (``query``), or its id (Persisted Documents), or both.
    """

    query: str | None = None
    operation_name: str | None = msgspec.field(default=None, name="operationName")
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None
    document_id: str | None = msgspec.field(default=None, name="documentId")


T = TypeVar("T")

_request_decoder = msgspec.json.Decoder(GraphQLRequest)
_object_decoder: msgspec.json.Decoder[dict[str, Any] | None] = msgspec.json.Decoder(
    dict[str, Any] | None
)
_PARAMETERS = {"query", "documentId", "operationName", "variables", "extensions"}
_REMEMBERED = 2_000  # bytes of a query string
_DIGEST = re.compile(r"[0-9a-f]{64}")

BY_URL = frozenset({"GET", "HEAD"})
"""The methods whose parameters are in the URL; ``HEAD`` is ``GET`` without the body."""

TIMEOUT_HEADER = "x-request-timeout-ms"
"""The header in which a client says how many milliseconds it waits for the response."""

MAX_DEPTH = 200
"""How deep lists and objects in variables may be nested. Documents have the same limit."""


def read_json(body: bytes) -> GraphQLRequest:
    """Read the JSON body of a POST.

    If a name comes twice, the last one counts. Raises ``NotJSONError`` if the bytes are not JSON in
    UTF-8 or are nested too deeply, ``MalformedRequestError`` if the JSON has another shape.
    """
    return decode_json(body, _request_decoder)


def decode_json(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Read a JSON body in UTF-8. Raises what `read_json` raises."""
    try:
        found = decoder.decode(body.decode())  # msgspec checks only what it keeps
    except msgspec.ValidationError as error:
        is_batch = decoder is _request_decoder and body.lstrip().startswith(b"[")
        why = "a list is a batch, which needs POST and GraphQL(batch_size=…)" if is_batch else error
        raise MalformedRequestError.because(f"This is not a GraphQL request: {why}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotJSONError.because(f"The body is not JSON in UTF-8: {error}") from None
    except RecursionError:
        raise NotJSONError.because("The body is nested too deeply.") from None
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH:
        requests: list[Any] = found if isinstance(found, list) else [found]
        for each in requests:
            if _is_too_deep(each.variables):
                raise NotJSONError.because(f"The variables are nested deeper than {MAX_DEPTH}.")
    return found


def _is_too_deep(value: object) -> bool:
    """Say whether lists and objects are nested deeper than a JSON writer can follow."""
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        level = [
            item
            for container in level
            if isinstance(container, (list, dict))
            for item in (container.values() if isinstance(container, dict) else container)
        ]
        if not level:
            return False
    return True


def read_query_string(query_string: bytes) -> GraphQLRequest:
    """Read the parameters of a GET (GraphQL over HTTP §5.3); an empty one counts as absent.

    Raises ``NotJSONError`` if ``variables`` or ``extensions`` is not JSON in UTF-8, and
    ``MalformedRequestError`` if it is no object, or if a parameter of GraphQL comes twice.
    """
    is_short = len(query_string) <= _REMEMBERED
    found, variables, extensions = (_recalled if is_short else _parsed)(query_string)
    request = replace(found)
    if variables is not None:
        request.variables = _json_object("variables", variables)
    if extensions is not None:
        request.extensions = _json_object("extensions", extensions)
    return request


def _parsed(query_string: bytes) -> tuple[GraphQLRequest, str | None, str | None]:
    """Return a request, and the texts of its variables and extensions."""
    try:
        pairs = parse_qsl(query_string.decode("ascii"), errors="strict", max_num_fields=64)
    except UnicodeDecodeError as error:
        raise NotJSONError.because(f"The query string is not UTF-8: {error}") from None
    except ValueError as error:
        raise MalformedRequestError.because(f"The query string cannot be read: {error}") from None
    parameters: dict[str, str] = {}
    for name, value in pairs:
        if name in parameters and name in _PARAMETERS:
            raise MalformedRequestError.because(f"The parameter {name!r} comes twice.")
        parameters[name] = value
    request = GraphQLRequest(
        query=parameters.get("query"),  # never empty: `parse_qsl` drops empty values
        operation_name=parameters.get("operationName"),
        document_id=parameters.get("documentId"),
    )
    return request, parameters.get("variables"), parameters.get("extensions")


_recalled = lru_cache(maxsize=256)(_parsed)
"""A ``GET`` is for responses that are asked for again and again, by the same URL."""


def named_document(request: GraphQLRequest) -> str | None:
    """Return the id by which a request names its document; ``None`` if it has only the text.

    The id is ``documentId``, or ``sha256:`` and the hash of Apollo's automatic persisted queries.
    Raises ``MalformedRequestError`` if the request names two documents.
    """
    named = request.document_id or None
    persisted = request.extensions and request.extensions.get("persistedQuery")
    if persisted is None or request.extensions is None:
        return named
    match persisted:
        case {"version": 1, "sha256Hash": str(digest)} if _DIGEST.fullmatch(digest):
            hashed = f"sha256:{digest}"
        case _:
            raise MalformedRequestError.because(
                "extensions.persistedQuery is not an object with the version 1 and a sha256Hash of"
                " 64 hexadecimal digits in lower case."
            )
    if named not in {None, hashed}:
        raise MalformedRequestError.because(
            "documentId and extensions.persistedQuery name two documents: send one of them."
        )
    return hashed


def _json_object(name: str, text: str) -> dict[str, Any] | None:
    try:
        value = _object_decoder.decode(text)
    except msgspec.ValidationError as error:
        raise MalformedRequestError.because(
            f"The parameter {name!r} must be a JSON object: {error}"
        ) from None
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise NotJSONError.because(f"The parameter {name!r} is not JSON: {error}") from None
    if _is_too_deep(value):
        raise NotJSONError.because(f"The parameter {name!r} is nested deeper than {MAX_DEPTH}.")
    return value


def check_finite(value: object, path: str) -> None:
    """Refuse NaN and infinity, which JSON writers turn into null: that could clear a value.

    ``value`` is as JSON has it, ``path`` is its place. Raises ``ValueError``.
    """
    if isinstance(value, float):
        if not isfinite(value):
            raise ValueError(f"{path} is {value}, which is not a number in JSON")
    elif isinstance(value, (dict, list, tuple)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            check_finite(item, f"{path}.{key}")


def why_no_json(error: Exception) -> str:
    """Say why a value has no JSON form, for which msgspec or ``check_finite`` raised an error."""
    if isinstance(error, UnicodeEncodeError):
        half = ascii(error.object[error.start])
        return f"a string has half of a character at {error.start}, the lone surrogate {half}"
    return str(error)


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file. ``path`` is the place of its null in the request, such as ``variables.file.0``."""

    path: str
    content: bytes
    filename: str
    media_type: str


def encode_multipart(operations: bytes, files: Sequence[FilePart]) -> tuple[str, bytes]:
    """Write a body with files (GraphQL multipart request specification).

    Returns its content type and its bytes.

    The parts ``operations`` and ``map`` come first, so that the server knows what a file is for
    when it arrives.
    """
    boundary = token_hex(16)
    places = {str(number): [file.path] for number, file in enumerate(files)}
    parts = [
        _part("operations", operations),
        _part("map", msgspec.json.encode(places)),
        *(_file(str(number), file) for number, file in enumerate(files)),
    ]
    delimiter = b"--" + boundary.encode() + b"\r\n"
    body = b"".join(delimiter + part + b"\r\n" for part in parts)
    return f"multipart/form-data; boundary={boundary}", body + delimiter[:-2] + b"--\r\n"


def _part(name: str, content: bytes) -> bytes:
    return f'Content-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + content


def _file(name: str, file: FilePart) -> bytes:
    # Escaped as in browsers (HTML §4.10.21.8), so that nothing in the name ends the header.
    filename = file.filename.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    head = (
        f'Content-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
        f"Content-Type: {file.media_type}\r\n\r\n"
    )
    return head.encode() + file.content
