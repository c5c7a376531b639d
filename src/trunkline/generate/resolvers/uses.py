"""Who needs a class that is to go: imports that go with it, and what stands in the way."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from trunkline.generate.resolvers.bindings import dotted, statements
from trunkline.generate.resolvers.file import File
from trunkline.generate.resolvers.kept import Kept
from trunkline.generate.resolvers.package import Package, PythonClass, PythonFile
from trunkline.generate.resolvers.places import Region, is_alone, with_gap
from trunkline.generate.resolvers.report import Mention

__all__ = ["ImportedName", "drop_names", "imported_names", "imports_of", "users_of"]


@dataclass(frozen=True, slots=True)
class ImportedName:
    """A name in an import."""

    home: PythonFile
    statement: ast.ImportFrom
    index: int

    @property
    def alias(self) -> ast.alias:
        """The name as it stands there."""
        return self.statement.names[self.index]

    @property
    def local(self) -> str:
        """What the file calls it."""
        return self.alias.asname or self.alias.name

    @property
    def origin(self) -> str:
        """What it stands for, with dots."""
        return f"{self.home.imports.bindings.absolute(self.statement)}.{self.alias.name}"

    @property
    def has_comment(self) -> bool:
        """Whether a comment stands behind the import."""
        file, statement = self.home.file, self.statement
        return "#" in file.text[file.end(statement) : file.line_end(_last_line(statement))]

    @property
    def can_go(self) -> bool:
        """Whether nothing that people wrote goes with it."""
        source = self.home.file.source(self.statement)
        return "#" not in source and "\\" not in source


def imported_names(home: PythonFile) -> Iterator[ImportedName]:
    """Yield all names that a file imports from modules."""
    for statement in statements(home.file.tree.body):
        if isinstance(statement, ast.ImportFrom):
            for index in range(len(statement.names)):
                yield ImportedName(home, statement, index)


def drop_names(
    file: File, statement: ast.ImportFrom, dropped: Collection[int], kept: Kept | None
) -> None:
    """Take names out of an import; a whole line is kept, where there is something to keep it in."""
    names = statement.names
    stays = [file.source(name) for index, name in enumerate(names) if index not in dropped]
    if stays:
        between = file.text[file.end(names[0]) : file.begin(names[1])].replace(file.newline, "\n")
        file.replace(file.begin(names[0]), file.end(names[-1]), between.join(stays))
    elif statement in file.tree.body and is_alone(file, statement):
        place = Region(statement.lineno, _last_line(statement))
        if kept:
            kept.add("import", place)
        place = with_gap(file, place)
        file.replace(file.line_start(place.first), file.line_start(place.last + 1), "")
    else:
        file.replace(file.begin(statement), file.end(statement), "pass")


def _last_line(statement: ast.ImportFrom) -> int:
    return statement.end_lineno or statement.lineno


def imports_of(package: Package, cls: PythonClass) -> Iterator[ImportedName]:
    """Yield the imports of a class in the other files of the package."""
    for home in package.files.values():
        for each in imported_names(home):
            if each.alias.name == cls.name and _finds(package, home, each.local, cls):
                yield each


def _finds(package: Package, home: PythonFile, local: str, cls: PythonClass) -> bool:
    return package.find(home.imports.bindings.origin(local)) is cls


def users_of(package: Package, cls: PythonClass, going: Collection[ast.AST]) -> Iterator[Mention]:
    """Yield the places that use a class, without what is ``going`` too."""
    for home in package.files.values():
        for node in _walk(home.file.tree, going):
            if isinstance(node, ast.expr) and _refers(node, package, home, cls):
                yield _user(home, node)
    for imported in imports_of(package, cls):
        if not imported.can_go:
            yield _user(imported.home, imported.statement)


def _user(home: PythonFile, node: ast.expr | ast.stmt) -> Mention:
    return Mention(" (by hand: {path}:{line} uses it)", home.file, home.file.begin(node))


def _walk(node: ast.AST, going: Collection[ast.AST]) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if child not in going:
            yield child
            yield from _walk(child, going)


def _refers(node: ast.AST, package: Package, home: PythonFile, cls: PythonClass) -> bool:
    if isinstance(node, ast.Constant):  # in __all__, or in an annotation
        return isinstance(node.value, str) and node.value == cls.name
    if not isinstance(node, ast.Name | ast.Attribute):
        return False
    chain = dotted(node)
    return bool(chain) and package.find(home.imports.bindings.origin(chain)) is cls
