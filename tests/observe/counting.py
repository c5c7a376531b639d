"""An API that counts what it is asked; `uvicorn tests.observe.counting:app` serves it."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Route

from trunkline.server import GraphQL, Usage, make_executable_schema, parse_schema

__all__ = ["EVERY", "SCHEMA", "endpoint"]

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


def __getattr__(name: str) -> Any:
    """Make what uvicorn's workers serve: ``alone`` is the endpoint, ``app`` has it as a route."""
    if name not in {"alone", "app"}:
        raise AttributeError(name)
    served = endpoint(Usage(os.environ["USAGE_STORE"], every=EVERY))
    if name == "alone":
        return served
    return Starlette(routes=[Route("/graphql", served)], lifespan=served.lifespan)
