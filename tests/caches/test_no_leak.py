"""Nobody gets from a cache what he would not have got from the server, at any time.

Random schemas, policies, callers and mutations. The cache here does what RFC 9111 and RFC 9875
allow, and nothing else: it stores what it may, and keeps it until its groups are invalidated.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from secrets import token_hex
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.redis_server import redis_server
from tests.server.calling import GRAPHQL, JSON, Reply, get, post
from tests.waiting import PATIENCE

from trunkline.auth import Caller
from trunkline.auth.verifying.caller import Challenge
from trunkline.errors import AccessDeniedError
from trunkline.protocol.caching import read_groups
from trunkline.server import (
    CacheAudience,
    Caching,
    GraphQL,
    MemoryStore,
    RedisStore,
    ResponseStore,
    current_response,
    make_executable_schema,
    parse_schema,
)

AUDIENCE = CacheAudience("0123456789abcdef0123456789abcdef", claims=["tenant"])
SCOPES = [frozenset[str](), frozenset("a"), frozenset("b"), frozenset("ab")]
CALLERS = {
    f"{tenant}{number}{name}": Caller(name, scopes, {"tenant": tenant})
    for tenant in "xy"
    for number, scopes in enumerate(SCOPES)
    for name in ("one", "two")
}
EXAMPLES = int(os.environ.get("TRUNKLINE_FUZZ_EXAMPLES", "15"))
DEMANDS = ["", "", "@authenticated", *(f'@requiresScopes(scopes: [["{each}"]])' for each in "ab")]
DEMANDS.append('@policy(policies: [["p"]])')


class Tokens:
    challenge = Challenge("here")

    def recall(self, _scope: Any, headers: Any) -> Caller | None:
        return CALLERS.get(headers.get(b"authorization", b"").decode())

    async def authenticate(self, _scope: Any) -> Caller:
        raise AccessDeniedError(401, "No.")


def hint(random: Random, *scopes: str) -> str:
    """Write a policy; sometimes there is none."""
    scope = random.choice(["", "", *scopes])
    age = random.choice([*["maxAge: 9"] * 6, ""])
    given = ", ".join(filter(None, [age, scope and f"scope: {scope}"]))
    return f"@cacheControl({given})" if given else ""


@dataclass
class World:
    """A server with a random schema, whose data mutations change."""

    random: Random
    things: dict[str, int] = field(default_factory=lambda: {"1": 1, "2": 2})

    def servers(self, store: ResponseStore | None) -> tuple[GraphQL, GraphQL]:
        """Make a server, and one with the same data that keeps nothing itself."""
        random = self.random
        query: dict[str, Any] = {
            "thing": self.find,
            "even": self.find_even,
            "mine": lambda caller: {
                "__typename": "Thing",
                "id": caller.client_id,
                "value": 0,
                "more": 0,
                "next": None,
            },
            "things": lambda: [self.thing(each) for each in self.things],
            "nodes": lambda: [
                {"__typename": "Secret", "id": "s"},
                *(self.thing(each) for each in self.things),
            ],
        }
        leaves: list[str] = []
        for number in range(5):
            demand = random.choice(DEMANDS)
            depends = random.choice(["nothing", "scopes", "tenant", "caller", "narrowed"])
            scopes = {"scopes": ["AUDIENCE"], "tenant": ["AUDIENCE"]}.get(depends, [])
            policy = hint(random, *(scopes or ["PRIVATE", "AUDIENCE", *["PUBLIC"] * (not demand)]))
            if depends in {"scopes", "tenant"}:
                policy = "@cacheControl(maxAge: 9, scope: AUDIENCE)"
            if depends == "caller":
                policy = hint(random, "PRIVATE")
            leaves.append(f"f{number}: String {demand} {policy}")
            query[f"f{number}"] = RESOLVERS[depends]
        demand = random.choice(DEMANDS)
        sdl = f"""
        directive @asked on FIELD
        type Query {{
          {" ".join(leaves)}
          thing(id: ID!): Thing {hint(random)}
          even: Thing {hint(random)}
          mine: Thing {hint(random, "PRIVATE")}
          things: [Thing] {hint(random, "AUDIENCE", "PRIVATE")}
          nodes: [Node] {hint(random)}
        }}
        interface Node {hint(random)} {{ id: ID! }}
        type Thing implements Node {hint(random, "PUBLIC")} {{
          id: ID!
          value: Int
          more: Int {random.choice(DEMANDS)}
          next: Thing {random.choice(["@cacheControl(inheritMaxAge: true)", ""])}
        }}
        type Secret implements Node {demand} {hint(random)} {{ id: ID! }}
        type Mutation {{
          set(id: ID!, value: Int!): Thing
          put(id: ID!, value: Int!): Put
          remove(id: ID!): Boolean @cacheGroups(names: ["Thing:{{id}}"])
        }}
        type Put {{ count: Int  thing: Thing }}
        """
        resolvers = SimpleNamespace(
            query=SimpleNamespace(**query),
            mutation=SimpleNamespace(set=self.set, put=self.put, remove=self.remove),
        )
        schema = make_executable_schema(parse_schema(sdl), resolvers, directives=Directives())
        refuse: Any = random.choice(["hidden", "fields", "request"])
        keeping, plain = (
            GraphQL(
                schema,
                auth=Tokens(),
                policies=lambda caller, names: (
                    names if caller and caller.client_id == "one" else ()
                ),
                refuse=refuse,
                caching=Caching(audience=AUDIENCE, store=each),
                sinks=(),
            )
            for each in (store, None)
        )
        return keeping, plain

    def find(self, id: str) -> dict[str, Any] | None:  # noqa: A002
        return self.thing(id) if id in self.things else None

    def find_even(self) -> dict[str, Any] | None:
        return next((self.thing(each) for each, n in self.things.items() if n % 2 == 0), None)

    def thing(self, id: str, depth: int = 0) -> dict[str, Any]:  # noqa: A002
        after = str(int(id) + 1)
        below = self.thing(after, depth + 1) if after in self.things and depth < 2 else None
        value = self.things[id]
        return {"__typename": "Thing", "id": id, "value": value, "more": -value, "next": below}

    def set(self, id: str, value: int) -> dict[str, Any]:  # noqa: A002
        self.things[id] = value
        return self.thing(id)

    def put(self, id: str, value: int) -> dict[str, Any]:  # noqa: A002
        return {"thing": self.set(id, value), "count": len(self.things)}

    def remove(self, id: str) -> bool:  # noqa: A002
        return self.things.pop(id, None) is not None

    def query(self) -> str:
        random = self.random
        thing = random.choice(["id", "value", "id value", "id: value", "more", "id next { value }"])
        node = random.choice(["id", "__typename", f"... on Thing {{ {thing} }}"])
        asked = random.choice(["", "", "@asked", "@ asked"])
        fields = [
            *(f"f{number} {asked}" for number in range(5)),
            *(f'thing(id: "{number}") {{ {thing} }}' for number in (1, 2, 3)),
            f"things {{ {thing} }}",
            f"even {{ {thing} }}",
            f"mine {{ {thing} }}",
            f"nodes {{ {node} }}",
        ]
        return "{ " + " ".join(random.sample(fields, random.choice([1, 1, 1, 2]))) + " }"

    def mutation(self) -> str:
        id_ = self.random.randint(1, 3)
        if self.random.random() < 0.3:
            return f"mutation {{ remove(id: {id_}) }}"
        selected = self.random.choice(["id", "value", "id value", "id: value"])
        name = "set"
        if self.random.random() < 0.3:
            name, selected = "put", self.random.choice(["count", f"thing {{ {selected} }}"])
        value = self.random.randint(0, 9)
        return f"mutation {{ {name}(id: {id_}, value: {value}) {{ {selected} }} }}"


class Directives:
    def asked(self, proceed: Any, caller: Any) -> str:
        return f"{proceed()} by {caller.client_id}"


def narrowed() -> str:
    current_response().narrow_caching(scope="PRIVATE")
    return "narrowed"


RESOLVERS: dict[str, Any] = {
    "nothing": lambda: "same",
    "scopes": lambda caller: str(sorted(caller.scopes)),
    "tenant": lambda caller: caller.claims["tenant"],
    "caller": lambda caller: caller.client_id,
    "narrowed": narrowed,
}


@dataclass
class Cache:
    """Stores all that a cache may store, shared or private, and forgets groups."""

    app: GraphQL
    asks_first: bool
    stored: dict[bytes, list[tuple[dict[str, str], Reply]]] = field(
        default_factory=dict[bytes, Any]
    )
    hits: int = 0

    async def get(self, query: bytes, headers: dict[str, str]) -> Reply:
        if self.asks_first:
            checked = await get(AUDIENCE.check(Tokens()), b"", headers)
            if checked.status != 204:
                return await get(self.app, query, headers)
            headers = {**headers, "cache-audience": checked.headers["cache-audience"]}
        for sent, reply in self.stored.get(query, ()):
            vary = reply.headers["vary"].lower().split(", ")
            if all(sent.get(name) == headers.get(name) for name in vary):
                self.hits += 1
                return reply
        reply = await get(self.app, query, headers)
        control = reply.headers["cache-control"]
        assert control == "no-store" or reply.status == 200, (control, reply)
        if control != "no-store":
            self.stored.setdefault(query, []).append((headers, reply))
        return reply

    async def post(self, text: str, headers: dict[str, str]) -> None:
        reply = await post(self.app, text, headers)
        groups = read_groups(reply.headers.get("cache-group-invalidation"))
        for query, replies in self.stored.items():
            self.stored[query] = [
                each
                for each in replies
                if not groups & read_groups(each[1].headers.get("cache-groups"))
            ]


async def check(seed: int, redis: str = "") -> int:
    random = Random(seed)  # noqa: S311  # no secret
    if not redis:
        return await check_with(random, random.choice([MemoryStore(), None]))
    store = RedisStore(redis, prefix=token_hex(), timeout=PATIENCE)
    try:
        return await check_with(random, store)
    finally:
        await store.close_async()


async def check_with(random: Random, store: ResponseStore | None) -> int:
    world = World(random)
    app, plain = world.servers(store)
    cache = Cache(app, asks_first=random.random() < 0.7)
    is_alone = random.random() < 0.25
    queries = [world.query() for _ in range(4)]
    tokens = [*random.sample(sorted(CALLERS), 4), "stolen"]
    for _ in range(40):
        token = random.choice(tokens)
        headers = {"authorization": token, "accept": random.choice([GRAPHQL] * 4 + [JSON])}
        if is_alone:  # no cache in front
            cache.stored.clear()
        if random.random() < 0.15:
            await cache.post(world.mutation(), headers)
            continue
        if not cache.asks_first and random.random() < 0.3:  # a name that was overheard
            other = CALLERS[random.choice(sorted(CALLERS))]
            if other.scopes != CALLERS.get(token, other).scopes:
                headers["cache-audience"] = (AUDIENCE.name(other) or b"").decode()
        query = b"query=" + quote(random.choice(queries)).encode()
        cached = await cache.get(query, headers)
        headers.pop("cache-audience", None)
        direct = await get(plain, query, headers)
        if token == "stolen" and not cache.asks_first and cached.status == 200:
            assert "PUBLIC" in str(cached.headers["cache-control"]).upper()
            continue  # what the schema says is public, in a cache that asks nobody
        assert (cached.status, shown(cached)) == (direct.status, shown(direct)), (query, headers)
        assert cached.headers["content-type"] == direct.headers["content-type"]
    return cache.hits


def shown(reply: Reply) -> Any:
    """Return a body; an exception has another id each time."""
    return json.loads(reply.body)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.integers(0, 2**32))
def test_a_cached_response_is_what_the_caller_would_get(seed: int) -> None:
    asyncio.run(check(seed))


@pytest.fixture(scope="module")
def redis() -> Iterator[str]:
    with redis_server() as server:
        yield server.url


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.integers(0, 2**32))
def test_nor_is_one_from_redis(redis: str, seed: int) -> None:
    asyncio.run(check(seed, redis))


def test_the_cache_of_this_test_is_used() -> None:
    assert sum(asyncio.run(check(seed)) for seed in range(8)) > 10
