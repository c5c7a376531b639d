"""What one merge works on, and what it has decided so far."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import cached_property

from trunkline.generate.resolvers.assembly import Assembly, AttributeStatement, find_assembly
from trunkline.generate.resolvers.file import File
from trunkline.generate.resolvers.generated import Generated
from trunkline.generate.resolvers.kept import Kept
from trunkline.generate.resolvers.package import Package, PythonClass, PythonFile
from trunkline.generate.resolvers.places import (
    add_to_body,
    body_prefix,
    is_alone,
    region,
    remove,
)
from trunkline.generate.resolvers.report import Report
from trunkline.generate.resolvers.stubs import reindented, stubs
from trunkline.generate.resolvers.uses import ImportedName, drop_names
from trunkline.generate.resolvers.wanted import Previous, Wanted, WantedClass, WantedMethod

__all__ = ["NewClass", "Workbench"]


@dataclass(frozen=True, slots=True)
class NewClass:
    """A class that is being added to a file."""

    home: PythonFile
    name: str

    @property
    def origin(self) -> str:
        """Its dotted name."""
        return f"{self.home.file.module}.{self.name}"


Owner = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(slots=True)
class _Change:
    """What becomes of the body of a class, or of the ``__init__`` of one."""

    cls: PythonClass
    gone: list[ast.stmt] = field(default_factory=list)
    missing: list[WantedMethod] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Drop:
    """The names that go from an import."""

    file: File
    indexes: set[int] = field(default_factory=set[int])
    is_kept: bool = False


class Workbench:
    """The package, what is wanted of it, and the changes that were decided."""

    def __init__(
        self,
        package: Package,
        wanted: Wanted,
        previous: Previous,
        shown: Callable[[str], str] = str,
    ) -> None:
        self.package = package
        self.wanted = wanted
        self.previous = previous
        self.generated = Generated(wanted.generated)
        self.report = Report(shown)
        self.gone_classes: set[PythonClass] = set()
        self.assembly = find_assembly(package, wanted)
        self._changes: dict[Owner, _Change] = {}
        self._kept: dict[File, Kept] = {}
        self._dropped: dict[ast.ImportFrom, _Drop] = {}
        self._new_texts: dict[PythonFile, list[str]] = {}

    def by_protocol(self) -> dict[str, list[WantedClass]]:
        """Return the wanted classes of each protocol, in the schema's order."""
        found: dict[str, list[WantedClass]] = {}
        for wanted in self.wanted.classes:
            found.setdefault(wanted.protocol, []).append(wanted)
        return found

    @cached_property
    def wanted_names(self) -> frozenset[str]:
        """The names of all resolvers that are wanted."""
        return frozenset(each.name for cls in self.wanted.classes for each in cls.methods)

    def implementing(self, protocol: str) -> list[PythonClass]:
        """Return the classes of a protocol that stay."""
        classes = self.package.implementing(protocol)
        return [cls for cls in classes if cls not in self.gone_classes]

    def home(self, path: str) -> PythonFile:
        """Return a file, which is made if it is not there or has nothing in it."""
        home = self.package.files.get(path)
        if home is not None and home.file.tree.body:
            return home
        begin, newline = (home.file.text, home.file.newline) if home else ("", "\n")
        text, encoding = self._docstring(path) + newline, home.file.encoding if home else "utf-8"
        if begin and begin.splitlines(keepends=True)[-1] == begin.splitlines()[-1]:
            text = newline + text.removesuffix(newline)
        text = begin + text
        return self.package.add(File(path, self.wanted.package, text.encode(encoding)))

    def _docstring(self, path: str) -> str:
        types = dict.fromkeys(
            f"`{wanted.type_name}`" for wanted in self.wanted.classes if wanted.path == path
        )
        if not types or len(types) > 3:
            return '"""Resolvers of the schema\'s types."""'
        *first, last = types
        return f'"""Resolvers of {", ".join(first)}{" and " if first else ""}{last}."""'

    # classes and their statements

    def want(self, cls: PythonClass, method: WantedMethod) -> None:
        """Have a stub added to a class."""
        self._change(cls.node, cls).missing.append(method)

    def want_line(self, owner: Owner, cls: PythonClass, line: str) -> None:
        """Have an assignment added to a class, or to its ``__init__``."""
        self._change(owner, cls).lines.append(line)

    def _change(self, owner: Owner, cls: PythonClass) -> _Change:
        return self._changes.setdefault(owner, _Change(cls))

    def keep(self, cls: PythonClass, statement: ast.stmt, title: str) -> bool:
        """Have a statement of a class's body moved into the block; say whether it can be."""
        if statement not in cls.node.body or not is_alone(cls.file, statement):
            return False
        self._keep(cls.node, cls, statement, title)
        return True

    def keep_attribute(self, each: AttributeStatement) -> None:
        """Have a statement that gives a class an attribute moved into the block."""
        self._keep(each.owner, each.cls, each.statement, f"from class {each.cls.name}")

    def _keep(self, owner: Owner, cls: PythonClass, statement: ast.stmt, title: str) -> None:
        place = region(cls.file, statement)
        self._change(owner, cls).gone.append(statement)
        self.kept(cls.file).add(title, place)

    def is_gone(self, statement: ast.stmt) -> bool:
        """Say whether a statement of a class is moved into the block."""
        return any(statement in change.gone for change in self._changes.values())

    def drop(self, imported: ImportedName, *, is_kept: bool = True) -> None:
        """Have a name taken out of an import, which is kept if no other name is in it."""
        new = _Drop(imported.home.file)
        drop = self._dropped.setdefault(imported.statement, new)
        drop.indexes.add(imported.index)
        drop.is_kept |= is_kept

    def kept(self, file: File) -> Kept:
        """Return a file's block of what the schema no longer has."""
        return self._kept.setdefault(file, Kept(file))

    def add_class(self, home: PythonFile, text: str) -> None:
        """Have a class added to a file: before what puts all together there, else at its end."""
        self._new_texts.setdefault(home, []).append(text)

    def write_bodies(self) -> None:
        """Make the edits of all that was decided of classes."""
        for owner, change in self._changes.items():
            if change.cls not in self.gone_classes:
                self._write(owner, change)
        nodes = {cls.node for cls in self.gone_classes}
        for file in {cls.file: None for cls in self.gone_classes}:
            remove(file, file.tree.body, nodes)
        for home, texts in self._new_texts.items():
            _write_classes(home, texts, self.assembly, nodes)

    def write_imports(self) -> None:
        """Make the edits of imports, and of what is kept."""
        for statement, drop in self._dropped.items():
            kept = self.kept(drop.file) if drop.is_kept else None
            drop_names(drop.file, statement, drop.indexes, kept)
        for home in self.package.files.values():
            home.imports.flush(self._dropped)
        for kept in self._kept.values():
            kept.flush()

    def _write(self, owner: Owner, change: _Change) -> None:
        cls, file = change.cls, change.cls.file
        remove(file, owner.body, change.gone)
        prefix = body_prefix(file, owner, owner.body)
        shadowed = {*cls.members, *(method.name for method in change.missing)}
        text = stubs(change.missing, cls.home.imports, shadowed) if change.missing else ""
        text = reindented(text, file, prefix)
        if change.lines:
            text = "\n".join(prefix + line for line in change.lines)
            assigning = ast.Assign, ast.AnnAssign
            add_to_body(file, owner, owner.body, text, change.gone, kinds=assigning)
        else:
            add_to_body(file, owner, owner.body, text, change.gone)


def _write_classes(
    home: PythonFile, texts: list[str], assembly: Assembly | None, gone: Collection[ast.stmt]
) -> None:
    file = home.file
    texts = [reindented(text, file, "", depth=0) for text in texts]
    if assembly and assembly.cls.home is home:
        start = file.line_start(region(file, _outermost(file, assembly.cls.node)).first)
        file.insert(start, "".join(f"{text}\n\n\n" for text in texts))
        return
    stays = [statement for statement in file.tree.body if statement not in gone]
    if stays:
        end = file.line_end(region(file, stays[-1]).last)
        file.insert(end, "".join(f"\n\n\n{text}" for text in texts), rank=1)
    else:
        file.insert(len(file.text), "\n\n\n".join(texts) + "\n", rank=1)


def _outermost(file: File, node: ast.stmt) -> ast.stmt:
    """Return the statement of the module that another one is in."""
    return next(
        statement
        for statement in file.tree.body
        if statement.lineno <= node.lineno <= (statement.end_lineno or statement.lineno)
    )
