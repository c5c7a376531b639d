"""The import statements of a file: which there are, and where new ones go."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator

from trunkline.generate.resolvers.file import File
from trunkline.generate.resolvers.places import is_docstring
from trunkline.generate.resolvers.wanted import Import
from trunkline.text.source import WIDTH

__all__ = ["write_imports"]

_Order = tuple[int, bool, str]


def write_imports(file: File, added: Iterable[Import]) -> None:
    """Put imports where isort would, as lines of their own; what is there is not touched."""
    new = sorted(_statements(file, added))
    present = list(_present(file))
    if not new:
        return
    if not present:
        _write_block(file, new)
    for order, text in new if present else ():
        before = [each for each in present if each[0] <= order]
        if before:
            (section, *_), line = before[-1]
            gap = "\n" if section == order[0] else "\n\n"
            file.insert(file.line_end(line), gap + text, rank=-1)
        else:
            gap = "\n" if present[0][0][0] == order[0] else "\n\n"
            file.insert(file.line_start(_first_line(file)), text + gap, rank=-1)


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


def _present(file: File) -> Iterator[tuple[_Order, int]]:
    """Yield the order and the last line of each import that the file begins with."""
    for statement in file.tree.body:
        last = statement.end_lineno or statement.lineno
        if isinstance(statement, ast.ImportFrom):
            module = "." * statement.level + (statement.module or "")
            yield _order(file, module, is_from=True), last
        elif isinstance(statement, ast.Import):
            yield _order(file, statement.names[0].name, is_from=False), last
        elif not is_docstring(statement):
            return


def _first_line(file: File) -> int:
    """Return where the code begins, below the comments that a file has at its head."""
    first = next(each for each in file.tree.body if not is_docstring(each))
    decorators: list[ast.expr] = getattr(first, "decorator_list", [])
    return min([first.lineno, *(each.lineno for each in decorators)])


def _write_block(file: File, new: list[tuple[_Order, str]]) -> None:
    """Write the first imports of a file, with a blank line between the sections."""
    lines: list[str] = []
    for index, (order, text) in enumerate(new):
        if index and new[index - 1][0][0] != order[0]:
            lines.append("")
        lines.append(text)
    block = "\n".join(lines)
    first = file.tree.body[0]
    if is_docstring(first):
        end = file.line_end(first.end_lineno or first.lineno)
        file.insert(end, f"\n\n{block}", rank=-1)
    else:
        file.insert(file.line_start(_first_line(file)), f"{block}\n\n", rank=-1)
