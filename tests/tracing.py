"""OpenTelemetry's SDK, as a program sets it up, and what it records."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

__all__ = ["recorded_spans"]


@contextmanager
def recorded_spans(**options: Any) -> Generator[Any]:
    """Set a provider as long as the ``with`` statement lasts; ``options`` are the provider's.

    Gives the exporter, whose ``get_finished_spans()`` returns what was recorded.
    """
    from opentelemetry import trace  # noqa: PLC0415  # only programs that use it import it
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor  # noqa: PLC0415
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import (  # noqa: PLC0415
        InMemorySpanExporter,
    )

    exporter = InMemorySpanExporter()
    provider = TracerProvider(**options)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    before = trace._TRACER_PROVIDER
    trace._TRACER_PROVIDER = provider
    try:
        yield exporter
    finally:
        trace._TRACER_PROVIDER = before
