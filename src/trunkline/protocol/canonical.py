"""The one URL of a request by id: caches and logs compare URLs byte for byte.

GraphQL over HTTP, Persisted Documents, §Canonical Parameters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from trunkline.errors import MalformedRequestError
from trunkline.protocol.request import GraphQLRequest

__all__ = [
    "canonical_query",
    "is_path_of_document",
    "location_of",
    "name_by_path",
    "without_document",
]

_IN_PATH = re.compile(r"/(sha256:[^/]*)(/[^/]*)?\Z")
_UNRESERVED = frozenset(b"*-._0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_ENCODED = [chr(each) if each in _UNRESERVED else f"%{each:02X}" for each in range(256)]
_ENCODED[ord(" ")] = "+"


def canonical_query(
    variables: Mapping[str, Any] | None,
    extensions: Mapping[str, Any] | None,
    document_id: str | None = None,
    operation_name: str | None = None,
) -> str:
    """Return the query string of a request by id, as there is only one.

    The parameters come in the order of the specification, and empty ones are left out. JSON has no
    white space, and its names are sorted. Characters are encoded as URLSearchParams does it.
    """
    parameters = {
        "documentId": (document_id or "").encode(),
        "operationName": (operation_name or "").encode(),
        "variables": msgspec.json.encode(variables, order="sorted") if variables else b"",
        "extensions": msgspec.json.encode(extensions, order="sorted") if extensions else b"",
    }
    return "&".join(
        f"{name}={''.join([_ENCODED[each] for each in value])}"
        for name, value in parameters.items()
        if value
    )


def is_path_of_document(path: str) -> bool:
    """Tell whether a path, from the endpoint's own on, names a document."""
    return _IN_PATH.fullmatch(path) is not None


def name_by_path(request: GraphQLRequest, path: str) -> bool:
    """Take the document's id and the operation's name from a path; return whether they are there.

    The path ends with ``/sha256:<hex>/<OperationName>``, or with ``/sha256:<hex>`` for an anonymous
    operation. Raises ``MalformedRequestError`` if the request's parameters name others.
    """
    found = _IN_PATH.search(path) if "/sha256:" in path else None
    if found is None:
        return False
    document_id, operation_name = found[1], (found[2] or "")[1:] or None
    if request.document_id not in {None, document_id}:
        raise MalformedRequestError.because("The path and 'documentId' name two documents.")
    if request.operation_name not in {None, operation_name}:
        raise MalformedRequestError.because("The path and 'operationName' name two operations.")
    request.document_id, request.operation_name = document_id, operation_name
    return True


def without_document(path: str) -> str:
    """Return a path without the document that it names, if it names one."""
    return _IN_PATH.sub("", path) if "/sha256:" in path else path


def location_of(path: str, document_id: str, operation_name: str | None, query: str) -> str:
    """Return where a document is requested by its path, relative to the path of a request."""
    found = _IN_PATH.search(path)
    if found is None:
        own = quote(path.rpartition("/")[2])
        base = f"./{own}/" if own else "./"
    else:
        base = "./" if found[2] is None else "../"
    name = f"/{operation_name}" if operation_name else ""
    return f"{base}{document_id}{name}{query and '?'}{query}"
