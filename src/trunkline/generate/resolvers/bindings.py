"""What the names of a file stand for."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

__all__ = ["Binding", "Bindings", "dotted", "statements"]


@dataclass(frozen=True, slots=True)
class Binding:
    """A name of a file (with dots, for ``import a.b``), and what it stands for, with dots."""

    local: str
    origin: str
    typing_only: bool = False
    is_import: bool = True


class Bindings:
    """The names that a module binds at its top level, or under ``if`` and ``try`` there.

    ``module`` is its dotted name, which relative imports start from.
    """

    def __init__(self, tree: ast.Module, module: str, *, is_package: bool = False) -> None:
        self._module = module
        self._package = module if is_package else module.rpartition(".")[0]
        self._by_local: dict[str, Binding] = {}
        self.has_future_annotations = False
        self._typing = {"TYPE_CHECKING"}
        for typing_only, statement in _module_level(tree.body):
            self._read(statement, typing_only=typing_only)

    def __iter__(self) -> Iterator[Binding]:
        return iter(list(self._by_local.values()))

    def __contains__(self, name: str) -> bool:
        return name in self._heads

    @property
    def _heads(self) -> set[str]:
        return {local.partition(".")[0] for local in self._by_local}

    def get(self, local: str) -> Binding | None:
        """Return what a name stands for."""
        return self._by_local.get(local)

    def add(self, local: str, origin: str, *, is_import: bool = True) -> None:
        """Note a name that is being added to the file."""
        self._by_local[local] = Binding(local, origin, is_import=is_import)

    def origin(self, name: str) -> str:
        """Return what a dotted name stands for; itself, where its first part is not known."""
        head, _, rest = name.partition(".")
        binding = self._by_local.get(head)
        if binding is None:
            return name
        return f"{binding.origin}.{rest}" if rest else binding.origin

    def _read(self, statement: ast.stmt, *, typing_only: bool) -> None:
        match statement:
            case ast.Import(names=names):
                for alias in names:
                    self._import(alias.asname or alias.name, alias.name, typing_only=typing_only)
            case ast.ImportFrom(names=names):
                module = self.absolute(statement)
                self.has_future_annotations |= module == "__future__" and any(
                    alias.name == "annotations" for alias in names
                )
                for alias in names:
                    local = alias.asname or alias.name
                    self._import(local, f"{module}.{alias.name}", typing_only=typing_only)
            case _:
                for name in defined(statement):
                    own = Binding(name, f"{self._module}.{name}", typing_only, is_import=False)
                    self._by_local.setdefault(name, own)

    def _import(self, local: str, origin: str, *, typing_only: bool) -> None:
        known = self._by_local.get(local)
        if known and known.is_import and not known.typing_only and typing_only:
            return  # what is there at run time, too, says more
        self._by_local[local] = Binding(local, origin, typing_only)
        head = local.partition(".")[0]
        if head != local:
            self._by_local.setdefault(head, Binding(head, head, typing_only))

    def absolute(self, statement: ast.ImportFrom) -> str:
        """Return the dotted name of the module that a statement imports from."""
        if not statement.level:
            return statement.module or ""
        parts = self._package.split(".")
        parts = parts[: len(parts) - statement.level + 1]
        return ".".join([*parts, *([statement.module] if statement.module else [])])


def _module_level(
    body: Iterable[ast.stmt], *, typing_only: bool = False
) -> Iterator[tuple[bool, ast.stmt]]:
    """Yield the statements of a module, and those of its ``if`` and ``try`` blocks."""
    for statement in body:
        yield typing_only, statement
        if isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        checking = isinstance(statement, ast.If) and _is_type_checking(statement.test)
        for name, inner in blocks(statement):
            only = typing_only or (checking and name == "body")
            yield from _module_level(inner, typing_only=only)


def _is_type_checking(test: ast.expr) -> bool:
    return dotted(test).rpartition(".")[2] == "TYPE_CHECKING"


def blocks(statement: ast.stmt) -> Iterator[tuple[str, list[ast.stmt]]]:
    """Yield the blocks of a statement, with the names that they have in the tree."""
    for name in ("body", "orelse", "finalbody"):
        inner = getattr(statement, name, None)
        if isinstance(inner, list):
            yield name, inner
    for handler in getattr(statement, "handlers", ()):
        yield "handlers", handler.body
    for case in getattr(statement, "cases", ()):
        yield "cases", case.body


def statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield all statements, those within others too."""
    for statement in body:
        yield statement
        for _, inner in blocks(statement):
            yield from statements(inner)


def defined(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement itself binds, without those of its blocks."""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield statement.name
        case ast.Assign(targets=targets):
            for target in targets:
                yield from _targets(target)
        case ast.AnnAssign(target=target) | ast.For(target=target) | ast.AsyncFor(target=target):
            yield from _targets(target)
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            yield from ((alias.asname or alias.name).partition(".")[0] for alias in names)
        case ast.With(items=items) | ast.AsyncWith(items=items):
            for item in items:
                yield from _targets(item.optional_vars)
        case _:
            if type(statement).__name__ == "TypeAlias":  # Python 3.12
                yield from _targets(getattr(statement, "name", None))


def _targets(target: ast.expr | None) -> Iterator[str]:
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Tuple | ast.List):
        for item in target.elts:
            yield from _targets(item)
    elif isinstance(target, ast.Starred):
        yield from _targets(target.value)


def dotted(expression: ast.expr) -> str:
    """Return ``a.b.c`` for an expression that is such a chain, or is one with ``[…]`` after it."""
    if isinstance(expression, ast.Subscript):
        expression = expression.value
    if isinstance(expression, ast.Attribute):
        before = dotted(expression.value)
        return f"{before}.{expression.attr}" if before else ""
    return expression.id if isinstance(expression, ast.Name) else ""
