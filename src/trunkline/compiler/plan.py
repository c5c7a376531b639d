"""What an operation will do, decided wholly before a line of Python is written.

Structs of msgspec: a document has hundreds of these, and dataclasses that are frozen take ten times
as long to make.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeAlias

from graphql import GraphQLLeafType, VariableNode
from msgspec import Struct

from trunkline.compiler.permissions import Needs
from trunkline.runtime.info import FieldFacts
from trunkline.runtime.marks import Condition, Mark
from trunkline.runtime.selection import Selection
from trunkline.schema.bindings import (
    Binding,
    CoreConventions,
    CoreDefault,
    CoreResolver,
    Resolver,
)

__all__ = [
    "AbstractOf",
    "Built",
    "Constant",
    "Event",
    "FieldPlan",
    "Leaf",
    "ListOf",
    "ObjectOf",
    "OperationPlan",
    "Refused",
    "Selected",
    "SelectionPlan",
    "Shape",
    "TypeName",
    "Variable",
]


class Constant(Struct, frozen=True, eq=False):
    """An argument whose value stands in the document and cannot be changed by a resolver."""

    value: object


class Variable(Struct, frozen=True, eq=False):
    """An argument that is a variable as it came; left out where it ``may_be_absent``."""

    index: int
    may_be_absent: bool


@dataclass(frozen=True, slots=True)
class Built:
    """All arguments of a field, built anew for each call by a function of the variables."""

    build: Callable[[Sequence[Any]], dict[str, Any]]


Arguments: TypeAlias = dict[str, Constant | Variable] | Built
"""By the name of the resolver's parameter."""


class Leaf(Struct, frozen=True, eq=False):
    """A scalar or an enum."""

    type: GraphQLLeafType
    nullable: bool


class ObjectOf(Struct, frozen=True, eq=False):
    """An object of one type, with the fields that are selected of it."""

    type_name: str
    model: type | None
    selection: SelectionPlan
    nullable: bool


class ListOf(Struct, frozen=True, eq=False):
    """A list. ``mark`` is the position of its items."""

    item: Shape
    mark: Mark
    nullable: bool


class AbstractOf(Struct, frozen=True, eq=False):
    """An object of an interface or a union: one of the types ``names``.

    ``plan_object`` plans the fields of one of them, when its first value comes: of hundreds of
    possible types few turn up. ``find_type`` names a value's type. In a schema of graphql-core's it
    takes ``info``, made from ``facts``, and may give an awaitable.
    """

    type_name: str
    names: tuple[str, ...]
    plan_object: Callable[[str], ObjectOf]
    find_type: Callable[..., Any]
    nullable: bool
    facts: FieldFacts | None = None


Shape: TypeAlias = Leaf | ObjectOf | AbstractOf | ListOf
"""What a value must become."""


class TypeName(Struct, frozen=True, eq=False):
    """The meta-field ``__typename`` of a known type (GraphQL §4.4.1)."""

    name: str


@dataclass(frozen=True, slots=True)
class Event:
    """What the source stream of a subscription gave (GraphQL §6.2.3)."""


class Refused(Struct, frozen=True, eq=False):
    """The caller may not have the field: ``refuse`` raises the error that says so."""

    refuse: Callable[[], NoReturn]


class FieldPlan(Struct, frozen=True, eq=False):
    """A response key of an object: where its value comes from, and what it becomes.

    ``name`` is the schema's, ``type_text`` the field's type as the schema writes it; ``facts`` is
    what the ``info`` of a graphql-core resolver is made from; ``selection`` is there where the
    resolver asks what is wanted below.
    """

    key: str
    name: str
    coordinate: str
    type_text: str
    mark: Mark
    binding: Binding | TypeName | Event | Refused
    arguments: Arguments
    shape: Shape
    facts: FieldFacts | None = None
    selection: Selection | None = None

    @property
    def is_batch(self) -> bool:
        """Say whether one call resolves the field for all parents of the level."""
        return isinstance(self.binding, Resolver) and self.binding.is_batch

    @property
    def is_later(self) -> bool:
        """Say whether the value is there only after the function that leaves a place for it."""
        return isinstance(self.binding, Resolver) and (
            self.binding.is_async or self.binding.is_batch
        )

    @property
    def may_be_later(self) -> bool:
        """Say whether only the value itself tells if it is there already."""
        return self.facts is not None and isinstance(self.binding, (CoreResolver, CoreDefault))


class Selected(Struct, frozen=True, eq=False):
    """A field in its place in the answer, under its condition.

    A field stands in several places where its condition decides which comes first; ``again``
    says that this is not the first of them.
    """

    field: FieldPlan
    condition: Condition
    again: bool


@dataclass(slots=True)
class SelectionPlan:
    """The fields of an object, in the order of the answer.

    ``unsure`` are conditions that can be null: the variable's number, its node in the document,
    and when it is asked for.
    """

    unsure: list[tuple[int, VariableNode, Condition]]
    fields: list[Selected] = field(default_factory=list[Selected])


@dataclass(frozen=True, slots=True)
class OperationPlan:
    """A whole operation.

    ``kind`` is ``query``, ``mutation`` or ``subscription``; ``mark`` the position of ``data``
    itself; ``coordinates`` are the fields of the schema that the operation uses; ``is_async`` says
    that some resolver of it is awaited, ``has_batches`` that some is called for whole levels;
    ``source`` is the field whose resolver gives a subscription's events; ``core`` is there where
    the schema was written for graphql-core; ``needs`` is there where the operation needs something
    of its callers.
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
    core: CoreConventions | None
    needs: Needs | None
