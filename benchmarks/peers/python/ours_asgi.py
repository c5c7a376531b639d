"""Our endpoint, as an ASGI application. Nothing is logged, as at the peers."""

from benchmarks.peers.python.ours import SCHEMA
from trunkline.server import GraphQL

app = GraphQL(SCHEMA, auth=None, sinks=())
