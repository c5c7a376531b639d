"""An operation: compiled once, executed often. The one object that everything else reads."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any

from graphql import GraphQLError, located_error
from graphql.execution import map_async_iterable
from graphql.pyutils import inspect

from trunkline.compiler.assemble import Assembler
from trunkline.compiler.cost import Cost
from trunkline.compiler.directives import around_operation, is_directed
from trunkline.compiler.document import CheckedOperation, check_operation
from trunkline.compiler.emit import ROOT, SOURCE
from trunkline.compiler.guard import Guard
from trunkline.compiler.limits import Limits
from trunkline.compiler.permissions import Refusals
from trunkline.compiler.plan import Refused, TypeName
from trunkline.compiler.planner import plan_operation
from trunkline.errors import LimitExceededError, SubscriptionError
from trunkline.protocol.ids import document_id
from trunkline.runtime.execution import Execution, Result
from trunkline.runtime.failures import FieldFailure
from trunkline.runtime.marks import holds
from trunkline.runtime.schedule import Pending, settle_sync
from trunkline.runtime.variables import Variables
from trunkline.runtime.work import Agenda
from trunkline.schema.bindings import Schema
from trunkline.schema.requirements import RequirementSet

__all__ = ["Operation", "compile_operation"]

_FIRST_RUNS = 2  # executions of an operation before it counts as one that comes again

_NAME_LENGTH = 40  # characters of an operation's name that its module's file name keeps


@dataclass(frozen=True, slots=True)
class Info:
    """What introspection's resolvers ask of graphql-core's ``info``: the schema."""

    schema: object


class Operation:
    """One operation of a document, checked, planned and compiled.

    ``id`` is the document's (``sha256:…``), ``kind`` is ``query``, ``mutation`` or
    ``subscription``, ``name`` the operation's own, ``coordinates`` the fields of the schema that
    it uses; ``is_async`` says whether `execute` must be awaited. ``needs`` is what it needs of its
    callers, ``None`` where that is nothing; `for_caller` gives the form that a caller may have, and
    ``refused`` are the coordinates that are refused in that, with the demands that are not met.
    """

    def __init__(
        self,
        schema: Schema,
        text: str,
        checked: CheckedOperation,
        limits: Limits,
        refusals: Refusals | None = None,
    ) -> None:
        nodes = checked.node.variable_definitions or ()
        self._variables = Variables(schema.definition, nodes, limits.values)
        selection_set, fragments = checked.node.selection_set, checked.fragments
        self._cost = Cost(selection_set, fragments, self._variables.names, limits.cost)
        plan = plan_operation(schema, checked, self._variables, limits, refusals)
        self.id = document_id(text)
        self.kind = plan.kind
        self.name = plan.name
        self.coordinates = plan.coordinates
        self.is_async = plan.is_async
        self._has_batches = plan.has_batches
        self._stream_mark = plan.source.mark if plan.source else None
        self._title = f"{self.kind} {self.name or ''}".strip()
        # graphql-core's names are letters, digits and underscores: they make good file names
        file_name = f"{(self.name or self.kind)[:_NAME_LENGTH]}-{self.id[7:19]}"
        self._assembler = Assembler(plan, self.id, Info(schema.definition), file_name)
        self.needs = plan.needs
        self.refused: Mapping[str, RequirementSet] = {} if refusals is None else refusals.noted
        self._guard: Guard[Operation] | None = None
        if plan.needs is not None:
            without = partial(type(self), schema, text, checked, limits)
            self._guard = Guard(schema, plan.needs, without)
        self._fields = [
            (selected.condition, isinstance(selected.field.binding, Refused))
            for selected in plan.root.fields
            if not isinstance(selected.field.binding, TypeName)
        ]
        self._runs = 0
        self._first = self._assembler.functions(inline=False)
        self._root: Callable[[Execution], Any] = self._run_first
        self._stream = self._first.get(SOURCE)

    @property
    def source(self) -> str:
        """The text, with every type that a value may have."""
        return self._assembler.whole().text

    @property
    def bound(self) -> Mapping[str, object]:
        """The objects that the text finds by name."""
        return self._assembler.whole().bound

    def inline(self) -> None:
        """Compile the operation as it pays for one that is executed often.

        Done at the third execution anyhow; whoever knows that there will be many does it before.
        """
        self._root = self._assembler.functions(inline=True)[ROOT]

    def _run_first(self, execution: Execution) -> Any:
        """Execute the short text, as long as nothing shows that more will pay."""
        self._runs += 1
        if self._runs <= _FIRST_RUNS:
            return self._first[ROOT](execution)
        self.inline()
        return self._root(execution)

    def for_caller(
        self,
        scopes: frozenset[str] | None,
        policies: frozenset[str] = frozenset(),
        variables: Mapping[str, Any] | None = None,
    ) -> Operation:
        """Return the operation as a caller may have it: this one, or one that refuses some fields.

        ``scopes`` are those of the caller's token, ``None`` where there is no caller; ``policies``
        are those that hold. ``variables`` are as they came.
        """
        found = self._guard and self._guard.find(scopes, policies, variables)
        return found or self

    def is_refused(self, variables: Mapping[str, Any] | None) -> bool:
        """Say whether everything that it asks for is refused; raises what `coerce` does."""
        if not any(refused for _, refused in self._fields):
            return False
        given = [refused for condition, refused in self._fields if not condition]
        if len(given) < len(self._fields):
            values = self.coerce(variables)
            given = [refused for condition, refused in self._fields if holds(condition, values)]
        return bool(given) and all(given)

    def execute_sync(
        self,
        variables: Mapping[str, Any] | None,
        context: Any = None,
        root_value: Any = None,
        caller: Any = None,
    ) -> Result:
        """Execute an operation none of whose resolvers is awaited.

        ``caller`` is what resolvers get that ask who calls.

        Raises ``VariablesError`` where a variable's value does not fit (GraphQL §6.1.2), or there
        are more values than the limits allow.
        """
        values = self.coerce(variables)
        agenda = Agenda(has_batches=True) if self._has_batches else None
        execution = Execution(self._title, values, context, agenda, root_value, caller)
        try:  # what `_run_root` does, without the call: this is the way of most requests
            execution.data = data = self._root(execution)
        except FieldFailure as failure:
            self._abandon(execution, failure)
            return execution.result()
        if agenda is not None:
            settle_sync(execution, agenda)
        return execution.result() if execution.failures else Result(data, [])

    async def execute(
        self,
        variables: Mapping[str, Any] | None,
        context: Any = None,
        root_value: Any = None,
        caller: Any = None,
    ) -> Result:
        """Execute the operation (GraphQL §6.2); cancelling this cancels its resolvers.

        Raises ``VariablesError`` as ``execute_sync`` does.
        """
        if not self.is_async:
            return self.execute_sync(variables, context, root_value, caller)
        result = self.start(self.coerce(variables), context, root_value, caller)
        return result if isinstance(result, Result) else await result

    def start(
        self, values: list[Any], context: Any, root_value: Any, caller: Any = None
    ) -> Result | Pending:
        """Execute as far as can be done without waiting; return the result, or what awaits it.

        ``values`` are the variables as `coerce` gave them.
        """
        agenda = Agenda(has_batches=self._has_batches)
        execution = Execution(self._title, values, context, agenda, root_value, caller)
        if self.kind == "mutation" and self.is_async:
            return self._start_serially(execution, agenda)
        self._run_root(execution)
        return execution.result() if agenda.is_empty else Pending(execution, agenda)

    def coerce(self, variables: Mapping[str, Any] | None) -> list[Any]:
        """Return the variables' values as resolvers get them, in the operation's order.

        Raises ``VariablesError`` where one does not fit, ``LimitExceededError`` where they ask for
        more than is allowed.
        """
        values = self._variables.coerce(variables)
        self._cost.check(values)
        return values

    async def subscribe(
        self,
        variables: Mapping[str, Any] | None,
        context: Any = None,
        root_value: Any = None,
        caller: Any = None,
    ) -> AsyncGenerator[Result, None]:
        """Yield the response stream of a subscription (GraphQL §6.2.3).

        Its events are executed one by one, as they are asked for; closing it (``aclose``) closes
        the source. Before the first event it raises ``SubscriptionError`` where there is no source
        stream, and ``VariablesError`` as ``execute`` does.
        """
        values = self.coerce(variables)
        stream = self.open_stream(values, context, root_value, caller)
        if isinstance(stream, Awaitable):
            stream = await stream
        async with aclosing(self.respond(stream, values, context, caller)) as results:
            async for result in results:
                yield result

    def open_stream(
        self, values: list[Any], context: Any, root_value: Any, caller: Any = None
    ) -> Any:
        """Create the source stream (GraphQL §6.2.3.1), or give what awaits it.

        Raises ``SubscriptionError``, then or when it is awaited, where that fails.
        """
        if self._stream is None:
            raise SubscriptionError.because("This operation is no subscription.")
        execution = Execution(self._title, values, context, None, root_value, caller)
        try:
            stream = self._stream(execution)
        except FieldFailure as failure:
            raise SubscriptionError([failure.located(values, self._title)]) from failure.original
        if hasattr(stream, "__await__"):
            return self._await_stream(stream, values)
        return self._checked_stream(stream, values)

    def respond(
        self, stream: Any, values: list[Any], context: Any, caller: Any = None
    ) -> AsyncGenerator[Result, None]:
        """Map a source stream to the response stream (GraphQL §6.2.3.2)."""

        async def execute_event(event: Any) -> Result:
            result = self.start(values, context, event, caller)
            return result if isinstance(result, Result) else await result

        return map_async_iterable(stream, execute_event)

    async def _await_stream(self, awaitable: Awaitable[Any], values: list[Any]) -> Any:
        try:
            stream = await awaitable
        except Exception as error:
            raise self._no_stream(error, values) from error
        return self._checked_stream(stream, values)

    def _checked_stream(self, stream: Any, values: list[Any]) -> Any:
        if isinstance(stream, Exception):
            raise self._no_stream(stream, values) from stream
        if not hasattr(stream, "__aiter__"):
            sentence = "Subscription field must return AsyncIterable."
            raise self._no_stream(GraphQLError(f"{sentence} Received: {inspect(stream)}."), values)
        return stream

    def _no_stream(self, error: Exception, values: list[Any]) -> SubscriptionError:
        assert self._stream_mark is not None  # noqa: S101  # it is asked of subscriptions only
        mark = self._stream_mark
        return SubscriptionError([located_error(error, mark.nodes_of(values), list(mark.fill(())))])

    def _start_serially(self, execution: Execution, agenda: Agenda) -> Result | Pending:
        """Run the fields of a mutation one after the other until one must be awaited."""
        steps: Generator[None, None, None] = self._root(execution)
        try:
            for _ in steps:
                if not agenda.is_empty:
                    return Pending(execution, agenda, steps)
        except FieldFailure as failure:
            agenda.drop()
            execution.abandon(failure)
        return execution.result()

    def _run_root(self, execution: Execution) -> None:
        try:
            execution.data = self._root(execution)
        except FieldFailure as failure:
            self._abandon(execution, failure)

    def _abandon(self, execution: Execution, failure: FieldFailure) -> None:
        if execution.agenda is not None:
            execution.agenda.drop()
        execution.abandon(failure)


class DirectedOperation(Operation):
    """An operation with directives of the schema around it (GraphQL §3.13).

    Their functions are awaited, the first outermost, and so must the operation be.
    """

    def __init__(
        self,
        schema: Schema,
        text: str,
        checked: CheckedOperation,
        limits: Limits,
        refusals: Refusals | None = None,
    ) -> None:
        super().__init__(schema, text, checked, limits, refusals)
        self.is_async = True
        self._around = around_operation(schema, checked, self._variables)

    def execute_sync(self, *_: Any, **__: Any) -> Result:
        """Refuse: the directives are awaited."""
        raise TypeError(f"{self._title} has directives that are awaited: use `execute`.")

    async def execute(
        self,
        variables: Mapping[str, Any] | None,
        context: Any = None,
        root_value: Any = None,
        caller: Any = None,
    ) -> Result:
        """Execute the operation, by way of its directives.

        Raises ``RequestError`` where one of them refuses by a ``GraphQLError``.
        """
        values = self.coerce(variables)

        async def execute() -> Result:
            result = self.start(values, context, root_value, caller)
            return result if isinstance(result, Result) else await result

        told = {"context": context, "operation": self, "caller": caller}
        result = await self._around(execute, values, told)
        given: Result = self._given_back(result, Result)
        return given

    async def subscribe(
        self,
        variables: Mapping[str, Any] | None,
        context: Any = None,
        root_value: Any = None,
        caller: Any = None,
    ) -> AsyncGenerator[Result, None]:
        """Yield the response stream, which is what the directives' ``proceed`` gives them."""
        values = self.coerce(variables)

        async def respond() -> AsyncGenerator[Result, None]:
            stream = self.open_stream(values, context, root_value, caller)
            if isinstance(stream, Awaitable):
                stream = await stream
            return self.respond(stream, values, context, caller)

        told = {"context": context, "operation": self, "caller": caller}
        given = await self._around(respond, values, told)
        async with aclosing(self._given_back(given, AsyncGenerator)) as results:
            async for result in results:
                yield result

    def _given_back(self, value: Any, kind: Any) -> Any:
        if isinstance(value, kind):
            return value
        raise TypeError(
            f"A directive of {self._title} returned {value!r}. It must return what"
            f" `await proceed()` gave, or another {kind.__name__}."
        )


def compile_operation(
    schema: Schema, text: str, operation_name: str | None = None, limits: Limits | None = None
) -> Operation:
    """Compile one operation of a document.

    ``operation_name`` chooses among several. Raises the ``RequestError`` that says what is wrong
    with the document.
    """
    limits = limits or Limits()
    checked = check_operation(schema.definition, text, operation_name, limits)
    try:
        make = DirectedOperation if is_directed(schema, checked.node) else Operation
        return make(schema, text, checked, limits)
    except RecursionError:
        raise LimitExceededError.because("The document is nested too deeply.") from None
