"""The API server: one business logic, two faces over it."""

import os
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route

from todo.api_server.database import Database
from todo.api_server.models import NewTodo, Todo
from todo.api_server.resolvers import Resolvers
from todo.api_server.rest import rest
from todo.api_server.todos import Todos
from trunkline.server import (
    GraphQL,
    Playground,
    load_schema,
    log_operations,
    make_executable_schema,
)

SCHEMA = Path(__file__).with_name("schema.graphql")
MODELS = {"Todo": Todo, "TodoInput": NewTodo}


def create_app(database: Database, *, playground: bool = False) -> Starlette:
    """Make the application over a database."""
    todos = Todos(database.sessions)
    schema = make_executable_schema(load_schema(SCHEMA), Resolvers(todos), MODELS)
    routes: list[BaseRoute] = [
        rest(todos),  # what mobile clients use, unchanged
        Route("/graphql", GraphQL(schema)),
    ]
    if playground:
        routes.append(Mount("/playground", Playground("Todo", "/graphql")))
    return Starlette(routes=routes, lifespan=database.lifespan)


def app_from_environment() -> Starlette:
    """Make the application as ``DATABASE_URL`` and ``PLAYGROUND`` say."""
    log_operations()
    database = Database(os.environ.get("DATABASE_URL", "sqlite:///todo.sqlite3"))
    return create_app(database, playground=os.environ.get("PLAYGROUND") == "1")
