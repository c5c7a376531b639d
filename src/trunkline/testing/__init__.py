"""Testing programs that call: a transport that answers from the schema, and remembers the calls.

transport = MockTransport("type Query { hello: String }")
with Client(transport) as client:
    client.execute("{ hello }")
assert transport.calls[0].kind == "query"
"""

from trunkline.testing.mock import MockTransport, RecordedCall

__all__ = ["MockTransport", "RecordedCall"]
