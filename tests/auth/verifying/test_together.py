"""Issuer, credentials and verifier together, over sockets: what two servers do."""

from __future__ import annotations

import time
from collections.abc import Generator
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from tests.serving import serving

from trunkline.auth import Caller, ClientCredentials, Introspection, TrustedIssuer, Verifier
from trunkline.auth.httpx2 import HTTPX2Auth
from trunkline.auth.verifying.verifier import RECHECK, Clock
from trunkline.issuer import Issuer, RegisteredClient, Store, with_new_secret
from trunkline.server import GraphQL, make_executable_schema, parse_schema

SDL = """
type Query {
  who: String!
  todos: Int @requiresScopes(scopes: [["todos:read"]])
  secret: Int @requiresScopes(scopes: [["admin"]])
}
"""


class Query:
    def who(self, caller: Caller) -> str:
        return caller.client_id

    def todos(self) -> int:
        return 3

    def secret(self) -> int:
        return 4


class World:
    """An issuer and an API that run, and clients of both."""

    def __init__(self, issuer: str, api: str, secrets: dict[str, str], late: list[float]) -> None:
        self.issuer, self.api, self.secrets, self.late = issuer, api, secrets, late

    def credentials(self, client_id: str = "web", **options: Any) -> ClientCredentials:
        options = {"resource": self.api, "scope": "todos:read", **options}
        secret = self.secrets[client_id]
        return ClientCredentials(issuer=self.issuer, client_id=client_id, secret=secret, **options)

    async def ask(self, client: httpx2.AsyncClient, document: str) -> httpx2.Response:
        return await client.post(self.api, json={"query": document})


@pytest.fixture(scope="module")
def world() -> Generator[World]:
    """Both are known by their addresses before they exist, so each stands behind a `Later`."""
    issuer, graphql, late = Later(), Later(), [0.0]
    with serving(issuer) as issuer_port, serving(graphql) as api_port:
        url, api = f"http://127.0.0.1:{issuer_port}", f"http://127.0.0.1:{api_port}/graphql"
        store, secrets = Store("sqlite://"), dict[str, str]()
        grants = {api: ["todos:read", "admin"], "https://api.example/rest": ["rest:read"]}
        clients: dict[str, dict[str, Any]] = {
            "web": {"grants": grants},
            "bound": {"grants": grants, "bound": "dpop"},
            "api": {"serves": [api]},
        }
        for name, fields in clients.items():
            client, secrets[name] = with_new_secret(
                RegisteredClient(name, **fields), time.time(), grace=0
            )
            store.add(client)
        introspection = Introspection(f"{url}/introspect", "api", secrets["api"])
        verifier = Verifier(
            TrustedIssuer(issuer=url, introspection=introspection),
            audience=api,
            clock=Clock(time.time, lambda: time.monotonic() + late[0]),
        )
        schema = make_executable_schema(parse_schema(SDL), SimpleNamespace(query=Query()))
        issuer.application = Issuer(url, store, development=True)
        graphql.application = GraphQL(schema, auth=verifier, refuse="fields")
        yield World(url, api, secrets, late)


class Later:
    """An application that is there once its address is."""

    application: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
        else:
            await self.application(scope, receive, send)


async def test_a_client_with_credentials_is_known_and_gets_what_it_may_have(world: World) -> None:
    async with httpx2.AsyncClient(auth=HTTPX2Auth(world.credentials())) as client:
        answer = await world.ask(client, "{ who todos secret }")
        assert answer.status_code == 294
        assert answer.json()["data"] == {"who": "web", "todos": 3, "secret": None}
        assert (await world.ask(client, "{ secret }")).status_code == 403
    wider = HTTPX2Auth(world.credentials(scope="todos:read admin"))
    async with httpx2.AsyncClient(auth=wider) as client:
        assert (await world.ask(client, "{ secret }")).json() == {"data": {"secret": 4}}


async def test_strangers_and_tokens_for_others_are_not_let_in(world: World) -> None:
    async with httpx2.AsyncClient() as client:
        assert (await world.ask(client, "{ who }")).status_code == 401
    for_rest = world.credentials(resource="https://api.example/rest", scope="rest:read")
    async with httpx2.AsyncClient(auth=HTTPX2Auth(for_rest, api=world.api)) as client:
        assert (await world.ask(client, "{ who }")).status_code == 401


async def test_a_bound_token_comes_with_its_proof(world: World) -> None:
    auth = HTTPX2Auth(world.credentials("bound", dpop=True))
    async with httpx2.AsyncClient(auth=auth) as client:
        for _ in range(3):
            answer = await world.ask(client, "{ who }")
            assert answer.json() == {"data": {"who": "bound"}}
        sent = answer.request.headers
        stolen = {"authorization": sent["authorization"].replace("DPoP", "Bearer")}
        replayed = {"authorization": sent["authorization"], "dpop": sent["dpop"]}
    async with httpx2.AsyncClient() as thief:
        for headers in (stolen, replayed):
            body = {"query": "{ who }"}
            assert (await thief.post(world.api, json=body, headers=headers)).status_code == 401


async def test_a_revoked_token_is_refused_within_the_bound(world: World) -> None:
    async with httpx2.AsyncClient(auth=HTTPX2Auth(world.credentials())) as client:
        answer = await world.ask(client, "{ who }")
        headers = {"authorization": answer.request.headers["authorization"]}
    token = headers["authorization"].removeprefix("Bearer ")
    body = {"query": "{ who }"}
    async with httpx2.AsyncClient() as client:
        assert (await client.post(world.api, json=body, headers=headers)).status_code == 200
        revoked = await client.post(
            f"{world.issuer}/revoke", data={"token": token}, auth=("web", world.secrets["web"])
        )
        assert revoked.status_code == 200
        world.late[0] += RECHECK
        assert (await client.post(world.api, json=body, headers=headers)).status_code == 401
