"""Pass 2's result: what the client's module contains, with every name and type decided.

Everything here is data. What is left is to write it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from trunkline.generate.configuration import TypeKind
from trunkline.generate.elements import EnumPlan
from trunkline.protocol.documents import OperationKind
from trunkline.text.imports import Hint, Reference

__all__ = [
    "RUNTIME",
    "ArgumentPlan",
    "ClassFieldPlan",
    "ClassPlan",
    "ClientPlan",
    "DefinitionPlan",
    "MethodPlan",
    "PagesPlan",
    "UnionPlan",
]

RUNTIME = "trunkline.client.generated"
"""The module that generated clients import."""


@dataclass(frozen=True, slots=True)
class ClassFieldPlan:
    """A field of a class; ``key`` is its name in JSON.

    ``may_be_absent`` gives it the default ``UNSET``, else ``is_null_by_default`` gives it ``None``.
    ``value`` is its default if it is a string.
    """

    name: str
    key: str
    hint: Hint
    description: str = ""
    may_be_absent: bool = False
    value: str | None = None
    is_null_by_default: bool = False


@dataclass(frozen=True, slots=True)
class ClassPlan:
    """A class of responses or of inputs. ``base`` is the class of a fragment that it extends."""

    name: str
    fields: Sequence[ClassFieldPlan]
    description: str
    base: str | None = None
    is_input: bool = False


@dataclass(frozen=True, slots=True)
class UnionPlan:
    """A name for one of several classes. The last one takes the types that the others do not."""

    name: str
    members: Sequence[str]


DefinitionPlan: TypeAlias = ClassPlan | UnionPlan | EnumPlan


@dataclass(frozen=True, slots=True)
class ArgumentPlan:
    """A variable as an argument of a method."""

    name: str
    variable: str
    hint: Hint
    is_required: bool


@dataclass(frozen=True, slots=True)
class PagesPlan:
    """The method that goes through the pages of a connection (Relay's).

    ``cursor`` is the variable that says where a page begins. ``place`` is where the page info is in
    the data, as attributes.
    """

    method: str
    cursor: str
    place: str


@dataclass(frozen=True, slots=True)
class MethodPlan:
    """An operation, the method that calls it, and the class ``data`` of its response's data.

    ``uploads`` says whether there may be files among its arguments.
    """

    name: str
    method: str
    constant: str
    kind: OperationKind
    text: str
    data: str
    arguments: Sequence[ArgumentPlan]
    catches: bool
    description: str
    definitions: Sequence[DefinitionPlan]
    uploads: bool = False
    pages: PagesPlan | None = None


@dataclass(frozen=True, slots=True)
class ClientPlan:
    """The whole module, in the order in which it is written.

    - ``name`` is the name of the client, ``sources`` what it is generated from.
    - ``clients`` are the names of its classes; true for those whose methods are awaited.
    - ``style`` is what the other classes are.
    - ``serializers`` are the Python types of scalars with the functions that write them.
    - ``base`` is a class that the clients extend too, ``mixins`` such classes of the other classes.
    """

    name: str
    sources: str
    clients: Mapping[str, bool]
    style: TypeKind
    schema_types: Sequence[DefinitionPlan]
    fragments: Sequence[DefinitionPlan]
    operations: Sequence[MethodPlan]
    serializers: Sequence[tuple[Reference, Reference]]
    base: Reference | None = None
    mixins: Mapping[str, Reference] = field(default_factory=dict[str, Reference])
