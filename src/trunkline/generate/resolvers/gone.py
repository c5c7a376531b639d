"""Resolvers whose field left the schema, and classes whose type did: they become comments."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from trunkline.generate.resolvers.assembly import attribute_statements
from trunkline.generate.resolvers.bindings import defined_names, dotted, walk
from trunkline.generate.resolvers.imports import ImportedName
from trunkline.generate.resolvers.package import Package, PythonClass, PythonFile, Spot
from trunkline.generate.resolvers.signatures import Previous
from trunkline.generate.resolvers.stale import GeneratedNames
from trunkline.generate.resolvers.wanted import WantedResolvers

__all__ = ["keep_gone_classes", "keep_gone_resolvers"]


def keep_gone_classes(
    package: Package, wanted: WantedResolvers, previous: Previous, generated: GeneratedNames
) -> None:
    """Move the classes of types that have no resolvers any more; drop their imports.

    A class that something else needs stays, and so do the others of its type. A warning says so at
    every run.
    """
    stays = {cls for protocol in wanted.by_protocol for cls in package.family(protocol)}
    attributes = {each.attribute for each in wanted.classes}
    needed: set[PythonClass] = set()
    for protocol, attribute in previous.attributes.items():
        if protocol not in wanted.by_protocol:
            name = "" if attribute in attributes else attribute
            needed |= _keep_classes(package, protocol, name, stays)
    for cls in package.classes:
        lacking = filter(None, map(generated.lacks, cls.bases))
        gone = [name for _, name in lacking if name.endswith("Resolvers")]
        if gone and cls not in needed | package.gone:
            user = next(_users(package, cls, {cls.node}), None)
            _warn_of_class(cls, gone[0], "{other} uses it" if user else "", user)


def _keep_classes(
    package: Package, protocol: str, attribute: str, stays: Collection[PythonClass]
) -> set[PythonClass]:
    """Move the classes of a type, unless something that stays needs one; return those."""
    classes = package.heirs(package.implementing(protocol))
    attributes = [
        each
        for each in attribute_statements(package).get(attribute, [])
        if each.statement in each.owner.body and each.cls.file.is_alone(each.statement)
    ]
    going = {*(each.statement for each in attributes), *(cls.node for cls in classes)}
    needed: set[PythonClass] = set()
    for cls in classes:
        user = next(_users(package, cls, going), None)
        reason = "{other} uses it" if user else ""
        if cls in stays:
            reason = "it also has resolvers of other types"
        elif cls.node not in cls.file.tree.body or not cls.file.is_alone(cls.node):
            reason = "it is inside another block"
        if reason:
            needed.add(cls)
            _warn_of_class(cls, protocol, reason, user)
    for cls in classes if not needed else ():
        package.gone.add(cls)
        for file, imported in _imports_of(package, cls):
            file.imports.drop(imported, is_kept=True)
        cls.file.keep(f"class {cls.name}", cls.file.region(cls.node))
        reason = f"{protocol.removesuffix('Resolvers')} has no resolvers any more"
        cls.file.note(cls.node, f"{cls.name} is kept as a comment, because {reason}")
    for each in attributes if not needed else ():
        package.body(each.cls, each.owner).gone.append(each.statement)
        each.cls.file.keep(f"from class {each.cls.name}", each.cls.file.region(each.statement))
    return needed


def _warn_of_class(cls: PythonClass, protocol: str, reason: str, user: Spot | None) -> None:
    type_name = protocol.removesuffix("Resolvers")
    text = f"{cls.name}: {type_name} has no resolvers any more; remove the class"
    cls.file.warn(cls.node, text + (f" by hand, because {reason}" if reason else ""), user)


def _users(package: Package, cls: PythonClass, going: Collection[ast.AST]) -> Iterator[Spot]:
    """Yield the places that use a class, without what is ``going`` too."""

    def refers(file: PythonFile, node: ast.expr) -> bool:
        if isinstance(node, ast.Constant):  # in ``__all__``, or in an annotation
            return node.value == cls.name
        is_name = isinstance(node, ast.Name | ast.Attribute) and bool(dotted(node))
        return is_name and package.find(file.origin(node)) is cls

    for file in package.files.values():
        for node in walk(file.tree, going):
            if isinstance(node, ast.expr) and refers(file, node):
                yield file, file.begin(node)
    for file, imported in _imports_of(package, cls):
        if not imported.is_plain:
            yield file, file.begin(imported.statement)


def _imports_of(package: Package, cls: PythonClass) -> Iterator[tuple[PythonFile, ImportedName]]:
    """Yield the imports of a class in the files of the package."""
    for file in package.files.values():
        for each in file.imports.names():
            origin = file.imports.bindings.origin(each.local)
            if each.alias.name == cls.name and package.find(origin) is cls:
                yield file, each


def keep_gone_resolvers(package: Package, wanted: WantedResolvers, previous: Previous) -> None:
    """Move the resolvers whose field is gone; warn of those that stand inside something else."""
    protocols: dict[PythonClass, list[str]] = {}
    for protocol in dict.fromkeys([*previous.signatures, *wanted.by_protocol]):
        for cls in package.family(protocol) if protocol in wanted.by_protocol else ():
            protocols.setdefault(cls, []).append(protocol)
    for cls, of_class in protocols.items():
        parts = [part for protocol in of_class for part in wanted.by_protocol[protocol]]
        stays = {method.name for part in parts for method in part.methods}
        answered = {name for part in parts for name in part.answered}
        for protocol in of_class:
            gone = [name for name in previous.signatures.get(protocol, ()) if name not in stays]
            for name in gone:
                type_name = protocol.removesuffix("Resolvers")
                reason = f"{type_name} has no such field any more"
                if name in answered:
                    reason = f"the class of {type_name} gives its value now"
                _keep_resolver(package, cls, name, reason)


def _keep_resolver(package: Package, cls: PythonClass, name: str, reason: str) -> None:
    file = cls.file
    for statement in cls.members.get(name, ()):
        is_movable = statement in cls.node.body and file.is_alone(statement)
        if is_movable and list(defined_names(statement)) == [name]:
            package.body(cls, cls.node).gone.append(statement)
            file.keep(f"from class {cls.name}", file.region(statement))
            file.note(statement, f"{cls.name}.{name} is kept as a comment, because {reason}")
        else:
            file.warn(statement, f"{cls.name}.{name}: {reason}; remove it")
