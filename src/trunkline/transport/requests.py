"""The transport over requests."""

from __future__ import annotations

from trunkline.client.transports.requests import RequestsHTTPTransport

__all__ = ["RequestsHTTPTransport"]
