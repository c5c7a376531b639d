"""Bringing a person's resolvers in line with the schema, without losing what they wrote.

`merge` is a function from files to files, and reads as a list of its steps: each is a module of
this folder, except for the stubs, which are added here.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from graphql.pyutils import suggestion_list

from trunkline.generate.resolvers.assembly import assemble
from trunkline.generate.resolvers.edits import parse
from trunkline.generate.resolvers.generated import Previous
from trunkline.generate.resolvers.gone import keep_what_is_gone
from trunkline.generate.resolvers.messages import MergeMessage, Report, Severity, Spot
from trunkline.generate.resolvers.package import Package, PythonClass, PythonFile
from trunkline.generate.resolvers.signatures import parameter_problems
from trunkline.generate.resolvers.stale import drop_stale_imports
from trunkline.generate.resolvers.stubs import class_text, stub_text
from trunkline.generate.resolvers.updates import update_signatures
from trunkline.generate.resolvers.wanted import WantedClass, WantedMethod, WantedResolvers
from trunkline.generate.resolvers.work import NewClass, Work

__all__ = ["Merged", "merge"]


@dataclass(frozen=True, slots=True)
class Merged:
    """The files that change, by path, and the messages. With an error, no file changes."""

    files: Mapping[str, bytes]
    messages: tuple[MergeMessage, ...]


def merge(
    files: Mapping[str, bytes],
    wanted: WantedResolvers,
    previous: Previous | None = None,
    shown: Callable[[str], str] = str,
) -> Merged:
    """Add what is missing, update what changed, and keep as comments what is gone.

    ``files`` are all Python files of a person's package as they are on the disk, by their paths
    from its folder. ``previous`` is what was generated last time (`read_previous`); ``None`` if
    that is not known, or the same as now. ``shown`` returns a path as messages show it. All that
    is neither added nor updated stays as it is, byte for byte. If a file is not Python, there is
    an error for it, and nothing changes.
    """
    read, errors = _read(files, wanted.package)
    if errors:
        return Merged({}, tuple(errors))
    work = Work(Package(read), wanted, previous or Previous(), Report(shown))
    keep_what_is_gone(work)
    update_signatures(work)
    _warn_of_doubled(work)
    new_classes = _add_stubs(work)
    assemble(work, new_classes)
    work.write_bodies()
    drop_stale_imports(work)
    for file in work.package.files.values():
        file.imports.make_edits(file.kept.add)
        file.kept.make_edits()
    return _result(work, files)


def _read(files: Mapping[str, bytes], package: str) -> tuple[list[PythonFile], list[MergeMessage]]:
    read: list[PythonFile] = []
    errors: list[MergeMessage] = []
    for path in sorted(files):
        try:
            read.append(PythonFile(path, package, files[path]))
        except SyntaxError as error:
            text = f"{error.msg}; nothing was changed: correct the file and generate again"
            line, column = error.lineno or 1, error.offset or 1
            errors.append(MergeMessage(Severity.ERROR, path, line, text, column))
        except (UnicodeDecodeError, LookupError) as error:
            text = f"{error}; nothing was changed: save the file as UTF-8 and generate again"
            errors.append(MergeMessage(Severity.ERROR, path, 1, text, 1))
    return read, errors


def _result(work: Work, files: Mapping[str, bytes]) -> Merged:
    """Make the edits, and check that what would be written is Python: one cannot foresee all."""
    changed: dict[str, bytes] = {}
    errors: list[MergeMessage] = []
    for path, file in sorted(work.package.files.items()):
        data = file.result() if file.is_changed else files.get(path, b"")
        if data == files.get(path, b""):
            continue
        changed[path] = data
        try:
            parse(data.decode(file.encoding))
        except SyntaxError as error:
            text = (
                f"with what the schema adds, line {error.lineno} would not be Python"
                f" ({error.msg}); nothing was changed: write that part in a plainer way and"
                " generate again"
            )
            errors.append(MergeMessage(Severity.ERROR, path, 1, text, 1))
    return Merged({}, tuple(errors)) if errors else Merged(changed, work.report.messages())


def _warn_of_doubled(work: Work) -> None:
    """Warn of resolvers that classes of a protocol have in several files."""
    for protocol, parts in work.wanted.by_protocol.items():
        classes = work.implementing(protocol)
        for method in [each for part in parts for each in part.methods] if classes[1:] else ():
            owners = [cls for cls in classes if method.name in cls.members]
            for other in owners[1:]:
                first = owners[0]
                ancestors = work.package.ancestors
                if other in ancestors([first]) or first in ancestors([other]):
                    continue  # an override
                if first.file is not other.file:
                    text = f"{other.name}.{method.name} is also defined at {{other}}; remove one"
                    begin = first.file.begin(first.members[method.name][0])
                    spot = other.file, other.file.begin(other.members[method.name][0])
                    work.report.warn(spot, text, (first.file, begin))


def _add_stubs(work: Work) -> dict[str, list[NewClass]]:
    """Add stubs for resolvers that no class has; return the classes that are new, by protocol."""
    new: dict[str, list[NewClass]] = {}
    for protocol, parts in work.wanted.by_protocol.items():
        defined = {name for cls in work.package.family(protocol) for name in cls.members}
        missing: dict[PythonClass, list[WantedMethod]] = {}
        for part in parts:
            methods = [method for method in part.methods if method.name not in defined]
            cls = _owner(work, part, is_only_one=len(parts) == 1)
            if cls:
                missing.setdefault(cls, []).extend(methods)
            elif methods or len(parts) == 1:
                new.setdefault(protocol, []).append(_add_class(work, part, methods))
        for cls, methods in missing.items():
            shadowed = {*cls.members, *(method.name for method in methods)}
            for method in methods:
                text = stub_text(method, cls.file.imports, shadowed)
                work.body(cls.file, cls.node).functions.append(text)
                _note_stub(work, protocol, cls, method)
    return new


def _owner(work: Work, part: WantedClass, *, is_only_one: bool) -> PythonClass | None:
    """Find the class for the stubs, wherever it was moved."""
    classes = work.implementing(part.protocol)
    if here := [cls for cls in classes if cls.file.path == part.path]:
        return here[0]
    names = {method.name for method in part.methods}
    best = max(classes, key=lambda cls: len(names & cls.members.keys()), default=None)
    return best if best and (is_only_one or names & best.members.keys()) else None


def _note_stub(work: Work, protocol: str, cls: PythonClass, method: WantedMethod) -> None:
    """Say which stub is new, and where its body could be: in a comment, or under another name."""
    text = f"{cls.name}.{method.name} is a new stub for {method.coordinate}; write its body"
    other: Spot | None = None
    if (begin := cls.file.kept.find(cls.name, method.name)) is not None:
        text, other = f"{text}. Its old body is at {{other}}", (cls.file, begin)
    else:
        similar = _unused_methods(work, protocol, method)
        for name in suggestion_list(method.name, list(similar))[:1]:
            text, other = f"{text}. Did you mean `{name}` ({{other}})?", similar[name]
    work.report.note(cls.spot, text, f"def {method.name}(", other)


def _unused_methods(work: Work, protocol: str, wanted: WantedMethod) -> dict[str, Spot]:
    """Return the methods that could be meant: public, of no field, with the right parameters."""
    found: dict[str, Spot] = {}
    for cls in work.package.family(protocol):
        for name, (*_, last) in cls.members.items():
            if (
                isinstance(last, ast.FunctionDef | ast.AsyncFunctionDef)
                and not name.startswith("_")
                and name not in work.wanted_names
                and not work.is_gone(cls, last)
                and next(parameter_problems(last, wanted), None) is None
            ):
                found[name] = cls.file, cls.file.begin(last)
    return found


def _add_class(work: Work, part: WantedClass, methods: list[WantedMethod]) -> NewClass:
    """Add a class with the stubs of its methods to a file."""
    file, name = work.file(part.path), part.protocol
    number = 2
    while name in file.imports.bindings:
        name, number = f"{part.protocol}_{number}", number + 1
    bases, shadowed = [file.imports.name(part.base)], {method.name for method in part.methods}
    stubs = [stub_text(method, file.imports, shadowed) for method in methods]
    docstring = f"Resolvers of `{part.type_name}`."
    work.add_class(file, name, class_text(name, bases, docstring, stubs))
    text, other = f"{name} is new; write the bodies of its stubs", None
    if (begin := file.kept.find(name)) is not None:
        text, other = f"{text}. Its old body is at {{other}}", (file, begin)
    work.report.note((file, 0), text, f"class {name}(", other)
    return NewClass(file, name)
