"""Adding to the class that puts the resolvers of all types together."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from trunkline.generate.resolvers.bindings import dotted
from trunkline.generate.resolvers.package import PythonClass, PythonFile
from trunkline.generate.resolvers.wanted import Expression, Import, WantedClass
from trunkline.generate.resolvers.workbench import NewClass, Workbench
from trunkline.text.docstrings import docstring_lines
from trunkline.text.source import INDENT, Source

__all__ = ["assemble"]

Part = PythonClass | NewClass


def assemble(bench: Workbench, new: Mapping[str, Sequence[NewClass]]) -> None:
    """Give the class an attribute for each type; where there is no such class, add it."""
    _Assembling(bench, new).make()


class _Assembling:
    def __init__(self, bench: Workbench, new: Mapping[str, Sequence[NewClass]]) -> None:
        self._bench = bench
        self._new = new
        assembly = bench.assembly
        path = assembly.cls.file.path if assembly else bench.wanted.assembly
        self._home = bench.home(path)
        self._assigned: list[tuple[str, str]] = []

    def make(self) -> None:
        for protocol, parts in self._bench.by_protocol().items():
            self._type(protocol, parts[0])
        if self._bench.assembly:
            for attribute, name in self._assigned:
                self._assign(attribute, name)
        elif self._assigned:
            self._create()

    def _type(self, protocol: str, wanted: WantedClass) -> None:
        assembly = self._bench.assembly
        present = assembly.attributes.get(wanted.attribute, []) if assembly else []
        new = self._new.get(protocol, [])
        known = self._bench.implementing(protocol)
        whole = self._whole(known)
        if present and not (new and known):
            return
        if whole and new:
            self._extend(whole, new)
        parts: list[Part] = [*known, *new]
        if not whole and len(parts) > 1:
            name = self._combine(wanted, parts)
            for each in present:
                self._swap(each.value, each.cls.home, name, wanted)
        else:
            name = "" if present else self._written(whole or parts[0])
        if not present:
            self._assigned.append((wanted.attribute, name))

    def _whole(self, known: Sequence[PythonClass]) -> PythonClass | None:
        """Find the class that people, or we, have put together from several."""
        for cls in self._bench.package.heirs(known):
            ancestors = self._bench.package.ancestors([cls])
            if len(known) > 1 and all(each in ancestors for each in known):
                return cls
        heirs = [each for each in self._bench.package.heirs(known) if each not in known]
        return heirs[0] if heirs else None

    def _written(self, part: Part) -> str:
        """Return what a class is called in the file, and have it imported."""
        if part.home is self._home or _is_namesake(self._home, part):
            return _base(self._home, part)
        module, _, name = part.origin.rpartition(".")
        return self._home.imports.write(Expression(name, (Import(module, name),)))

    def _extend(self, whole: PythonClass, new: Sequence[NewClass]) -> None:
        file, last = whole.file, whole.node.bases[-1]
        names = [_base(whole.home, part) for part in new if part.origin not in whole.bases]
        before = file.text[file.line_start(last.lineno) : file.begin(last)]
        gap = " " if before.strip() else f"\n{before}"
        file.insert(file.end(last), "".join(f",{gap}{name}" for name in names))
        if names:
            text = f"{whole.name} inherits {' and '.join(names)}, too"
            self._bench.report.note(file, file.begin(whole.node), text)

    def _combine(self, wanted: WantedClass, parts: Sequence[Part]) -> str:
        """Add a class that inherits several; return its name."""
        home = self._home
        name = wanted.protocol
        while name in home.imports.bindings:
            name = f"All{name}"
        home.imports.reserve(name)
        source: Source[None] = Source()
        bases = [_base(home, part) for part in parts]
        text = wanted.docstring or f"Resolvers of `{wanted.type_name}`."
        with source.call_block(f"class {name}(", bases, "):"):
            for line in docstring_lines(text, len(INDENT)):
                source.line(line)
        self._bench.add_class(home, source.text().rstrip("\n"))
        text = f"{name} is new; it has the resolvers of {' and '.join(bases)}"
        self._bench.report.new(home.file, f"class {name}", text)
        return name

    def _swap(
        self, value: ast.expr | None, home: PythonFile, name: str, wanted: WantedClass
    ) -> None:
        """Let an attribute be made of another class."""
        file = home.file
        if isinstance(value, ast.Call) and dotted(value.func) and home is self._home:
            file.replace(file.begin(value.func), file.end(value.func), name)
        else:
            place = file.begin(value) if value else 0
            text = f"{wanted.attribute}: its resolvers are in {name} now; use it here"
            self._bench.report.warn(file, place, text)

    # the class itself

    def _assign(self, attribute: str, name: str) -> None:
        assembly = self._bench.assembly
        if assembly is None:
            return
        cls, init = assembly.cls, assembly.init
        if init:
            line = f"self.{attribute} = {name}()"
            self._bench.want_line(init, cls, line)
        else:
            line = f"{attribute} = {name}()"
            self._bench.want_line(cls.node, cls, line)
        begin = cls.file.begin(cls.node)
        text = f"{cls.name}.{attribute} is new; give {name} what it needs"
        self._bench.report.new(cls.file, line, text, begin)

    def _create(self) -> None:
        source: Source[None] = Source()
        name = self._bench.wanted.assembly_class
        with source.block(f"class {name}:"):
            for line in docstring_lines("The resolvers of each type that needs some."):
                source.line(line)
            source.line()
            for attribute, cls in self._assigned:
                source.line(f"{attribute} = {cls}()")
        home = self._home
        home.imports.reserve(name)
        self._bench.add_class(home, source.text().rstrip("\n"))
        self._bench.report.new(home.file, f"class {name}", f"{name} is new")


def _is_namesake(home: PythonFile, part: Part) -> bool:
    """Say whether the module of a class is called as a file itself, in another package."""
    names = (each.file.module.rpartition(".")[2] for each in (home, part.home))
    return len(set(names)) == 1


def _base(home: PythonFile, part: Part) -> str:
    """Return what a class is called among others that are combined: by its module, in one style.

    A module that is called as the file itself is told from others by its package, too:
    ``catalog_resolvers.QueryResolvers``.
    """
    if part.home is home:
        return part.name
    package, _, module = part.home.file.module.rpartition(".")
    alias = module
    if package and _is_namesake(home, part):
        alias = f"{package.rpartition('.')[2]}_{module}"
    of_module = Import(package, module, alias) if package else Import(module)
    return home.imports.write(Expression(f"{of_module.local}.{part.name}", (of_module,)))
