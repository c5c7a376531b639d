"""Writing expressions into a file: by the names that it has, or by imports that are added."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection, Iterator
from dataclasses import replace

from trunkline.generate.resolvers.annotations import expression_tree
from trunkline.generate.resolvers.bindings import Binding, Bindings, dotted
from trunkline.generate.resolvers.file import File
from trunkline.generate.resolvers.import_lines import write_imports
from trunkline.generate.resolvers.wanted import Expression, Import

__all__ = ["Imports"]

_BUILTINS = frozenset(dir(builtins))


class Imports:
    """The imports of a file: those that it has, and those that what we write needs.

    What is there is neither touched nor moved. An import is written as a line of its own among
    the others; a name that means something else in the file already is reached through
    its module instead, or gets another name.
    """

    def __init__(self, file: File) -> None:
        self._file = file
        self.bindings = Bindings(file.tree, file.module, is_package=file.is_package)
        self._added: list[Import] = []
        self._reserved: set[str] = set()
        self.abandoned: set[str] = set()
        """What signatures of ours needed that are others now."""

    def reserve(self, name: str) -> None:
        """Keep a name for a class that is being added to the file."""
        self._reserved.add(name)
        self.bindings.add(name, f"{self._file.module}.{name}", is_import=False)

    def write(
        self,
        expression: Expression,
        shadowed: Collection[str] = (),
        *,
        is_annotation: bool = False,
    ) -> str:
        """Return an expression's text for this file, and have imported what it needs.

        ``shadowed`` are names that mean something else where it is written: a class's methods.
        """
        text, quoted = expression.text, False
        for name in sorted(_chains(expression.text), key=lambda chain: -chain.col_offset):
            local, typing_only = self._local(name, expression, shadowed, is_annotation)
            quoted |= typing_only
            text = text[: name.col_offset] + local + text[name.end_col_offset or 0 :]
        needs_quotes = quoted and not self.bindings.has_future_annotations
        return f'"{text}"' if needs_quotes and '"' not in text else text

    def _local(
        self,
        name: ast.expr,
        expression: Expression,
        shadowed: Collection[str],
        is_annotation: bool,  # noqa: FBT001
    ) -> tuple[str, bool]:
        """Return what a name is called here, and whether type checkers only know it."""
        chain = dotted(name)
        head, _, rest = chain.partition(".")
        needed = next((item for item in expression.imports if item.local == head), None)
        if needed is None:
            return self._builtin(chain, head, shadowed), False
        origin = f"{needed.origin}.{rest}" if rest else needed.origin
        if needed.module == "builtins":
            builtin = origin.removeprefix("builtins.")
            return self._builtin(builtin, builtin.partition(".")[0], shadowed), False
        known = self._known(origin, needed, shadowed, is_annotation)
        if known:
            return known
        local = self._add(needed, shadowed)
        return (f"{local}.{rest}" if rest else local), False

    def _builtin(self, chain: str, head: str, shadowed: Collection[str]) -> str:
        if head in _BUILTINS and (head in shadowed or self.bindings.get(head)):
            return f"{self._add(Import('builtins'), shadowed)}.{chain}"
        return chain

    def _known(
        self,
        origin: str,
        needed: Import,
        shadowed: Collection[str],
        is_annotation: bool,  # noqa: FBT001
    ) -> tuple[str, bool] | None:
        """Find the name that the file has for something: its own, or its module's."""
        candidates = [
            binding
            for binding in self.bindings
            if (is_annotation or not binding.typing_only)
            and binding.local.partition(".")[0] not in shadowed
            and _leads_to(binding, origin, needed)
        ]
        if not candidates:
            return None
        best = max(candidates, key=lambda b: (self._is_plain(b), len(b.origin), -len(b.local)))
        return best.local + origin[len(best.origin) :], best.typing_only

    def _is_plain(self, binding: Binding) -> bool:
        """Say whether an annotation can have a name without quotes."""
        return not binding.typing_only or self.bindings.has_future_annotations

    def _add(self, needed: Import, shadowed: Collection[str]) -> str:
        """Add an import, under a name that is free; return the name."""
        known = self._known(needed.origin, needed, shadowed, is_annotation=False)
        if known:
            return known[0]
        if self._is_free(needed.local, shadowed):
            return self._import(needed, needed.local)
        package, _, module = needed.module.rpartition(".")
        if needed.name and self._is_free(module, shadowed):
            of_module = Import(package, module) if package else Import(module)
            return f"{self._import(of_module, module)}.{needed.name}"
        number = 2
        while not self._is_free(f"{needed.local}_{number}", shadowed):
            number += 1
        return self._import(needed, f"{needed.local}_{number}")

    def _is_free(self, name: str, shadowed: Collection[str]) -> bool:
        taken = name in self.bindings or name in shadowed or name in self._reserved
        return not taken and name not in _BUILTINS

    def _import(self, needed: Import, local: str) -> str:
        self._added.append(replace(needed, alias=local))
        self.bindings.add(local, needed.origin)
        return local

    def flush(self, gone: Collection[ast.stmt] = ()) -> None:
        """Write the imports that were added into the file; ``gone`` are those that go."""
        write_imports(self._file, self._added, gone)


def _chains(text: str) -> Iterator[ast.expr]:
    """Yield the names of an expression, with the attributes that follow them."""

    def walk(node: ast.AST) -> Iterator[ast.expr]:
        if isinstance(node, (ast.Name, ast.Attribute)) and dotted(node) and not _subscripted(node):
            yield node
            return
        for child in ast.iter_child_nodes(node):
            yield from walk(child)

    return walk(expression_tree(text))


def _subscripted(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Subscript)


def _leads_to(binding: Binding, origin: str, needed: Import) -> bool:
    """Say whether something can be reached by a name, at most by one attribute of it."""
    if binding.origin == origin:
        return True
    before, _, _ = origin.rpartition(".")
    return binding.is_import and binding.origin == before and len(before) >= len(needed.module)
