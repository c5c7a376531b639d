"""Serving an issuer alone, with uvicorn: TLS, and the certificates of clients in it."""

from __future__ import annotations

import ssl
import time
from pathlib import Path
from threading import Thread
from typing import Any

import uvicorn
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate, load_pem_x509_certificates

from trunkline.asgi.serving import GRACEFUL_SECONDS, MOST_CONNECTIONS, BoundedProtocol
from trunkline.errors import StoreError
from trunkline.issuer.store import Store

__all__ = ["TLS", "read_authorities", "serve"]

_LOOK_EVERY = 5.0


class TLS:
    """The server's certificate and key, and the authorities for certificates of clients.

    Clients are asked for a certificate, and may have none. A self-signed certificate is accepted
    in the handshake if the store has it; the issuer then checks whose it is. Raises ``ValueError``
    if the files are not a certificate and its key.
    """

    def __init__(self, certificate: Path, key: Path, authorities: list[Certificate]) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            self.context.load_cert_chain(certificate, key)
        except OSError as error:  # of ssl, too; it names no file
            raise ValueError(
                f"{certificate}, {key}: are not a certificate and its key, PEM ({error.strerror})."
            ) from None
        self.context.verify_mode = ssl.CERT_OPTIONAL
        self.context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        self._accepted: set[str] = set()
        for authority in authorities:
            self._accept(authority.public_bytes(Encoding.PEM).decode("ascii"))

    def follow(self, store: Store) -> None:
        """Accept the certificates that a store has, and those that are added later."""
        self._read(store)

        def keep_reading() -> None:
            while True:
                time.sleep(_LOOK_EVERY)
                try:
                    self._read(store)
                except StoreError:
                    continue  # the responses to requests report it

        Thread(target=keep_reading, daemon=True).start()

    def _read(self, store: Store) -> None:
        for client in store.clients():
            for certificate in client.certificates:
                self._accept(certificate)

    def _accept(self, pem: str) -> None:
        if pem not in self._accepted:
            self.context.load_verify_locations(cadata=pem)
            self._accepted.add(pem)


class _Protocol(BoundedProtocol):
    """uvicorn's within bounds, and it passes the client's certificate on (ASGI's TLS extension)."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        connection = self.transport.get_extra_info("ssl_object")
        der = connection and connection.getpeercert(binary_form=True)
        if der:
            tls: dict[object, object] = {"client_cert_chain": [ssl.DER_cert_to_PEM_cert(der)]}
            self.scope["extensions"] = {"tls": tls}


def read_authorities(path: Path) -> list[Certificate]:
    """Read the certificates of authorities from a PEM file."""
    return load_pem_x509_certificates(path.read_bytes())


def serve(app: Any, host: str, port: int, tls: TLS | None) -> None:
    """Serve until the process receives a signal to stop."""
    config = uvicorn.Config(
        app,
        host,
        port,
        http=_Protocol,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
        access_log=False,  # the audit log says more
        log_level="warning",
        proxy_headers=False,  # the issuer has its own `Proxies`
        server_header=False,
        ssl_context_factory=(lambda _config, _default: tls.context) if tls else None,
    )
    uvicorn.Server(config).run()
