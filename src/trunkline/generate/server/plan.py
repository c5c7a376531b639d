"""The plan of a server's package: all that is generated, decided before a line is written.

Everything in it is data, which plugins may change. The texts follow from it alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from trunkline.generate.elements import EnumPlan, Place
from trunkline.text.imports import Hint, Reference

__all__ = [
    "AbstractPlan",
    "AttributePlan",
    "DirectivePlan",
    "Expression",
    "ParameterPlan",
    "ResolverPlan",
    "ResolversPlan",
    "ServerPlan",
    "StructPlan",
    "TypePlan",
]


@dataclass(frozen=True, slots=True)
class Expression:
    """A default as Python source: ``text`` has ``{}`` for each of the references, in their order.

    A ``mutable`` one is evaluated again for each object.
    """

    text: str
    references: tuple[Reference, ...] = ()
    mutable: bool = False

    def write(self, name: Callable[[Reference], str]) -> str:
        """Write the expression; ``name`` returns what an object is called there."""
        return self.text.format(*map(name, self.references))


@dataclass(frozen=True, slots=True)
class AttributePlan:
    """An attribute of a generated class; without a ``default`` it must be given."""

    name: str
    hint: Hint
    description: str
    default: Expression | None = None


@dataclass(frozen=True, slots=True)
class StructPlan:
    """An object type or an input type that is generated as a class."""

    type: str
    name: str
    description: str
    attributes: tuple[AttributePlan, ...]


@dataclass(frozen=True, slots=True)
class AbstractPlan:
    """An interface or a union that is generated: any of ``types``."""

    type: str
    name: str
    description: str
    types: tuple[Reference, ...]


TypePlan: TypeAlias = EnumPlan | StructPlan | AbstractPlan


@dataclass(frozen=True, slots=True)
class ParameterPlan:
    """A parameter of a function; without a ``default`` it must be given."""

    name: str
    hint: Hint
    default: Expression | None = None


@dataclass(frozen=True, slots=True)
class ResolverPlan:
    """A field that has a resolver.

    ``parent`` is the parameter for the parent object, or for a list of them in a batch; root types
    have none. ``hint`` is the type of one value of the field.
    """

    coordinate: str
    name: str
    kind: Literal["field", "batch", "stream"]
    parent: ParameterPlan | None
    parameters: tuple[ParameterPlan, ...]
    hint: Hint
    description: str
    place: Place


@dataclass(frozen=True, slots=True)
class ResolversPlan:
    """The resolvers of a type. ``attribute`` is its name in ``Resolvers``.

    ``answered`` are the names of the fields whose value the type's class gives.
    """

    type: str
    protocol: str
    attribute: str
    description: str
    resolvers: tuple[ResolverPlan, ...]
    place: Place
    type_resolver: bool = False
    answered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DirectivePlan:
    """A directive that has a function; ``first`` is the parameter that it takes by position."""

    directive: str
    name: str
    description: str
    first: ParameterPlan
    parameters: tuple[ParameterPlan, ...]


@dataclass(frozen=True, slots=True)
class ServerPlan:
    """All that is generated for a server.

    - ``package`` is the name of the package, ``sources`` are the schema's files as configured, and
      ``sdl`` is the schema's text.
    - ``types`` are the classes that are generated, and ``resolvers`` the protocols.
    - ``models`` has the class of each bound or generated type, by the type's name; ``scalars`` has
      the objects that write and read scalars.
    - ``names`` has the Python name of a coordinate if it is not the usual one.
    - ``resolved`` are the coordinates of fields that must have a resolver though their class has an
      attribute for them; ``batched`` are those whose resolver is called once for a level.
    - ``directives`` have functions; ``metadata`` are the coordinates of those that have none.
    - ``context`` is the type of the context that resolvers get.
    - ``notes`` are messages for people. ``reasons`` say, by coordinate, why a field of a bound
      class needs a resolver: people read them until the resolver is written.
    """

    package: str
    sources: tuple[str, ...]
    sdl: str
    types: tuple[TypePlan, ...]
    resolvers: tuple[ResolversPlan, ...]
    models: Mapping[str, Reference]
    scalars: Mapping[str, Reference]
    names: Mapping[str, str]
    resolved: tuple[str, ...]
    batched: tuple[str, ...]
    directives: tuple[DirectivePlan, ...] = ()
    metadata: tuple[str, ...] = ()
    context: Hint | None = None
    notes: tuple[str, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict[str, str])
