"""A person's package: its files, their classes, and whose resolvers these have."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from trunkline.generate.resolvers.bindings import (
    Bindings,
    blocks,
    defined_names,
    dotted,
    statements,
)
from trunkline.generate.resolvers.edits import EditedText
from trunkline.generate.resolvers.imports import FileImports
from trunkline.generate.resolvers.kept import KeptBlock

__all__ = ["Package", "PythonClass", "PythonFile"]


class PythonFile(EditedText):
    """A Python file of a package: its text with the edits, its imports, its classes.

    ``path`` starts at the folder of ``package``, which is a dotted name.
    """

    def __init__(self, path: str, package: str, data: bytes) -> None:
        super().__init__(data)
        self.path = path
        *folders, name = PurePosixPath(path).with_suffix("").parts
        names = folders if name == "__init__" else [*folders, name]
        self.module = ".".join(filter(None, [package, *names]))
        bindings = Bindings(self.tree, self.module, is_package=name == "__init__")
        self.imports = FileImports(self, bindings, self.module)
        self.kept = KeptBlock(self)
        self.classes = [
            PythonClass(self, statement)
            for statement in statements(self.tree.body)
            if isinstance(statement, ast.ClassDef)
        ]

    def origin(self, expression: ast.expr) -> str:
        """Return the full name of what a dotted expression stands for."""
        return self.imports.bindings.origin(dotted(expression))


@dataclass(frozen=True, eq=False)
class PythonClass:
    """A class, wherever it is in its file."""

    file: PythonFile
    node: ast.ClassDef

    @property
    def name(self) -> str:
        """The name of the class."""
        return self.node.name

    @property
    def origin(self) -> str:
        """The full name of the class."""
        return f"{self.file.module}.{self.name}"

    @property
    def spot(self) -> tuple[PythonFile, int]:
        """Where the class begins."""
        return self.file, self.file.begin(self.node)

    @cached_property
    def bases(self) -> tuple[str, ...]:
        """The full names of what it inherits."""
        return tuple(map(self.file.origin, self.node.bases))

    @cached_property
    def members(self) -> Mapping[str, list[ast.stmt]]:
        """The statements that define each of its members, also those under conditions."""
        members: dict[str, list[ast.stmt]] = {}
        for statement in _statements_of_class(self.node.body):
            for name in defined_names(statement):
                members.setdefault(name, []).append(statement)
        return members


def _statements_of_class(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a class, without those of its functions and classes."""
    for statement in body:
        yield statement
        if not isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            for _, inner in blocks(statement):
                yield from _statements_of_class(inner)


class Package:
    """All files of a person's package, by path."""

    def __init__(self, files: Iterable[PythonFile]) -> None:
        self.files = {file.path: file for file in files}
        self.classes = [cls for file in self.files.values() for cls in file.classes]
        self._by_module = {file.module: file for file in self.files.values()}
        self._by_origin = {cls.origin: cls for cls in reversed(self.classes)}
        self._parents: dict[PythonClass, list[PythonClass]] = {}
        self._children: dict[PythonClass, list[PythonClass]] = {}
        self._implementing: dict[str, list[PythonClass]] = {}
        for cls in self.classes:
            parents = self._parents[cls] = []
            for base in dict.fromkeys(cls.bases):
                parent = self.find(base)
                if parent in {None, cls}:  # not of the package: a protocol, perhaps
                    self._implementing.setdefault(base.rpartition(".")[2], []).append(cls)
                elif parent:
                    parents.append(parent)
                    self._children.setdefault(parent, []).append(cls)

    def add(self, file: PythonFile) -> PythonFile:
        """Add a file that is being made."""
        self.files[file.path] = self._by_module[file.module] = file
        return file

    def find(self, origin: str) -> PythonClass | None:
        """Find a class by its full name, or by that of a module that imports it."""
        for _ in range(len(self.files) + 1):
            found = self._by_origin.get(origin)
            if found:
                return found
            module, _, name = origin.rpartition(".")
            file = self._by_module.get(module)
            binding = file.imports.bindings.get(name) if file else None
            if binding is None or binding.origin == origin:
                return None
            origin = binding.origin
        return None

    def implementing(self, protocol: str) -> list[PythonClass]:
        """Return the classes that inherit a protocol themselves."""
        return self._implementing.get(protocol, [])

    def heirs(self, classes: Collection[PythonClass]) -> list[PythonClass]:
        """Return classes and those that inherit them, at any distance."""
        return _closure(classes, self._children)

    def ancestors(self, classes: Collection[PythonClass]) -> list[PythonClass]:
        """Return classes and those of the package that they inherit, at any distance."""
        return _closure(classes, self._parents)

    def family(self, protocol: str) -> list[PythonClass]:
        """Return all classes that can have resolvers of a type."""
        return self.ancestors(self.heirs(self.implementing(protocol)))


def _closure(
    classes: Collection[PythonClass], further: Mapping[PythonClass, list[PythonClass]]
) -> list[PythonClass]:
    found = dict.fromkeys(classes)
    waiting = list(classes)
    while waiting:
        for cls in further.get(waiting.pop(), ()):
            if cls not in found:
                found[cls] = None
                waiting.append(cls)
    return list(found)
