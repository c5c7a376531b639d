"""Who is at the other end: the address, the certificate, and whether nobody else listens.

Between clients and issuer there is often a proxy that ends TLS. What its headers say is believed
if it comes from an address that was named, and only then: anybody can write a header.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import unquote_to_bytes

from trunkline.asgi.requests import Headers, Scope
from trunkline.auth.certificates import read_certificate
from trunkline.auth.urls import is_loopback

__all__ = ["Peer", "Proxies"]


@dataclass(frozen=True, slots=True)
class Peer:
    """The other end: its address, its certificate in DER if it has one, whether TLS protects it."""

    address: str
    certificate: bytes | None
    is_secure: bool


class Proxies:
    """The proxies whose headers are believed.

    ``addresses`` are addresses or networks (``10.0.0.0/8``). ``certificate_header`` is the name
    of the header that has the client's certificate: PEM, percent-encoded as nginx writes it in
    ``$ssl_client_escaped_cert``, or base64 as RFC 9440 has it. The proxy must remove that header
    from what clients send.
    """

    def __init__(self, addresses: Iterable[str] = (), certificate_header: str = "") -> None:
        self._networks = [ip_network(address) for address in addresses]
        self._header = certificate_header.lower().encode()

    def peer(self, scope: Scope, headers: Headers) -> Peer:
        """Find out who sent a request."""
        client = scope.get("client")
        address = str(client[0]) if client else ""
        if _is_within(address, self._networks):
            return self._behind(address, headers)
        secure = scope.get("scheme") == "https"
        return Peer(address, _certificate_of(scope), secure or is_loopback(address))

    def _behind(self, proxy: str, headers: Headers) -> Peer:
        forwarded = headers.get(b"x-forwarded-for", b"").decode("latin-1").split(",")
        # The last one that is no proxy of ours: what stands before it, the client wrote itself.
        others = [each.strip() for each in forwarded if each.strip()]
        while others and _is_within(others[-1], self._networks):
            others.pop()
        secure = headers.get(b"x-forwarded-proto", b"").strip().lower() == b"https"
        return Peer(others[-1] if others else proxy, self._certificate(headers), secure)

    def _certificate(self, headers: Headers) -> bytes | None:
        value = headers.get(self._header) if self._header else None
        if not value:
            return None
        try:
            return read_certificate(_unwrapped(value))
        except ValueError:
            raise ValueError("The client certificate cannot be read.") from None


def _unwrapped(value: bytes) -> bytes:
    """Take a certificate out of its header: RFC 9440's form, or PEM, percent-encoded."""
    if value.startswith(b":") and value.endswith(b":"):
        return b64decode(value[1:-1], validate=True)
    return unquote_to_bytes(value)


def _certificate_of(scope: Scope) -> bytes | None:
    """Return the certificate that the ASGI server was shown (ASGI's TLS extension)."""
    extension: dict[str, Any] = (scope.get("extensions") or {}).get("tls") or {}
    chain = extension.get("client_cert_chain") or ()
    try:
        return read_certificate(chain[0].encode()) if chain else None
    except ValueError:
        raise ValueError("The client certificate cannot be read.") from None


def _is_within(address: str, networks: list[IPv4Network | IPv6Network]) -> bool:
    if not networks:
        return False
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)
