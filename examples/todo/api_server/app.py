"""The API server: one business logic, two faces over it, each for callers of its own."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route

from todo.api_server.database import Database
from todo.api_server.graph import make_executable_schema
from todo.api_server.resolvers import Resolvers
from todo.api_server.rest import rest
from todo.api_server.todos import Todos
from todo.tokens import PLAYGROUND, request_token
from trunkline.auth import Protected, Verifier
from trunkline.contracts import DocumentRegistry
from trunkline.contrib.prometheus import PrometheusMetrics
from trunkline.server import (
    CacheAudience,
    Caching,
    GraphQL,
    Health,
    HealthCheck,
    Playground,
    access_log,
    log_operations,
)

FIRST_QUERY = "{\n  todos {\n    todoID\n    title\n  }\n}"


class Verifiers(NamedTuple):
    """Who checks the tokens of each face: they have audiences of their own.

    ``metrics`` takes those of GraphQL that may read them. ``caching`` names the callers of GraphQL
    who share responses in caches.
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
) -> Starlette:
    """Make the application over a database; without verifiers, for anybody who calls."""
    todos = Todos(database.sessions)
    schema = make_executable_schema(Resolvers(todos))
    api = rest(todos)  # what mobile clients use
    checks: dict[str, HealthCheck] = {"database": database.check}
    if verifiers:
        checks["issuer"] = verifiers.graphql.check_keys
    if registered:
        checks["documents"] = registered.check_documents
    health = Health(checks, drain=0)  # nobody balances the load of a demo
    routes: list[BaseRoute] = [
        Mount("/api", Protected(api, verifiers.rest) if verifiers else api),
        Route(
            "/graphql{rest:path}",  # documents are requested and published below it
            GraphQL(
                schema,
                auth=verifiers.graphql if verifiers else None,
                sinks=[access_log, metrics],
                registered=registered,
                caching=Caching(
                    audience=verifiers.caching if verifiers else None,
                    group_headers=["Cache-Groups", "xkey"],
                ),
            ),
        ),
        Route("/livez", health),
        Route("/readyz", health),
        Route(
            "/metrics", Protected(metrics.page, verifiers.metrics) if verifiers else metrics.page
        ),
    ]
    if verifiers:  # a cache asks there whose responses a caller shares
        routes.append(Route("/cache-audience", verifiers.caching.check(verifiers.graphql)))
    if playground:
        page = Playground("Todo", "/graphql", query=FIRST_QUERY, visitor_token=visitor_token)
        routes.append(Mount("/playground", page))
    return Starlette(routes=routes, lifespan=database.lifespan)


def app_from_environment() -> Starlette:
    """Make the application as the environment says.

    ``DATABASE_URL``; ``ISSUER``, whose tokens are taken, and ``BASE_URL``, where the server is
    reached: its two faces, ``/graphql`` and ``/api``, are the audiences. An empty ``ISSUER`` is for
    anybody who calls; with another one, ``CACHE_SECRET`` is the secret of `CacheAudience`.
    ``DOCUMENTS`` is the store of registered documents. ``PLAYGROUND=1`` adds the playground; with
    ``PLAYGROUND_SECRET``, which is its secret at the issuer, it gives its visitors tokens.
    """
    log_operations()
    database = Database(os.environ.get("DATABASE_URL", "sqlite:///todo.sqlite3"))
    issuer, base = os.environ["ISSUER"], os.environ["BASE_URL"]
    audience = f"{base}/graphql"
    metrics = PrometheusMetrics()
    verifiers = issuer and Verifiers(
        graphql=Verifier(issuer, audience=audience, on_check=metrics.token_checked),
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
    )
