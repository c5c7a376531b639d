"""Bringing people's resolvers in line with the schema, without losing what they wrote.

`merge` is a function from files to files. It lists the steps; each is a module of this folder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from trunkline.generate.resolvers.adapting import adapt_signatures
from trunkline.generate.resolvers.assembling import assemble
from trunkline.generate.resolvers.doubled import tell_doubled
from trunkline.generate.resolvers.file import File, parse
from trunkline.generate.resolvers.gone import keep_what_is_gone
from trunkline.generate.resolvers.messages import Message, Severity
from trunkline.generate.resolvers.package import Package
from trunkline.generate.resolvers.stale import drop_stale_imports
from trunkline.generate.resolvers.stubbing import add_what_is_missing
from trunkline.generate.resolvers.wanted import Previous, Wanted
from trunkline.generate.resolvers.workbench import Workbench

__all__ = ["Merged", "merge"]


@dataclass(frozen=True, slots=True)
class Merged:
    """The files that change, by path, and what to tell; nothing changes where there is an error."""

    files: Mapping[str, bytes]
    messages: tuple[Message, ...]


def merge(
    files: Mapping[str, bytes],
    wanted: Wanted,
    previous: Previous | None = None,
    shown: Callable[[str], str] = str,
) -> Merged:
    """Add what is missing, adapt what changed, and keep as comments what is gone.

    ``files`` are all Python files of people's package as they are on the disk, by their paths from
    its folder; ``previous`` is what was generated the last time (`read_previous`), ``None`` for
    nothing; ``shown`` is how a path is written within a message. Whatever is neither added nor
    adapted stays as it is, byte for byte. If a file is no Python, there is an error for it, and
    nothing changes.
    """
    read, errors = _read(files, wanted.package)
    if errors:
        return Merged({}, tuple(errors))
    bench = Workbench(Package(read), wanted, previous or Previous(), shown)
    keep_what_is_gone(bench)
    adapt_signatures(bench)
    tell_doubled(bench)
    assemble(bench, add_what_is_missing(bench))
    bench.write_bodies()
    drop_stale_imports(bench)
    bench.write_imports()
    return _finish(bench, files)


def _read(files: Mapping[str, bytes], package: str) -> tuple[list[File], list[Message]]:
    read: list[File] = []
    errors: list[Message] = []
    for path in sorted(files):
        try:
            read.append(File(path, package, files[path]))
        except SyntaxError as error:
            text = f"{error.msg}; nothing was changed, mend it and generate again"
            errors.append(Message(Severity.ERROR, path, error.lineno or 1, text, error.offset or 1))
        except (UnicodeDecodeError, LookupError) as error:
            text = f"{error}; nothing was changed, save it as UTF-8 and generate again"
            errors.append(Message(Severity.ERROR, path, 1, text, 1))
    return read, errors


def _finish(bench: Workbench, files: Mapping[str, bytes]) -> Merged:
    changed = {
        path: home.file.result()
        for path, home in sorted(bench.package.files.items())
        if home.file.is_changed
    }
    errors = [error for path, data in changed.items() for error in _unreadable(path, data)]
    if errors:
        return Merged({}, tuple(errors))
    changed = {path: data for path, data in changed.items() if data != files.get(path)}
    return Merged(changed, bench.report.messages())


def _unreadable(path: str, data: bytes) -> list[Message]:
    """Look at what would be written: people's code may be such as we did not think of."""
    try:
        parse(File(path, "", data).text)
    except SyntaxError as error:
        text = (
            f"with what the schema adds, line {error.lineno} would be no Python ({error.msg}); "
            "nothing was changed, write that part in a plainer way and generate again"
        )
        return [Message(Severity.ERROR, path, 1, text, 1)]
    return []
