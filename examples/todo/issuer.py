"""The issuer of the demo's tokens: who may call what, and a process that hands tokens out."""

import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import requests

from todo.processes import HOST, PATIENCE, wait_until_it_responds
from trunkline.auth import ClientCredentials
from trunkline.issuer import RegisteredClient, Store, with_new_secret

WEB_APP = "web-app"
MOBILE_APP = "mobile-app"


@dataclass
class Clients:
    """The demo's clients of an issuer, whose secrets only this process knows."""

    issuer: str
    audiences: dict[str, str]
    secrets: dict[str, str] = field(repr=False)

    def token(self, client_id: str) -> str:
        """Ask the issuer for a token, as any program could (RFC 6749 §4.4.2)."""
        form = {"grant_type": "client_credentials", "resource": self.audiences[client_id]}
        response = requests.post(
            f"{self.issuer}/token",
            form,
            auth=(client_id, self.secrets[client_id]),
            timeout=PATIENCE,
        )
        response.raise_for_status()
        return str(response.json()["access_token"])

    def credentials(self, client_id: str) -> ClientCredentials:
        """Return what a client calls with."""
        return ClientCredentials(
            issuer=self.issuer,
            client_id=client_id,
            secret=self.secrets[client_id],
            resource=self.audiences[client_id],
        )


@contextmanager
def issuer(port: int, base: str) -> Generator[Clients]:
    """Run an issuer that gives tokens for the API at ``base``, as long as the ``with`` lasts.

    The web app's are for GraphQL, the mobile apps' for REST, and neither for the other.
    """
    url = f"http://localhost:{port}"
    clients = Clients(url, {WEB_APP: f"{base}/graphql", MOBILE_APP: f"{base}/api"}, {})
    with TemporaryDirectory() as folder:
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


def add_clients(store: str, clients: Clients) -> None:
    """Let the issuer know the clients, each with a new secret."""
    kept = Store(store)
    for client_id, audience in clients.audiences.items():
        client = RegisteredClient(
            client_id, method="client_secret", grants={audience: ["todos"]}, created=time.time()
        )
        client, clients.secrets[client_id] = with_new_secret(client, time.time(), grace=0)
        kept.add(client)
    kept.close()


def metadata_url(clients: Clients) -> str:
    """Return where the issuer says what it can do (RFC 8414)."""
    return f"{clients.issuer}/.well-known/oauth-authorization-server"
