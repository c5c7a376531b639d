"""TLS, and HTTP/2 over it, against Node's own server."""

from __future__ import annotations

import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from tests.client import faulty
from tests.client.calling import AsyncCaller, Caller
from tests.giving_up import program
from tests.node import running

from trunkline import Client, ConnectionFailedError, DeadlineExceededError
from trunkline.client.transports import HTTPRequest
from trunkline.client.transports.aiohttp import AIOHTTPTransport
from trunkline.client.transports.httpx2 import AsyncHTTPX2Transport, HTTPX2Transport
from trunkline.client.transports.pyreqwest import AsyncPyreqwestTransport, PyreqwestTransport
from trunkline.client.transports.requests import RequestsHTTPTransport

SCRIPT = Path(__file__).parent / "h2.mjs"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("certificate")
    key, cert = folder / "key.pem", folder / "cert.pem"
    openssl = program("openssl", package="openssl")
    options = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    leaf = ["-addext", "basicConstraints=critical,CA:FALSE", "-addext"]
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    command = [openssl, *options.split(), *leaf, names, "-keyout", str(key), "-out", str(cert)]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603  # ours
    return key, cert


@pytest.fixture(scope="module")
def url(certificate: tuple[Path, Path]) -> Iterator[str]:
    with running(SCRIPT, *map(str, certificate)) as port:
        yield f"https://localhost:{port}/graphql"


def trusting(cert: Path) -> dict[str, tuple[Any, Any]]:
    context = ssl.create_default_context(cafile=str(cert))
    return {
        "requests": (RequestsHTTPTransport, str(cert)),
        "httpx2": (HTTPX2Transport, context),
        "httpx2-async": (AsyncHTTPX2Transport, context),
        "pyreqwest": (PyreqwestTransport, cert.read_bytes()),
        "pyreqwest-async": (AsyncPyreqwestTransport, cert.read_bytes()),
        "aiohttp": (AIOHTTPTransport, context),
    }


def caller_of(kind: str, client: Client) -> Caller:
    is_async = kind == "aiohttp" or kind.endswith("async")
    return AsyncCaller(client) if is_async else Caller(client)


SPOKEN = {"requests": "1.1", "aiohttp": "1.1"}
KINDS = ["requests", "httpx2", "httpx2-async", "pyreqwest", "pyreqwest-async", "aiohttp"]


@pytest.mark.parametrize("kind", KINDS)
def test_http2_is_spoken_where_both_sides_can(
    kind: str, url: str, certificate: tuple[Path, Path]
) -> None:
    transport, verify = trusting(certificate[1])[kind]
    caller = caller_of(kind, Client(transport(url, verify=verify)))
    for _ in range(3):
        assert caller.execute("{ version }") == {"version": SPOKEN.get(kind, "2.0")}
    caller.end()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in SPOKEN])
def test_http2_can_be_turned_off(kind: str, url: str, certificate: tuple[Path, Path]) -> None:
    transport, verify = trusting(certificate[1])[kind]
    caller = caller_of(kind, Client(transport(url, verify=verify, http2=False)))
    assert caller.execute("{ version }") == {"version": "1.1"}
    caller.end()


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_nobody_vouches_for_is_sent_nothing(
    kind: str, url: str, certificate: tuple[Path, Path]
) -> None:
    transport, _ = trusting(certificate[1])[kind]
    caller = caller_of(kind, Client(transport(url), retry=None))
    with pytest.raises(ConnectionFailedError, match=r"(?i)certificate") as caught:
        caller.execute("mutation { version }")
    assert caught.value.never_sent
    caller.end()


def test_an_issuer_with_tls_beside_an_api_without(url: str, certificate: tuple[Path, Path]) -> None:
    context = ssl.create_default_context(cafile=str(certificate[1]))
    transport = HTTPX2Transport("http://127.0.0.1:1/graphql", verify=context)
    headers = {"content-type": "application/json"}
    request = HTTPRequest("POST", headers, b'{"query":"{ version }"}', url=url)
    assert transport.send(request).body == b'{"data":{"version":"2.0"}}'
    transport.close()


# Not httpx2-async: it ends in time too, but asyncio leaves the socket of a handshake that was
# cancelled to the garbage collector, which pytest takes for an error.
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "httpx2-async"])
def test_a_handshake_that_never_ends(kind: str, certificate: tuple[Path, Path]) -> None:
    transport, verify = trusting(certificate[1])[kind]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/graphql"
        caller = caller_of(kind, Client(transport(url, verify=verify), timeout=0.3))
        began = time.monotonic()
        with pytest.raises(DeadlineExceededError):
            caller.execute("{ version }")
        assert time.monotonic() - began < 9  # the transports themselves wait for 10 s
        caller.end()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "httpx2-async"])
def test_a_handshake_that_trickles(kind: str, certificate: tuple[Path, Path]) -> None:
    transport, verify = trusting(certificate[1])[kind]

    def trickle() -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            for byte in b"\x16\x03\x03\x40\x00\x02" + bytes(400):  # one record, never complete
                connection.sendall(bytes([byte]))
                time.sleep(0.1)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=trickle)
        thread.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/graphql"
        caller = caller_of(kind, Client(transport(url, verify=verify), timeout=0.3))
        began = time.monotonic()
        with pytest.raises(DeadlineExceededError):
            caller.execute("{ version }")
        assert time.monotonic() - began < 30
        caller.end()
        thread.join()


@pytest.fixture
def asking(certificate: tuple[Path, Path]) -> Iterator[str]:
    """Serve where clients need a certificate: the server's own, which it trusts."""
    key, cert = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    context.load_verify_locations(cert)
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_alpn_protocols(["http/1.1"])

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection.dup() as same, suppress(OSError):
                try:
                    with context.wrap_socket(connection, server_side=True) as wrapped:
                        if faulty.read_request(wrapped):
                            wrapped.sendall(faulty.WHOLE)
                except ssl.SSLError:  # the client reads why, which a reset would take from it
                    same.shutdown(socket.SHUT_WR)
                    while same.recv(65536):
                        pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield f"https://localhost:{listener.getsockname()[1]}/graphql"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize("kind", KINDS)
def test_a_certificate_of_the_client(
    kind: str, asking: str, certificate: tuple[Path, Path], tmp_path: Path
) -> None:
    key, cert = certificate
    transport, verify = trusting(cert)[kind]
    both = tmp_path / "both.pem"
    both.write_bytes(cert.read_bytes() + key.read_bytes())
    options: list[dict[str, Any]] = [{"cert": both.read_bytes()}]
    if kind == "requests":
        options = [{"cert": str(both)}, {"cert": (str(cert), str(key))}]
    if isinstance(verify, ssl.SSLContext):
        with_key = ssl.create_default_context(cafile=str(cert))
        with_key.load_cert_chain(cert, key)
        options = [{"verify": with_key}]
    for each in options:
        caller = caller_of(kind, Client(transport(asking, **{"verify": verify, **each})))
        assert caller.execute("{ todos { title } }") == {"todos": [{"title": "Milk"}]}
        caller.end()
    caller = caller_of(kind, Client(transport(asking, verify=verify), retry=None))
    with pytest.raises(ConnectionFailedError):
        caller.execute("{ todos { title } }")
    caller.end()
