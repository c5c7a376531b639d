"""An API that counts what it is asked: `python -m tests.observe.counting <socket> <store>`."""

from __future__ import annotations

import os
import socket
import sys
from types import SimpleNamespace
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from trunkline.server import GraphQL, Usage, make_executable_schema, parse_schema

__all__ = ["endpoint"]

EVERY = 0.5  # seconds between two flushes
SDL = """
type Query { process: Int!  books(by: By, genre: Genre): [Book!]  fails: Int }
type Book { title: String!  pages: Int }
input By { title: String  genre: Genre }
enum Genre { NOVEL  POEM }
"""
BOOKS = [{"title": "Emma", "pages": 474}]


def fails() -> int:
    raise ValueError("It always does.")


SCHEMA = make_executable_schema(
    parse_schema(SDL),
    SimpleNamespace(query=SimpleNamespace(process=os.getpid, books=lambda **_: BOOKS, fails=fails)),
)


def endpoint(usage: Usage, **options: Any) -> GraphQL:
    return GraphQL(SCHEMA, **{"auth": None, "sinks": [usage], **options})


def serve(file_descriptor: int, store: str) -> None:
    """Serve what comes to a socket, which other processes may share."""
    served = endpoint(Usage(store, every=EVERY))
    app: Any = served
    if not store.startswith("sqlite"):  # the other way to hear of the end
        app = Starlette(routes=[Route("/graphql", served)], lifespan=served.lifespan)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    server.run([socket.socket(fileno=file_descriptor)])


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2])
