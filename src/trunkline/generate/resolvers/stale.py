"""Imports that nothing needs any more: of generated names that are gone, and of old signatures."""

from __future__ import annotations

import ast
from collections.abc import Collection

from trunkline.generate.resolvers.bindings import chains, used_names
from trunkline.generate.resolvers.edits import parse
from trunkline.generate.resolvers.package import PythonFile
from trunkline.generate.resolvers.work import Work

__all__ = ["drop_stale_imports"]


def drop_stale_imports(work: Work) -> None:
    """Drop imports that nothing uses, and warn of names that are used but do not exist.

    The edits of bodies must be made: what they leave is what counts.
    """
    files = list(work.package.files.values())
    imported = {each.origin for file in files for each in file.imports.names()}
    for file in files:
        told = _warn_of_uses(work, file)
        names = [each for each in file.imports.names() if not file.is_replaced(each.statement)]
        lacking = [each for each in names if work.generated.lacks(each.origin)]
        others = {each.local for each in names if each.alias.asname != each.alias.name}
        unneeded = {name for node in file.imports.replaced for name in used_names(node, others)}
        candidates = {*unneeded, *(each.local for each in lacking)}
        if not candidates:
            continue
        used = _used_names(file, candidates)
        used |= {name for name in candidates if f"{file.module}.{name}" in imported}
        for each in names:
            gone = work.generated.lacks(each.origin)
            if gone and gone not in told:
                if each.local in used or not each.is_plain:
                    _warn(work, file, each.statement, gone)
                else:
                    file.imports.drop(each, is_kept=each.has_comment)
                    text = (
                        f"removed the import of {gone[1]}, which {gone[0]} does not have any more"
                    )
                    work.report.note((file, file.begin(each.statement)), text)
            elif each.local in unneeded - used and each.is_plain and not each.has_comment:
                file.imports.drop(each, is_kept=False)


def _used_names(file: PythonFile, names: Collection[str]) -> set[str]:
    """Return which of some names the file uses once its bodies are edited."""
    try:
        return used_names(parse(file.edited_text), names)
    except SyntaxError:  # which is told when all is done
        return set(names)


def _warn_of_uses(work: Work, file: PythonFile) -> set[tuple[str, str]]:
    """Warn of each name that is used but gone, where it is used first; return these names.

    The protocols that classes inherit are told with the classes.
    """
    told: set[tuple[str, str]] = set()
    bases = {base for cls in file.classes for base in cls.node.bases}
    for node, chain in chains(file.tree):
        gone = work.generated.lacks(file.imports.bindings.origin(chain))
        if gone and gone not in told and not file.is_replaced(node):
            told.add(gone)
            if node not in bases or not gone[1].endswith("Resolvers"):
                _warn(work, file, node, gone)
    return told


def _warn(work: Work, file: PythonFile, node: ast.expr | ast.stmt, gone: tuple[str, str]) -> None:
    module, name = gone
    text = f"{module} has no {name} any more; use what it has, and remove the import"
    work.report.warn((file, file.begin(node)), text)
