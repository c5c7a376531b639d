"""Adding what is missing: stubs to people's classes, and classes to their files."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from graphql.pyutils import suggestion_list

from trunkline.generate.resolvers.bindings import Bindings
from trunkline.generate.resolvers.file import File
from trunkline.generate.resolvers.misfits import Function, misfits
from trunkline.generate.resolvers.package import PythonClass
from trunkline.generate.resolvers.report import Mention
from trunkline.generate.resolvers.stubs import class_of_stubs
from trunkline.generate.resolvers.wanted import WantedClass, WantedMethod
from trunkline.generate.resolvers.workbench import NewClass, Workbench

__all__ = ["add_what_is_missing"]


def add_what_is_missing(bench: Workbench) -> dict[str, list[NewClass]]:
    """Add stubs for resolvers that no class has; return the classes that are new, by protocol."""
    new: dict[str, list[NewClass]] = {}
    for protocol, parts in bench.by_protocol().items():
        defined = {name for cls in bench.package.family(protocol) for name in cls.members}
        for part in parts:
            missing = [method for method in part.methods if method.name not in defined]
            cls = _owner(bench, part, is_only_one=len(parts) == 1)
            if cls is None and (missing or len(parts) == 1):
                new.setdefault(protocol, []).append(_new_class(bench, part, missing))
            for method in missing if cls else ():
                _stub(bench, protocol, cls, method)
    return new


def _stub(bench: Workbench, protocol: str, cls: PythonClass | None, method: WantedMethod) -> None:
    if cls:
        bench.want(cls, method)
        text = f"{cls.name}.{method.name} is a stub for {method.coordinate}; write it"
        mention = _old_body(bench, cls.file, cls.name, method.name)
        mention = mention or _misspelt(bench, protocol, method)
        begins, offset = f"def {method.name}(", cls.file.begin(cls.node)
        bench.report.new(cls.file, begins, text, offset, mention)


def _old_body(bench: Workbench, file: File, owner: str, name: str | None = None) -> Mention | None:
    """Tell where the file keeps what the schema once had no longer, and has again."""
    offset = bench.kept(file).find(owner, name)
    return None if offset is None else Mention("; its old body is at line {line}", file, offset)


def _misspelt(bench: Workbench, protocol: str, method: WantedMethod) -> Mention | None:
    """Tell of a method that could be meant: like a resolver, of no field, with a similar name."""
    found: dict[str, tuple[PythonClass, Function]] = {}
    for cls in bench.package.family(protocol):
        found |= {each.name: (cls, each) for each in _answering_nothing(bench, cls, method)}
    names = suggestion_list(method.name, list(found))
    if not names:
        return None
    cls, function = found[names[0]]
    text = f". Did you mean `{names[0]}` ({{path}}:{{line}})?"
    return Mention(text, cls.file, cls.file.begin(function))


def _answering_nothing(
    bench: Workbench, cls: PythonClass, method: WantedMethod
) -> Iterator[Function]:
    for name, definitions in cls.members.items():
        function = definitions[-1]
        if (
            isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
            and not name.startswith("_")
            and name not in bench.wanted_names
            and not bench.is_gone(function)
            and next(misfits(function, method), None) is None
        ):
            yield function


def _owner(bench: Workbench, part: WantedClass, *, is_only_one: bool) -> PythonClass | None:
    """Find the class that stubs go into, wherever people have moved it."""
    classes = bench.implementing(part.protocol)
    if here := [cls for cls in classes if cls.file.path == part.path]:
        return here[0]
    names = {method.name for method in part.methods}
    by_share = sorted(classes, key=lambda cls: -len(names & cls.members.keys()))
    if by_share and (is_only_one or names & by_share[0].members.keys()):
        return by_share[0]
    return None


def _new_class(bench: Workbench, part: WantedClass, missing: Sequence[WantedMethod]) -> NewClass:
    home = bench.home(part.path)
    name = _free_name(part.protocol, home.imports.bindings)
    text = class_of_stubs(part, name, missing, home.imports)
    home.imports.reserve(name)
    bench.add_class(home, text)
    text, mention = f"{name} is new; write its stubs", _old_body(bench, home.file, name)
    bench.report.new(home.file, f"class {name}(", text, mention=mention)
    return NewClass(home, name)


def _free_name(wanted: str, taken: Bindings) -> str:
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    return name
