"""Any ASGI application behind a verifier, for example a REST API; and the metadata of an API."""

from __future__ import annotations

import logging

import msgspec

from trunkline.asgi.requests import HTTPProblem, Receive, Scope, Send, check_method, read_headers
from trunkline.asgi.responses import Application, HTTPApplication, Response
from trunkline.auth.urls import is_resource
from trunkline.auth.verifying.caller import Authenticator, check_authenticator
from trunkline.auth.verifying.verifier import Verifier
from trunkline.errors import AccessDeniedError
from trunkline.printable import printable

__all__ = ["Protected", "ResourceMetadata"]

logger = logging.getLogger("trunkline.auth")


class Protected(HTTPApplication):
    """Passes requests with a valid token to an ASGI application.

    The application finds the `Caller` as ``scope["caller"]`` (``request.scope["caller"]`` in
    Starlette). Other requests get a response of RFC 6750 §3, and the log ``trunkline.auth`` a
    warning that says who was refused, and why. WebSockets are closed. The
    lifespan is the application's. Raises ``TypeError`` if the verifier cannot authenticate.
    """

    def __init__(self, application: Application, verifier: Authenticator) -> None:
        check_authenticator(verifier)
        self._application = application
        self._verifier = verifier

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection (ASGI)."""
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    async def respond(self, scope: Scope, receive: Receive) -> Application:  # noqa: ARG002
        """Return the application, for a request with a valid token."""
        known = self._verifier.recall(scope, read_headers(scope))
        scope["caller"] = known or await self._verifier.authenticate(scope)
        return self._application

    def explain(self, error: Exception, scope: Scope) -> Response:
        """Return the response for a request without a valid token (RFC 6750 §3)."""
        if isinstance(error, AccessDeniedError):
            needs = f" It needs {' '.join(sorted(error.scopes))}." if error.scopes else ""
            who = error.client_id or "a client without a valid token"
            address = (scope.get("client") or ("an unknown address",))[0]
            told = f"{scope['path']} is refused to {who} at {address}: {error}{needs}"
            logger.warning("%s", printable(told))
            headers = self._verifier.challenge.headers(error)
            error = HTTPProblem(error.status, str(error), *headers)
        return super().explain(error, scope)


class ResourceMetadata(HTTPApplication):
    """Serves the metadata of an API (RFC 9728): which issuers' tokens it accepts.

    Route it to ``/.well-known/oauth-protected-resource``, followed by the path of the API.
    ``scopes`` are those that the API uses. Raises ``ValueError`` if its audience is not a URI.
    """

    def __init__(self, verifier: Verifier, scopes: tuple[str, ...] = ()) -> None:
        resource = min(verifier.audiences)
        if not is_resource(resource):
            raise ValueError(
                f"The audience {resource!r} is not a URI, which metadata (RFC 9728) needs."
            )
        metadata = {
            "resource": resource,
            "authorization_servers": [each.issuer for each in verifier.issuers],
            "bearer_methods_supported": ["header"],
        }
        if scopes:
            metadata["scopes_supported"] = sorted(scopes)
        headers = ((b"content-type", b"application/json"), (b"cache-control", b"max-age=3600"))
        self._response = Response(200, msgspec.json.encode(metadata), headers)

    async def respond(self, scope: Scope, receive: Receive) -> Response:  # noqa: ARG002  # ASGI's
        """Return the metadata."""
        check_method(scope, "GET", "HEAD")
        return self._response
