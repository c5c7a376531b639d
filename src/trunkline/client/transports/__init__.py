"""How the client sends requests.

    trunkline.client.transports.httpx2      HTTPX2Transport, AsyncHTTPX2Transport  (``client``)
    trunkline.client.transports.pyreqwest   PyreqwestTransport, AsyncPyreqwestTransport  (``fast``)
    trunkline.client.transports.requests    RequestsHTTPTransport  (the extra ``requests``)
    trunkline.client.transports.aiohttp     AIOHTTPTransport  (``aiohttp``)
    trunkline.client.transports.asgi        ASGITransport: an application in this process

``Pool`` has the limits of a transport's connections.

To write a transport, write a class with ``send`` and ``close``, or with ``send_async`` and
``close_async``: see ``Transport`` and ``AsyncTransport``.
"""

from __future__ import annotations

from trunkline.client.transports.interface import AsyncTransport, Pool, Transport
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

__all__ = ["AsyncTransport", "HTTPRequest", "HTTPResponse", "Pool", "Transport"]
