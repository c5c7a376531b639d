"""The class ``Resolvers``, which puts the resolvers of all types together."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from trunkline.generate.resolvers.bindings import defined_names, dotted, statements
from trunkline.generate.resolvers.package import PythonClass, PythonFile
from trunkline.generate.resolvers.stubs import class_text
from trunkline.generate.resolvers.wanted import WantedClass
from trunkline.generate.resolvers.work import NewClass, Work
from trunkline.text.imports import Reference

__all__ = ["AttributeStatement", "assemble", "attribute_statements"]

Part = PythonClass | NewClass


@dataclass(frozen=True, slots=True)
class AttributeStatement:
    """A statement that gives a class an attribute; ``owner`` is the class or method around it."""

    cls: PythonClass
    owner: ast.ClassDef | ast.FunctionDef
    statement: ast.stmt

    @property
    def file(self) -> PythonFile:
        """The file of the class."""
        return self.cls.file


def attribute_statements(work: Work) -> dict[str, list[AttributeStatement]]:
    """Return the statements that give ``Resolvers`` its attributes, by name; also inherited."""
    found: dict[str, list[AttributeStatement]] = {}
    for cls in work.package.ancestors([work.assembly] if work.assembly else []):
        for statement in cls.node.body:
            for name in defined_names(statement):
                found.setdefault(name, []).append(AttributeStatement(cls, cls.node, statement))
            if isinstance(statement, ast.FunctionDef):
                for inner in statements(statement.body):
                    for name in _attributes_of_self(inner):
                        each = AttributeStatement(cls, statement, inner)
                        found.setdefault(name, []).append(each)
    return found


def _attributes_of_self(statement: ast.stmt) -> Iterator[str]:
    """Yield the attributes of ``self`` that a statement assigns."""
    for target in getattr(statement, "targets", [getattr(statement, "target", None)]):
        for node in ast.walk(target) if target else ():
            if isinstance(node, ast.Attribute) and dotted(node.value) == "self":
                yield node.attr


def assemble(work: Work, new: Mapping[str, Sequence[NewClass]]) -> None:
    """Give ``Resolvers`` an attribute for each type; ``new`` has new classes by protocol.

    The class is added if the package has none.
    """
    file = work.file(work.assembly.file.path if work.assembly else work.wanted.assembly)
    attributes = attribute_statements(work)
    assigned: list[tuple[str, str]] = []
    for protocol, (wanted, *_) in work.wanted.by_protocol.items():
        present = attributes.get(wanted.attribute, [])
        known, added = work.implementing(protocol), new.get(protocol, [])
        if present and not (known and added):
            continue
        whole = _combining_class(work, known)
        parts: list[Part] = [*known, *added]
        name = ""
        if whole:
            _extend(work, whole, added)
        elif len(parts) > 1:
            name = _combine(work, file, wanted, parts)
            for each in present:
                _use_instead(work, file, each, name, wanted)
        if not present:
            name = name or _class_name(file, whole or parts[0])
            assigned.append((wanted.attribute, name))
    if work.assembly:
        for attribute, name in assigned:
            _assign(work, work.assembly, attribute, name)
    elif assigned:
        rows = "\n".join(f"{attribute} = {name}()" for attribute, name in assigned)
        docstring = "The resolvers of each type that needs some."
        work.add_class(file, "Resolvers", class_text("Resolvers", [], docstring, [rows]))
        work.report.note((file, 0), "Resolvers is new", "class Resolvers")


def _combining_class(work: Work, known: Sequence[PythonClass]) -> PythonClass | None:
    """Find the class that a person, or we, have put together from those of a type."""
    heirs = work.package.heirs(known)
    for cls in heirs if len(known) > 1 else []:
        if set(known) <= set(work.package.ancestors([cls])):
            return cls
    return next((cls for cls in heirs if cls not in known), None)


def _extend(work: Work, whole: PythonClass, added: Sequence[NewClass]) -> None:
    """Let a class inherit the new classes, too."""
    file, last = whole.file, whole.node.bases[-1]
    names = [_name_by_module(file, part) for part in added if part.origin not in whole.bases]
    before = file.text[file.line_start(last.lineno) : file.begin(last)]
    gap = " " if before.strip() else f"\n{before}"
    file.insert(file.end(last), "".join(f",{gap}{name}" for name in names))
    if names:
        work.report.note(whole.spot, f"{whole.name} also inherits {' and '.join(names)} now")


def _combine(work: Work, file: PythonFile, wanted: WantedClass, parts: Sequence[Part]) -> str:
    """Add a class that inherits those of a type; return its name."""
    name = wanted.protocol
    while name in file.imports.bindings:
        name = f"All{name}"
    bases = [_name_by_module(file, part) for part in parts]
    docstring = f"Resolvers of `{wanted.type_name}`."
    work.add_class(file, name, class_text(name, bases, docstring, []))
    text = f"{name} is new; it combines {' and '.join(bases)}"
    work.report.note((file, 0), text, f"class {name}(")
    return name


def _use_instead(
    work: Work, file: PythonFile, each: AttributeStatement, name: str, wanted: WantedClass
) -> None:
    """Let an attribute be an object of another class."""
    value: ast.expr | None = getattr(each.statement, "value", None)
    if isinstance(value, ast.Call) and dotted(value.func) and each.file is file:
        file.replace(file.begin(value.func), file.end(value.func), name)
    else:
        spot = each.file, each.file.begin(value or each.statement)
        text = f"{wanted.attribute}: {name} now has all resolvers of {wanted.type_name}; use it"
        work.report.warn(spot, text)


def _assign(work: Work, assembly: PythonClass, attribute: str, name: str) -> None:
    """Add an attribute to the class, in ``__init__`` if that assigns the others."""
    owner: ast.ClassDef | ast.FunctionDef = assembly.node
    line = f"{attribute} = {name}()"
    for each in assembly.node.body:
        if isinstance(each, ast.FunctionDef) and each.name == "__init__":
            if any(name for inner in each.body for name in _attributes_of_self(inner)):
                owner, line = each, f"self.{line}"
            break
    work.body(assembly.file, owner).assignments.append(line)
    text = f"{assembly.name}.{attribute} is new; give {name} the arguments that it needs"
    work.report.note(assembly.spot, text, line)


def _class_name(file: PythonFile, cls: Part) -> str:
    """Return the name of a class in a file, and import it."""
    if cls.file is file or _has_same_name(file, cls):
        return _name_by_module(file, cls)
    return file.imports.name(Reference(cls.file.module, cls.name))


def _name_by_module(file: PythonFile, cls: Part) -> str:
    """Return the name of a class behind its module's: ``todos.QueryResolvers``.

    A module that is called as the file itself gets its package's name, too:
    ``catalog_resolvers.QueryResolvers``.
    """
    if cls.file is file:
        return cls.name
    package, _, module = cls.file.module.rpartition(".")
    alias = module
    if package and _has_same_name(file, cls):
        alias = f"{package.rpartition('.')[2]}_{module}"
    return file.imports.name(Reference(package, f"{module}.{cls.name}"), alias)


def _has_same_name(file: PythonFile, cls: Part) -> bool:
    """Say whether the module of a class is called as a file is, in another package."""
    return file.module.rpartition(".")[2] == cls.file.module.rpartition(".")[2]
