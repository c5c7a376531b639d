"""The class ``Resolvers``, which puts the resolvers of all types together."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from trunkline.generate.resolvers.bindings import defined_names, dotted, statements
from trunkline.generate.resolvers.package import Package, PythonClass, PythonFile
from trunkline.generate.resolvers.stubs import class_text
from trunkline.generate.resolvers.wanted import WantedClass, WantedResolvers
from trunkline.text.imports import Reference

__all__ = ["assemble", "attribute_statements"]


class AttributeStatement(NamedTuple):
    """A statement that gives a class an attribute; ``owner`` is the class or method around it."""

    cls: PythonClass
    owner: ast.ClassDef | ast.FunctionDef
    statement: ast.stmt


def attribute_statements(package: Package) -> dict[str, list[AttributeStatement]]:
    """Return the statements that give ``Resolvers`` its attributes, by name; also inherited."""
    found: dict[str, list[AttributeStatement]] = {}
    for cls in package.ancestors([package.assembly] if package.assembly else []):
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


def assemble(
    package: Package, wanted: WantedResolvers, new: Mapping[str, Sequence[PythonClass]]
) -> None:
    """Give ``Resolvers`` an attribute for each type; ``new`` has new classes by protocol.

    If the classes of a type are in several files, another class inherits all of them. A class
    ``Resolvers`` is added if the package has none.
    """
    path = package.assembly.file.path if package.assembly else wanted.assembly
    file = package.file(path, wanted.docstring(path))
    attributes = attribute_statements(package)
    assigned: dict[str, str] = {}
    for protocol, (part, *_) in wanted.by_protocol.items():
        present = attributes.get(part.attribute, [])
        known, added = package.implementing(protocol), new.get(protocol, [])
        if present and not (known and added):
            continue
        heirs = package.heirs(known)
        whole = [cls for cls in heirs if cls not in known]
        if known[1:]:
            whole = [cls for cls in heirs if {*known} <= {*package.ancestors([cls])}] + whole
        name = ""
        if whole:
            _extend(whole[0], added)
        elif len(known) + len(added) > 1:
            name = _combine(file, part, [*known, *added], present)
        if not present:
            cls = (whole or [*known, *added])[0]
            assigned[part.attribute] = name or _class_name(file, cls)
    if package.assembly:
        for attribute, name in assigned.items():
            _assign(package, package.assembly, attribute, name)
    elif assigned:
        rows = "\n".join(f"{attribute} = {name}()" for attribute, name in assigned.items())
        docstring = "The resolvers of each type that needs some."
        file.add_class(class_text("Resolvers", [], docstring, [rows]))
        file.note(None, "Resolvers is new", "class Resolvers")


def _extend(whole: PythonClass, added: Sequence[PythonClass]) -> None:
    """Let a class that inherits those of a type inherit the new ones, too."""
    file, last = whole.file, whole.node.bases[-1]
    new = [each for each in added if each.origin not in whole.bases]
    names = [_class_name(file, each, by_module=True) for each in new]
    before = file.text[file.line_start(last.lineno) : file.begin(last)]
    gap = " " if before.strip() else f"\n{before}"
    if names:
        file.insert(file.end(last), "".join(f",{gap}{name}" for name in names))
        file.note(whole.node, f"{whole.name} also inherits {' and '.join(names)} now")


def _combine(
    file: PythonFile,
    wanted: WantedClass,
    parts: Sequence[PythonClass],
    present: Sequence[AttributeStatement],
) -> str:
    """Add a class that inherits those of a type, and use it where one is; return its name."""
    name = wanted.protocol
    while name in file.imports.bindings:
        name = f"All{name}"
    bases = [_class_name(file, each, by_module=True) for each in parts]
    file.add_class(class_text(name, bases, f"Resolvers of `{wanted.type_name}`.", []))
    text = f"{name} is new; it combines {' and '.join(bases)}"
    file.note(None, text, f"class {name}(")
    for each in present:
        value: ast.expr | None = getattr(each.statement, "value", None)
        if isinstance(value, ast.Call) and dotted(value.func) and each.cls.file is file:
            file.replace(file.begin(value.func), file.end(value.func), name)
        else:
            text = f"{wanted.attribute}: {name} has all resolvers of {wanted.type_name} now; use it"
            each.cls.file.warn(value or each.statement, text)
    return name


def _assign(package: Package, assembly: PythonClass, attribute: str, name: str) -> None:
    """Add an attribute to the class, in ``__init__`` if that assigns others."""
    owner: ast.ClassDef | ast.FunctionDef = assembly.node
    line = f"{attribute} = {name}()"
    for each in assembly.node.body:
        if isinstance(each, ast.FunctionDef) and each.name == "__init__":
            assigned = [name for inner in each.body for name in _attributes_of_self(inner)]
            owner, line = (each, f"self.{line}") if assigned else (owner, line)
    package.body(assembly, owner).added.append(line)
    text = f"{assembly.name}.{attribute} is new; give {name} the arguments that it needs"
    assembly.file.note(assembly.node, text, line)


def _class_name(file: PythonFile, cls: PythonClass, *, by_module: bool = False) -> str:
    """Return the name of a class in a file, and import it.

    It is reached through its module if classes with its name come together. If the file is called
    as that module is, the import gets a longer name: ``catalog_resolvers.QueryResolvers``.
    """
    if cls.file is file:
        return cls.name
    package, _, module = cls.file.module.rpartition(".")
    is_namesake = file.module.rpartition(".")[2] == module
    if not by_module and not is_namesake:
        return file.imports.name(Reference(cls.file.module, cls.name))
    alias = f"{package.rpartition('.')[2]}_{module}" if package and is_namesake else module
    return file.imports.name(Reference(package, f"{module}.{cls.name}"), alias=alias)
