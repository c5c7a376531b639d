"""What an operation will do, decided before a line of Python is written.

A plan is data: it can be walked, compared and printed, and nothing in it runs. It refers to objects
of the schema (types, and the bindings with their resolver functions) and to nodes of the document.
What an object of an abstract type becomes is planned when its first value comes: `AbstractShape`
has the data from which `Planner.plan_object` does so.

Structs of msgspec, because a document has hundreds of these: frozen dataclasses take ten times as
long to make.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from graphql import FieldNode, GraphQLField, GraphQLLeafType, VariableNode
from msgspec import Struct

from trunkline.compiler.authorization import OperationRequirements
from trunkline.runtime.graphql_core import FieldInfo
from trunkline.runtime.positions import Condition, Mark
from trunkline.runtime.selection import Selection
from trunkline.schema.bindings import Binding, CoreDefault, CoreResolver, Resolver
from trunkline.schema.requirements import RequirementSet

__all__ = [
    "AbstractShape",
    "Arguments",
    "BuiltArguments",
    "CollectedField",
    "Constant",
    "Event",
    "FieldPlan",
    "LeafShape",
    "ListShape",
    "ObjectShape",
    "OperationPlan",
    "PlacedField",
    "Position",
    "Refused",
    "SelectionPlan",
    "Shape",
    "TypeName",
    "Variable",
    "fields_of",
    "fields_outside_lists",
]

_AWAITED = 5  # fields that cost as much as one that is awaited
_BUILT = 2  # values in arguments that cost as much as one field


class CollectedField(Struct, frozen=True, eq=False):
    """A field of the document, and the condition under which it takes part."""

    node: FieldNode
    condition: Condition


class Position(Struct, frozen=True, eq=False):
    """Where a value stands, and what asks for it.

    ``fields`` are the fields of the document that were merged here; ``known`` is what holds
    whenever the position is reached; ``info`` is the field's part of graphql-core's ``info``, in
    that dialect only.
    """

    fields: list[CollectedField]
    known: Condition
    mark: Mark
    info: FieldInfo | None


class Constant(Struct, frozen=True, eq=False):
    """An argument whose value stands in the document, and that no resolver can change."""

    value: object


class Variable(Struct, frozen=True, eq=False):
    """An argument that is a variable as it came; left out if it is absent and that is allowed."""

    index: int
    may_be_absent: bool


class BuiltArguments(Struct, frozen=True, eq=False):
    """All arguments of a field, built for each call from the document and the variables.

    They are those of the first of the ``fields`` that takes part. What is below these is left out,
    so that the syntax tree may go.
    """

    definition: GraphQLField
    fields: list[CollectedField]


Arguments: TypeAlias = dict[str, Constant | Variable] | BuiltArguments
"""By the name of the resolver's parameter."""


class LeafShape(Struct, frozen=True, eq=False):
    """A scalar or an enum."""

    type: GraphQLLeafType
    nullable: bool


class ObjectShape(Struct, frozen=True, eq=False):
    """An object of one type, with the fields that are selected of it."""

    type_name: str
    model: type | None
    selection: SelectionPlan
    nullable: bool


class ListShape(Struct, frozen=True, eq=False):
    """A list. ``mark`` is the position of its items."""

    item: Shape
    mark: Mark
    nullable: bool


class AbstractShape(Struct, frozen=True, eq=False):
    """An object of an interface or a union, of one of the object types ``names``.

    Few of hundreds of possible types turn up, so their fields are planned when they do. In the
    graphql-core dialect an object type that has ``is_type_of`` is treated so too.
    """

    type_name: str
    names: tuple[str, ...]
    position: Position
    nullable: bool


Shape: TypeAlias = LeafShape | ObjectShape | AbstractShape | ListShape
"""What a value must become."""


def fields_of(shape: Shape) -> int:
    """Count the fields of an object; any other value counts as one."""
    if isinstance(shape, ObjectShape):
        return sum(placed.field.weight for placed in shape.selection.fields) or 1
    return 1


def fields_outside_lists(selection: SelectionPlan) -> int:
    """Count the fields of a response before its first lists; a field counts as in `fields_of`."""
    placed = [each.field for each in selection.fields if not each.again]
    return sum(each.weight for each in placed) + sum(
        fields_outside_lists(each.shape.selection)
        for each in placed
        if isinstance(each.shape, ObjectShape)
    )


class TypeName(Struct, frozen=True, eq=False):
    """The meta-field ``__typename`` of a known type (GraphQL §4.4.1)."""

    name: str


class Event(Struct, frozen=True, eq=False):
    """An event of a subscription's source stream (GraphQL §6.2.3)."""


class Refused(Struct, frozen=True, eq=False):
    """The caller may not have the field, because these requirements are not met.

    ``more`` are the indices of values that have what the values of variables require besides.
    """

    requirements: RequirementSet
    more: tuple[int, ...] = ()


class FieldPlan(Struct, frozen=True, eq=False):
    """A response key of an object: where its value comes from, and what it becomes.

    ``name`` is the schema's, ``type_text`` the field's type as the schema writes it. If equal
    selections share the functions for its value, ``shared`` is the mark of these. ``selection`` is
    set if the resolver asks for what is selected below. ``built`` is the number of values in the
    lists and objects of its arguments, which are built for each call.
    """

    key: str
    name: str
    coordinate: str
    type_text: str
    mark: Mark
    binding: Binding | TypeName | Event | Refused
    arguments: Arguments
    shape: Shape
    shared: Mark | None = None
    info: FieldInfo | None = None
    selection: Selection | None = None
    built: int = 0

    @property
    def weight(self) -> int:
        """How many fields it counts as in a response."""
        return (_AWAITED if self.is_later else 1) + self.built // _BUILT

    @property
    def is_batch(self) -> bool:
        """Whether one call resolves the field for all parents of the level."""
        return isinstance(self.binding, Resolver) and self.binding.is_batch

    @property
    def is_later(self) -> bool:
        """Whether the value comes only after the function that leaves a place for it."""
        return isinstance(self.binding, Resolver) and (
            self.binding.is_async or self.binding.is_batch
        )

    @property
    def may_be_later(self) -> bool:
        """Whether only the value itself tells if it must be awaited."""
        return self.info is not None and isinstance(self.binding, (CoreResolver, CoreDefault))


class PlacedField(Struct, frozen=True, eq=False):
    """A field in its place in the response, under its condition.

    A field stands in several places if its condition decides which of them comes first; ``again``
    marks all places but the first.
    """

    field: FieldPlan
    condition: Condition
    again: bool


@dataclass(slots=True)
class SelectionPlan:
    """The fields of an object, in the order of the response.

    ``unsure`` are conditions that can be null: the variable's number, its node in the document,
    and the condition under which it is evaluated.
    """

    unsure: list[tuple[int, VariableNode, Condition]]
    fields: list[PlacedField] = field(default_factory=list[PlacedField])


@dataclass(frozen=True, slots=True)
class OperationPlan:
    """A whole operation.

    - ``kind``: ``query``, ``mutation`` or ``subscription``
    - ``mark``: the position of ``data`` itself
    - ``coordinates``: what the operation uses of the schema: fields, arguments, input fields and
      enum values
    - ``is_async``: whether something of it is awaited, a resolver or a directive
    - ``has_batches``: whether a resolver is called for whole levels
    - ``source``: the field whose resolver gives a subscription's events
    - ``required``: what the operation requires of its callers, if it requires anything
    """

    kind: str
    name: str | None
    root_type: str
    root: SelectionPlan
    mark: Mark
    coordinates: frozenset[str]
    is_async: bool
    has_batches: bool
    source: FieldPlan | None
    required: OperationRequirements | None
