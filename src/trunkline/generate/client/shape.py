"""What is selected at one position of an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphql import GraphQLCompositeType, GraphQLObjectType

from trunkline.generate.client.selections import ALWAYS, Condition, Group, Part

__all__ = ["Case", "Shape", "suffix_of"]


@dataclass(frozen=True, slots=True)
class Shape:
    """What is selected at one position.

    ``name`` is its class's, ``path`` how people find it, ``remedy`` what they do where the name is
    taken; ``known`` are the conditions of which one holds where there is a value at all.
    ``is_root`` is true of operations' data.
    """

    name: str
    path: str
    place: str
    remedy: str
    parts: Sequence[Part]
    type: GraphQLCompositeType
    known: Sequence[Condition] = (ALWAYS,)
    is_root: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """A shape for one group of the types that its objects may be of; ``name`` is its class's."""

    shape: Shape
    group: Group
    name: str

    @property
    def typenames(self) -> tuple[str, ...]:
        """The values that ``__typename`` may have; none where a server may add others."""
        return tuple(each.name for each in self.group.types) if self.group.conditions else ()

    @property
    def is_object(self) -> bool:
        """Whether the position has one object type, by the schema."""
        return isinstance(self.shape.type, GraphQLObjectType)


def suffix_of(group: Group) -> str:
    """Name a group by what its fragments name, so that types that are added change no name."""
    if group.only:
        return group.only.name
    return "".join(sorted(group.conditions)) or "Other"
