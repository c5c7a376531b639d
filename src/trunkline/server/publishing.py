"""Publishing: ``PUT <endpoint>/documents/<version>`` with a manifest, by the client itself."""

from __future__ import annotations

import re
import time
from asyncio import Lock, to_thread
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from msgspec.structs import replace

from trunkline.asgi.requests import BodyReader, Headers, HTTPProblem, Scope
from trunkline.asgi.responses import Response
from trunkline.auth.verifying.caller import Caller
from trunkline.contracts.contract import Contract, check_names
from trunkline.contracts.manifests import DocumentProblem, parse_manifest
from trunkline.contracts.registry import DocumentRegistry, client_of
from trunkline.errors import AccessDeniedError, PublicationError, RequestRefusedError, StoreError
from trunkline.observe.log import safe_logger
from trunkline.protocol.media import JSON
from trunkline.server.arrivals import Arrival
from trunkline.server.authorize import SchemaViews
from trunkline.server.present import encode, error_codes
from trunkline.server.registering import RegisteredOperations

__all__ = ["Publications"]

logger = safe_logger("trunkline.errors")

_PATH = re.compile(r"/documents/([^/]+)\Z")
_MOST_BYTES = 8_388_608
_SECONDS = 60.0  # in which a manifest must arrive
_HEADERS = (
    (b"content-type", JSON.encode()),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)


class Publications:
    """Takes the manifests of clients, checks and registers their documents: all of them or none.

    With ``is_proven``, each caller has a token; it must have the registry's scope for publishing.
    """

    def __init__(self, views: SchemaViews, registry: DocumentRegistry, *, is_proven: bool) -> None:
        self._views = views
        self._registry = registry
        self._is_proven = is_proven
        self._bodies = BodyReader(_MOST_BYTES, _SECONDS)
        self._one_at_a_time = Lock()  # compiling a manifest takes a processor for a while
        self._operations = RegisteredOperations(views, registry, is_proven=is_proven)

    async def respond(self, came: Arrival) -> Response:
        """Register the documents of a request's manifest; 201 if they are new, 200 if not.

        Raises what the endpoint makes an error response of.
        """
        event, caller = came.event, came.caller
        event.name = "graphql.publication"
        version = self._check(came.scope, came.headers, caller)
        name = client_of(caller, event.client)
        try:
            check_names(name, version)
        except ValueError as error:
            hint = "" if name else " It is the header GraphQL-Client-Name."
            raise HTTPProblem(400, f"{error}{hint}") from None
        body = await self._bodies.read(came.headers, came.receive)
        now = time.time()
        contract = Contract(
            client=name,
            version=version,
            documents={},
            audience=await self._views.audience(caller),
            is_proven=self._is_proven,
            published=now,
            used=now,
        )
        async with self._one_at_a_time:
            outcome = await to_thread(self._publish, contract, body)
        if not isinstance(outcome, tuple):
            errors = _errors(outcome)
            event.has_failed(errors, error_codes(errors))
            event.outcome = "request_error"
            event.reason = f"Mistakes in the manifest: {len(errors)}. Nothing was registered."
            return Response(422, encode({"errors": errors}), _HEADERS)
        is_new, count = outcome
        told = {
            "client": name,
            "version": version,
            "documents": count,
            "proven": contract.is_proven,
        }
        return Response(201 if is_new else 200, encode(told), _HEADERS)

    def _publish(
        self, contract: Contract, body: bytes
    ) -> tuple[bool, int] | Sequence[DocumentProblem]:
        """Read a manifest and register its documents, in a thread.

        Returns whether they are new, and how many they are; or what is wrong with them.
        """
        try:
            documents = parse_manifest(body.decode(), "manifest").documents
            if len(documents) > self._registry.room():
                raise RequestRefusedError(
                    507,
                    "The server has no room for so many documents: retire versions that are not in"
                    " use (`trunkline clients retire`).",
                    code="TOO_MANY_DOCUMENTS",
                )
        except UnicodeDecodeError:
            raise HTTPProblem(400, "The manifest is not in UTF-8.") from None
        except PublicationError as error:
            return [DocumentProblem("", each) for each in error.problems]
        try:
            is_new, problems = self._operations.publish(replace(contract, documents=documents))
        except PublicationError as error:
            raise RequestRefusedError(409, str(error), code="PUBLICATION_REFUSED") from None
        except StoreError as error:
            logger.error("%s was not published. %s", contract.name, error)  # noqa: TRY400
            raise RequestRefusedError(
                503,
                "The store of registered documents is not available. Try again later.",
                code="STORE_UNAVAILABLE",
                retry_after=5,
            ) from None
        return problems or (is_new, len(documents))

    def _check(self, scope: Scope, headers: Headers, caller: Caller | None) -> str:
        """Return the version of a request that may publish."""
        rest = scope.get("path_params", {}).get("rest")  # below the endpoint's own path
        found = _PATH.search(scope["path"]) if rest is None else _PATH.fullmatch(rest)
        if found is None:
            raise HTTPProblem(
                404, "PUT publishes a manifest, to <endpoint>/documents/<version of the client>."
            )
        needed = self._registry.publishing
        if needed is None:
            message = "Documents are not published over HTTP here."
            raise HTTPProblem(405, message, (b"allow", b"GET, HEAD, POST, QUERY"))
        if caller is not None and needed not in caller.scopes:
            raise AccessDeniedError(
                403,
                f"Documents are published with a token that has the scope {needed}.",
                "insufficient_scope",
                scopes=[needed],
            )
        media_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if media_type != JSON.encode():
            raise HTTPProblem(415, f"The header Content-Type is not {JSON}.")
        if headers.get(b"content-encoding", b"identity") != b"identity":
            raise HTTPProblem(415, "Send the manifest without Content-Encoding.")
        return unquote(found[1])


def _errors(problems: Sequence[DocumentProblem]) -> list[dict[str, Any]]:
    """Return an error of the response for each problem."""
    return [
        {
            "message": each.message,
            **({"locations": [{"line": each.line, "column": each.column}]} if each.line else {}),
            "extensions": {"code": "DOCUMENT_REFUSED", "documentId": each.id},
        }
        for each in problems
    ]
