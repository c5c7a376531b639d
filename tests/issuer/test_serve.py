"""`trunkline issuer serve`, as people start it: over TLS, restarted, rotated, with real peers."""

from __future__ import annotations

import json
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any

import httpx2
import pytest
from benchmarks.load import free_port
from joserfc.jwk import ECKey
from tests.issuer.asking import API, Desk, assertion
from tests.issuer.authorities import LOCALHOST, Authority, Certified, make
from tests.loggers import restored
from tests.waiting import PATIENCE, until
from typer.testing import CliRunner, Result

from trunkline.cli.commands import app
from trunkline.issuer import Store
from trunkline.issuer.serve import TLS

TRUNKLINE = [sys.executable, "-m", "trunkline.cli"]
# the command, with a second instead of ten, and ten connections instead of a thousand
BOUNDED = """
import trunkline.asgi.serving
import trunkline.issuer.application
trunkline.asgi.serving.GRACEFUL_SECONDS = 1
trunkline.asgi.serving.MOST_CONNECTIONS = 10
trunkline.issuer.application._BODY_SECONDS = 3_600
from trunkline.cli import main
main()
"""
UNFINISHED = (
    b"POST /token HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
)
ASK = {"grant_type": "client_credentials", "resource": API}


def trunkline(*arguments: str, folder: Path) -> str:
    """Run a command in this process; return what it prints for programs."""
    done = invoke([*arguments, "--store", f"sqlite:///{folder}/issuer.db"])
    assert done.exit_code == 0, done.stderr
    return done.stdout.strip()


def invoke(arguments: list[str]) -> Result:
    return CliRunner().invoke(app, arguments)


@contextmanager
def issuer(
    folder: Path, url: str, port: int, *options: str, program: Sequence[str] = TRUNKLINE
) -> Generator[subprocess.Popen[bytes]]:
    """Start the issuer with its log in a file, and wait until it answers."""
    command = [*program, "issuer", "serve", url, "--port", str(port), *options]
    store = f"sqlite:///{folder}/issuer.db"
    with (folder / "audit.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603
            [*command, "--store", store], cwd=folder, stderr=log, stdout=log
        )
    try:
        wait_for(f"{url}/jwks", process)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    def answers() -> bool:
        assert process.poll() is None, "the issuer does not start"
        return bool(httpx2.get(url, verify=False, timeout=PATIENCE))  # whatever it is

    until(answers, "the issuer does not answer")


def write(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


def test_certificates_over_tls(tmp_path: Path) -> None:
    authority, own = Authority(), make("CN=self", None)
    server, web = authority.sign("CN=localhost", *LOCALHOST), authority.sign("CN=web,O=Example")
    files = {
        "server.pem": server.pem,
        "server.key": server.key_pem,
        "ca.pem": authority.own.pem,
        "own.pem": own.pem,
    }
    paths = {name: write(tmp_path, name, text) for name, text in files.items()}
    grant = ("--grant", f"{API}=todos:read")
    subject = ("--subject", "subject_dn=CN=web,O=Example")
    trunkline("clients", "add", "web", *grant, *subject, folder=tmp_path)
    trunkline(
        *("clients", "add", "self", *grant, "--certificate", paths["own.pem"]), folder=tmp_path
    )
    port = free_port()
    url = f"https://localhost:{port}"
    tls = ("--certificate", paths["server.pem"], "--key", paths["server.key"])
    with issuer(tmp_path, url, port, *tls, "--client-ca", paths["ca.pem"]):
        assert ask_with(tmp_path, url, "web", web, authority) == 200
        assert ask_with(tmp_path, url, "web", None, authority) == 401
        assert ask_with(tmp_path, url, "self", own, authority) == 200
        assert ask_with(tmp_path, url, "web", own, authority) == 401


def test_certificates_that_are_registered_later_are_accepted_in_handshakes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trunkline.issuer.serve._LOOK_EVERY", 0.01)
    server = Authority().sign("CN=localhost", *LOCALHOST)
    certificate = tmp_path / "server.pem"
    certificate.write_text(server.pem + server.key_pem, encoding="utf-8")
    tls, desk = TLS(certificate, certificate, []), Desk()
    tls.follow(desk.store)
    own = make("CN=self", None)
    desk.add("self", method="self_signed_tls_client_auth", certificates=[own.pem])
    until(lambda: own.pem in tls._accepted, "the certificate is not accepted")


def ask_with(
    folder: Path, url: str, client_id: str, shown: Certified | None, authority: Authority
) -> int:
    context = ssl.create_default_context(cadata=authority.own.pem)
    if shown:
        certificate = write(folder, "shown.pem", shown.pem + shown.key_pem)
        context.load_cert_chain(certificate)
    with httpx2.Client(verify=context) as http:
        return http.post(f"{url}/token", data={**ASK, "client_id": client_id}).status_code


def test_nothing_fails_while_secrets_keys_and_processes_change(tmp_path: Path) -> None:
    """Three clients ask all the time; secrets rotate, keys rotate, the issuer starts again."""
    grant = ("--grant", f"{API}=todos:read")
    secret = trunkline("clients", "add", "web", *grant, folder=tmp_path)
    current = [secret]
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    done, answers = Event(), list[tuple[float, int]]()

    def ask(number: int) -> None:
        with httpx2.Client(base_url=url) as http:
            while not done.is_set():
                answers.append((time.monotonic(), post(http, current[0])))
                time.sleep(0.005 * number)

    with ThreadPoolExecutor(3) as threads:
        with issuer(tmp_path, url, port, "--development"):
            asking = [threads.submit(ask, number) for number in (1, 2, 3)]
            for _ in range(3):
                fresh = trunkline("clients", "rotate", "web", "--grace", "1", folder=tmp_path)
                time.sleep(0.2)  # callers learn of it while both work
                current[0] = fresh
                trunkline("issuer", "rotate", folder=tmp_path)
                trunkline("issuer", "rotate", "--at-once", folder=tmp_path)
            rotated = len(answers)
        with issuer(tmp_path, url, port, "--development"):  # on the same port, the same store
            begun = len(answers)
            until(lambda: len(answers) > begun + 6, "the new process gives no tokens")
            trunkline("clients", "revoke", "web", folder=tmp_path)
            revoked = time.monotonic()
            until(lambda: answers[-1][0] > revoked + 1.2, "the clients have stopped asking")
            done.set()
            for each in asking:
                each.result()
    assert rotated > 50
    assert {status for _, status in answers[:rotated]} == {200}
    assert {status for when, status in answers if when > revoked + 1.2} <= {401, 429}
    log = (tmp_path / "audit.log").read_text(encoding="utf-8")
    assert all(known not in log for known in (secret, current[0]))
    assert not re.search(r"eyJ[\w-]+\.", log)  # no token; a random ID may have its first letters
    grants = [json.loads(line) for line in log.splitlines() if line.startswith('{"ts"')]
    assert {entry["event"] for entry in grants} == {"grant", "refusal"}


def post(http: httpx2.Client, secret: str) -> int:
    """Ask for a token; again, while nobody listens because the issuer starts anew."""
    for _ in range(400):
        try:
            return http.post("/token", data=ASK, auth=("web", secret)).status_code
        except httpx2.TransportError:
            time.sleep(0.025)
    return 0


def test_an_assertion_is_used_once_in_two_processes(tmp_path: Path) -> None:
    key = ECKey.generate_key("P-256")
    path = write(tmp_path, "key.pem", key.as_pem(private=False).decode())
    grant = ("--grant", f"{API}=todos:read")
    trunkline("clients", "add", "signer", *grant, "--key", path, folder=tmp_path)
    ports = [free_port(), free_port()]
    url = f"http://127.0.0.1:{ports[0]}"
    with (
        issuer(tmp_path, url, ports[0], "--development"),
        issuer_at(tmp_path, url, ports[1]),
        ThreadPoolExecutor(8) as threads,
    ):
        for _ in range(5):
            jwt = assertion(key, time.time(), aud=url)
            numbers = count()
            statuses = list(threads.map(lambda _, j=jwt, n=numbers: show(ports, j, n), range(8)))
            assert min(statuses) == 200
            assert statuses.count(200) == 1


def test_T_06_a_request_in_flight_does_not_hold_the_signal(tmp_path: Path) -> None:  # noqa: N802
    with (
        bounded(tmp_path) as (port, process),
        socket.create_connection(("127.0.0.1", port), PATIENCE) as client,
    ):
        client.sendall(UNFINISHED)
        assert client.recv(100).startswith(b"HTTP/1.1 100")  # the issuer waits for the body
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


def test_T_08_connections_beyond_the_bound_get_503(tmp_path: Path) -> None:  # noqa: N802
    with bounded(tmp_path) as (port, _):

        def status() -> int:
            return httpx2.get(f"http://127.0.0.1:{port}/jwks").status_code

        with ExitStack() as idle:
            for _ in range(10):
                idle.enter_context(socket.create_connection(("127.0.0.1", port), PATIENCE))
            until(lambda: status() == 503, "the connections have no bound")
        until(lambda: status() == 200, "the issuer does not answer again")


@contextmanager
def bounded(folder: Path) -> Generator[tuple[int, subprocess.Popen[bytes]]]:
    """Start an issuer whose bounds a test can reach."""
    port = free_port()
    url, program = f"http://127.0.0.1:{port}", (sys.executable, "-c", BOUNDED)
    with issuer(folder, url, port, "--development", program=program) as process:
        yield port, process


def show(ports: list[int], jwt: str, numbers: Any) -> int:
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    form = {**ASK, "client_assertion_type": kind, "client_assertion": jwt}
    port = ports[next(numbers) % 2]
    return httpx2.post(f"http://127.0.0.1:{port}/token", data=form, timeout=PATIENCE).status_code


@contextmanager
def issuer_at(folder: Path, url: str, port: int) -> Generator[None]:
    """Start another process of the same issuer, on another port."""
    command = [*TRUNKLINE, "issuer", "serve", url, "--port", str(port), "--development"]
    store = f"sqlite:///{folder}/issuer.db"
    process = subprocess.Popen([*command, "--store", store], stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        wait_for(f"http://127.0.0.1:{port}/jwks", process)
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


def test_a_client_that_gets_no_tokens_is_added_with_a_note(tmp_path: Path) -> None:
    store = ("--store", f"sqlite:///{tmp_path}/issuer.db")
    note = "It gets no tokens, because no --grant names an API."
    assert note in invoke(["clients", "add", "useless", *store]).stderr
    assert note not in invoke(["clients", "add", "web", "--grant", f"{API}=a", *store]).stderr
    assert note not in invoke(["clients", "add", "api", "--serves", API, *store]).stderr


def test_the_command_line_tells_mistakes(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/issuer.db"
    garbage = write(tmp_path, "garbage", "{")
    private = write(tmp_path, "private.pem", make("x", None).key_pem)
    binary = str(tmp_path / "binary")
    Path(binary).write_bytes(b"\xff\x00")
    cases: list[tuple[list[str], str]] = [
        (["clients", "add", "a b"], "letters, digits"),
        (["clients", "add", "web", "--grant", "nonsense"], "URI=scope"),
        (["clients", "add", "web", "--key", "x", "--subject", "y"], "only one of"),
        (["clients", "add", "web", "--key", "nowhere.pem"], "nowhere.pem: cannot be read (No such"),
        (["clients", "add", "web", "--key", garbage], "not a public key"),
        (["clients", "add", "web", "--key", private], "Private keys stay"),
        (["clients", "add", "web", "--key", binary], "not UTF-8"),
        (["clients", "add", "web", "--secret-file", binary], "not UTF-8"),
        (["clients", "add", "web", "--certificate", garbage], "as PEM"),
        (["clients", "add", "web", "--subject", "subject_dn=x"], "not a subject_dn"),
        (["clients", "add", "web", "--subject", "san_ip=x"], "not a san_ip"),
        (["clients", "show", "nobody"], "no client 'nobody'"),
        (["clients", "rotate", "nobody"], "no client 'nobody'"),
        (["clients", "revoke", "nobody"], "no client 'nobody'"),
        (["issuer", "serve", "http://example.com"], "use https"),
        (["issuer", "serve", "auth.internal"], "must begin with https:// and name a host"),
        (["issuer", "serve", "https://a:b@auth.internal"], "neither a user nor '@'"),
        (["issuer", "serve", "https://a:1/b@auth.internal"], "neither a user nor '@'"),
        (["issuer", "serve", "http://127.0.0.1:9000"], "development=True"),
        (["issuer", "serve", "https://x.example", "--client-ca", "nowhere"], "nowhere: No such"),
        (["issuer", "serve", "https://x.example", "--proxy", "10.0.0.300"], "10.0.0.300"),
        (["issuer", "serve", "https://x.example", "--key", "k"], "or neither"),
        (["issuer", "serve", "https://x.example", "--key", "k", "--certificate", "c"], "c, k: are"),
    ]
    for arguments, says in cases:
        done = invoke([*arguments, "--store", store])
        assert done.exit_code == 1, arguments
        assert says in done.stderr
        assert isinstance(done.exception, SystemExit)


@pytest.mark.parametrize(
    "command",
    [
        ["clients", "list"],
        ["clients", "revoke", "web"],
        ["clients", "rotate", "web"],
        ["issuer", "rotate", "--at-once"],
    ],
)
def test_a_store_that_is_not_there_is_not_made(command: list[str], tmp_path: Path) -> None:
    """A key that was stolen is not withdrawn by a command in the wrong folder."""
    done = invoke([*command, "--store", f"sqlite:///{tmp_path}/typo.db"])
    assert done.exit_code == 1
    assert done.stderr.startswith(f"There is no file {tmp_path}/typo.db. Name the issuer's store")
    assert not list(tmp_path.iterdir())


def test_the_command_line_shows_clients(tmp_path: Path) -> None:
    chosen = write(tmp_path, "secret", "correct horse battery staple\n")
    grant = ("--grant", f"{API}=todos:read,todos:write")
    made = trunkline("clients", "add", "web", *grant, folder=tmp_path)
    quiet = ("--secret-file", chosen, "--secret-days", "1")
    assert trunkline("clients", "add", "imported", *quiet, folder=tmp_path) == ""
    trunkline("clients", "add", "api", "--serves", API, folder=tmp_path)
    shown = trunkline("clients", "show", "web", folder=tmp_path)
    assert made not in shown
    assert f"grant        {API} todos:read todos:write" in shown
    assert "last used never" in shown
    again = trunkline("clients", "rotate", "web", folder=tmp_path)
    assert again != made
    store = Store(f"sqlite:///{tmp_path}/issuer.db")
    client = store.client("web")
    store.close()
    assert client is not None
    old = client.secrets[0].id
    trunkline("clients", "revoke", "web", "--secret", old, folder=tmp_path)
    assert old not in trunkline("clients", "show", "web", folder=tmp_path)
    trunkline("clients", "revoke", "web", folder=tmp_path)
    assert "web                      revoked" in trunkline("clients", "list", folder=tmp_path)


@pytest.mark.parametrize(
    ("url", "options", "port"),
    [
        ("http://localhost:9421", (), 9421),
        ("http://localhost:9421", ("--port", "8000"), 8000),
        ("http://localhost:9421", ("--port", "0"), 0),
        ("http://localhost", (), 9000),
        ("https://issuer.example", (), 9000),
    ],
)
def test_the_port_of_the_url_is_listened_on(
    url: str, options: tuple[str, ...], port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """14.10: `issuer serve http://localhost:9421` listened on 9000."""
    ports: list[int] = []
    monkeypatch.setattr(
        "trunkline.issuer.serve.serve", lambda _app, _host, port, _tls: ports.append(port)
    )
    store = ("--store", f"sqlite:///{tmp_path}/issuer.db", "--development")
    with restored("trunkline.audit"):
        result = invoke(["issuer", "serve", url, *options, *store])
    assert result.exit_code == 0, result.stderr
    assert ports == [port]
