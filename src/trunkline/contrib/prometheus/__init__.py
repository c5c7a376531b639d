"""Prometheus: metrics of operations from their events, and the page on which they are read.

    metrics = PrometheusMetrics()
    endpoint = GraphQL(schema, auth=verifier, sinks=[access_log, metrics])

The page is an application: ``Route("/metrics", metrics.page)``. It tells who calls what, so it
belongs behind a token, or at a port that strangers do not reach.
"""

from trunkline.contrib.prometheus.metrics import PrometheusMetrics

__all__ = ["PrometheusMetrics"]
