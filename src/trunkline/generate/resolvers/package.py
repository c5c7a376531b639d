"""People's package: its classes, what they inherit, and whose resolvers they have."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from trunkline.generate.resolvers.bindings import blocks, defined, dotted, statements
from trunkline.generate.resolvers.file import File
from trunkline.generate.resolvers.imports import Imports

__all__ = ["Package", "PythonClass", "PythonFile"]


class PythonFile:
    """A file, its imports and its classes."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.imports = Imports(file)
        self.classes = [
            PythonClass(self, statement)
            for statement in statements(file.tree.body)
            if isinstance(statement, ast.ClassDef)
        ]


@dataclass(frozen=True, eq=False)
class PythonClass:
    """A class, wherever it stands."""

    home: PythonFile
    node: ast.ClassDef

    @property
    def file(self) -> File:
        """The file that it is in."""
        return self.home.file

    @property
    def name(self) -> str:
        """Its own name."""
        return self.node.name

    @property
    def origin(self) -> str:
        """Its dotted name."""
        return f"{self.file.module}.{self.name}"

    @cached_property
    def bases(self) -> tuple[str, ...]:
        """The dotted names of what it inherits."""
        return tuple(map(self.home.imports.bindings.origin, map(dotted, self.node.bases)))

    @cached_property
    def members(self) -> dict[str, list[ast.stmt]]:
        """What its body defines, also under conditions: by name, all that define it."""
        members: dict[str, list[ast.stmt]] = {}
        for statement in _own(self.node.body):
            for name in defined(statement):
                members.setdefault(name, []).append(statement)
        return members


def _own(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a class's body, without those of its functions and classes."""
    for statement in body:
        yield statement
        if not isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            for _, inner in blocks(statement):
                yield from _own(inner)


class Package:
    """All files of people's package, by path."""

    def __init__(self, files: Iterable[File]) -> None:
        self.files = {file.path: PythonFile(file) for file in files}
        self._by_module = {home.file.module: home for home in self.files.values()}
        self.classes = [cls for home in self.files.values() for cls in home.classes]
        self._by_origin = {cls.origin: cls for cls in reversed(self.classes)}

    def add(self, file: File) -> PythonFile:
        """Add a file that is being made."""
        home = self.files[file.path] = self._by_module[file.module] = PythonFile(file)
        return home

    def find(self, origin: str) -> PythonClass | None:
        """Find a class by its dotted name, or by that of a module that imports it."""
        for _ in range(len(self.files) + 1):
            found = self._by_origin.get(origin)
            if found:
                return found
            module, _, name = origin.rpartition(".")
            home = self._by_module.get(module)
            binding = home.imports.bindings.get(name) if home else None
            if binding is None or binding.origin == origin:
                return None
            origin = binding.origin
        return None

    def parents(self, cls: PythonClass) -> list[PythonClass]:
        """Return what a class inherits of the package."""
        found = (self.find(base) for base in cls.bases)
        return [parent for parent in found if parent is not None and parent is not cls]

    def implementing(self, protocol: str) -> list[PythonClass]:
        """Return the classes that inherit a protocol themselves."""
        return self._implementing.get(protocol, [])

    @cached_property
    def _implementing(self) -> dict[str, list[PythonClass]]:
        """Classes by the last part of each of their bases that is not the package's own."""
        found: dict[str, list[PythonClass]] = {}
        for cls in self.classes:
            for base in dict.fromkeys(cls.bases):
                if self.find(base) in {None, cls}:
                    found.setdefault(base.rpartition(".")[2], []).append(cls)
        return found

    def heirs(self, classes: Collection[PythonClass]) -> list[PythonClass]:
        """Return classes and those that inherit them, at any distance."""
        return _closure(classes, self._children)

    def ancestors(self, classes: Collection[PythonClass]) -> list[PythonClass]:
        """Return classes and those that they inherit, at any distance."""
        return _closure(classes, self._parents)

    @cached_property
    def _parents(self) -> dict[PythonClass, list[PythonClass]]:
        return {cls: self.parents(cls) for cls in self.classes}

    @cached_property
    def _children(self) -> dict[PythonClass, list[PythonClass]]:
        children: dict[PythonClass, list[PythonClass]] = {}
        for cls in self.classes:
            for parent in self._parents[cls]:
                children.setdefault(parent, []).append(cls)
        return children

    def family(self, protocol: str) -> list[PythonClass]:
        """Return all classes that have resolvers of a type: implementing, heirs, ancestors."""
        return self.ancestors(self.heirs(self.implementing(protocol)))


def _closure(
    classes: Collection[PythonClass], further: dict[PythonClass, list[PythonClass]]
) -> list[PythonClass]:
    found = dict.fromkeys(classes)
    waiting = list(classes)
    while waiting:
        for cls in further.get(waiting.pop(), ()):
            if cls not in found:
                found[cls] = None
                waiting.append(cls)
    return list(found)
