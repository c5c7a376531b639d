"""Resolvers that are there twice, and stubs that are not written yet.

Python takes the last method of a name, so a stub below a written method would hide it. That happens
when a name was misspelt while `generate --watch` ran.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from trunkline.generate.resolvers.bindings import Function, defined_names
from trunkline.generate.resolvers.package import Package, PythonClass
from trunkline.generate.resolvers.signatures import is_plain
from trunkline.generate.resolvers.stubs import is_stub, is_unwritten
from trunkline.generate.resolvers.wanted import WantedMethod, WantedResolvers

__all__ = ["drop_needless_stubs", "list_unwritten", "warn_of_doubled", "written_resolvers"]


def drop_needless_stubs(package: Package, wanted: WantedResolvers) -> None:
    """Remove each stub that was never touched, if what would be hidden by it was written."""
    for family, method in _wanted(package, wanted):
        found = list(_definitions(package, family, method.name))
        written = [(cls, each) for cls, each in found if not is_unwritten(each)]
        for cls, stub in found:
            hidden = [each for each in written if _are_joined(package, family, cls, each[0])]
            if hidden and _is_untouched(cls, stub):
                package.body(cls, cls.node).gone.append(stub)
                text = f"the stub {cls.name}.{method.name} is removed: {{other}} defines it"
                other, definition = hidden[0]
                cls.file.note(stub, text, other=(other.file, other.file.begin(definition)))


def warn_of_doubled(package: Package, wanted: WantedResolvers) -> None:
    """Warn of methods that a class has twice, and of resolvers that are in several files."""
    families = [package.family(protocol) for protocol in wanted.by_protocol]
    for cls in dict.fromkeys(cls for family in families for cls in family):
        for name in cls.members:
            found = list(_definitions(package, [cls], name))
            for double in found[1:] if all(is_plain(each) for _, each in found) else ():
                _warn(*double, *found[0])
    for protocol, parts in wanted.by_protocol.items():
        classes = package.implementing(protocol)
        for method in [each for part in parts for each in part.methods] if classes[1:] else ():
            owners = list(_definitions(package, classes, method.name))
            for other, again in owners[1:]:
                first, definition = owners[0]
                is_override = other in package.ancestors([first])
                is_override = is_override or first in package.ancestors([other])
                if not is_override and first.file is not other.file:
                    _warn(other, again, first, definition)


def _warn(cls: PythonClass, again: Function, first: PythonClass, definition: Function) -> None:
    text = f"{cls.name}.{again.name} is also defined at {{other}}; remove one"
    cls.file.warn(again, text, (first.file, first.file.begin(definition)))


def list_unwritten(package: Package, wanted: WantedResolvers) -> None:
    """Tell of each stub that is still to be written."""
    for family, method in _wanted(package, wanted):
        for cls, function in _definitions(package, family, method.name):
            if is_unwritten(function):
                text = f"{cls.name}.{method.name}, the resolver of {method.coordinate}, is a stub"
                cls.file.tell_stub(function, text)


def written_resolvers(package: Package, wanted: WantedResolvers) -> Iterator[str]:
    """Yield the coordinates of the resolvers that there are, without stubs."""
    for family, method in _wanted(package, wanted):
        functions = [each for _, each in _definitions(package, family, method.name)]
        is_stub = functions and all(map(is_unwritten, functions))
        if any(method.name in cls.members for cls in family) and not is_stub:
            yield method.coordinate


def _wanted(
    package: Package, wanted: WantedResolvers
) -> Iterator[tuple[list[PythonClass], WantedMethod]]:
    for protocol, parts in wanted.by_protocol.items():
        family = package.family(protocol)
        yield from ((family, method) for part in parts for method in part.methods)


def _definitions(
    package: Package, classes: Collection[PythonClass], name: str
) -> Iterator[tuple[PythonClass, Function]]:
    """Yield the functions of a name that stand in the bodies of classes and stay there."""
    for cls in classes:
        gone = package.body(cls, cls.node).gone
        for each in cls.members.get(name, ()):
            if isinstance(each, Function) and each in cls.node.body and each not in gone:
                yield cls, each


def _is_untouched(cls: PythonClass, stub: Function) -> bool:
    """Say whether a stub has neither a body nor a comment of people's."""
    lines = map(cls.file.line, cls.file.region(stub))
    has_comment = any(line.lstrip().startswith("#") for line in lines)
    is_alone = cls.file.is_alone(stub) and list(defined_names(stub)) == [stub.name]
    return is_alone and not has_comment and is_stub(stub)


def _are_joined(
    package: Package, family: Collection[PythonClass], cls: PythonClass, other: PythonClass
) -> bool:
    """Say whether some class is both, so that one of two methods hides the other."""
    return any({cls, other} <= {*package.ancestors([each])} for each in family)
