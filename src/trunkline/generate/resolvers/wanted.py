"""What the schema wants of people's resolvers, as data: the input of `merge`.

Every type, default and base class is an `Expression`: its text, and what each name in it is
imported from. So it can be written into any file, whatever names that file has already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = [
    "Expression",
    "Import",
    "Parameter",
    "Previous",
    "Wanted",
    "WantedClass",
    "WantedMethod",
]


@dataclass(frozen=True, slots=True)
class Import:
    """``from module import name``; without a name, ``import module`` (a module without dots).

    ``alias`` is what the expression calls it, where that is not its own name.
    """

    module: str
    name: str | None = None
    alias: str | None = None

    @property
    def local(self) -> str:
        """The name that the import gives to an expression."""
        return self.alias or self.name or self.module

    @property
    def origin(self) -> str:
        """What the name stands for, with dots."""
        return ".".join(filter(None, (self.module, self.name)))


@dataclass(frozen=True, slots=True)
class Expression:
    """Python on one line (``list[Todo] | None``), and the imports that its names come from."""

    text: str
    imports: tuple[Import, ...] = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter; a parent has no default, an argument that may be left out has one."""

    name: str
    annotation: Expression
    default: Expression | None = None


@dataclass(frozen=True, slots=True)
class WantedMethod:
    """The resolver of a field.

    ``returns`` is what the field's value is: without ``Awaitable``; ``list[…]`` of it for a batch,
    ``AsyncIterator[…]`` for a subscription. A batch's parent is a ``list[…]``, too.
    """

    name: str
    coordinate: str
    returns: Expression
    parent: Parameter | None = None
    parameters: tuple[Parameter, ...] = ()
    docstring: str | None = None
    is_batch: bool = False
    is_subscription: bool = False
    is_async: bool = True


@dataclass(frozen=True, slots=True)
class WantedClass:
    """The resolvers of a type, or those that belong into one file.

    ``protocol`` is the name of its protocol, by which people's classes are found, and the name of
    the class that is written; ``base`` is how that protocol is written and imported; ``attribute``
    is the type's name in `Resolvers`; ``path`` is the file in which the layout puts it. A type
    whose fields belong into several files has several of these, with the same ``protocol``.
    """

    type_name: str
    protocol: str
    attribute: str
    base: Expression
    path: str
    methods: tuple[WantedMethod, ...]
    docstring: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """All that is wanted.

    ``package`` is the dotted name of the folder that paths are relative to; ``assembly`` is the
    path of the file whose class ``Resolvers`` puts the types' resolvers together. ``generated`` has
    the modules of the generated package by their dotted names: the text of each, or ``None`` where
    it is not known what it has.
    """

    package: str
    classes: tuple[WantedClass, ...]
    assembly: str = "__init__.py"
    assembly_class: str = "Resolvers"
    generated: Mapping[str, str | None] = field(default_factory=dict[str, str | None])


@dataclass(frozen=True, slots=True)
class Previous:
    """What was generated the last time.

    ``protocols`` has the methods of each protocol by its name and theirs; ``attributes`` has each
    protocol's name in ``Resolvers``.
    """

    protocols: Mapping[str, Mapping[str, WantedMethod]] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
