"""A GraphQL endpoint: an ASGI application, and the way of a request through it, stage by stage.

    bytes → caller → request → operation → authorization → variables → compiled function
          → response → event → sinks

`GraphQL._respond` is the list of the stages, and `GraphQL._execute` goes on with it.
"""

from __future__ import annotations

from asyncio import CancelledError, to_thread
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext, suppress
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any, NoReturn

from trunkline.asgi.requests import (
    BodyReader,
    ClientGone,
    Receive,
    Scope,
    Send,
    read_headers,
)
from trunkline.asgi.responses import HTTPOnly, Response, body_ended_early
from trunkline.auth.verifying.caller import Authenticator, Caller, check_authenticator
from trunkline.compiler.cache import OperationCache
from trunkline.compiler.limits import Limits
from trunkline.compiler.operation import Operation
from trunkline.contracts.registry import DocumentRegistry
from trunkline.engine.compiling import Compilations, takes_long
from trunkline.engine.run import run_sync
from trunkline.errors import RequestError, ValidationError, VariablesError
from trunkline.observe.access import access_log
from trunkline.observe.log import safe_logger, subject
from trunkline.observe.operations import OperationEvent, ProfilingSink, RequestWatcher, Sink
from trunkline.observe.traces import passed_on, request_id, request_span
from trunkline.protocol.batches import BatchEntry
from trunkline.protocol.canonical import name_by_path
from trunkline.protocol.messages import schema_version
from trunkline.protocol.request import BY_URL, GraphQLRequest, read_json, read_query_string
from trunkline.protocol.response import StatusRules
from trunkline.runtime.resume import in_task
from trunkline.schema.bindings import Schema
from trunkline.schema.printing import print_schema
from trunkline.server.arrivals import Arrival, Exchange
from trunkline.server.authorize import (
    AuthorizationCheck,
    DecidePolicies,
    MayIntrospect,
    Refuse,
    SchemaViews,
)
from trunkline.server.batches import Batches
from trunkline.server.caching import Caching, ResponseCaching
from trunkline.server.documents import Documents, OtherURLs, RegisteredDocuments
from trunkline.server.execute import (
    Executor,
    MakeContext,
    OperationMiddleware,
    fault_of,
    within,
)
from trunkline.server.present import PresentError
from trunkline.server.profiling import MayProfile, Profiling
from trunkline.server.publishing import Publications
from trunkline.server.responding import USUAL_HEADERS, ResponseWriter
from trunkline.server.sdl import SCHEMA_PATH, SchemaTexts
from trunkline.server.transports import (
    check_kind,
    check_request,
    client_name,
    response_type,
    time_left,
)

__all__ = ["GraphQL"]

logger = safe_logger("trunkline.errors")


class GraphQL(HTTPOnly):
    """A GraphQL endpoint over HTTP: ``POST``, ``GET``, ``HEAD`` and ``QUERY``, as its draft says.

    An ASGI application; in Starlette, ``Route("/graphql", GraphQL(schema, auth=verifier))``.

    - ``schema``: the executable schema.
    - ``auth``: finds the caller of a request from its headers, before anything else of it is read:
      a `trunkline.auth.Verifier`. ``None`` is for an endpoint that anybody may call; what the
      schema declares with ``@authenticated``, ``@requiresScopes`` or ``@policy`` is then refused.
    - ``policies``: decides which policies of ``@policy`` hold for a caller.
    - ``refuse``: what the caller may not have does not exist for it. ``"fields"`` makes a field
      null instead, with an error that names what is lacking; ``"request"`` refuses the request.
    - ``introspection``: whether callers may ask for the schema, or a function that decides for each
      caller. Messages suggest no names to those who may not.
    - ``context``: makes the ``context`` of resolvers from a request's ASGI scope; may be ``async``,
      may ``yield`` it, or return a context manager that is opened around the operation.
    - ``middlewares``: stand around every execution, the first one outermost.
    - ``present_error``: decides what a caller sees of an error.
    - ``deadline``: seconds that an execution that awaits something may take, with the time that it
      waits for a version or a store of ``caching``. What is before it has bounds of its own: a
      `Verifier`, ``body_timeout``, ``limits``. A client can ask for less by the header
      ``X-Request-Timeout-Ms``, counted from when its request came.
    - ``finish_mutations``: whether a mutation goes on if its client closes the connection, with all
      of its fields and the closing of its context. A query is cancelled then.
    - ``limits``: bounds documents and variables.
    - ``max_body_bytes``: the size of a request's body, and of its query string.
    - ``body_timeout``: seconds in which a body must arrive.
    - ``sinks``: are called with the event of every request; the default writes one line to the
      logger ``trunkline.access``. A `RequestWatcher` is also told when a request begins. A method
      ``close`` is called at the end: see `lifespan`.
    - ``status``: which HTTP status a response has. ``"audit"`` is for clients of older drafts of
      GraphQL over HTTP: it also sends ``application/json`` for refusals to clients that do not name
      another media type.
    - ``registered``: the documents that clients registered, which requests name by id: a
      `trunkline.contracts.DocumentRegistry`. Clients publish them at ``/documents/<version>`` below
      the endpoint's path.
    - ``apq``: whether requests may name a document by its hash after they have sent it once
      (Apollo's automatic persisted queries). It saves bytes, and protects nothing.
    - ``other_urls``: whether a ``GET`` by id whose URL has another order or form than the rule is
      redirected or refused. So each request has one URL, and caches keep its response once.
    - ``batch_size``: how many operations a ``POST`` may have: as a list of requests, or a list of
      variables. The limits and the deadline hold for all of them together.
    - ``schema_text``: whether the SDL is served at ``/schema.graphql`` below the endpoint's path,
      to each caller as it sees the schema, and a header of each response names its version.
    - ``caching``: how responses that the schema declares with ``@cacheControl`` are shared.
    - ``profiling``: decides which callers may ask for the profile of a request by the header
      ``GraphQL-Profile``: ``lambda caller: caller is not None and "profile" in caller.scopes``.
      The response then says in ``extensions`` what each field took, and is not cached.

    Raises ``TypeError`` if ``schema`` is not executable, ``auth`` cannot authenticate, or
    ``context`` is not a function of a scope.
    """

    def __init__(  # noqa: PLR0913  # all by name
        self,
        schema: Schema,
        *,
        auth: Authenticator | None,
        policies: DecidePolicies | None = None,
        refuse: Refuse = "hidden",
        introspection: MayIntrospect = True,
        context: MakeContext | None = None,
        middlewares: Sequence[OperationMiddleware] = (),
        present_error: PresentError | None = None,
        deadline: float | None = None,
        finish_mutations: bool = True,
        limits: Limits | None = None,
        max_body_bytes: int = 1_048_576,
        body_timeout: float = 10.0,
        sinks: Sequence[Sink] = (access_log,),
        status: StatusRules = "draft-2026-08",
        registered: RegisteredDocuments | None = None,
        apq: bool = False,
        other_urls: OtherURLs = "redirect",
        batch_size: int = 1,
        schema_text: bool = False,
        caching: Caching | None = None,
        profiling: MayProfile | None = None,
    ) -> None:
        if not isinstance(schema, Schema):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(
                f"GraphQL serves an executable schema, not {type(schema).__name__}:"
                " make_executable_schema(…) returns one."
            )
        self._bodies = BodyReader(max_body_bytes, body_timeout)
        self._max_body_bytes = max_body_bytes
        if auth is not None:
            check_authenticator(auth)
        self._auth = auth
        self._limits = limits or Limits()
        views = partial(
            SchemaViews,
            limits=self._limits,
            policies=policies,
            refuse=refuse,
            introspection=introspection,
        )
        self._views = views(schema)
        self._texts = SchemaTexts(is_private=auth is not None) if schema_text else None
        self._version: str | None = None
        self._registered = registered
        self._documents = Documents(registered, other_urls, apq=apq)
        self._publications: Publications | None = None
        if isinstance(registered, DocumentRegistry):
            self._publications = Publications(self._views, registered, is_proven=auth is not None)
        self._compilations = Compilations()
        self._sinks, given = tuple(sinks), list[object](sinks)
        self._watchers = [each for each in given if isinstance(each, RequestWatcher)]
        curious = [each for each in given if isinstance(each, ProfilingSink)]
        self._profiling: Profiling | None = None
        if profiling is not None or curious:
            self._profiling = Profiling(schema, views, self._compilations, profiling, curious)
        self._authorization = AuthorizationCheck(policies, refuse)
        self._tells_refusals = refuse != "hidden"
        self._deadline = deadline
        self._executor = Executor(context, middlewares, deadline, finish_mutations=finish_mutations)
        self._caching = ResponseCaching(
            schema,
            caching or Caching(),
            self._run,
            has_auth=auth is not None,
            has_clients=registered is not None,
        )
        self._writer = ResponseWriter(auth, present_error, status)
        self._batches = Batches(
            batch_size,
            limits=self._limits,
            deadline=deadline,
            partial=self._writer.partial,
            find=self._find,
            respond=self._respond_in_batch,
        )

    if not TYPE_CHECKING:  # types know that it is not there

        @property
        def _is_no_router(self) -> NoReturn:
            """Tell those who try `include_router` of FastAPI what to do instead."""
            raise AttributeError(
                "GraphQL is an application, not a router: serve it by"
                " app.routes.append(Route('/graphql', …)) in FastAPI, or an APIRouter."
            )

        # What FastAPI asks for. `__getattr__` would slow down every attribute that is there.
        routes = _contains_router = _is_no_router

    def document(self, document_id: str) -> str | None:
        """Return the text of a document that was executed, by its id; ``None`` if it is forgotten.

        For sinks, which get the id with each event. The texts of the last requests are kept, four
        million bytes.
        """
        return self._documents.executed(document_id)

    @asynccontextmanager
    async def lifespan(self, application: object = None) -> AsyncGenerator[None]:  # noqa: ARG002  # who serves it
        """Close the sinks, the registered documents, and the store of responses at the end.

        ``Starlette(…, lifespan=endpoint.lifespan)``.
        A server tells its application when it stops; Starlette and FastAPI do not tell their
        routes. An endpoint that a server runs by itself needs no such line.
        """
        try:
            yield
        finally:
            await self.stop()

    async def stop(self) -> None:
        """Close what the endpoint was given: sinks, registered documents, the store of responses.

        The method ``close`` is called in a thread, where there is one. If one of them raises, the
        others are closed all the same.
        """
        async with AsyncExitStack() as closing:
            closing.push_async_callback(self._caching.close_async)
            for each in (self._registered, *self._sinks):
                close: Callable[[], object] | None = getattr(each, "close", None)
                if close is not None:
                    closing.push_async_callback(to_thread, close)

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, and call the sinks with its event."""
        started = perf_counter()
        event = OperationEvent(_schema_version=self._schema_version)
        came = Arrival(scope, receive, started, event, self._views.whole)
        about = subject.set(came)
        span = request_span(event, scope["headers"])
        for watcher in self._watchers:
            watcher.request_begins()
        try:
            response = await self._respond(came)
            if not response.is_taken_by(receive):
                await response(scope, receive, send)
            sent = 0 if scope["method"] == "HEAD" else len(response.body)
            event.is_over(response.status, response.headers, sent)
        except ClientGone:
            event.outcome = "disconnected"
            with suppress(OSError):
                await body_ended_early(scope)(scope, receive, send)
        except OSError:  # ASGI's `send` raises it if the client is gone
            event.outcome = "disconnected"
        except BaseException:  # cancelled
            event.outcome = "disconnected"
            raise
        finally:
            event.duration = perf_counter() - started
            for each in came.batch:
                each.ended_with(event)
            for sink in self._sinks:
                self._tell(sink, came)
            for watcher in self._watchers:
                watcher.request_ends()
            subject.reset(about)
            if span is not None:
                span.end()

    def _schema_version(self) -> str | None:
        """Return the version of the whole schema, if it is known: a large one takes a second."""
        if self._version is None:
            self._version = ""  # until it is found
            with suppress(RuntimeError):  # the program ends, and starts no threads any more
                self._compilations.begin(self._find_version)
        return self._version or None

    def _find_version(self) -> None:
        self._version = schema_version(print_schema(self._views.whole.schema.definition))

    def _tell(self, sink: Sink, came: Arrival) -> None:
        for event in came.batch or (came.event,):
            try:
                sink(event)
            except Exception:  # the response is sent already
                logger.exception("The sink %r failed.", sink)

    async def _respond(self, came: Arrival) -> Response:
        """Take a request through all stages, and turn whatever goes wrong into a response."""
        scope, event = came.scope, came.event
        try:
            headers = came.headers = read_headers(scope)
            event.client = client_name(headers)
            event.request_id = request_id(headers)
            if b"traceparent" in headers:
                came.passed_on = passed_on(event, headers)
            caller = None
            if self._auth is not None:
                caller = self._auth.recall(scope, headers)
                caller = caller or await self._authenticate(scope, event)
                event.is_of(caller.client_id, caller.scopes)
                came.caller = caller
            if self._publications is not None and scope["method"] == "PUT":
                return await self._publications.respond(came)
            if not self._views.is_one:
                came.view = await self._views.of(caller)
            if self._texts is not None:
                if scope["path"].endswith(SCHEMA_PATH):
                    event.name = "graphql.schema"
                    return self._texts.respond(came.view, scope, headers)
                came.schema_header = (self._texts.header(came.view),)
            media_type = response_type(headers, takes_batches=self._batches.are_served)
            came.usual = USUAL_HEADERS[media_type] + came.schema_header
            check_request(scope, headers, self._max_body_bytes)
            request: GraphQLRequest | list[BatchEntry]
            if scope["method"] in BY_URL:
                event.bytes_in = len(scope["query_string"])
                request = read_query_string(scope["query_string"])
            else:
                began = perf_counter()
                try:
                    body = await self._bodies.read(headers, came.receive)
                finally:
                    event.stages.read = perf_counter() - began
                event.bytes_in = len(body)
                takes_batches = self._batches.are_served and scope["method"] == "POST"
                request = (self._batches.read if takes_batches else read_json)(body)
                if isinstance(request, list):
                    return await self._batches.respond(request, came)
            return await self._execute(await self._find(request, came))
        except (Exception, CancelledError) as error:  # noqa: BLE001  # no traceback leaves
            return self._writer.refuse(fault_of(error), came)

    async def _find(self, request: GraphQLRequest, came: Arrival) -> Exchange:
        """Find the operation of a request."""
        documents, event, view, usual = self._documents, came.event, came.view, came.usual
        name_by_path(request, came.scope["path"])
        text, known, event.registered = documents.find(request, came.caller, event.client)
        name = request.operation_name or None
        try:
            operation = view.recall(text, name) or await self._compile(view, text, name, event)
        except RequestError as error:
            if error.operation is not None:
                event.operation_kind, event.operation_name = error.operation
            if isinstance(error, ValidationError):
                self._look_for_withheld(error, came)
            raise
        event.has_found(operation, request.variables)
        documents.keep(operation.id, text)
        if operation.kind != "query":
            check_kind(operation, came.scope["method"])
        if self._profiling is not None:
            came.profile = self._profiling.wanted(came.headers, came.caller, event)
            if came.profile is not None:
                view = await self._profiling.view(came.caller)
                operation = view.recall(text, name) or await self._compile(view, text, name, event)
        if documents.takes_ids and came.room is None:  # a batch has no URL
            usual += documents.headers(request, operation, known, came.scope)
        return Exchange(came, operation, request.variables, usual)

    async def _compile(
        self, view: OperationCache, text: str, name: str | None, event: OperationEvent
    ) -> Operation:
        """Compile the operation of a document that is new to a view."""
        began = perf_counter()

        def seconds() -> float:  # that another thread had it
            return perf_counter() - began if takes_long(text) else 0.0

        try:
            operation = await self._compilations.operation(
                text, partial(view.get, text, name), (view, text, name)
            )
        except RequestError as error:
            event.has_compiled(error.made_in, seconds())
            raise
        event.has_compiled(operation.made_in, seconds())
        return operation

    async def _execute(self, exchange: Exchange) -> Response:
        """Execute an operation as its caller may have it, and write the response."""
        came, operation, variables = exchange.came, exchange.operation, exchange.variables
        if operation.required is not None and self._tells_refusals:
            operation = await self._authorization.check(operation, came.caller, variables)
            exchange.operation = operation
        left = time_left(came.headers, came.started)
        if came.deadline is not None:
            rest = came.started + came.deadline - perf_counter()
            left = max(0.0, rest if left is None else min(rest, left))
        exchange.left = left
        policy = operation.caching
        if policy is None or not self._caching.concerns(exchange, policy):
            response, _, _ = await self._run(exchange)
            response.headers = exchange.usual
        else:
            responding = self._caching.respond(exchange, policy)
            bound = self._deadline if left is None else min(left, self._deadline or left)
            if bound is not None and not policy.is_mutation:  # a version may hang
                responding = within(bound, responding)
            response = await responding
        came.event.coordinates = operation.coordinates_with(variables)
        if came.additions is not None:
            response.headers = came.additions.on(response.headers)
        return response

    async def _run(self, exchange: Exchange) -> tuple[Response, Any, bool]:
        """Execute an operation. Returns its response, its data, and whether it has no errors."""
        came, operation, variables = exchange.came, exchange.operation, exchange.variables
        event, profile = came.event, came.profile
        if came.room is not None:
            operation = operation.sharing(came.room)
        if exchange.executions is not None:
            operation = operation.noting(exchange.executions)
        began = perf_counter()
        try:
            if profile is None and self._executor.is_direct(operation):
                result = run_sync(operation, variables, caller=came.caller, takes_json=True)
            else:
                with profile or nullcontext():
                    result = await self._executor.execute(operation, exchange)
        except VariablesError as error:
            self._look_for_withheld(error, came)
            raise
        finally:  # also of what took too long
            executed = perf_counter()
            event.stages.execute = executed - began
            if profile is not None:
                event.profile = profile.told(in_time=True)
        event.batches = result.batches
        if result.room is not None:
            event.fields = operation.fixed_fields + self._limits.response - result.room
        if profile is not None and profile.is_for_caller:
            came.to_add().extensions["profile"] = profile.told()
        response = self._writer.write(result, came)
        event.stages.serialize = perf_counter() - executed
        return response, result.data, not event.errors

    def _look_for_withheld(self, error: RequestError, came: Arrival) -> None:
        """Tell the event, and not the caller, if what is wrong is that the caller lacks a scope."""
        lacking = self._views.withheld_from(came.caller, error)
        if lacking is not None:
            came.event.is_denied(lacking)

    async def _authenticate(self, scope: Scope, event: OperationEvent) -> Caller:
        assert self._auth is not None  # noqa: S101  # it was asked already
        began = perf_counter()
        await in_task()
        try:
            return await self._auth.authenticate(scope)
        finally:
            event.stages.authenticate = perf_counter() - began

    async def _respond_in_batch(self, found: Exchange | Exception, came: Arrival) -> Response:
        """Return the response to a request of a batch, or to what is wrong with it."""
        about = subject.set(came)
        try:
            if isinstance(found, Exception):
                raise found  # noqa: TRY301  # to be explained below
            return await self._execute(found)
        except (Exception, CancelledError) as error:  # noqa: BLE001  # no traceback leaves
            return self._writer.refuse(fault_of(error), came)
        finally:
            subject.reset(about)
