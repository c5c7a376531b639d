"""The imports of an emitted module, collected while its text is written."""

from __future__ import annotations

import builtins
import sys
from dataclasses import dataclass

from trunkline.text.names import Names

__all__ = ["Hint", "Imports", "Reference"]


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """An object of a module; ``name`` may be dotted (``Outer.Inner``)."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(frozen=True, slots=True)
class Hint:
    """A type in Python: ``text`` has ``{}`` for each of the ``references``, in their order."""

    text: str
    references: tuple[Reference, ...] = ()

    @staticmethod
    def of(module: str, name: str) -> Hint:
        """Return the type that is one class."""
        return Hint("{}", (Reference(module, name),))

    @property
    def optional(self) -> Hint:
        """The type, or ``None``."""
        return (
            self if self.text.endswith("| None") else Hint(f"{self.text} | None", self.references)
        )

    def within(self, outer: Reference) -> Hint:
        """Return a generic type with this one as its argument."""
        return Hint(f"{{}}[{self.text}]", (outer, *self.references))

    def either(self, other: Hint) -> Hint:
        """Return the union with another type."""
        return Hint(f"{self.text} | {other.text}", (*self.references, *other.references))


class Imports:
    """Gives each reference the name that it has in the module, and writes the import statements.

    ``names`` are those of the module: what is imported under a name that is taken gets an alias.
    ``own`` is the module itself, whose objects need no import.
    """

    def __init__(self, names: Names, own: str) -> None:
        self._names = names
        self._own = own
        self._given: dict[Reference, str] = {}

    def name(self, reference: Reference, shadowed: frozenset[str] = frozenset()) -> str:
        """Return the name of a reference in this module.

        ``shadowed`` are the names that mean something else where it stands, in a class's body.
        """
        if reference.module == builtins.__name__ and reference.name not in shadowed:
            return reference.name
        if reference.module == self._own:
            return reference.name
        if reference.module == builtins.__name__:
            return f"{self._import(Reference(reference.module, ''))}.{reference.name}"
        first, dot, rest = reference.name.partition(".")
        return self._import(Reference(reference.module, first)) + dot + rest

    def hint(self, hint: Hint, shadowed: frozenset[str] = frozenset()) -> str:
        """Return a type as it is written in this module."""
        return hint.text.format(*(self.name(each, shadowed) for each in hint.references))

    def lines(self) -> list[str]:
        """Write the import statements, sorted as formatters sort them."""
        groups: dict[int, list[str]] = {}
        whole = [each for each in self._given if not each.name]
        for each in sorted(whole, key=lambda each: each.module):
            groups.setdefault(self._section(each.module), []).append(self._whole(each))
        for module in sorted({each.module for each in self._given if each.name}):
            groups.setdefault(self._section(module), []).extend(self._from(module))
        return [line for _, lines in sorted(groups.items()) for line in ("", *lines)][1:]

    def _import(self, reference: Reference) -> str:
        if reference not in self._given:
            wanted = reference.name or reference.module
            if reference.module == "datetime":
                wanted = _CAPITAL.get(wanted, wanted)  # a field called `date` must not hide it
            self._given[reference] = self._names.give(wanted)
        return self._given[reference]

    def _whole(self, reference: Reference) -> str:
        name = self._given[reference]
        return f"import {reference.module}" + (f" as {name}" if name != reference.module else "")

    def _from(self, module: str) -> list[str]:
        given = [
            each.name + (f" as {name}" if name != each.name else "")
            for each, name in self._given.items()
            if each.module == module and each.name
        ]
        items = sorted(given, key=_as_sorted)
        flat = f"from {module} import {', '.join(items)}"
        if len(flat) <= 88:
            return [flat]
        return [f"from {module} import (", *(f"    {item}," for item in items), ")"]

    def _section(self, module: str) -> int:
        root = module.partition(".")[0]
        if root in sys.stdlib_module_names:
            return 0
        return 2 if root == self._own.partition(".")[0] else 1


_CAPITAL = {"date": "Date", "datetime": "DateTime", "time": "Time", "timedelta": "TimeDelta"}
"""Classes that are written in lower case."""


def _as_sorted(item: str) -> tuple[int, str]:
    """Order constants before classes before functions, as isort's default has it."""
    name = item.partition(" ")[0]
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2
    return kind, name
