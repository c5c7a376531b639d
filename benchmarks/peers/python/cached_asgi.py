"""Our endpoint behind a verifier, with registered documents, and responses that caches share."""

import os

from starlette.applications import Starlette
from starlette.routing import Route

from benchmarks.peers.python.guarded_asgi import AUDIENCE, ISSUER, send
from benchmarks.peers.python.ours import Resolvers
from benchmarks.peers.python.todos import SDL, Todo, User
from trunkline.auth import Verifier
from trunkline.contracts import DocumentRegistry
from trunkline.server import CacheAudience, Caching, GraphQL, make_executable_schema, parse_schema

HINT = "@cacheControl(maxAge: 3600)"

audience = CacheAudience("0123456789abcdef0123456789abcdef", clients_share=False)
verifier = Verifier(ISSUER, audience=AUDIENCE, send=send)
schema = make_executable_schema(
    parse_schema(
        SDL.replace(": [Todo!]!", f": [Todo!]! {HINT}").replace(": Todo\n", f": Todo {HINT}\n")
    ),
    Resolvers(),
    {"Todo": Todo, "User": User},
)
endpoint = GraphQL(
    schema,
    auth=verifier,
    registered=DocumentRegistry(os.environ["TRUNKLINE_BENCHMARK_DOCUMENTS"]),
    caching=Caching(audience=audience, group_headers=["Cache-Groups", "xkey"]),
    sinks=(),
)
app = Starlette(
    routes=[
        Route("/graphql{rest:path}", endpoint),
        Route("/cache-audience", audience.check(verifier)),
    ]
)
