"""The transports over httpx2."""

from __future__ import annotations

from trunkline.client.transports.httpx2 import AsyncHTTPX2Transport, HTTPX2Transport

__all__ = ["AsyncHTTPX2Transport", "HTTPX2Transport"]
