"""The class that puts the resolvers of all types together, as people wrote it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from trunkline.generate.resolvers.bindings import defined, dotted, statements
from trunkline.generate.resolvers.package import Package, PythonClass
from trunkline.generate.resolvers.wanted import Wanted

__all__ = ["Assembly", "AttributeStatement", "find_assembly"]


@dataclass(frozen=True, eq=False)
class AttributeStatement:
    """A statement that gives the class an attribute, and the class or method that it is in."""

    cls: PythonClass
    owner: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    statement: ast.stmt

    @property
    def value(self) -> ast.expr | None:
        """What is assigned, if something is."""
        return getattr(self.statement, "value", None)


@dataclass(frozen=True, eq=False)
class Assembly:
    """The class, and where it gets its attributes."""

    cls: PythonClass
    inherited: tuple[PythonClass, ...]

    @cached_property
    def attributes(self) -> dict[str, list[AttributeStatement]]:
        """The statements that give it attributes, by name."""
        found: dict[str, list[AttributeStatement]] = {}
        for cls in (self.cls, *self.inherited):
            for name, each in _attributes(cls):
                found.setdefault(name, []).append(each)
        return found

    @property
    def init(self) -> ast.FunctionDef | None:
        """Its ``__init__``, if that assigns attributes."""
        for statement in self.cls.node.body:
            if isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
                return statement if last_assignment(statement) else None
        return None


def find_assembly(package: Package, wanted: Wanted) -> Assembly | None:
    """Find the class by its name, or by the protocol of that name that it inherits."""
    name = wanted.assembly_class
    named = [cls for cls in package.classes if cls.name == name]
    found = sorted(
        [*named, *package.implementing(name)], key=lambda cls: cls.file.path != wanted.assembly
    )
    if not found:
        return None
    return Assembly(found[0], tuple(package.ancestors(found[:1])[1:]))


def last_assignment(init: ast.FunctionDef) -> ast.stmt | None:
    """Return the last statement of ``__init__`` that assigns an attribute of ``self``."""
    return next((each for each in reversed(init.body) if list(_of_self(each))), None)


def _attributes(cls: PythonClass) -> Iterator[tuple[str, AttributeStatement]]:
    for statement in cls.node.body:
        for name in defined(statement):
            yield name, AttributeStatement(cls, cls.node, statement)
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            for inner in statements(statement.body):
                for name in _of_self(inner):
                    yield name, AttributeStatement(cls, statement, inner)


def _of_self(statement: ast.stmt) -> Iterator[str]:
    """Yield the attributes of ``self`` that a statement assigns."""
    targets = getattr(statement, "targets", [getattr(statement, "target", None)])
    for target in targets:
        for node in ast.walk(target) if target else ():
            if isinstance(node, ast.Attribute) and dotted(node.value) == "self":
                yield node.attr
