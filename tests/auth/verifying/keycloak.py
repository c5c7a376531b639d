"""Keycloak, fetched by Maven, started for a while with a realm of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import httpx2
from benchmarks.load import free_port
from tests.auth.verifying.issuing import AUDIENCE

from trunkline.issuer.keys import SigningKey

VERSIONS = ("26.0.7", "26.7.3")  # their tokens differ, in `typ` and `jti` for one
SECRET = "a secret/with: all? +%that forms=encode & é"  # that only the tests know
REST = "https://api.example/rest"
SCOPE = "todos:read"
KEY = SigningKey.generate("ES256")  # of the client that signs

_CACHE = Path(__file__).parents[3] / ".cache" / "keycloak"
_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:2.8"
_SECONDS_TO_START = 240
_ADMIN = {"username": "admin", "password": "admin"}


def fetched(version: str) -> Path:
    """Return the folder of a distribution, which Maven fetches where it is not there."""
    home = _CACHE / f"keycloak-{version}"
    if home.exists():
        return home
    maven = shutil.which("mvn")
    assert maven is not None, "Keycloak is fetched by Maven (mvn), which is not on this machine."
    _CACHE.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=_CACHE) as folder:  # what is fetched halfway is not taken for it
        artifact = f"org.keycloak:keycloak-quarkus-dist:{version}:zip"
        options = [f"-Dartifact={artifact}", f"-DoutputDirectory={folder}"]
        command = [maven, "-q", "-B", f"{_PLUGIN}:unpack", *options]
        subprocess.run(command, cwd=folder, check=True)  # noqa: S603  # fixed
        (Path(folder) / home.name).rename(home)
    return home


def mapper(name: str, kind: str, **config: str) -> dict[str, Any]:
    """Describe what adds a claim to a client's access tokens, the lightweight ones too."""
    config |= {"access.token.claim": "true", "lightweight.claim": "true"}
    return {
        "name": name,
        "protocol": "openid-connect",
        "protocolMapper": kind,
        "config": {name.replace("_", "."): value for name, value in config.items()},
    }


def audience(value: str) -> dict[str, Any]:
    """Describe what puts an API into the audience of a client's tokens."""
    return mapper("audience", "oidc-audience-mapper", included_custom_audience=value)


def client(name: str, *mappers: Mapping[str, Any], **options: Any) -> dict[str, Any]:
    """Describe a client with a service account; its ``attributes`` are named with underscores."""
    attributes = {key.replace("_", "."): v for key, v in options.pop("attributes", {}).items()}
    return {
        "clientId": name,
        "secret": SECRET,
        "serviceAccountsEnabled": True,
        "protocolMappers": mappers,
        "attributes": attributes,
        **options,
    }


def person(name: str) -> dict[str, Any]:
    """Describe a user."""
    return {
        "username": name,
        "enabled": True,
        "email": f"{name}@shop.example",
        "firstName": name,
        "lastName": name,
        "credentials": [{"type": "password", "value": SECRET}],
    }


_graphql = audience(AUDIENCE)
_note = {"user_session_note": "client_id", "claim_name": "client_id"}
_client_id = mapper("client id", "oidc-usersessionmodel-note-mapper", **_note)
_jwks = {"use_jwks_string": "true", "jwks_string": json.dumps({"keys": [KEY.public_jwk]})}
_exchange = {"standard_token_exchange_enabled": "true"}  # since 26.2
_light = {"client_use_lightweight_access_token_enabled": "true"}

REALM = {
    "realm": "shop",
    "enabled": True,
    "users": [person("ann"), person("service-account-front")],
    "clients": [
        client("Web", _graphql),
        client("Mobile", audience(REST)),
        client(AUDIENCE),  # the API itself: who asks about a token must be in its audience
        client("unmapped"),
        client("narrow", fullScopeAllowed=False),
        client("light", attributes=_light),
        client("light-mapped", _graphql, _client_id, attributes=_light),
        client("typed", _graphql, attributes={"access_token_header_type_rfc9068": "true"}),
        client("signing", _graphql, clientAuthenticatorType="client-jwt", attributes=_jwks),
        client("sharing", _graphql, clientAuthenticatorType="client-secret-jwt"),
        client("before", audience("exchanging")),
        client("exchanging", _graphql, attributes=_exchange),
        client("bound", _graphql, attributes={"dpop_bound_access_tokens": "true"}),
        client("front", _graphql, serviceAccountsEnabled=False, directAccessGrantsEnabled=True),
        *(
            client(algorithm, _graphql, attributes={"access_token_signed_response_alg": algorithm})
            for algorithm in ("ES256", "EdDSA", "PS256")
        ),
    ],
}


class Keycloak(NamedTuple):
    """One that runs."""

    url: str

    @property
    def issuer(self) -> str:
        return f"{self.url}/realms/shop"

    def post(self, path: str, **form: str) -> httpx2.Response:
        """Post a form to one of the realm's endpoints."""
        url = f"{self.issuer}/protocol/openid-connect/{path}"
        return httpx2.post(url, data=form, timeout=30)

    def administer(self, method: str, path: str, body: Any = None) -> httpx2.Response:
        """Send a request to the administrators' API of the realm."""
        form = {"grant_type": "password", "client_id": "admin-cli", **_ADMIN}
        url = f"{self.url}/realms/master/protocol/openid-connect/token"
        token = httpx2.post(url, data=form, timeout=30).json()["access_token"]
        headers = {"authorization": f"Bearer {token}"}
        url = f"{self.url}/admin/realms/shop{path}"
        response = httpx2.request(method, url, json=body, headers=headers, timeout=30)
        assert response.is_success, response.text
        return response

    def add_key(self, priority: int) -> str:
        """Add a key that signs before those of lower priority, and return its component's id."""
        component = {
            "name": f"rsa-{priority}",
            "providerId": "rsa-generated",
            "providerType": "org.keycloak.keys.KeyProvider",
            "config": {"priority": [str(priority)], "algorithm": ["RS256"]},
        }
        return made_id(self.administer("POST", "/components", component))

    def add_scope(self, name: str, *clients: str) -> None:
        """Add a scope that these clients may ask for."""
        shown = {"include.in.token.scope": "true"}
        described = {"name": name, "protocol": "openid-connect", "attributes": shown}
        scope = made_id(self.administer("POST", "/client-scopes", described))
        for each in self.administer("GET", "/clients").json():
            if each["clientId"] in clients:
                self.administer("PUT", f"/clients/{each['id']}/optional-client-scopes/{scope}")


def made_id(response: httpx2.Response) -> str:
    return response.headers["location"].rpartition("/")[2]


@contextmanager
def running(version: str, log: Path) -> Generator[Keycloak]:
    """Run Keycloak with the realm in memory; what it says goes to a file."""
    home, port = fetched(version), free_port()
    (home / "data" / "import").mkdir(parents=True, exist_ok=True)
    (home / "data" / "import" / "shop.json").write_text(json.dumps(REALM), encoding="utf-8")
    options = ["--http-host=127.0.0.1", f"--http-port={port}", "--db=dev-mem", "--features=dpop"]
    command = [str(home / "bin" / "kc.sh"), "start-dev", "--import-realm", *options]
    environment = {**os.environ}
    environment |= {f"KC_BOOTSTRAP_ADMIN_{name.upper()}": value for name, value in _ADMIN.items()}
    with (
        log.open("wb") as out,
        subprocess.Popen(  # noqa: S603  # fixed
            command, env=environment, stdout=out, stderr=out, start_new_session=True
        ) as run,
    ):
        try:
            found = Keycloak(f"http://127.0.0.1:{port}")
            wait_for(found, run, log)
            found.add_scope(SCOPE, "Web")
            yield found
        finally:
            with suppress(ProcessLookupError):  # the shell has a child of its own for a while
                os.killpg(run.pid, signal.SIGTERM)


def wait_for(keycloak: Keycloak, run: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _SECONDS_TO_START
    url = f"{keycloak.issuer}/.well-known/openid-configuration"
    while run.poll() is None and time.monotonic() < deadline:
        with suppress(httpx2.TransportError):
            if httpx2.get(url).status_code == 200:
                return
        time.sleep(0.2)
    said = log.read_text(encoding="utf-8", errors="replace")
    raise AssertionError(f"Keycloak does not start:\n{said[-2000:]}")
