"""A person's package: its files, their classes, and what becomes of these."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from pathlib import PurePosixPath
from typing import TypeAlias, cast

from trunkline.generate.resolvers.bindings import Bindings, defined_names, dotted, statements
from trunkline.generate.resolvers.bodies import Body, reindent
from trunkline.generate.resolvers.edits import EditedText, parse
from trunkline.generate.resolvers.imports import FileImports

__all__ = ["MergeMessage", "Package", "PythonClass", "PythonFile", "Severity", "Spot"]

_KEPT = "# What the schema no longer has, kept by `trunkline generate`: move it, or delete it."
_KEPT_TITLE = re.compile(r"# (?:from )?class (\w+):")

Spot: TypeAlias = "tuple[PythonFile, int]"
"""An offset in a file as it was read."""


class Severity(Enum):
    """How much a message matters.

    A note says what was done, a stub what is not written yet, a warning what a person has to do. An
    error says that no file was changed.
    """

    NOTE = "note"
    STUB = "stub"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class MergeMessage:
    """A message about a line of a file, as the merge leaves it."""

    severity: Severity
    path: str
    line: int
    text: str
    column: int | None = None

    def __str__(self) -> str:
        """Write it as compilers do, so that editors find the place."""
        column = "" if self.column is None else f":{self.column}"
        return f"{self.path}:{self.line}{column}: {self.severity.value}: {self.text}"


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
        self.classes = [
            PythonClass(self, statement)
            for statement in statements(self.tree.body)
            if isinstance(statement, ast.ClassDef)
        ]
        self._kept: list[str] = []
        self._new_classes: list[str] = []
        self._drafts: list[tuple[Severity, int, str, str, Spot | None]] = []

    def origin(self, expression: ast.expr) -> str:
        """Return the full name of what a dotted expression stands for."""
        return self.imports.bindings.origin(dotted(expression))

    def note(
        self, node: ast.stmt | None, text: str, head: str = "", other: Spot | None = None
    ) -> None:
        """Say what was done. For lines that are added, ``head`` is how the first one begins.

        In the text, ``{other}`` is replaced by the path and the line of another spot.
        """
        offset = self.begin(node) if node else 0
        self._drafts.append((Severity.NOTE, offset, text, head, other))

    def warn(self, node: ast.stmt | ast.expr, text: str, other: Spot | None = None) -> None:
        """Say what a person has to do."""
        self._drafts.append((Severity.WARNING, self.begin(node), text, "", other))

    def tell_stub(self, node: ast.stmt, text: str) -> None:
        """Say that a stub is still to be written."""
        self._drafts.append((Severity.STUB, self.begin(node), text, "", None))

    def messages(self, shown: Callable[[str], str]) -> Iterator[MergeMessage]:
        """Yield the messages, with the lines that places have now that all edits are made.

        ``shown`` returns a path as messages show it.
        """
        for severity, offset, text, head, other in self._drafts:
            full = text
            if other:
                place = f"{shown(other[0].path)}:{other[0].new_line(other[1])}"
                full = text.replace("{other}", place)
            yield MergeMessage(severity, self.path, self.new_line(offset, head), full)

    def add_class(self, text: str) -> PythonClass:
        """Add a class to the file, and return it."""
        (node,) = parse(text).body
        cls = PythonClass(self, cast("ast.ClassDef", node))
        self.imports.bindings.add(cls.name, cls.origin)
        self._new_classes.append(text)
        return cls

    def keep(self, title: str, lines: range) -> None:
        """Keep lines in a block of comments at the end of the file, under a title."""
        kept = [self.line(line) for line in lines]
        commented = [f"# {line}" if line.strip() else f"#{line}" for line in kept]
        self._kept.append("\n".join(["#", f"# {title}:", *commented]))

    def find_kept(self, owner: str, name: str | None = None) -> int | None:
        """Return where the block of comments has a class, or a resolver of that class."""
        head = rf"class {owner}\b" if name is None else rf"(async )?def {name}\b"
        begins = re.compile(rf"#\s+{head}(?!:$)")
        found, title = None, ""
        for line in self._kept_lines:
            text = self.line(line)
            if of_class := _KEPT_TITLE.fullmatch(text):
                title = of_class.group(1)
            elif title == owner and begins.match(text):
                found = self.line_start(line)
        return found

    @cached_property
    def _kept_lines(self) -> range:
        """The lines of the block of comments that the file has."""
        body = self.tree.body
        for line in range(self.last_line if _KEPT in self.text else 0, 0, -1):
            is_inside = any(each.lineno <= line <= (each.end_lineno or 0) for each in body)
            if self.line(line) == _KEPT and not is_inside:
                last = line
                while last < self.last_line and self.line(last + 1).startswith("#"):
                    last += 1
                return range(line, last + 1)
        return range(0)

    def edit_classes(self, gone: Collection[ast.stmt], assembly: ast.stmt | None) -> None:
        """Remove classes, and add the new ones: above the assembly, else at the end."""
        self.remove_statements(self.tree.body, gone)
        texts = [reindent(text, self.indent) for text in self._new_classes]
        stays = [statement for statement in self.tree.body if statement not in gone]
        if not texts:
            return
        if assembly:
            line = assembly.lineno
            around = next(each for each in stays if line <= (each.end_lineno or each.lineno))
            start = self.line_start(self.region(around)[0])
            self.insert(start, "".join(f"{text}\n\n\n" for text in texts))
        elif stays:
            end = self.line_end(self.region(stays[-1])[-1])
            self.insert(end, "".join(f"\n\n\n{text}" for text in texts), rank=1)
        else:
            self.insert(len(self.text), "\n\n\n".join(texts) + "\n", rank=1)

    def edit_imports_and_comments(self) -> None:
        """Write the imports that come, remove those that go, and write the block of comments."""
        self.imports.make_edits(self.keep)
        kept = "\n".join(self._kept)
        if kept and self._kept_lines:
            self.insert(self.line_end(self._kept_lines[-1]), f"\n{kept}")
        elif kept:
            self.append(f"{_KEPT}\n{kept}")


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

    @cached_property
    def bases(self) -> tuple[str, ...]:
        """The full names of what it inherits."""
        return tuple(map(self.file.origin, self.node.bases))

    @cached_property
    def members(self) -> Mapping[str, list[ast.stmt]]:
        """The statements that define each of its members, also those under conditions."""
        members: dict[str, list[ast.stmt]] = {}
        for statement in statements(self.node.body, within_scopes=False):
            for name in defined_names(statement):
                members.setdefault(name, []).append(statement)
        return members


class Package:
    """All files of a person's package, and what was decided about their classes.

    ``assembly`` is the class ``Resolvers``, preferably in the file of that path. ``gone`` are the
    classes that become comments.
    """

    def __init__(self, name: str, files: Iterable[PythonFile], assembly: str) -> None:
        self._name = name
        self.files = {file.path: file for file in files}
        self.classes = [cls for file in self.files.values() for cls in file.classes]
        self.gone: set[PythonClass] = set()
        self._bodies: dict[ast.AST, Body] = {}
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
        named = [cls for cls in self.classes if cls.name == "Resolvers"]
        found = [*named, *self.implementing("Resolvers")]
        found.sort(key=lambda cls: cls.file.path != assembly)
        self.assembly = found[0] if found else None

    def file(self, path: str, docstring: str) -> PythonFile:
        """Return a file. If it is not there, or has no statement, it gets a docstring."""
        file = self.files.get(path)
        if file is not None and file.tree.body:
            return file
        file = file or PythonFile(path, self._name, b"")
        is_ended = not file.text or file.text.endswith(("\n", "\r"))
        lines = (
            f'"""{docstring}"""{file.newline}' if is_ended else f'{file.newline}"""{docstring}"""'
        )
        new = PythonFile(path, self._name, (file.text + lines).encode(file.encoding))
        self.files[path] = self._by_module[new.module] = new
        return new

    def find(self, origin: str) -> PythonClass | None:
        """Find a class by its full name, or by that of a module that imports it."""
        for _ in range(len(self.files) + 1):
            found = self._by_origin.get(origin)
            if found:
                return found
            module, _, name = origin.rpartition(".")
            file = self._by_module.get(module)
            imported = file.imports.bindings.origin(name) if file else origin
            if imported in {name, origin}:
                return None
            origin = imported
        return None

    def implementing(self, protocol: str) -> list[PythonClass]:
        """Return the classes that inherit a protocol themselves, without those that are gone."""
        return [cls for cls in self._implementing.get(protocol, ()) if cls not in self.gone]

    def heirs(self, classes: Collection[PythonClass]) -> list[PythonClass]:
        """Return classes and those that inherit them, at any distance."""
        return _closure(classes, self._children)

    def ancestors(self, classes: Collection[PythonClass]) -> list[PythonClass]:
        """Return classes and those of the package that they inherit, at any distance."""
        return _closure(classes, self._parents)

    def family(self, protocol: str) -> list[PythonClass]:
        """Return all classes that can have resolvers of a type."""
        return self.ancestors(self.heirs(self.implementing(protocol)))

    def body(self, cls: PythonClass, owner: ast.ClassDef | ast.FunctionDef) -> Body:
        """Return what becomes of the body of a class, or of a function in it."""
        if owner not in self._bodies:
            self._bodies[owner] = Body(cls.file, owner)
        return self._bodies[owner]

    def edit_classes(self) -> None:
        """Make the edits of all classes and functions."""
        gone = {cls.node for cls in self.gone}
        for owner, body in self._bodies.items():
            if owner not in gone:
                body.make_edits()
        for file in self.files.values():
            is_here = self.assembly is not None and self.assembly.file is file
            file.edit_classes(gone, self.assembly.node if self.assembly and is_here else None)


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
