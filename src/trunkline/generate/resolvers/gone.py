"""Resolvers whose field is gone, and classes whose type is: kept as comments."""

from __future__ import annotations

import ast

from trunkline.generate.resolvers.assembly import AttributeStatement
from trunkline.generate.resolvers.bindings import defined
from trunkline.generate.resolvers.package import PythonClass
from trunkline.generate.resolvers.places import is_alone, region
from trunkline.generate.resolvers.report import Mention
from trunkline.generate.resolvers.uses import imports_of, users_of
from trunkline.generate.resolvers.workbench import Workbench

__all__ = ["keep_what_is_gone"]

_SUFFIX = "Resolvers"


def keep_what_is_gone(bench: Workbench) -> None:
    """Move classes and resolvers that were generated for what the schema has no longer."""
    _Gone(bench).keep()


class _Gone:
    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._wanted = {
            protocol: {method.name for cls in classes for method in cls.methods}
            for protocol, classes in bench.by_protocol().items()
        }
        protocols = dict.fromkeys([*bench.previous.protocols, *self._wanted])
        self._told: set[PythonClass] = set()
        self._protocols: dict[PythonClass, list[str]] = {}
        for protocol in protocols:
            for cls in bench.package.family(protocol):
                self._protocols.setdefault(cls, []).append(protocol)

    def keep(self) -> None:
        for protocol in self._bench.previous.protocols:
            if protocol not in self._wanted:
                self._type(protocol)
        for cls, protocols in self._protocols.items():
            if cls not in self._bench.gone_classes:
                self._members(cls, protocols)
        self._told_again()

    # resolvers

    def _members(self, cls: PythonClass, protocols: list[str]) -> None:
        protocols = [protocol for protocol in protocols if protocol in self._wanted]
        wanted = {name for protocol in protocols for name in self._wanted[protocol]}
        for protocol in protocols:
            for name in self._bench.previous.protocols.get(protocol, ()):
                if name not in wanted and name in cls.members:
                    self._member(cls, name, protocol)

    def _member(self, cls: PythonClass, name: str, protocol: str) -> None:
        bench, what = self._bench, f"{cls.name}.{name}"
        type_name = _type(protocol)
        for statement in cls.members[name]:
            begin = cls.file.begin(statement)
            alone = list(defined(statement)) == [name]
            if alone and bench.keep(cls, statement, f"from class {cls.name}"):
                text = f"{what} is kept as a comment; {type_name} has no such field any more"
                bench.report.note(cls.file, begin, text)
            else:
                text = f"{what}: {type_name} has no such field any more; remove it"
                bench.report.warn(cls.file, begin, text)

    # classes

    def _type(self, protocol: str) -> None:
        package, attribute = self._bench.package, self._bench.previous.attributes.get(protocol)
        classes = package.heirs(package.implementing(protocol))
        attributes = self._attributes(attribute)
        going: set[ast.AST] = {
            *(each.statement for each in attributes),
            *(cls.node for cls in classes),
        }
        reasons = {cls: self._reason(cls, going) for cls in classes}
        for cls, reason in reasons.items():
            if reason:
                self._warn(cls, protocol, reason)
        if not any(reasons.values()):
            for cls in classes:
                self._class(cls, protocol)
            for each in attributes:
                self._bench.keep_attribute(each)

    def _told_again(self) -> None:
        """Tell, at every run, of classes whose protocol the generated package has no longer."""
        for cls in self._bench.package.classes:
            lacking = filter(None, map(self._bench.generated.lacking, cls.bases))
            protocol = next((name for _, name in lacking if name.endswith(_SUFFIX)), None)
            if protocol and cls not in self._told | self._bench.gone_classes:
                user = next(users_of(self._bench.package, cls, {cls.node}), None)
                self._warn(cls, protocol, user)

    def _warn(self, cls: PythonClass, protocol: str, reason: str | Mention | None) -> None:
        self._told.add(cls)
        text = f"{cls.name}: nothing of {_type(protocol)} has a resolver any more; remove it"
        text += f" (by hand: {reason})" if isinstance(reason, str) else ""
        mention = reason if isinstance(reason, Mention) else None
        self._bench.report.warn(cls.file, cls.file.begin(cls.node), text, mention)

    def _reason(self, cls: PythonClass, going: set[ast.AST]) -> str | Mention | None:
        """Say what keeps a class from being moved, if something does."""
        if any(name in self._wanted for name in self._protocols[cls]):
            return "it has resolvers of other types, too"
        if cls.node not in cls.file.tree.body or not is_alone(cls.file, cls.node):
            return "it stands within something else"
        return next(users_of(self._bench.package, cls, going), None)

    def _class(self, cls: PythonClass, protocol: str) -> None:
        bench, file = self._bench, cls.file
        bench.gone_classes.add(cls)
        for imported in imports_of(bench.package, cls):
            bench.drop(imported)
        bench.kept(file).add(f"class {cls.name}", region(file, cls.node))
        text = (
            f"{cls.name} is kept as a comment; nothing of {_type(protocol)} has a resolver any more"
        )
        bench.report.note(file, file.begin(cls.node), text)

    # attributes

    def _attributes(self, name: str | None) -> list[AttributeStatement]:
        """Return the statements that give the class of all resolvers an attribute."""
        assembly = self._bench.assembly
        wanted = {cls.attribute for cls in self._bench.wanted.classes}
        if assembly is None or name is None or name in wanted:
            return []
        return [
            each
            for each in assembly.attributes.get(name, ())
            if each.statement in each.owner.body and is_alone(each.cls.file, each.statement)
        ]


def _type(protocol: str) -> str:
    return protocol.removesuffix(_SUFFIX)
