"""The issuer of the demo's tokens: who may call what, and a process that hands tokens out."""

import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from todo.processes import HOST, wait_until_it_responds
from todo.tokens import MOBILE_APP, PLAYGROUND, PROMETHEUS, WEB_APP, request_token
from trunkline.auth import ClientCredentials
from trunkline.issuer import RegisteredClient, Store, with_new_secret

SCOPES = {
    WEB_APP: ["todos", "documents:publish"],
    PLAYGROUND: ["todos", "profile"],
    PROMETHEUS: ["metrics:read"],
}


@dataclass
class Clients:
    """The demo's clients of an issuer, and their secrets."""

    issuer: str
    audiences: dict[str, str]
    secrets: dict[str, str] = field(repr=False)
    folder: Path  # that nobody else can read

    def write_token(self, client_id: str) -> Path:
        """Write a fresh token into a file, as the header that curl reads with ``-H @file``."""
        audience, secret = self.audiences[client_id], self.secrets[client_id]
        token = request_token(self.issuer, client_id, secret, audience)
        path = self.folder / client_id
        path.write_text(f"Authorization: Bearer {token}\n", encoding="utf-8")
        return path

    def credentials(self, client_id: str) -> ClientCredentials:
        """Return what a client calls with."""
        return ClientCredentials(
            issuer=self.issuer,
            client_id=client_id,
            secret=self.secrets[client_id],
            resource=self.audiences[client_id],
            scope="todos",  # without the right to publish documents, in case it is stolen
        )


@contextmanager
def issuer(port: int, base: str) -> Generator[Clients]:
    """Run an issuer that gives tokens for the API at ``base``, as long as the ``with`` lasts.

    The web app's and the playground's are for GraphQL, the mobile apps' for REST, and neither for
    the other; that of Prometheus is for the metrics of GraphQL.
    """
    url = f"http://localhost:{port}"
    graphql, rest = f"{base}/graphql", f"{base}/api"
    audiences = {WEB_APP: graphql, PLAYGROUND: graphql, PROMETHEUS: graphql, MOBILE_APP: rest}
    with TemporaryDirectory(prefix="todo-") as folder:
        clients = Clients(url, audiences, {}, Path(folder))
        store = f"sqlite:///{Path(folder) / 'issuer.db'}"
        add_clients(store, clients)
        command = [sys.executable, "-m", "trunkline.cli", "issuer", "serve", url, "--development"]
        options = ["--host", HOST, "--port", str(port), "--store", store]
        with subprocess.Popen([*command, *options]) as process:
            try:
                wait_until_it_responds("The issuer", process, metadata_url(clients))
                yield clients
            finally:
                process.terminate()
                process.wait()  # after Ctrl-C, the `with` does not wait for its end


def add_clients(store: str, clients: Clients) -> None:
    """Let the issuer know the clients, each with a new secret."""
    kept = Store(store)
    for client_id, audience in clients.audiences.items():
        scopes = SCOPES.get(client_id, ["todos"])
        client = RegisteredClient(
            client_id,
            method="client_secret",
            grants={audience: scopes},
            created=time.time(),
        )
        client, clients.secrets[client_id] = with_new_secret(client, time.time(), grace=0)
        kept.add(client)
    kept.close()


def metadata_url(clients: Clients) -> str:
    """Return where the issuer says what it can do (RFC 8414)."""
    return f"{clients.issuer}/.well-known/oauth-authorization-server"
