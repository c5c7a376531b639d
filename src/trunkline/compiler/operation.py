"""An operation: compiled once, executed often. The one object that everything else reads."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

from trunkline.compiler.document import check_operation
from trunkline.compiler.emit import ROOT, emit
from trunkline.compiler.limits import Limits
from trunkline.compiler.planner import plan_operation
from trunkline.protocol.ids import document_id
from trunkline.runtime.execution import Execution, Result
from trunkline.runtime.failures import FieldFailure
from trunkline.runtime.marks import Marks
from trunkline.runtime.schedule import run_serially, settle, settle_sync
from trunkline.runtime.variables import Variables
from trunkline.runtime.work import Agenda
from trunkline.schema.bindings import Schema
from trunkline.text.module import load_module

__all__ = ["Operation", "compile_operation"]

_NAME_LENGTH = 40  # characters of an operation's name that its module's file name keeps


@dataclass(frozen=True, slots=True)
class Info:
    """What introspection's resolvers ask of graphql-core's ``info``: the schema."""

    schema: object


class Operation:
    """One operation of a document, checked, planned and compiled.

    ``id`` is the document's (``sha256:…``), ``kind`` is ``query``, ``mutation`` or
    ``subscription``, ``name`` the operation's own, ``coordinates`` the fields of the schema that
    it uses, ``source`` the Python text that it was compiled to and ``bound`` the objects that the
    text finds by name; ``is_async`` says whether `execute` must be awaited.
    """

    def __init__(
        self, schema: Schema, text: str, operation_name: str | None, limits: Limits
    ) -> None:
        checked = check_operation(schema.definition, text, operation_name, limits)
        self._variables = Variables(schema.definition, checked.node.variable_definitions or ())
        plan = plan_operation(schema, checked, self._variables, limits)
        self.id = document_id(text)
        self.kind = plan.kind
        self.name = plan.name
        self.coordinates = plan.coordinates
        self.is_async = plan.is_async
        self._has_batches = plan.has_batches
        emitted = emit(plan, self.id, Info(schema.definition))
        self.source = emitted.text
        self.bound = emitted.bound
        self._marks = Marks(emitted.marks)
        # graphql-core's names are letters, digits and underscores: they make good file names
        file_name = f"{(self.name or self.kind)[:_NAME_LENGTH]}-{self.id[7:19]}.py"
        self._root = getattr(load_module(file_name, emitted.text, emitted.bound), ROOT)

    def execute_sync(self, variables: Mapping[str, Any] | None, context: Any = None) -> Result:
        """Execute an operation none of whose resolvers is awaited.

        Raises ``VariablesError`` where a variable's value does not fit (GraphQL §6.1.2).
        """
        agenda = Agenda() if self._has_batches else None
        execution = Execution(self._marks, self._variables.coerce(variables), context, agenda)
        self._run_root(execution)
        if agenda is not None:
            settle_sync(execution, agenda)
        return execution.result()

    async def execute(self, variables: Mapping[str, Any] | None, context: Any = None) -> Result:
        """Execute the operation (GraphQL §6.2); cancelling this cancels its resolvers.

        Raises ``VariablesError`` as ``execute_sync`` does.
        """
        if not self.is_async:
            return self.execute_sync(variables, context)
        agenda = Agenda()
        execution = Execution(self._marks, self._variables.coerce(variables), context, agenda)
        if self.kind == "mutation":
            steps: Generator[None, None, None] = self._root(execution)
            await run_serially(execution, agenda, steps)
        else:
            self._run_root(execution)
            await settle(execution, agenda)
        return execution.result()

    def _run_root(self, execution: Execution) -> None:
        try:
            execution.data = self._root(execution)
        except FieldFailure as failure:
            if execution.agenda is not None:
                execution.agenda.drop()
            execution.abandon(failure)


def compile_operation(
    schema: Schema, text: str, operation_name: str | None = None, limits: Limits | None = None
) -> Operation:
    """Compile one operation of a document.

    ``operation_name`` chooses among several. Raises the ``RequestError`` that says what is wrong
    with the document.
    """
    return Operation(schema, text, operation_name, limits or Limits())
