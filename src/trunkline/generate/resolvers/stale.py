"""Imports that nothing needs any more: of generated names that are gone, and of old signatures."""

from __future__ import annotations

import ast
from collections.abc import Collection

from trunkline.generate.resolvers.file import parse
from trunkline.generate.resolvers.name_uses import chains, used_names
from trunkline.generate.resolvers.package import PythonFile
from trunkline.generate.resolvers.uses import ImportedName, imported_names
from trunkline.generate.resolvers.workbench import Workbench

__all__ = ["drop_stale_imports"]


def drop_stale_imports(bench: Workbench) -> None:
    """Drop what is imported for nothing, and tell of names that are used but not there.

    Called when the bodies of the files have their edits: what these leave is what counts.
    """
    homes = list(bench.package.files.values())
    imported = {each.origin for home in homes for each in imported_names(home)}
    for home in homes:
        _Stale(bench, home, imported).tell()


class _Stale:
    def __init__(self, bench: Workbench, home: PythonFile, imported: Collection[str]) -> None:
        self._bench = bench
        self._home = home
        self._imported = imported  # by whatever file of the package
        self._told: set[tuple[str, str]] = set()

    def tell(self) -> None:
        self._uses()
        names = [each for each in imported_names(self._home) if not self._is_replaced(each)]
        gone = [each for each in names if self._bench.generated.lacking(each.origin)]
        abandoned = [each for each in names if self._is_abandoned(each) and each not in gone]
        if gone or abandoned:
            used = self._used({each.local for each in (*gone, *abandoned)})
            for each in gone:
                self._gone(each, is_used=each.local in used)
            for each in abandoned:
                if each.local not in used and each.can_go and not each.has_comment:
                    self._bench.drop(each, is_kept=False)

    def _is_replaced(self, each: ImportedName) -> bool:
        return self._home.file.is_replaced(each.statement)

    def _is_abandoned(self, each: ImportedName) -> bool:
        """Say whether a signature that was ours needed a name, and is another one now."""
        is_handed_on = each.alias.asname == each.alias.name
        return each.origin in self._home.imports.abandoned and not is_handed_on

    def _used(self, names: Collection[str]) -> Collection[str]:
        """Return which of some names the file uses, as it will be, or another imports from it."""
        try:
            after = parse(self._home.file.made_text)
        except SyntaxError:  # which is told when all is done
            return names
        module = self._home.file.module
        elsewhere = {name for name in names if f"{module}.{name}" in self._imported}
        return used_names(after, names) | elsewhere

    def _gone(self, each: ImportedName, *, is_used: bool) -> None:
        lacking = self._bench.generated.lacking(each.origin)
        if lacking is None or lacking in self._told:
            return
        file, (module, name) = self._home.file, lacking
        if is_used or not each.can_go:
            self._warn(each.statement, lacking)
        else:
            self._bench.drop(each, is_kept=each.has_comment)
            text = f"the import of {name} was removed; {module} has it no longer"
            self._bench.report.note(file, file.begin(each.statement), text)

    def _uses(self) -> None:
        """Tell of each name that is used, at the first place; the bases of classes are told."""
        bases = {base for cls in self._home.classes for base in cls.node.bases}
        for node, chain in chains(self._home.file.tree):
            lacking = self._bench.generated.lacking(self._home.imports.bindings.origin(chain))
            if lacking and lacking not in self._told and not self._home.file.is_replaced(node):
                self._told.add(lacking)
                if node not in bases or not lacking[1].endswith("Resolvers"):
                    self._warn(node, lacking)

    def _warn(self, place: ast.expr | ast.stmt, lacking: tuple[str, str]) -> None:
        file, (module, name) = self._home.file, lacking
        text = f"{module} has no {name} any more; use what it has, and remove the import"
        self._bench.report.warn(file, file.begin(place), text)
