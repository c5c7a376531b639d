"""The API server: one business logic, two faces over it."""

import os

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route

from todo.api_server.database import Database
from todo.api_server.graph import make_executable_schema
from todo.api_server.resolvers import Resolvers
from todo.api_server.rest import rest
from todo.api_server.todos import Todos
from trunkline.server import GraphQL, Playground, log_operations


def create_app(database: Database, *, playground: bool = False) -> Starlette:
    """Make the application over a database."""
    todos = Todos(database.sessions)
    schema = make_executable_schema(Resolvers(todos))
    routes: list[BaseRoute] = [
        rest(todos),  # what mobile clients use, unchanged
        Route("/graphql", GraphQL(schema, auth=None)),
    ]
    if playground:
        routes.append(Mount("/playground", Playground("Todo", "/graphql")))
    return Starlette(routes=routes, lifespan=database.lifespan)


def app_from_environment() -> Starlette:
    """Make the application as ``DATABASE_URL`` and ``PLAYGROUND`` say."""
    log_operations()
    database = Database(os.environ.get("DATABASE_URL", "sqlite:///todo.sqlite3"))
    return create_app(database, playground=os.environ.get("PLAYGROUND") == "1")
