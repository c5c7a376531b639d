"""The import statements of a file: which there are, and where new ones go."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterable, Iterator

from trunkline.generate.resolvers.file import File
from trunkline.generate.resolvers.places import is_docstring, region
from trunkline.generate.resolvers.wanted import Import
from trunkline.text.source import WIDTH

__all__ = ["write_imports"]

_Order = tuple[int, bool, str]


def write_imports(file: File, added: Iterable[Import], gone: Collection[ast.stmt]) -> None:
    """Put imports where isort would, as lines of their own; what is there is not touched.

    ``gone`` are imports that are being removed.
    """
    new = sorted(_statements(file, added))
    present = [each for each in _present(file) if each[1] not in gone]
    if present:
        for order, text in new:
            _write_line(file, order, text, present)
    elif new:
        _write_block(file, new, gone)


def _write_line(
    file: File, order: _Order, text: str, present: list[tuple[_Order, ast.stmt]]
) -> None:
    section = order[0]
    alike = [each for each in present if each[0][0] == section]
    before = [statement for known, statement in alike or present if known <= order]
    gap = "\n" if alike else "\n\n"
    if before:
        last = before[-1].end_lineno or before[-1].lineno
        file.insert(file.line_end(last), gap + text, rank=-1)
    else:
        first = _first_line(file, (alike or present)[0][1])
        file.insert(file.line_start(first), text + gap, rank=-1)


def _statements(file: File, added: Iterable[Import]) -> Iterator[tuple[_Order, str]]:
    by_module: dict[str, list[str]] = {}
    for each in dict.fromkeys(added):
        renamed = "" if each.local == (each.name or each.module) else f" as {each.local}"
        if each.name and each.module:
            by_module.setdefault(each.module, []).append(each.name + renamed)
        else:
            yield _order(file, each.origin, is_from=False), f"import {each.origin}{renamed}"
    for module, names in by_module.items():
        yield _order(file, module, is_from=True), _from(module, sorted(names, key=_as_sorted))


def _from(module: str, names: list[str]) -> str:
    flat = f"from {module} import {', '.join(names)}"
    if len(flat) <= WIDTH:
        return flat
    return "\n".join([f"from {module} import (", *(f"    {name}," for name in names), ")"])


def _as_sorted(name: str) -> tuple[int, str]:
    """Order constants before classes before functions, as isort's default has it."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2
    return kind, name


def _order(file: File, module: str, *, is_from: bool) -> _Order:
    """Return where isort puts an import: futures, standard library, others, own, relative ones."""
    root = module.partition(".")[0]
    if module == "__future__":
        section = 0
    elif root in sys.stdlib_module_names:
        section = 1
    elif not root:
        section = 4
    else:
        section = 3 if root == file.module.partition(".")[0] else 2
    return section, is_from, module.lower()


def _present(file: File) -> Iterator[tuple[_Order, ast.stmt]]:
    """Yield the imports that the file begins with, and their order."""
    for statement in file.tree.body:
        if isinstance(statement, ast.ImportFrom):
            module = "." * statement.level + (statement.module or "")
            yield _order(file, module, is_from=True), statement
        elif isinstance(statement, ast.Import):
            yield _order(file, statement.names[0].name, is_from=False), statement
        elif not is_docstring(statement):
            return


def _first_line(file: File, statement: ast.stmt) -> int:
    """Return where a statement begins with its comments, but below those at the file's head."""
    place = region(file, statement)
    is_head = not file.text[: file.line_start(place.first)].strip()
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(d.lineno for d in decorators)]) if is_head else place.first


def _write_block(file: File, new: list[tuple[_Order, str]], gone: Collection[ast.stmt]) -> None:
    """Write the only imports of a file, with a blank line between the sections."""
    lines: list[str] = []
    for index, (order, text) in enumerate(new):
        if index and new[index - 1][0][0] != order[0]:
            lines.append("")
        lines.append(text)
    block = "\n".join(lines)
    first = file.tree.body[0]
    if first in gone:
        file.insert(file.line_start(first.lineno), f"{block}\n", rank=-1)
    elif is_docstring(first):
        end = file.line_end(first.end_lineno or first.lineno)
        file.insert(end, f"\n\n{block}", rank=-1)
    else:
        file.insert(file.line_start(_first_line(file, first)), f"{block}\n\n", rank=-1)
