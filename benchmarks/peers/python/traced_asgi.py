"""Our endpoint with OpenTelemetry, whose sampler is in the environment; spans are sent nowhere."""

from collections.abc import Sequence

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from benchmarks.peers.python.ours import Resolvers
from benchmarks.peers.python.todos import SDL, Todo, User
from trunkline.contrib.opentelemetry import trace_resolvers
from trunkline.server import GraphQL, make_executable_schema, parse_schema


class Nowhere(SpanExporter):
    """Takes spans."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:  # noqa: ARG002, D102  # as its base says
        return SpanExportResult.SUCCESS


provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(Nowhere()))
trace.set_tracer_provider(provider)

schema = make_executable_schema(
    parse_schema(SDL), Resolvers(), {"Todo": Todo, "User": User}, middlewares=[trace_resolvers]
)
app = GraphQL(schema, auth=None, sinks=())
