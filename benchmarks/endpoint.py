"""The endpoint that the ASGI servers serve in `asgi_servers.py`: ten todos in memory."""

from benchmarks.todos import executable, todos
from trunkline.server import GraphQL

app = GraphQL(executable(todos(10)), sinks=())
