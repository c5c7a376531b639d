"""Resolvers whose field left the schema, and classes whose type did: they become comments."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from trunkline.generate.resolvers.assembly import AttributeStatement, attribute_statements
from trunkline.generate.resolvers.bindings import defined_names, dotted
from trunkline.generate.resolvers.imports import ImportedName
from trunkline.generate.resolvers.messages import Spot
from trunkline.generate.resolvers.package import PythonClass, PythonFile
from trunkline.generate.resolvers.places import is_alone, region
from trunkline.generate.resolvers.work import Work

__all__ = ["keep_what_is_gone"]


def keep_what_is_gone(work: Work) -> None:
    """Move what was generated for fields and types that the schema has no longer."""
    wanted = {
        protocol: {method.name for part in parts for method in part.methods}
        for protocol, parts in work.wanted.by_protocol.items()
    }
    protocols: dict[PythonClass, list[str]] = {}
    for protocol in dict.fromkeys([*work.previous.signatures, *wanted]):
        for cls in work.package.family(protocol):
            protocols.setdefault(cls, []).append(protocol)
    told: set[PythonClass] = set()
    for protocol in work.previous.signatures:
        if protocol not in wanted:
            shared = {cls for cls, of_class in protocols.items() if wanted.keys() & of_class}
            told |= _keep_type(work, protocol, shared)
    for cls, of_class in protocols.items():
        still = [protocol for protocol in of_class if protocol in wanted]
        names = {name for protocol in still for name in wanted[protocol]}
        for protocol in still if cls not in work.gone_classes else ():
            for name in work.previous.signatures.get(protocol, ()):
                if name not in names and name in cls.members:
                    _keep_member(work, cls, name, protocol)
    _warn_of_classes(work, told)


def _warn_of_classes(work: Work, told: Collection[PythonClass]) -> None:
    """Warn of classes whose protocol is gone, at every run as long as they are there."""
    for cls in work.package.classes:
        lacking = filter(None, map(work.generated.lacks, cls.bases))
        gone = [name for _, name in lacking if name.endswith("Resolvers")]
        if gone and cls not in {*told, *work.gone_classes}:
            user = next(_users(work, cls, {cls.node}), None)
            _warn_of_class(work, cls, gone[0], "{other} uses it" if user else "", user)


def _keep_member(work: Work, cls: PythonClass, name: str, protocol: str) -> None:
    """Move the statements that define a resolver; warn of those that are not movable."""
    file, reason = cls.file, f"{_type_name(protocol)} has no such field any more"
    for statement in cls.members[name]:
        spot = file, file.begin(statement)
        is_movable = statement in cls.node.body and is_alone(file, statement)
        if is_movable and list(defined_names(statement)) == [name]:
            work.body(file, cls.node).gone.append(statement)
            file.kept.add(f"from class {cls.name}", region(file, statement))
            work.report.note(spot, f"{cls.name}.{name} is kept as a comment, because {reason}")
        else:
            work.report.warn(spot, f"{cls.name}.{name}: {reason}; remove it")


def _keep_type(work: Work, protocol: str, shared: Collection[PythonClass]) -> set[PythonClass]:
    """Move the classes of a type, unless something that stays needs one; return those."""
    classes = work.package.heirs(work.package.implementing(protocol))
    attribute = work.previous.attributes.get(protocol)
    attributes: list[AttributeStatement] = []
    if attribute not in {each.attribute for each in work.wanted.classes}:
        attributes = [
            each
            for each in attribute_statements(work).get(attribute or "", [])
            if each.statement in each.owner.body and is_alone(each.file, each.statement)
        ]
    going = {*(each.statement for each in attributes), *(cls.node for cls in classes)}
    needed: set[PythonClass] = set()
    for cls in classes:
        user = next(_users(work, cls, going), None)
        reason = "{other} uses it" if user else ""
        if cls in shared:
            reason = "it also has resolvers of other types"
        elif cls.node not in cls.file.tree.body or not is_alone(cls.file, cls.node):
            reason = "it is inside another block"
        if reason:
            needed.add(cls)
            _warn_of_class(work, cls, protocol, reason, user)
    if needed:
        return needed
    for cls in classes:
        work.gone_classes.add(cls)
        for file, imported in _imports_of(work, cls):
            file.imports.drop(imported, is_kept=True)
        cls.file.kept.add(f"class {cls.name}", region(cls.file, cls.node))
        reason = f"{_type_name(protocol)} has no resolvers any more"
        work.report.note(cls.spot, f"{cls.name} is kept as a comment, because {reason}")
    for each in attributes:
        work.body(each.file, each.owner).gone.append(each.statement)
        each.file.kept.add(f"from class {each.cls.name}", region(each.file, each.statement))
    return set()


def _type_name(protocol: str) -> str:
    return protocol.removesuffix("Resolvers")


def _warn_of_class(
    work: Work, cls: PythonClass, protocol: str, reason: str, user: Spot | None
) -> None:
    text = f"{cls.name}: {_type_name(protocol)} has no resolvers any more; remove the class"
    work.report.warn(cls.spot, text + (f" by hand, because {reason}" if reason else ""), user)


def _users(work: Work, cls: PythonClass, going: Collection[ast.AST]) -> Iterator[Spot]:
    """Yield the places that use a class, without what is ``going`` too."""
    for file in work.package.files.values():
        for node in _walk(file.tree, going):
            if _refers(work, file, node, cls):
                yield file, file.begin(node)
    for file, imported in _imports_of(work, cls):
        if not imported.is_plain:
            yield file, file.begin(imported.statement)


def _walk(node: ast.AST, going: Collection[ast.AST]) -> Iterator[ast.expr]:
    for child in ast.iter_child_nodes(node):
        if child not in going:
            if isinstance(child, ast.expr):
                yield child
            yield from _walk(child, going)


def _refers(work: Work, file: PythonFile, node: ast.expr, cls: PythonClass) -> bool:
    if isinstance(node, ast.Constant):  # in ``__all__``, or in an annotation
        return node.value == cls.name
    is_name = isinstance(node, ast.Name | ast.Attribute) and bool(dotted(node))
    return is_name and work.package.find(file.origin(node)) is cls


def _imports_of(work: Work, cls: PythonClass) -> Iterator[tuple[PythonFile, ImportedName]]:
    """Yield the imports of a class in the files of the package."""
    for file in work.package.files.values():
        for each in file.imports.names():
            origin = file.imports.bindings.origin(each.local)
            if each.alias.name == cls.name and work.package.find(origin) is cls:
                yield file, each
