"""The sender of a request: its address, its certificate, and whether TLS protects the connection.

Between clients and servers there is often a proxy that ends TLS. Its headers are believed if they
come from a configured address, and only then, because anyone can write a header.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import unquote_to_bytes

from trunkline.asgi.requests import Headers, Scope
from trunkline.auth.certificates import read_certificate
from trunkline.auth.urls import is_loopback

__all__ = ["Peer", "Proxies", "certificate_of_connection"]

_WITH_PORT = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::\d+)?|([0-9.]+):\d+")


@dataclass(frozen=True, slots=True)
class Peer:
    """The sender: its address, its certificate in DER if it has one, whether TLS protects it."""

    address: str
    certificate: bytes | None
    is_secure: bool


class Proxies:
    """The proxies whose headers are believed.

    ``addresses`` are addresses or networks (``10.0.0.0/8``). ``certificate_header`` is the name
    of the header with the client's certificate: PEM, percent-encoded as nginx writes it in
    ``$ssl_client_escaped_cert``, or base64 as RFC 9440 has it. The proxy must remove that header
    from the requests of clients.
    """

    def __init__(self, addresses: Iterable[str] = (), certificate_header: str = "") -> None:
        self._networks = [ip_network(address) for address in addresses]
        self._header = certificate_header.lower().encode()

    def peer(self, scope: Scope, headers: Headers) -> Peer:
        """Return the sender of a request; raises ``ValueError`` for an unreadable certificate.

        Several certificates are an error, too: a client may have written one of them.
        """
        client = scope.get("client")
        address = str(client[0]) if client else ""
        if self._is_proxy(address):
            pem = headers.get(self._header) if self._header else None
            address = self._forwarded_for(headers) or address
            secure = headers.get(b"x-forwarded-proto", b"").strip().lower() == b"https"
        else:
            pem = certificate_of_connection(scope, headers)
            secure = scope.get("scheme") == "https" or is_loopback(address)
        if pem is not None and (b"," in pem or unquote_to_bytes(pem).count(b"-----BEGIN") > 1):
            raise ValueError(
                "The request has several client certificates: the proxy must send one, and remove"
                " those that clients write into its header."
            )
        try:
            return Peer(address, read_certificate(_unwrap(pem)) if pem else None, secure)
        except ValueError:
            raise ValueError("The client certificate cannot be read.") from None

    def _forwarded_for(self, headers: Headers) -> str:
        """Return the last address that is no proxy's; the client may have written those before."""
        forwarded = headers.get(b"x-forwarded-for", b"").decode("latin-1").split(",")
        for text in map(str.strip, reversed(forwarded)):
            address = _read_address(text)
            if text and not self._is_proxy(address):
                return address
        return ""

    def _is_proxy(self, address: str) -> bool:
        if not self._networks:
            return False
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._networks)


def _read_address(text: str) -> str:
    """Return an address without the port that some proxies add; an empty text for anything else."""
    with_port = _WITH_PORT.fullmatch(text)
    try:
        return str(ip_address(with_port[1] or with_port[2] if with_port else text))
    except ValueError:
        return ""


def certificate_of_connection(scope: Scope, _headers: Headers) -> bytes | None:
    """Return the certificate (PEM) that the ASGI server itself received (ASGI's TLS extension)."""
    extension: dict[str, Any] = (scope.get("extensions") or {}).get("tls") or {}
    chain = extension.get("client_cert_chain") or ()
    return chain[0].encode() if chain else None


def _unwrap(value: bytes) -> bytes:
    """Take a certificate out of its header: RFC 9440's form, or percent-encoded PEM."""
    if value.startswith(b":") and value.endswith(b":"):
        return b64decode(value[1:-1], validate=True)
    return unquote_to_bytes(value)
