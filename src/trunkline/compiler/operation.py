"""An operation: compiled once, executed often. The one object that everything else reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from trunkline.compiler.assemble import WrittenOperation
from trunkline.compiler.authorization import CallerForms
from trunkline.compiler.document import ChosenOperation
from trunkline.compiler.emit import ROOT, SOURCE
from trunkline.compiler.plan import Refused, TypeName
from trunkline.runtime.execution import Execution
from trunkline.runtime.positions import holds
from trunkline.schema.requirements import RequirementSet

__all__ = ["Operation", "load_operation"]

_FIRST_RUNS = 2  # executions of an operation before it counts as one that comes again


class Operation:
    """One operation of a document: checked, planned and compiled. `trunkline.engine` runs it.

    - ``id``: the document's id, ``sha256:…``
    - ``kind``: ``query``, ``mutation`` or ``subscription``
    - ``name``: the operation's own, ``None`` if it has none
    - ``title``: kind and name, for people
    - ``coordinates``: the fields of the schema that it uses, for example ``Todo.title``
    - ``is_async``: whether something of it is awaited, a resolver or a directive
    - ``has_batches``: whether a resolver is called for all parents of a level
    - ``required``: what it requires of its callers, ``None`` if nothing; `for_caller` gives the
      form that a caller may have
    - ``refused``: the coordinates that are refused in this form, with the unmet requirements
    - ``around``: the directives of the operation itself that have functions, if there are any
    - ``source_mark``: the position of a subscription's events, for errors of their stream
    - ``resolve_root``: the compiled function that gives the data, or, for a mutation that awaits,
      the generator of its fields
    - ``resolve_stream``: the compiled function that gives a subscription's source stream
    """

    def __init__(self, written: WrittenOperation) -> None:
        self._assembler = written.assembler
        planned = written.assembler.planned
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
        self._variables = planned.variables
        self._cost = planned.cost
        self._forms: CallerForms[Operation] | None = None
        self._fields = [
            (placed.condition, isinstance(placed.field.binding, Refused))
            for placed in plan.root.fields
            if not isinstance(placed.field.binding, TypeName)
        ]
        self._runs = 0
        self._first = self._assembler.load(written.module)
        self.resolve_root: Callable[[Execution], Any] = self._resolve_first
        self.resolve_stream: Callable[[Execution], Any] | None = self._first.get(SOURCE)

    @property
    def source(self) -> str:
        """The Python text, with every type that a value may have."""
        return self._assembler.whole().text

    @property
    def bound(self) -> Mapping[str, object]:
        """The objects that the text refers to, by name."""
        return self._assembler.whole().bound

    def inline(self) -> None:
        """Compile the operation for many executions.

        The third execution does so by itself; call this if you know that there will be many.
        """
        self.resolve_root = self._assembler.load(self._assembler.write(inline=True))[ROOT]

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
        values = self._variables.coerce(variables)
        self._cost.check(values)
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
        return self._assembler.planned.chosen

    def add_forms(self, forms: CallerForms[Operation]) -> None:
        """Set the forms for callers who may not have all of it; done once, when it is compiled."""
        self._forms = forms


def load_operation(written: WrittenOperation) -> Operation:
    """Load the text of an operation; return what runs."""
    return Operation(written)
