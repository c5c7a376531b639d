"""An API as people run it under ``opentelemetry-instrument``: it knows nothing of collectors.

It has a database, and calls another server, which is itself at the URL of ``SHOP``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from types import SimpleNamespace

from fastapi import FastAPI
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from sqlalchemy import create_engine, text
from starlette.routing import Route

from trunkline import Client, gql
from trunkline.contrib.opentelemetry import OpenTelemetryMetrics, trace_resolvers
from trunkline.server import GraphQL, batch, make_executable_schema, parse_schema

SDL = """
type Query { books: [Book!]!  other: [String!]! }
type Book { title: String!  author: String! }
"""

engine = create_engine("sqlite://")
# It says that it cannot do 2.1, and works.
SQLAlchemyInstrumentor().instrument(engine=engine, skip_dep_check=True)


@dataclass
class Book:
    title: str


def ask_database() -> None:
    with engine.connect() as connection:
        connection.execute(text("SELECT 42"))


class Query:
    def books(self) -> list[Book]:
        ask_database()
        return [Book("Emma"), Book("Persuasion")]

    async def other(self) -> list[str]:
        async with Client(os.environ["SHOP"]) as session:
            found = await session.execute(gql("query Authors { books { author } }"))
        return [book["author"] for book in found["books"]]


class BookResolvers:
    @batch
    def author(self, books: list[Book]) -> list[str]:
        ask_database()
        return ["Austen"] * len(books)


schema = make_executable_schema(
    parse_schema(SDL),
    SimpleNamespace(query=Query(), book=BookResolvers()),
    {"Book": Book},
    middlewares=[trace_resolvers],
)
endpoint = GraphQL(schema, auth=None, sinks=[OpenTelemetryMetrics()])
app = FastAPI(lifespan=endpoint.lifespan)
app.routes.append(Route("/graphql", endpoint))
