"""What a request asks for, in each of the ways in which a client may say it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from trunkline.protocol.ids import document_id
from trunkline.protocol.media import GRAPHQL_RESPONSE
from trunkline.protocol.messages import HTTPRequest, HTTPResponse
from trunkline.protocol.request import GraphQLRequest, read_json, read_query_string

__all__ = ["Asked", "Registry", "read_requests"]

_NOT_FOUND = {
    "message": "PersistedQueryNotFound",
    "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"},
}


@dataclass(frozen=True, slots=True)
class Asked:
    """The operations of one request; ``is_batch`` says that it was a list."""

    requests: list[GraphQLRequest]
    is_batch: bool


@dataclass(slots=True)
class Registry:
    """The documents whose ids are known."""

    texts: dict[str, str] = field(default_factory=dict[str, str])


class _Identified(msgspec.Struct):
    document_id: str | None = msgspec.field(default=None, name="documentId")


def read_requests(request: HTTPRequest, registry: Registry) -> Asked | HTTPResponse:
    """Read a request, or answer it where its id is not known."""
    if request.headers.get("content-type", "").startswith("multipart/"):
        raise NotImplementedError("A mock takes no files: give the program a real server.")
    if request.method == "GET":
        one = read_query_string(request.query.encode())
        return _named(one, None, registry)
    if request.body.startswith(b"["):
        bodies: list[msgspec.Raw] = msgspec.json.decode(request.body, type=list[msgspec.Raw])
        return Asked([read_json(bytes(body)) for body in bodies], is_batch=True)
    identified = msgspec.json.decode(request.body, type=_Identified)
    return _named(read_json(request.body), identified.document_id, registry)


def _named(
    request: GraphQLRequest, identifier: str | None, registry: Registry
) -> Asked | HTTPResponse:
    persisted: Any = (request.extensions or {}).get("persistedQuery") or {}
    if "sha256Hash" in persisted:
        identifier = f"sha256:{persisted['sha256Hash']}"
    if request.query:
        registry.texts[document_id(request.query)] = request.query
    elif identifier in registry.texts:
        request.query = registry.texts[identifier]
    else:
        body = msgspec.json.encode({"errors": [_NOT_FOUND]})
        return HTTPResponse(200, body, {"content-type": GRAPHQL_RESPONSE})
    return Asked([request], is_batch=False)
