"""What the module has, every name of it decided: what is left is to write it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from trunkline.generate.client.types import Annotation
from trunkline.protocol.documents import OperationKind

__all__ = [
    "Argument",
    "Attribute",
    "ClassDefinition",
    "Definition",
    "EnumDefinition",
    "Member",
    "Module",
    "OperationMethod",
    "UnionDefinition",
]


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of a class; ``key`` is its name in JSON, ``default`` a Python expression."""

    name: str
    key: str
    annotation: Annotation
    default: str | None = None
    doc: str = ""


@dataclass(frozen=True, slots=True)
class ClassDefinition:
    """A class of answers, or of inputs, with the class of a fragment that it extends."""

    name: str
    base: str | None
    attributes: Sequence[Attribute]
    doc: str
    is_input: bool = False


@dataclass(frozen=True, slots=True)
class UnionDefinition:
    """A name for one of several classes, the last of which takes what the others do not."""

    name: str
    members: Sequence[str]


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an enum: its name and its value."""

    name: str
    value: str
    doc: str


@dataclass(frozen=True, slots=True)
class EnumDefinition:
    """An enum of the schema that the documents use."""

    name: str
    members: Sequence[Member]
    doc: str


Definition: TypeAlias = ClassDefinition | UnionDefinition | EnumDefinition


@dataclass(frozen=True, slots=True)
class Argument:
    """A variable as a method's argument; without a default it must be given."""

    name: str
    variable: str
    annotation: Annotation
    default: str | None = None


@dataclass(frozen=True, slots=True)
class OperationMethod:
    """An operation and the method that calls it; ``data`` is the class of its answer's data."""

    name: str
    method: str
    constant: str
    kind: OperationKind
    text: str
    data: str
    arguments: Sequence[Argument]
    catches: bool
    doc: str
    definitions: Sequence[ClassDefinition | UnionDefinition]


@dataclass(frozen=True, slots=True)
class Module:
    """The whole module, in the order in which it is written."""

    schema_types: Sequence[Definition]
    fragments: Sequence[ClassDefinition | UnionDefinition]
    operations: Sequence[OperationMethod]
    serializers: Sequence[tuple[str, str]]
