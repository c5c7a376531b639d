"""OpenTelemetry: spans of resolvers, and metrics of operations from their events.

    schema = make_executable_schema(definition, resolvers, middlewares=[trace_resolvers])
    endpoint = GraphQL(schema, auth=verifier, sinks=[access_log, OpenTelemetryMetrics()])

The spans of requests need neither: a server makes them where the program has set a provider.
"""

from trunkline.contrib.opentelemetry.metrics import OpenTelemetryMetrics
from trunkline.observe.spans import trace_resolvers

__all__ = ["OpenTelemetryMetrics", "trace_resolvers"]
