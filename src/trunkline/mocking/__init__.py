"""Plausible data for a schema, from the schema alone: a test's transport, and a server.

    transport = MockTransport("type Query { hello: String }")
    with Client(transport) as client:
        client.execute("{ hello }")
    assert transport.calls[0].kind == "query"

``trunkline mock`` serves the same data over HTTP.
"""

from trunkline.mocking.transport import MockTransport, RecordedCall

__all__ = ["MockTransport", "RecordedCall"]
