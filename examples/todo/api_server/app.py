"""The API server: one business logic, two faces over it, each for callers of its own."""

import os
from typing import NamedTuple

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route

from todo.api_server.database import Database
from todo.api_server.graph import make_executable_schema
from todo.api_server.resolvers import Resolvers
from todo.api_server.rest import rest
from todo.api_server.todos import Todos
from trunkline.auth import Protected, Verifier
from trunkline.server import GraphQL, Playground, log_operations


class Verifiers(NamedTuple):
    """Who checks the tokens of each face: they have audiences of their own."""

    graphql: Verifier
    rest: Verifier


def create_app(
    database: Database, verifiers: Verifiers | None, *, playground: bool = False
) -> Starlette:
    """Make the application over a database; without verifiers, for anybody who calls."""
    todos = Todos(database.sessions)
    schema = make_executable_schema(Resolvers(todos))
    api = rest(todos)  # what mobile clients use
    routes: list[BaseRoute] = [
        Mount("/api", Protected(api, verifiers.rest) if verifiers else api),
        Route("/graphql", GraphQL(schema, auth=verifiers.graphql if verifiers else None)),
    ]
    if playground:
        routes.append(Mount("/playground", Playground("Todo", "/graphql")))
    return Starlette(routes=routes, lifespan=database.lifespan)


def app_from_environment() -> Starlette:
    """Make the application as the environment says.

    ``DATABASE_URL`` and ``PLAYGROUND``; ``ISSUER``, whose tokens are taken, and ``BASE_URL``, where
    the server is reached: its two faces, ``/graphql`` and ``/api``, are the audiences. An empty
    ``ISSUER`` is for anybody who calls.
    """
    log_operations()
    database = Database(os.environ.get("DATABASE_URL", "sqlite:///todo.sqlite3"))
    issuer, base = os.environ["ISSUER"], os.environ["BASE_URL"]
    verifiers = issuer and Verifiers(
        graphql=Verifier(issuer, audience=f"{base}/graphql"),
        rest=Verifier(issuer, audience=f"{base}/api"),
    )
    playground = os.environ.get("PLAYGROUND") == "1"
    return create_app(database, verifiers or None, playground=playground)
