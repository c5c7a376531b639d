"""The transport that calls an ASGI application in this process."""

from __future__ import annotations

from trunkline.client.transports.asgi import ASGITransport

__all__ = ["ASGITransport"]
