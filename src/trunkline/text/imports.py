"""Objects of other modules in emitted text: types that are made of them, and their imports."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from trunkline.text.names import Names
from trunkline.text.source import Source

__all__ = ["Hint", "Imports", "Reference"]


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """An object of a module.

    ``name`` may be dotted (``Outer.Inner``). Without a ``module``, it is of the module that is
    being written.
    """

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(frozen=True, slots=True)
class Hint:
    """A type in Python: a class, a generic class with its ``arguments``, or a union.

    A union has no ``origin``; its members are the ``arguments``. An argument that is a string is
    written as it is, which is for lists (``[]`` of ``Callable``) and for literals.
    """

    origin: Reference | None
    arguments: tuple[Hint | str, ...] = ()

    @staticmethod
    def of(module: str, name: str) -> Hint:
        """Return the type that is one class."""
        return Hint(Reference(module, name))

    @property
    def members(self) -> tuple[Hint | str, ...]:
        """The members of a union; the type alone if it is not a union."""
        return (self,) if self.origin else self.arguments

    @property
    def references(self) -> tuple[Reference, ...]:
        """All that must be imported for the type, in the order in which it is written."""
        inner = (each.references for each in self.arguments if isinstance(each, Hint))
        found = (reference for references in inner for reference in references)
        return (*filter(None, (self.origin,)), *found)

    @property
    def optional(self) -> Hint:
        """The type, or ``None``."""
        return self if self.members[-1] == _NONE else self.either(_NONE)

    def either(self, other: Hint) -> Hint:
        """Return the union with another type."""
        return Hint(None, (*self.members, *other.members))

    def within(self, outer: Reference) -> Hint:
        """Return a generic type with this one as its argument."""
        return Hint(outer, (self,))

    def replace(self, old: Reference, new: Reference) -> Hint:
        """Return the type with another class in the place of one."""
        arguments = (
            each if isinstance(each, str) else each.replace(old, new) for each in self.arguments
        )
        return Hint(new if self.origin == old else self.origin, tuple(arguments))

    def write(self, name: Callable[[Reference], str]) -> str:
        """Write the type on one line; ``name`` returns what an object is called there."""
        arguments = [each if isinstance(each, str) else each.write(name) for each in self.arguments]
        if self.origin is None:
            return " | ".join(arguments)
        return name(self.origin) + (f"[{', '.join(arguments)}]" if arguments else "")


_NONE = Hint(Reference(builtins.__name__, "None"))

_CAPITAL = {"date": "Date", "datetime": "DateTime", "time": "Time", "timedelta": "TimeDelta"}


def _local_name(reference: Reference) -> str:
    """Name an import as its object; classes in lower case would be hidden by a field `date`."""
    return _CAPITAL.get(reference.name, reference.name)


class Imports:
    """Gives each reference the name that it has in a module, and writes the import statements.

    - ``own`` is the module itself, whose objects need no import.
    - ``taken`` are the module's names. An import that wants one of them gets a number.
    - ``typing_only`` chooses the references that are imported for type checkers alone, because
      their modules may import this one.
    - ``local_name`` is what a reference is called here, if the name is free.
    - ``whole`` are modules that are imported under a name, and their objects reached through it.
    - ``below`` are such modules, too, but imported at the end of the module: they may import this
      one, and whichever is imported first has its classes before the other needs them.
    """

    def __init__(  # noqa: PLR0913  # all but the first two by name
        self,
        own: str,
        taken: Collection[str] = (),
        *,
        typing_only: Callable[[Reference], bool] = lambda _: False,
        local_name: Callable[[Reference], str] = _local_name,
        whole: Mapping[str, str] | None = None,
        below: Mapping[str, str] | None = None,
    ) -> None:
        self._own = own
        self._names = Names(frozenset(taken))
        self._typing_only = typing_only
        self._local_name = local_name
        self._below = below or {}
        self._whole = {**(whole or {}), **self._below}
        self._imported: dict[Reference, str] = {}  # without a name: the module itself

    def name(self, reference: Reference, shadowed: Collection[str] = ()) -> str:
        """Return the name of a reference in this module.

        ``shadowed`` are names that mean something else where it is written: members of a class.
        """
        module = reference.module
        if module in ("", self._own):
            return reference.name
        if module == builtins.__name__ and reference.name not in shadowed:
            return reference.name
        if module == builtins.__name__ or module in self._whole:
            whole = Reference(module, "")
            if whole not in self._imported:
                self._imported[whole] = self._names.give(self._whole.get(module, module))
            return f"{self._imported[whole]}.{reference.name}"
        first, dot, rest = reference.name.partition(".")
        imported = Reference(module, first)
        if imported not in self._imported:
            self._imported[imported] = self._names.give(self._local_name(imported))
        return self._imported[imported] + dot + rest

    def has(self, reference: Reference) -> bool:
        """Say whether an object was named so far."""
        return reference in self._imported

    def write(self, source: Source[None]) -> None:
        """Write the import statements, sorted and grouped as isort does."""
        typing_only = [each for each in self._imported if self._typing_only(each)]
        checking = typing_only and self.name(Reference("typing", "TYPE_CHECKING"))
        elsewhere = {*typing_only, *self._imported_below}
        self._write(source, [each for each in self._imported if each not in elsewhere])
        if checking:
            source.line()
            with source.block(f"if {checking}:"):
                self._write(source, typing_only, is_first=True)

    def write_below(self, source: Source[None]) -> None:
        """Write the import statements for the end of the module."""
        if references := self._imported_below:
            source.line()
            source.line()
            source.line("# These may import this module, so they are imported last.")
            self._write(source, references, is_first=True)

    @property
    def _imported_below(self) -> list[Reference]:
        return [each for each in self._imported if each.module in self._below]

    def _write(
        self, source: Source[None], references: Collection[Reference], *, is_first: bool = False
    ) -> None:
        sections: dict[int, list[Reference]] = {}
        for each in sorted(references):
            root = each.module.partition(".")[0]
            is_own = root == self._own.partition(".")[0]
            number = 0 if root in sys.stdlib_module_names else 2 if is_own else 1
            sections.setdefault(number, []).append(each)
        for _, section in sorted(sections.items()):
            if not is_first:
                source.line()
            is_first = False
            by_module: dict[str, dict[str, str]] = {}
            for each in section:
                if each.name:
                    by_module.setdefault(each.module, {})[each.name] = self._renamed(each)
                else:
                    source.line(f"import {each.module}{self._renamed(each)}")
            for module, names in by_module.items():
                _write_from(source, module, names)

    def _renamed(self, reference: Reference) -> str:
        name = self._imported[reference]
        return "" if name == (reference.name or reference.module) else f" as {name}"


def _write_from(source: Source[None], module: str, names: Mapping[str, str]) -> None:
    """Write ``from … import …``; each name with ``as`` has a separate statement."""
    ordered = sorted(names, key=_order)
    plain = [name for name in ordered if not names[name]]
    for name in ordered:
        flat = f"from {module} import {', '.join(plain)}"
        if names[name]:
            source.line(f"from {module} import {name}{names[name]}")
        elif name != plain[0]:
            continue  # written with the first one
        elif source.fits(flat):
            source.line(flat)
        else:
            source.call(f"from {module} import (", plain)


def _order(name: str) -> tuple[int, str]:
    """Sort constants before classes before functions, as isort does."""
    return 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2, name
