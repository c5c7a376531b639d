"""An operation: compiled once, executed often. The one object that everything else reads.

Compiling a line of text costs as much as executing it a few hundred times. So an operation that is
new gets short text, which reads its leaves one by one; an operation that comes again gets text in
which every leaf is written out. Of interfaces and unions, an object type gets its functions when
its first value comes.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Mapping
from functools import partial
from threading import RLock
from typing import Any
from weakref import finalize

from trunkline.compiler.authorization import CallerForms
from trunkline.compiler.document import ChosenOperation
from trunkline.compiler.emit import COMPLETE, ROOT, SOURCE, ModuleText, ModuleWriter
from trunkline.compiler.plan import AbstractShape, FieldPlan, Refused, TypeName
from trunkline.compiler.planner import PlannedOperation
from trunkline.errors import LimitExceededError
from trunkline.forks import renewed_in_children
from trunkline.runtime.execution import Execution
from trunkline.runtime.positions import Mark, holds
from trunkline.schema.requirements import RequirementSet
from trunkline.text.loading import load_module

__all__ = ["Operation", "OperationModules", "load_operation", "write_operation"]

_FIRST_RUNS = 2  # executions of an operation before it counts as one that comes again
_NAME_LENGTH = 40  # characters of an operation's name in the file name of its module


class OperationModules:
    """The modules of one operation: written, loaded, and written again when that pays.

    ``first`` is the text of its first executions. Executions in several threads share an operation,
    so only the thread that holds the ``lock`` plans, writes and loads.
    """

    def __init__(self, planned: PlannedOperation) -> None:
        self.planned = planned
        # graphql-core's names are letters, digits and underscores: they make good file names
        plan, digest = planned.plan, planned.id.partition(":")[2]
        self._name = f"{(plan.name or plan.kind)[:_NAME_LENGTH]}-{digest[:12]}"
        self._file_names: list[str] = []
        self.lock = RLock()  # planning an object may load others
        renewed_in_children(self)
        # `linecache` keeps the text of a file that a traceback has shown
        finalize(self, _forget, self._file_names).atexit = False
        self.first = self.write(inline=False)

    def after_fork(self) -> None:
        """Take a new lock in a child process: another thread of the parent may have held it."""
        self.lock = RLock()

    def write(self, *, inline: bool) -> ModuleText:
        """Write the operation's module; ``inline`` writes every leaf out."""
        return self._writer(inline=inline).operation_module()

    def whole(self) -> ModuleText:
        """Write the operation's module with every type that its values may have."""
        with self.lock:
            return ModuleWriter(self.planned, inline=True, make_table=None).operation_module()

    def load(self, module: ModuleText) -> dict[str, Any]:
        """Load a module; return its functions by name."""
        number = len(self._file_names)
        file_name = f"{self._name}-{number}.py" if number else f"{self._name}.py"
        self._file_names.append(file_name)
        return vars(load_module(file_name, module.text, module.bound))

    def _writer(self, *, inline: bool) -> ModuleWriter:
        """Return the writer of a module in which abstract types are completed by a table."""

        def make_table(field: FieldPlan, shape: AbstractShape, mark: Mark) -> object:
            def make(type_name: str) -> Callable[..., Any]:
                try:
                    planned = self.planned.planner.plan_object(shape, type_name)
                except LimitExceededError as error:  # the field's error; others have their values
                    raise error.errors[0] from None
                module = self._writer(inline=inline).object_module(field, planned, mark)
                complete: Callable[..., Any] = self.load(module)[COMPLETE]
                return complete

            return _Functions(self, make)

        return ModuleWriter(self.planned, inline=inline, make_table=make_table)


class _Functions(dict[str, Callable[..., Any]]):
    """Functions by object type, each made when it is first looked up."""

    def __init__(
        self, modules: OperationModules, make: Callable[[str], Callable[..., Any]]
    ) -> None:
        super().__init__()
        self._modules = modules
        self._make = make

    def __missing__(self, type_name: str) -> Callable[..., Any]:
        with self._modules.lock:
            function = self.get(type_name)  # another thread may just have made it
            if function is None:
                function = self[type_name] = self._make(type_name)
            return function


def _forget(file_names: list[str]) -> None:
    for file_name in file_names:
        linecache.cache.pop(file_name, None)


class Operation:
    """One operation of a document: checked, planned and compiled. `trunkline.engine` runs it.

    - ``id``: the document's id, ``sha256:…``
    - ``kind``: ``query``, ``mutation`` or ``subscription``
    - ``name``: the operation's own, ``None`` if it has none
    - ``title``: kind and name, for people
    - ``coordinates``: the fields of the schema that it uses, for example ``Todo.title``
    - ``is_async``: whether something of it is awaited, a resolver or a directive
    - ``has_batches``: whether a resolver is called for all parents of a level
    - ``variables``: the types and defaults of its variables
    - ``cost``: what it may cost, and the limit
    - ``execution``: begins an execution, with the values of its variables and who asks
    - ``required``: what it requires of its callers, ``None`` if nothing; `for_caller` gives the
      form that a caller may have
    - ``refused``: the coordinates that are refused in this form, with the unmet requirements
    - ``around``: the directives of the operation itself that have functions, if there are any
    - ``source_mark``: the position of a subscription's events, for errors of their stream
    - ``resolve_root``: the compiled function that gives the data, or, for a mutation that awaits,
      the generator of its fields
    - ``resolve_stream``: the compiled function that gives a subscription's source stream
    """

    def __init__(self, modules: OperationModules) -> None:
        self._modules = modules
        planned = modules.planned
        plan, chosen = planned.plan, planned.chosen
        self.id = planned.id
        self.kind = plan.kind
        self.name = plan.name
        self.title = f"{self.kind} {self.name or ''}".strip()
        self.coordinates = plan.coordinates
        self.is_async = plan.is_async
        self.has_batches = plan.has_batches
        self.required = plan.required
        self.refused: Mapping[str, RequirementSet] = (
            chosen.refusals.noted if chosen.refusals else {}
        )
        self.around = planned.around
        self.source_mark = plan.source.mark if plan.source else None
        self.variables = planned.variables
        self.cost = planned.cost
        limits = chosen.limits
        self.execution = partial(Execution, self.title, limits.errors, limits.response)
        self._forms: CallerForms[Operation] | None = None
        self._fields = [
            (placed.condition, isinstance(placed.field.binding, Refused))
            for placed in plan.root.fields
            if not isinstance(placed.field.binding, TypeName)
        ]
        self._runs = 0
        self._first = modules.load(modules.first)
        self.resolve_root: Callable[[Execution], Any] = self._resolve_first
        self.resolve_stream: Callable[[Execution], Any] | None = self._first.get(SOURCE)

    @property
    def source(self) -> str:
        """The Python text, with every type that a value may have."""
        return self._modules.whole().text

    @property
    def bound(self) -> Mapping[str, object]:
        """The objects that the text refers to, by name."""
        return self._modules.whole().bound

    def inline(self) -> None:
        """Compile the operation for many executions.

        The third execution does so by itself; call this if you know that there will be many.
        """
        modules = self._modules
        with modules.lock:
            if self.resolve_root == self._resolve_first:  # no other thread was faster
                self.resolve_root = modules.load(modules.write(inline=True))[ROOT]

    def _resolve_first(self, execution: Execution) -> Any:
        """Run the short text, until it is clear that longer text pays."""
        self._runs += 1
        if self._runs <= _FIRST_RUNS:
            return self._first[ROOT](execution)
        self.inline()
        return self.resolve_root(execution)

    def coerce(self, variables: Mapping[str, Any] | None) -> list[Any]:
        """Return the variables' values as resolvers get them, in the operation's order.

        Raises ``VariablesError`` if one does not fit (GraphQL §6.1.2), ``LimitExceededError`` if
        they make the operation cost more than allowed.
        """
        values = self.variables.coerce(variables)
        self.cost.check(values)
        return values

    def for_caller(
        self,
        scopes: frozenset[str] | None,
        policies: frozenset[str] = frozenset(),
        variables: Mapping[str, Any] | None = None,
    ) -> Operation:
        """Return the operation as a caller may have it: this one, or one that refuses some fields.

        ``scopes`` are those of the caller's token, ``None`` if there is no caller; ``policies`` are
        those that hold; ``variables`` are the request's, before they are coerced.
        """
        form = self._forms and self._forms.find(scopes, policies, variables)
        return form or self

    def is_refused(self, variables: Mapping[str, Any] | None) -> bool:
        """Return whether every field that the request selects is refused.

        Raises what `coerce` raises.
        """
        if not any(refused for _, refused in self._fields):
            return False
        selected = [refused for condition, refused in self._fields if not condition]
        if len(selected) < len(self._fields):
            values = self.coerce(variables)
            selected = [refused for condition, refused in self._fields if holds(condition, values)]
        return bool(selected) and all(selected)

    @property
    def chosen(self) -> ChosenOperation:
        """The operation in the document, from which forms of it are compiled."""
        return self._modules.planned.chosen

    def add_forms(self, forms: CallerForms[Operation]) -> None:
        """Set the forms for callers who may not have all of it; done once, when it is compiled."""
        self._forms = forms


def write_operation(planned: PlannedOperation) -> OperationModules:
    """Write the text of an operation's first executions."""
    return OperationModules(planned)


def load_operation(modules: OperationModules) -> Operation:
    """Load the text of an operation; return what runs."""
    return Operation(modules)
