"""Our endpoint behind a verifier, whose issuer's keys are in the environment: no network."""

import os

from benchmarks.peers.python.ours import SCHEMA
from trunkline.auth import Verifier
from trunkline.protocol.messages import HTTPRequest, HTTPResponse
from trunkline.server import GraphQL

ISSUER, AUDIENCE = "https://issuer.example", "https://api.example/graphql"


async def send(request: HTTPRequest) -> HTTPResponse:
    """Answer as the issuer would: its metadata, or its keys."""
    metadata = f'{{"issuer": "{ISSUER}", "jwks_uri": "{ISSUER}/jwks"}}'
    is_metadata = "well-known" in str(request.url)
    body = metadata if is_metadata else os.environ["TRUNKLINE_BENCHMARK_KEYS"]
    return HTTPResponse(200, body.encode(), {})


app = GraphQL(SCHEMA, auth=Verifier(ISSUER, audience=AUDIENCE, send=send), sinks=())
