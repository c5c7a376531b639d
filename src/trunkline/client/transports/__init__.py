"""What carries the client's bytes.

    trunkline.client.transports.httpx2      HTTPX2Transport, AsyncHTTPX2Transport  (``client``)
    trunkline.client.transports.pyreqwest   PyreqwestTransport, AsyncPyreqwestTransport  (``fast``)
    trunkline.client.transports.requests    RequestsHTTPTransport  (the extra ``requests``)
    trunkline.client.transports.asgi        ASGITransport: an application in this process

``Pool`` has the limits of a transport's connections.

A transport of your own is a class with ``send`` and ``close``, or ``send_async`` and
``close_async``: see ``Transport`` and ``AsyncTransport``.
"""

from __future__ import annotations

from trunkline.client.transports.interface import AsyncTransport, Transport
from trunkline.client.transports.pool import Pool
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

__all__ = ["AsyncTransport", "HTTPRequest", "HTTPResponse", "Pool", "Transport"]
