"""The demo's API server, with its database, behind a verifier whose issuer needs no network."""

import os
import sys

from benchmarks.peers.python.guarded_asgi import AUDIENCE, ISSUER, send
from trunkline.auth import Verifier
from trunkline.contracts import DocumentRegistry
from trunkline.contrib.prometheus import PrometheusMetrics
from trunkline.server import CacheAudience

sys.path.append("examples")

from todo.api_server.app import Verifiers, create_app  # of the folder above
from todo.api_server.database import Database

verifier = Verifier(ISSUER, audience=AUDIENCE, send=send)
audience = CacheAudience("0123456789abcdef0123456789abcdef", clients_share=False)
app = create_app(
    Database(os.environ["TRUNKLINE_BENCHMARK_DATABASE"]),
    Verifiers(graphql=verifier, rest=verifier, metrics=verifier, caching=audience),
    PrometheusMetrics(),
    registered=DocumentRegistry(os.environ["TRUNKLINE_BENCHMARK_DOCUMENTS"]),
)
