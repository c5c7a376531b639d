"""The API server: one business logic, two faces over it, each for callers of its own."""

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Scope

from todo.api_server.database import Database
from todo.api_server.graph import make_executable_schema
from todo.api_server.resolvers import Resolvers
from todo.api_server.rest import rest
from todo.api_server.todos import Todos
from todo.tokens import PLAYGROUND, request_token
from trunkline.auth import Caller, Protected, Verifier
from trunkline.console import Console
from trunkline.contracts import DocumentRegistry
from trunkline.contrib.prometheus import PrometheusMetrics
from trunkline.server import (
    CacheAudience,
    Caching,
    GraphQL,
    Health,
    HealthCheck,
    Playground,
    Sink,
    Usage,
    access_log,
    log_operations,
)

LOCAL = {"127.0.0.1", "::1", "localhost"}
FIRST_QUERY = "{\n  todos {\n    todoID\n    title\n  }\n}"


class Verifiers(NamedTuple):
    """Who checks the tokens of each face: they have audiences of their own.

    ``metrics`` takes those of GraphQL's audience with a scope of its own. ``caching`` names the
    callers of GraphQL who share responses in caches.
    """

    graphql: Verifier
    rest: Verifier
    metrics: Verifier
    caching: CacheAudience


def create_app(  # noqa: PLR0913  # all that is put together here
    database: Database,
    verifiers: Verifiers | None,
    metrics: PrometheusMetrics,
    *,
    playground: bool = False,
    visitor_token: Callable[[], Awaitable[str]] | None = None,
    registered: DocumentRegistry | None = None,
    usage: str | None = None,
) -> Starlette:
    """Make the application over a database; without verifiers, for anybody who calls.

    With ``usage``, a database, requests are counted, and the console shows them.
    """
    todos = Todos(database.sessions)
    schema = make_executable_schema(Resolvers(todos))
    api = rest(todos)  # what mobile clients use
    checks: dict[str, HealthCheck] = {"database": database.check}
    if verifiers:
        checks["issuer"] = verifiers.graphql.check_keys
    if registered:
        checks["documents"] = registered.check_documents
    sinks: list[Sink] = [access_log, metrics]
    if usage:
        sinks.append(Usage(usage))
    endpoint = GraphQL(
        schema,
        auth=verifiers.graphql if verifiers else None,
        sinks=sinks,
        registered=registered,
        caching=Caching(
            audience=verifiers.caching if verifiers else None,
            group_headers=["Cache-Groups", "xkey"],
        ),
        profiling=may_profile,
    )
    health = Health(checks, drain=0)  # nobody balances the load of a demo
    routes: list[BaseRoute] = [
        Mount("/api", Protected(api, verifiers.rest) if verifiers else api),
        Route("/graphql{rest:path}", endpoint),  # documents are requested and published below it
        Route("/livez", health),
        Route("/readyz", health),
        Route(
            "/metrics", Protected(metrics.page, verifiers.metrics) if verifiers else metrics.page
        ),
    ]
    if verifiers:  # a cache asks there whose responses a caller shares
        routes.append(Route("/cache-audience", verifiers.caching.check(verifiers.graphql)))
    if playground:
        page = Playground(
            "Todo", "/graphql", query=FIRST_QUERY, visitor_token=visitor_token, profiling=True
        )
        routes.append(Mount("/playground", page))
    if usage:
        console = Console(
            usage,
            may_see=opened_here,
            auth=verifiers.graphql if verifiers else None,
            registered=registered,
            schema=schema.definition,
        )
        routes.append(Mount("/console", console))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None]:
        async with database.lifespan(app), endpoint.lifespan():
            yield

    return Starlette(routes=routes, lifespan=lifespan)


def may_profile(caller: Caller | None) -> bool:
    """Say whether a caller may have profiles; without tokens, every caller may."""
    return caller is None or "profile" in caller.scopes


async def opened_here(scope: Scope) -> bool:
    """Say whether a browser on this machine asks; a program for others looks who is logged in.

    The header has the name that the browser was told, so no other page's name leads here.
    """
    host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
    return bool(scope["client"]) and {scope["client"][0], urlsplit(f"//{host}").hostname} <= LOCAL


def app_from_environment() -> Starlette:
    """Make the application as the environment says.

    ``DATABASE_URL``; ``ISSUER``, whose tokens are taken, and ``BASE_URL``, where the server is
    reached: its two faces, ``/graphql`` and ``/api``, are the audiences. An empty ``ISSUER`` is for
    anybody who calls; with another one, ``CACHE_SECRET`` is the secret of `CacheAudience`.
    ``DOCUMENTS`` is the store of registered documents, and ``USAGE`` the one of counts.
    ``PLAYGROUND=1`` adds the playground; with ``PLAYGROUND_SECRET``, which is its secret at the
    issuer, it gives its visitors tokens.
    """
    log_operations()
    database = Database(os.environ.get("DATABASE_URL", "sqlite:///todo.sqlite3"))
    issuer, base = os.environ["ISSUER"], os.environ["BASE_URL"]
    audience = f"{base}/graphql"
    metrics = PrometheusMetrics()
    verifiers = issuer and Verifiers(
        graphql=Verifier(
            issuer, audience=audience, scopes=["todos"], on_check=metrics.token_checked
        ),
        rest=Verifier(issuer, audience=f"{base}/api"),
        metrics=Verifier(issuer, audience=audience, scopes=["metrics:read"]),
        caching=CacheAudience(os.environ["CACHE_SECRET"], clients_share=False),
    )
    visitor_token = None
    if secret := os.environ.get("PLAYGROUND_SECRET"):
        request = partial(request_token, issuer, PLAYGROUND, secret, audience)
        visitor_token = partial(asyncio.to_thread, request)
    return create_app(
        database,
        verifiers or None,
        metrics,
        playground=os.environ.get("PLAYGROUND") == "1",
        visitor_token=visitor_token,
        registered=DocumentRegistry(os.environ["DOCUMENTS"]),
        usage=os.environ.get("USAGE"),
    )
