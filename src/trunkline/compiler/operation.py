"""An operation: compiled once, executed often. The one object that everything else reads.

Compiling a line of text costs as much as executing it a few hundred times. So an operation that is
new gets short text, which reads its leaves one by one; an operation that comes again gets text in
which every leaf is written out. Of interfaces and unions, an object type gets its functions when
its first value comes.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Mapping
from copy import copy
from functools import cached_property, partial
from hashlib import sha256
from math import inf
from threading import RLock
from types import ModuleType
from typing import Any, NoReturn
from weakref import finalize

from graphql import GRAPHQL_MAX_INT, GraphQLError

from trunkline.compiler.authorization import CallerForms
from trunkline.compiler.emit import COMPLETE, ROOT, SOURCE, ModuleText, ModuleWriter
from trunkline.compiler.plan import (
    AbstractShape,
    FieldPlan,
    Refused,
    TypeName,
    fields_outside_lists,
)
from trunkline.compiler.planner import PlannedOperation, plan_operation
from trunkline.compiler.usage import VariableUsage
from trunkline.errors import LimitExceededError
from trunkline.forks import renewed_in_children
from trunkline.runtime.execution import Execution, SharedExecution, SharedRoom
from trunkline.runtime.positions import Mark, holds
from trunkline.schema.requirements import RequirementSet
from trunkline.text.loading import compile_module

__all__ = ["Operation", "OperationModules", "load_inline", "load_operation"]

_FIRST_RUNS = 2  # executions of an operation before it counts as one that comes again
_WIDE = 5_000  # characters of a wide document, which takes long to compile
_WIDE_RUNS = 200  # executions until that pays: longer text saves a part of each
# Bytes, measured: of a character of text in a loaded module, of an operation, of a variable; of the
# plan, and of the syntax tree, for each character of the document that is not white space.
_CHARACTER = 2
_OPERATION = 8_000
_VARIABLE = 2_000
_PLANNED = 30
_TREE = 100
_GROWTH = 2_500  # in one request, for each field that the limits allow: a tenth of a second in all
_REFUSED = 500_000  # what planning has cost of an object that is too much

_TOO_NEW = (
    "The values have too many types that this operation meets for the first time. Ask for less at"
    " a time, or ask again: what is done already is kept."
)

_NAME_LENGTH = 40  # characters of an operation's name in the file name of its module


class OperationModules:
    """The modules of one operation: written, loaded, and written again when that pays.

    Executions in several threads share an operation, so only the thread that holds the ``lock``
    plans, writes and loads.
    """

    def __init__(self, planned: PlannedOperation) -> None:
        self.read = planned.chosen.reader()
        # graphql-core's names are letters, digits and underscores: they make good file names
        plan, digest = planned.plan, planned.id.partition(":")[2]
        self._name = f"{(plan.name or plan.kind)[:_NAME_LENGTH]}-{digest[:12]}"
        self._file_names: list[str] = []
        self._tables: dict[Mark, _Functions] = {}
        self._has_info = planned.planner.dialect.document_info is not None
        self.has_grown: Callable[[], None] = _nothing
        self.forget()
        self.lock = RLock()  # planning an object may load others
        renewed_in_children(self)
        # `linecache` keeps the text of a file that a traceback has shown
        finalize(self, _forget, self._file_names).atexit = False

    def after_fork(self) -> None:
        """Take a new lock in a child process: another thread of the parent may have held it."""
        self.lock = RLock()

    def forget(self) -> None:
        """Count what is kept from zero, because the modules so far are forgotten.

        The plan is kept by tables of types, whose objects are planned when their first value comes,
        and by graphql-core's `info`.
        """
        self._compiled: dict[bytes, Callable[[Mapping[str, object]], ModuleType]] = {}
        self.weight = 0
        self.keeps_plan = self._has_info

    def write(self, planned: PlannedOperation, *, inline: bool) -> ModuleText:
        """Write the operation's module; ``inline`` writes every leaf out."""
        return self._writer(planned, inline=inline).operation_module()

    def whole(self) -> ModuleText:
        """Write the operation's module with every type that its values may have."""
        planned = plan_operation(self.read())
        return ModuleWriter(planned, inline=True, make_table=None).operation_module()

    def load(self, module: ModuleText) -> dict[str, Any]:
        """Load a module; return its functions by name.

        The same object under many aliases has the same text, which is compiled once.
        """
        digest = sha256(module.text.encode()).digest()  # the text itself would be kept
        load = self._compiled.get(digest)
        if load is None:
            number = len(self._file_names)
            file_name = f"{self._name}-{number}.py" if number else f"{self._name}.py"
            self._file_names.append(file_name)
            load = self._compiled[digest] = compile_module(file_name, module.text)
            self.weight += _CHARACTER * len(module.text)
        self.weight += module.weight
        self.has_grown()
        functions = vars(load(module.bound))
        for name, walk in module.walks.items():
            functions[name] = walk(functions, name)
        return functions

    def _writer(self, planned: PlannedOperation, *, inline: bool) -> ModuleWriter:
        """Return the writer of a module in which abstract types are completed by a table."""

        def make_table(
            field: FieldPlan, shape: AbstractShape, mark: Mark
        ) -> Mapping[str, Callable[..., Any]]:
            def make(type_name: str) -> Callable[..., Any]:
                try:
                    object_ = planned.planner.plan_object(shape, type_name)
                except LimitExceededError as error:  # the field's error; others have their values
                    return partial(_refuse, error.errors[0].message)
                writer = self._writer(planned, inline=inline)
                module = writer.object_module(field, object_, mark)
                complete: Callable[..., Any] = self.load(module)[COMPLETE]
                return complete

            self.keeps_plan = True
            table = _Functions(self, make, self._tables.get(mark))
            self._tables[mark] = table
            return table

        return ModuleWriter(planned, inline=inline, make_table=make_table)


class _Functions(dict[str, Callable[..., Any]]):
    """Functions by object type, each made for the first value of its type.

    One request may make as many as its execution's ``growth`` allows: documents whose aliases
    multiply with the types of their values would cost seconds. ``shorter`` are functions of the
    text of the first executions; they serve where a request may not make better ones.
    """

    def __init__(
        self,
        modules: OperationModules,
        make: Callable[[str], Callable[..., Any]],
        shorter: _Functions | None,
    ) -> None:
        super().__init__()
        self._modules = modules
        self._make = make
        self._shorter = dict(shorter or {})

    def __missing__(self, type_name: str) -> Callable[..., Any]:
        return partial(self._complete_first, type_name)

    def _complete_first(
        self, type_name: str, execution: Execution, value: object, *indices: int
    ) -> Any:
        with self._modules.lock:
            function = self.get(type_name)  # another thread may just have made it
            if function is None and execution.growth < 0:
                function = self._shorter.get(type_name)
                if function is None:
                    raise GraphQLError(_TOO_NEW, extensions={"code": LimitExceededError.code})
            elif function is None:
                before = self._modules.weight
                function = self[type_name] = self._make(type_name)
                execution.growth -= self._modules.weight - before or _REFUSED
                self._shorter.pop(type_name, None)
        return function(execution, value, *indices)


def _single(planned: PlannedOperation) -> tuple[str, type[Any], float] | None:
    """Return the only variable, as the commonest request has: an id, or the length of a list.

    Nothing is to coerce or to check if its value is of this type, and no greater than this.
    """
    only, most = planned.variables.single, planned.cost.harmless
    if only is None or (only[1] is not int and most < inf):
        return None
    return *only, min(most, GRAPHQL_MAX_INT)


def _refuse(message: str, *_: object) -> NoReturn:
    """Stand in for what is too much to plan, so that it is tried once and not for each value."""
    raise GraphQLError(message)


def _nothing() -> None:
    """Do nothing: no cache keeps the operation yet."""


def _forget(file_names: list[str]) -> None:
    for file_name in file_names:
        linecache.cache.pop(file_name, None)


class Operation:
    """One operation of a document: checked, planned and compiled. `trunkline.engine` runs it.

    - ``id``: the document's id, ``sha256:…``
    - ``kind``: ``query``, ``mutation`` or ``subscription``
    - ``name``: the operation's own, ``None`` if it has none
    - ``title``: kind and name, for people
    - ``coordinates``: what it uses of the schema: fields (``Todo.title``), arguments
      (``Query.todo(todoID:)``), and input fields and enum values in literals (``State.DONE``)
    - ``is_async``: whether something of it is awaited, a resolver or a directive
    - ``has_batches``: whether a resolver is called for all parents of a level
    - ``variables``: the types and defaults of its variables
    - ``cost``: what it may cost, and the limit
    - ``fixed_fields``: how many fields a response has before its first lists, as `Limits.response`
      counts them
    - ``made_in``: the seconds that it took to parse, to validate, and to compile the document
    - ``caching``: the policy of its responses, ``None`` if they are not to be cached
    - ``execution``: begins an execution, with the values of its variables and who asks
    - ``required``: what it requires of its callers, ``None`` if nothing; `for_caller` gives the
      form that a caller may have
    - ``schema``: the schema that it was compiled for
    - ``read``: reads its document again, from which forms of it are compiled
    - ``around``: the directives of the operation itself that have functions, if there are any
    - ``source_mark``: the position of a subscription's events, for errors of their stream
    - ``resolve_root``: the compiled function that gives the data, or, for a mutation that awaits,
      the generator of its fields
    - ``resolve_stream``: the compiled function that gives a subscription's source stream
    """

    def __init__(self, planned: PlannedOperation, *, inline: bool = False) -> None:
        self._modules = modules = OperationModules(planned)
        plan, chosen = planned.plan, planned.chosen
        text = "".join(chosen.text.split())
        self._weight = _OPERATION + len(chosen.text) + _VARIABLE * len(planned.variables.names)
        kept = min(1, planned.planner.kept / (len(chosen.text) or 1))
        self._plan_weight = int((_PLANNED + _TREE * kept) * len(text))
        self.schema = chosen.schema
        self.read = modules.read
        self.id = planned.id
        self.kind = plan.kind
        self.name = plan.name
        self.title = f"{self.kind} {self.name or ''}".strip()
        self.coordinates = plan.coordinates
        definition, nodes = chosen.schema.definition, chosen.node.variable_definitions
        self._usage = VariableUsage(definition, nodes or ())
        self.is_async = plan.is_async
        self.has_batches = plan.has_batches
        self.required = plan.required
        self._refusals = chosen.refusals
        self.around = planned.around
        self.source_mark = plan.source.mark if plan.source else None
        self.variables = planned.variables
        self.cost = planned.cost
        self._single = _single(planned) if chosen.refusals is None else None
        self.fixed_fields = fields_outside_lists(plan.root)
        self.made_in = (0.0, 0.0, 0.0)
        self.caching = planned.caching
        limits = chosen.limits
        growth = _GROWTH * limits.fields
        self.execution = partial(Execution, self.title, limits.errors, limits.response, growth)
        self._forms: CallerForms[Operation] | None = None
        self._fields = [
            (placed.condition, isinstance(placed.field.binding, Refused))
            for placed in plan.root.fields
            if not isinstance(placed.field.binding, TypeName)
        ]
        self._runs = 0
        is_wide = len(text) > _WIDE
        self._first_runs = _WIDE_RUNS if is_wide else _FIRST_RUNS
        self._compile: Callable[[Callable[[], None]], object] | None = None
        functions = modules.load(modules.write(planned, inline=inline))
        # for the text of later executions, unless that is far away
        keeps_plan = modules.keeps_plan or not is_wide
        self._planned = planned if keeps_plan and not inline else None
        self._first: Callable[[Execution], Any] | None = None if inline else functions[ROOT]
        self.resolve_root: Callable[[Execution], Any] = (
            functions[ROOT] if inline else self._resolve_first
        )
        self.resolve_stream: Callable[[Execution], Any] | None = functions.get(SOURCE)

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

        The third execution does so by itself, that of a wide document after some hundred; call
        this if you know that there will be many.
        """
        modules = self._modules
        with modules.lock:
            if self._first is None:
                return  # another thread was faster
            planned = self._planned or plan_operation(self.read())
            modules.forget()  # the text of the first executions goes
            module = modules.write(planned, inline=True)
            self._planned = None  # and with the plan the syntax tree
            functions = modules.load(module)
            self.resolve_root, self.resolve_stream = functions[ROOT], functions.get(SOURCE)
            self._first = None

    def _resolve_first(self, execution: Execution) -> Any:
        """Run the short text, until it is clear that longer text pays."""
        self._runs += 1
        first = self._first
        if first is not None and (self._runs <= self._first_runs or self._compile):
            if self._compile and self._runs == self._first_runs + 1:
                self._compile(self.inline)
            return first(execution)
        self.inline()
        return self.resolve_root(execution)

    def compile_by(self, compile_: Callable[[Callable[[], None]], object]) -> None:
        """Let another thread compile the text of many executions; this one has not to wait.

        ``compile_`` takes the function to call there.
        """
        self._compile = compile_

    @property
    def weight(self) -> int:
        """The bytes that it takes, with its forms: an estimate, within a factor of two."""
        plan = self._plan_weight if self._planned or self._modules.keeps_plan else 0
        forms = self._forms.all if self._forms else ()
        own = self._weight + plan + self._modules.weight
        return own + sum(each.weight for each in forms)

    def has_grown(self) -> None:
        """Tell the cache that keeps the operation that its weight has changed."""
        self._modules.has_grown()

    def call_when_grown(self, function: Callable[[], None]) -> None:
        """Set the function that is called when the operation's weight has changed."""
        self._modules.has_grown = function

    def coerce(self, variables: Mapping[str, Any] | None) -> list[Any]:
        """Return the variables' values as resolvers get them, in the operation's order.

        Raises ``VariablesError`` if one does not fit (GraphQL §6.1.2), ``LimitExceededError`` if
        they make the operation cost more than allowed.
        """
        single = self._single
        if single is not None and variables:
            name, exact, most = single
            value: Any = variables.get(name)
            if type(value) is exact and (exact is not int or 0 <= value <= most):
                return [value, variables]
        values = self.variables.coerce(variables)
        self.cost.check(values)
        if self._refusals is not None:
            values[-1:-1] = self._refusals.decisions(variables)
        return values

    @cached_property
    def scopes(self) -> frozenset[str]:
        """The scopes that the schema declares for what it uses, whoever may have it."""
        return self.schema.declared.scopes(self.coordinates)

    @cached_property
    def deprecated(self) -> frozenset[str]:
        """The deprecated coordinates that it uses."""
        return self.schema.deprecated & self.coordinates

    def coordinates_with(self, variables: Mapping[str, Any] | None) -> frozenset[str]:
        """Return the ``coordinates``, and those that the variables of a request use."""
        return self._usage.added_to(self.coordinates, variables)

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

    def refused(self, variables: Mapping[str, Any] | None) -> Mapping[str, RequirementSet]:
        """Return the coordinates that are refused in this form, with the unmet requirements."""
        return self._refusals.given(variables) if self._refusals else {}

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

    def sharing(self, room: SharedRoom) -> Operation:
        """Return the operation for a batch, whose responses have one room."""
        shared = copy(self)
        make: Callable[..., Execution] = SharedExecution
        shared.execution = partial(make, *self.execution.args, shared=room)
        return shared

    def noting(self, executions: list[Execution]) -> Operation:
        """Return the operation, with a list that gets each execution when it begins."""

        def begin(*given: Any) -> Execution:
            execution = self.execution(*given)
            executions.append(execution)
            return execution

        noting = copy(self)
        noting.execution = partial(begin)
        return noting

    def add_forms(self, forms: CallerForms[Operation]) -> None:
        """Set the forms for callers who may not have all of it; done once, when it is compiled."""
        self._forms = forms


def load_operation(planned: PlannedOperation) -> Operation:
    """Write and load the text of an operation's first executions; return what runs."""
    return Operation(planned)


def load_inline(planned: PlannedOperation) -> Operation:
    """Write and load the text of many executions at once; neither plan nor syntax tree is kept."""
    return Operation(planned, inline=True)
