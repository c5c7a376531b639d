"""What one merge works on, and what its steps have decided so far."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from trunkline.generate.resolvers.generated import GeneratedNames, Previous
from trunkline.generate.resolvers.messages import Report
from trunkline.generate.resolvers.package import Package, PythonClass, PythonFile
from trunkline.generate.resolvers.places import Body, region, reindented, remove_statements
from trunkline.generate.resolvers.wanted import WantedResolvers

__all__ = ["NewClass", "Work"]


@dataclass(frozen=True, slots=True)
class NewClass:
    """A class that is being added to a file."""

    file: PythonFile
    name: str

    @property
    def origin(self) -> str:
        """The full name of the class."""
        return f"{self.file.module}.{self.name}"


class Work:
    """The package, what is wanted of it, what was generated last time, and the decisions.

    ``assembly`` is the class ``Resolvers`` of the package; ``gone_classes`` are those that become
    comments.
    """

    def __init__(
        self, package: Package, wanted: WantedResolvers, previous: Previous, report: Report
    ) -> None:
        self.package = package
        self.wanted = wanted
        self.previous = previous
        self.generated = GeneratedNames(wanted.generated)
        self.report = report
        self.wanted_names = {each.name for cls in wanted.classes for each in cls.methods}
        self.gone_classes: set[PythonClass] = set()
        named = [cls for cls in package.classes if cls.name == "Resolvers"]
        found = [*named, *package.implementing("Resolvers")]
        found.sort(key=lambda cls: cls.file.path != wanted.assembly)
        self.assembly = found[0] if found else None
        self._bodies: dict[ast.AST, Body] = {}
        self._new_classes: dict[PythonFile, list[str]] = {}

    def implementing(self, protocol: str) -> list[PythonClass]:
        """Return the classes of a protocol that stay."""
        classes = self.package.implementing(protocol)
        return [cls for cls in classes if cls not in self.gone_classes]

    def body(self, file: PythonFile, owner: ast.ClassDef | ast.FunctionDef) -> Body:
        """Return what becomes of the body of a class or of a function."""
        if owner not in self._bodies:
            self._bodies[owner] = Body(file, owner)
        return self._bodies[owner]

    def is_gone(self, cls: PythonClass, statement: ast.stmt) -> bool:
        """Say whether a statement of a class becomes a comment."""
        return cls.node in self._bodies and statement in self._bodies[cls.node].gone

    def file(self, path: str) -> PythonFile:
        """Return a file. If it is not there, or has no statement, it gets a docstring."""
        file = self.package.files.get(path)
        if file is not None and file.tree.body:
            return file
        names = [f"`{each.type_name}`" for each in self.wanted.classes if each.path == path]
        *first, last = dict.fromkeys(names) or [""]
        types = f"{', '.join(first)}{' and ' if first else ''}{last}"
        docstring = f'"""Resolvers of {types if last and len(first) < 3 else _ALL_TYPES}."""'
        if file is None:
            data = f"{docstring}\n".encode()
        elif file.text and not file.text.endswith(("\n", "\r")):
            data = f"{file.text}{file.newline}{docstring}".encode(file.encoding)
        else:
            data = f"{file.text}{docstring}{file.newline}".encode(file.encoding)
        return self.package.add(PythonFile(path, self.wanted.package, data))

    def add_class(self, file: PythonFile, name: str, text: str) -> None:
        """Add a class to a file: above the class ``Resolvers`` if it is there, else at the end."""
        file.imports.reserve(name)
        self._new_classes.setdefault(file, []).append(text)

    def write_bodies(self) -> None:
        """Make the edits of classes and functions."""
        gone = {cls.node for cls in self.gone_classes}
        for owner, body in self._bodies.items():
            if owner not in gone:
                body.write()
        for file in {cls.file: None for cls in self.gone_classes}:
            remove_statements(file, file.tree.body, gone)
        for file, new in self._new_classes.items():
            texts = [reindented(text, file.indent) for text in new]
            stays = [statement for statement in file.tree.body if statement not in gone]
            if self.assembly and self.assembly.file is file:
                line = self.assembly.node.lineno
                around = next(each for each in stays if line <= (each.end_lineno or each.lineno))
                start = file.line_start(region(file, around).first)
                file.insert(start, "".join(f"{text}\n\n\n" for text in texts))
            elif stays:
                end = file.line_end(region(file, stays[-1]).last)
                file.insert(end, "".join(f"\n\n\n{text}" for text in texts), rank=1)
            else:
                file.insert(len(file.text), "\n\n\n".join(texts) + "\n", rank=1)


_ALL_TYPES = "the schema's types"
