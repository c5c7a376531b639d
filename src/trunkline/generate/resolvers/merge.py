"""Bringing a person's resolvers in line with the schema, without losing what they wrote.

`merge` is a function from files to files, and reads as a list of its steps: each is a module of
this folder, except for the stubs, which are added here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from graphql.pyutils import suggestion_list

from trunkline.generate.resolvers.assembly import assemble
from trunkline.generate.resolvers.bindings import Function
from trunkline.generate.resolvers.doubled import (
    drop_needless_stubs,
    list_unwritten,
    warn_of_doubled,
    written_resolvers,
)
from trunkline.generate.resolvers.edits import parse
from trunkline.generate.resolvers.gone import keep_gone_classes, keep_gone_resolvers
from trunkline.generate.resolvers.package import (
    MergeMessage,
    Package,
    PythonClass,
    PythonFile,
    Severity,
    Spot,
)
from trunkline.generate.resolvers.signatures import (
    Previous,
    parameter_problems,
    update_signatures,
)
from trunkline.generate.resolvers.stale import GeneratedNames, drop_stale_imports
from trunkline.generate.resolvers.stubs import class_text, stub_text
from trunkline.generate.resolvers.wanted import WantedClass, WantedMethod, WantedResolvers

__all__ = ["Merged", "merge"]


@dataclass(frozen=True, slots=True)
class Merged:
    """The files that change, by path, and the messages. With an error, no file changes.

    ``unwritten`` are messages about stubs that are not written yet; ``written`` are the coordinates
    of the resolvers that are.
    """

    files: Mapping[str, bytes]
    messages: tuple[MergeMessage, ...]
    unwritten: tuple[MergeMessage, ...] = ()
    written: frozenset[str] = frozenset()


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
    package = Package(wanted.package, read, wanted.assembly)
    previous, generated = previous or Previous(), GeneratedNames(wanted.generated)
    keep_gone_classes(package, wanted, previous, generated)
    keep_gone_resolvers(package, wanted, previous)
    drop_needless_stubs(package, wanted)
    update_signatures(package, wanted, previous)
    warn_of_doubled(package, wanted)
    list_unwritten(package, wanted)
    written = frozenset(written_resolvers(package, wanted))
    new_classes = _add_stubs(package, wanted)
    assemble(package, wanted, new_classes)
    package.edit_classes()
    drop_stale_imports(package, generated)
    for file in package.files.values():
        file.edit_imports_and_comments()
    return replace(_result(package, files, shown), written=written)


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


def _result(package: Package, files: Mapping[str, bytes], shown: Callable[[str], str]) -> Merged:
    """Make the edits, and check that what would be written is Python: one cannot foresee all."""
    changed: dict[str, bytes] = {}
    errors: list[MergeMessage] = []
    for path, file in sorted(package.files.items()):
        data = file.result()
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
    if errors:
        return Merged({}, tuple(errors))
    messages = [each for file in package.files.values() for each in file.messages(shown)]
    messages.sort(key=lambda message: (message.path, message.line))
    unwritten = tuple(each for each in messages if each.severity is Severity.STUB)
    return Merged(changed, tuple(each for each in messages if each not in unwritten), unwritten)


def _add_stubs(package: Package, wanted: WantedResolvers) -> dict[str, list[PythonClass]]:
    """Add stubs for resolvers that no class has; return the classes that are new, by protocol."""
    new: dict[str, list[PythonClass]] = {}
    all_names = {method.name for part in wanted.classes for method in part.methods}
    for protocol, parts in wanted.by_protocol.items():
        family = package.family(protocol)
        defined = {name for cls in family for name in cls.members}
        missing: dict[PythonClass, list[WantedMethod]] = {}
        for part in parts:
            methods = [method for method in part.methods if method.name not in defined]
            cls = _owner(package, part, is_only_one=len(parts) == 1)
            if cls:
                missing.setdefault(cls, []).extend(methods)
            elif methods or len(parts) == 1:
                file = package.file(part.path, wanted.docstring(part.path))
                new.setdefault(protocol, []).append(_add_class(file, part, methods))
        for cls, methods in missing.items():
            shadowed = {*cls.members, *(method.name for method in methods)}
            for method in methods:
                text = stub_text(method, cls.file.imports, shadowed)
                package.body(cls, cls.node).added.append(text)
                _note_stub(package, family, cls, method, all_names)
    return new


def _owner(package: Package, part: WantedClass, *, is_only_one: bool) -> PythonClass | None:
    """Find the class for the stubs, wherever it was moved."""
    classes = package.implementing(part.protocol)
    if here := [cls for cls in classes if cls.file.path == part.path]:
        return here[0]
    names = {method.name for method in part.methods}
    best = max(classes, key=lambda cls: len(names & cls.members.keys()), default=None)
    return best if best and (is_only_one or names & best.members.keys()) else None


def _add_class(file: PythonFile, part: WantedClass, methods: list[WantedMethod]) -> PythonClass:
    """Add a class with the stubs of its methods to a file."""
    name, number = part.protocol, 2
    while name in file.imports.bindings:
        name, number = f"{part.protocol}_{number}", number + 1
    bases, shadowed = [file.imports.name(part.base)], {method.name for method in part.methods}
    stubs = [stub_text(method, file.imports, shadowed) for method in methods]
    docstring = f"Resolvers of `{part.type_name}`."
    text, other = f"{name} is new; write the bodies of its stubs", None
    if (begin := file.find_kept(name)) is not None:
        text, other = f"{text}. Its old body is at {{other}}", (file, begin)
    file.note(None, text, f"class {name}(", other)
    return file.add_class(class_text(name, bases, docstring, stubs))


def _note_stub(
    package: Package,
    family: Collection[PythonClass],
    cls: PythonClass,
    method: WantedMethod,
    wanted_names: Collection[str],
) -> None:
    """Say which stub is new, and where its body could be: in a comment, or under another name."""
    text = f"{cls.name}.{method.name} is a new stub for {method.coordinate}; write its body"
    other: Spot | None = None
    if (begin := cls.file.find_kept(cls.name, method.name)) is not None:
        text, other = f"{text}. Its old body is at {{other}}", (cls.file, begin)
    else:
        similar: dict[str, Spot] = {
            name: (each.file, each.file.begin(last))
            for each in family
            for name, (*_, last) in each.members.items()
            if isinstance(last, Function)
            and not (name.startswith("_") or name in wanted_names)
            and last not in package.body(each, each.node).gone
            and not any(parameter_problems(last, method))
        }
        for name in suggestion_list(method.name, list(similar))[:1]:
            text, other = f"{text}. Did you mean `{name}` ({{other}})?", similar[name]
    cls.file.note(cls.node, text, f"def {method.name}(", other)
