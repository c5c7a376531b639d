"""Spans of OpenTelemetry: of requests, and of the resolvers below them.

Only programs that use OpenTelemetry import this. A request that is not sampled costs what the
library needs to decide so, and its resolvers make no spans.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from copy import copy
from functools import partial, wraps
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import Any, TypeAlias

from opentelemetry import context, propagate, trace
from opentelemetry.context import Context
from opentelemetry.propagators.textmap import Getter, TextMapPropagator

from trunkline.observe.log import distinct_codes
from trunkline.observe.operations import OperationEvent
from trunkline.observe.traces import for_last, read_traceparent, tracer_of
from trunkline.schema.bindings import is_batch

__all__ = ["RequestSpan", "trace_resolvers"]

HeaderPairs: TypeAlias = Iterable[tuple[bytes, bytes]]

_SDK = "opentelemetry.sdk.trace"
_SAMPLERS = f"{_SDK}.sampling"
_ASKED_BELOW_UNSAMPLED = ("_remote_parent_not_sampled", "_local_parent_not_sampled")
_SAMPLED = frozenset("13579bdf")  # the last bit
_W3C = frozenset({b"traceparent", b"tracestate", b"baggage"})
_NAME = "GraphQL Operation"  # until it is known
_MOST = 100  # spans of one field in a request
_SERVER = trace.SpanKind.SERVER  # looked up once, because that takes long
_SERVER_FAULTS = ("internal_error", "deadline_exceeded", "unavailable")

_calls: ContextVar[dict[str, int] | None] = ContextVar("_calls", default=None)
"""How often each traced resolver was called in this request; ``None`` if it is not sampled."""


class _Headers(Getter[HeaderPairs]):
    """Reads the headers of a request, as ASGI has them, for OpenTelemetry's propagators."""

    def get(self, carrier: HeaderPairs, key: str) -> list[str] | None:
        wanted = key.lower().encode()
        return [value.decode("latin-1") for name, value in carrier if name == wanted] or None

    def keys(self, carrier: HeaderPairs) -> list[str]:
        return [name.decode("latin-1") for name, _ in carrier]


_HEADERS = _Headers()


@for_last
def _is_w3c(propagator: TextMapPropagator) -> bool:
    """Tell whether a propagator reads ``traceparent``, and no other parent, as the W3C says."""
    named = propagator.extract({"traceparent": f"00-{1:032x}-{2:016x}-00"}, Context())
    found = trace.get_current_span(named).get_span_context()
    fields = {field.encode() for field in propagator.fields}
    return (found.trace_id, found.span_id) == (1, 2) and fields <= _W3C


class _Unsampled(trace.NonRecordingSpan):
    """A span of a trace that is not sampled.

    Its context is made when it is asked for, which is rare.
    """

    def __init__(self, trace_id: str, make: Callable[[], trace.SpanContext]) -> None:
        self.trace_id = trace_id
        self._make: Callable[[], trace.SpanContext] | None = make

    def __repr__(self) -> str:
        return f"NonRecordingSpan({self.get_span_context()!r})"

    def get_span_context(self) -> trace.SpanContext:
        make = self._make  # another thread may ask, too
        if make is not None:
            super().__init__(make())
            self._make = None
        return super().get_span_context()


class _Drawn:
    """Stands for the SDK's generator of ids where the id of a trace is drawn already."""

    def __init__(self, trace_id: int, generator: Any) -> None:
        self._trace_id = trace_id
        self._generator = generator

    def __getattr__(self, name: str) -> Any:
        return getattr(self._generator, name)

    def generate_trace_id(self) -> int:
        return self._trace_id


class _Starting:
    """Starts the spans of requests with a provider. What it drops for certain is not started.

    Only the SDK's own samplers are known to do what they say; others are always asked, as are all
    if another version of the SDK has other names for its parts.
    """

    def __init__(self, provider: trace.TracerProvider) -> None:
        self._tracer: Any = tracer_of(provider)
        sampler: Any = getattr(self._tracer, "sampler", None)
        is_known = type(self._tracer).__module__ == _SDK and _is_of_sdk(sampler)
        # what its parent does not sample
        self._drops_unsampled = is_known and all(
            _is_off(getattr(sampler, name, None)) for name in _ASKED_BELOW_UNSAMPLED
        )
        self._root_sampler: Any = None  # if it decides by the id alone, and may be asked twice
        root: Any = getattr(sampler, "_root", None)
        if self._drops_unsampled and hasattr(self._tracer, "id_generator"):
            is_by_id = _is_of_sdk(root) and type(root).__name__ == "TraceIdRatioBased"
            self._root_sampler = root if is_by_id or _is_off(root) else None

    def first(self, current: Context, headers: HeaderPairs) -> tuple[trace.Span, Context]:
        """Start the first span of this process, and return the context that it is to be set in."""
        sent = [pair for pair in headers if pair[0] in _W3C]
        match sent if _is_w3c(propagate.get_global_textmap()) else None:
            case []:
                named = None
            case [(b"traceparent", value)]:
                named = read_traceparent(value)
            case _:
                current = propagate.extract(headers, current, _HEADERS)
                return self.next(current), current
        if named is None:
            return self._root(current), current
        make = partial(_remote, *named)
        if self._drops_unsampled and named[2][-1] not in _SAMPLED:
            return _Unsampled(named[0], make), current
        parent = trace.NonRecordingSpan(make())
        return _start(self._tracer, trace.set_span_in_context(parent, current)), current

    def next(self, current: Context) -> trace.Span:
        """Start a span below the current one, if there is one."""
        outer = trace.get_current_span(current)
        parent = outer.get_span_context()
        if not parent.is_valid:
            return self._root(current)
        if self._drops_unsampled and not (parent.trace_flags.sampled or outer.is_recording()):
            return outer
        return _start(self._tracer, current)

    def _root(self, current: Context) -> trace.Span:
        sampler = self._root_sampler
        if sampler is None:
            return _start(self._tracer, current)
        trace_id: int = self._tracer.id_generator.generate_trace_id()

        def begin() -> trace.Span:
            tracer = copy(self._tracer)
            tracer.id_generator = _Drawn(trace_id, tracer.id_generator)
            return _start(tracer, current)

        if sampler.should_sample(None, trace_id, _NAME, _SERVER).decision.is_sampled():
            return begin()
        return _Unsampled(trace.format_trace_id(trace_id), lambda: begin().get_span_context())


def _is_of_sdk(sampler: object) -> bool:
    return type(sampler).__module__ == _SAMPLERS


def _is_off(sampler: Any) -> bool:
    return _is_of_sdk(sampler) and sampler.get_description() == "AlwaysOffSampler"


def _start(tracer: trace.Tracer, parent: Context) -> trace.Span:
    return tracer.start_span(_NAME, parent, _SERVER)


_starting = for_last(_Starting)


def _remote(trace_id: str, span_id: str, flags: str) -> trace.SpanContext:
    """Return the context of the span that a header ``traceparent`` names."""
    return trace.SpanContext(
        int(trace_id, 16),
        int(span_id, 16),
        True,  # noqa: FBT003  # it is remote
        trace.TraceFlags(int(flags, 16)),
    )


class RequestSpan:
    """The span of a request, which is current until its `end`.

    Its parent is the current span, such as that of an instrumented framework, else the span that
    the request's headers name.
    """

    def __init__(
        self, event: OperationEvent, headers: HeaderPairs, provider: trace.TracerProvider
    ) -> None:
        self._event = event
        current = context.get_current()
        starting = _starting(provider)
        if current and trace.get_current_span(current).get_span_context().is_valid:
            span = starting.next(current)
        else:
            span, current = starting.first(current, headers)
        self._span = span
        self._token = context.attach(trace.set_span_in_context(span, current))
        if isinstance(span, _Unsampled):
            event.trace_id = span.trace_id
        elif (found := span.get_span_context()).is_valid:
            event.trace_id = trace.format_trace_id(found.trace_id)
        self._calls = _calls.set({} if span.is_recording() else None)

    def end(self) -> None:
        """Describe the request, which is over, and end its span."""
        calls = _calls.get()
        _calls.reset(self._calls)
        if calls is not None:
            self._describe(calls)
            self._span.end()
        context.detach(self._token)

    def _describe(self, calls: dict[str, int]) -> None:
        event, span = self._event, self._span
        # Strangers choose the names of operations, unless these are registered.
        name = event.operation_name if event.registered else None
        span.update_name(f"{event.operation_kind or _NAME} {name or ''}".rstrip())
        attributes = {
            "graphql.operation.name": event.operation_name,
            "graphql.operation.type": event.operation_kind,
            "graphql.document.id": event.document_id,
            "graphql.document.registered": event.registered,
            "http.response.status_code": int(event.status),
            "error.type": event.outcome if event.outcome != "ok" else None,
            "trunkline.reason": event.reason,
            "trunkline.client": event.client,
            "trunkline.client_id": event.client_id,
            "trunkline.error_codes": event.error_codes and distinct_codes(event.error_codes),
            "trunkline.fields": event.fields,
            "trunkline.cache": event.cache,
            "trunkline.spans_omitted": sum(each - _MOST for each in calls.values() if each > _MOST),
        }
        span.set_attributes({key: value for key, value in attributes.items() if value})
        if event.outcome in _SERVER_FAULTS:
            span.set_status(trace.StatusCode.ERROR, event.outcome)


def trace_resolvers(coordinate: str, resolver: Callable[..., Any]) -> Callable[..., Any]:
    """Make a span of each call of a resolver in a request that is sampled: a middleware.

    ``make_executable_schema(…, middlewares=[trace_resolvers])``. The span has the field's
    coordinate as its name, and what the resolver does is below it: calls of databases and other
    servers. A batch resolver has one span for each call, with the number of its parents. A field
    has at most 100 spans in a request; the request's span says how many more there would be.
    What is read from attributes is not traced, and a request that is not sampled has no spans.
    """
    if isasyncgenfunction(resolver):  # a stream outlives its call
        return resolver
    has_parents = is_batch(resolver)

    if iscoroutinefunction(resolver):

        @wraps(resolver)
        async def call_async(*parent: Any, **arguments: Any) -> Any:
            calls = _calls.get()
            if calls is None:
                return await resolver(*parent, **arguments)
            with _resolver_span(calls, coordinate, parent[0] if has_parents else None):
                return await resolver(*parent, **arguments)

        return call_async

    @wraps(resolver)
    def call(*parent: Any, **arguments: Any) -> Any:
        calls = _calls.get()
        if calls is None:
            return resolver(*parent, **arguments)
        with _resolver_span(calls, coordinate, parent[0] if has_parents else None):
            return resolver(*parent, **arguments)

    return call


class _ResolverSpan(AbstractContextManager[None]):
    """Makes the span of a resolver's call current; no generator costs so little."""

    def __init__(self, coordinate: str, parents: Sequence[object] | None) -> None:
        self._coordinate = coordinate
        self._parents = parents

    def __enter__(self) -> None:
        attributes = None if self._parents is None else {"graphql.batch.size": len(self._parents)}
        tracer = tracer_of(trace.get_tracer_provider())
        self._span = tracer.start_span(self._coordinate, attributes=attributes)
        self._token = context.attach(trace.set_span_in_context(self._span))

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and issubclass(kind, Exception):
            # not its message, which may be secret; it is in the log
            self._span.set_attribute("error.type", kind.__name__)
            self._span.set_status(trace.StatusCode.ERROR)
        self._span.end()
        context.detach(self._token)


_OMITTED = nullcontext()


def _resolver_span(
    calls: dict[str, int], coordinate: str, parents: Sequence[object] | None
) -> AbstractContextManager[None]:
    calls[coordinate] = number = calls.get(coordinate, 0) + 1
    return _OMITTED if number > _MOST else _ResolverSpan(coordinate, parents)
