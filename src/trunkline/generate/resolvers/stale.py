"""Names that the generated package has no longer, and imports that nothing needs any more."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from trunkline.generate.resolvers.bindings import Bindings, chains, used_names
from trunkline.generate.resolvers.edits import parse
from trunkline.generate.resolvers.package import Package, PythonFile

__all__ = ["GeneratedNames", "drop_stale_imports"]


class GeneratedNames:
    """Finds names in a person's files that the generated package does not have.

    ``modules`` has the text of each module by its dotted name, or ``None`` if it is not known what
    a module has.
    """

    def __init__(self, modules: Mapping[str, str | None]) -> None:
        self._modules = modules
        self._bindings: dict[str, Bindings | None] = {}

    def lacks(self, origin: str) -> tuple[str, str] | None:
        """Return the module and the name if a full name begins with one that is not there.

        That is ``("shop.graph.types", "Book")`` for ``shop.graph.types.Book``. All that is not of
        the generated package gives ``None``.
        """
        module, rest = "", origin
        while rest:
            name, _, rest = rest.partition(".")
            longer = f"{module}.{name}" if module else name
            if module in self._modules and longer not in self._modules:
                return None if self._has(module, name) else (module, name)
            module = longer
        return None

    def _has(self, module: str, name: str) -> bool:
        text = self._modules[module]
        if text is None or name.startswith("__"):
            return True
        if module not in self._bindings:
            try:
                self._bindings[module] = Bindings(parse(text), module)
            except SyntaxError:  # a plugin's text: told elsewhere
                self._bindings[module] = None
        names = self._bindings[module]
        return names is None or any(each in names for each in (name, "*", "__getattr__"))


def drop_stale_imports(package: Package, generated: GeneratedNames) -> None:
    """Drop imports that nothing uses, and warn of names that are used but do not exist.

    These are imports of generated names that are gone, and of what replaced signatures needed. The
    edits of classes must be made: what they leave is what counts.
    """
    files = list(package.files.values())
    imported = {each.origin for file in files for each in file.imports.names()}
    for file in files:
        told = _warn_of_uses(file, generated)
        names = [each for each in file.imports.names() if not file.is_replaced(each.statement)]
        lacking = {each.local for each in names if generated.lacks(each.origin)}
        replaced = [each for each in names if each.origin in file.imports.replaced]
        unneeded = {each.local for each in replaced if each.alias.asname != each.alias.name}
        candidates = lacking | unneeded
        used = {name for name in candidates if f"{file.module}.{name}" in imported}
        try:
            used |= used_names(parse(file.edited_text), candidates) if candidates else set()
        except SyntaxError:  # which is told when all is done
            used = candidates
        for each in names if candidates else ():
            gone = generated.lacks(each.origin)
            if gone and gone not in told and (each.local in used or not each.is_plain):
                _warn(file, each.statement, gone)
            elif gone and gone not in told:
                file.imports.drop(each, is_kept=each.has_comment)
                text = f"removed the import of {gone[1]}, which {gone[0]} does not have any more"
                file.note(each.statement, text)
            elif each.local in unneeded - used and each.is_plain and not each.has_comment:
                file.imports.drop(each, is_kept=False)


def _warn_of_uses(file: PythonFile, generated: GeneratedNames) -> set[tuple[str, str]]:
    """Warn of each name that is used but gone, where it is used first; return these names.

    The protocols that classes inherit are told with the classes.
    """
    told: set[tuple[str, str]] = set()
    bases = {base for cls in file.classes for base in cls.node.bases}
    for node, chain in chains(file.tree):
        gone = generated.lacks(file.imports.bindings.origin(chain))
        if gone and gone not in told and not file.is_replaced(node):
            told.add(gone)
            if node not in bases or not gone[1].endswith("Resolvers"):
                _warn(file, node, gone)
    return told


def _warn(file: PythonFile, node: ast.expr | ast.stmt, gone: tuple[str, str]) -> None:
    module, name = gone
    text = f"{module} has no {name} any more; use what it has, and remove the import"
    file.warn(node, text)
