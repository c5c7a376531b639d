"""What the names of a Python file stand for, and where it uses them."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

__all__ = [
    "Binding",
    "Bindings",
    "Function",
    "blocks",
    "chains",
    "defined_names",
    "dotted",
    "parse_annotation",
    "statements",
    "used_names",
]

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Binding:
    """A name of a file (dotted, for ``import a.b``), and the full name of what it stands for."""

    local: str
    origin: str
    typing_only: bool = False
    is_import: bool = True


class Bindings:
    """The names that a module binds at its top level, or under ``if`` and ``try`` there.

    ``module`` is its dotted name, from which relative imports start.
    """

    def __init__(self, tree: ast.Module, module: str, *, is_package: bool = False) -> None:
        self._module = module
        self._package = module if is_package else module.rpartition(".")[0]
        self._by_local: dict[str, Binding] = {}
        self.has_future_annotations = False
        for typing_only, statement in _module_level(tree.body):
            self._read(statement, typing_only=typing_only)
        self._heads = {local.partition(".")[0] for local in self._by_local}
        self._by_origin: dict[str, list[Binding]] = {}
        for binding in self._by_local.values():
            self._by_origin.setdefault(binding.origin, []).append(binding)

    def __contains__(self, name: str) -> bool:
        return name in self._heads

    @property
    def names(self) -> frozenset[str]:
        """The names that the module has, without what follows a dot."""
        return frozenset(self._heads)

    def get(self, local: str) -> Binding | None:
        """Return what a name stands for."""
        return self._by_local.get(local)

    def of(self, origin: str) -> list[Binding]:
        """Return the names that stand for something."""
        return self._by_origin.get(origin, [])

    def origin(self, name: str) -> str:
        """Return the full name of what a dotted name stands for: itself, if it is not known."""
        head, _, rest = name.partition(".")
        binding = self._by_local.get(head)
        if binding is None:
            return name
        return f"{binding.origin}.{rest}" if rest else binding.origin

    def add(self, local: str, origin: str, *, is_import: bool = True) -> None:
        """Note a name that is being added to the file."""
        binding = self._by_local[local] = Binding(local, origin, is_import=is_import)
        self._heads.add(local)
        self._by_origin.setdefault(origin, []).append(binding)

    def absolute(self, statement: ast.ImportFrom) -> str:
        """Return the dotted name of the module that a statement imports from."""
        if not statement.level:
            return statement.module or ""
        parts = self._package.split(".")
        parts = parts[: len(parts) - statement.level + 1]
        return ".".join([*parts, *([statement.module] if statement.module else [])])

    def _read(self, statement: ast.stmt, *, typing_only: bool) -> None:
        match statement:
            case ast.Import(names=names):
                for alias in names:
                    self._import(alias.asname or alias.name, alias.name, typing_only=typing_only)
            case ast.ImportFrom(names=names):
                module = self.absolute(statement)
                for alias in names:
                    local = alias.asname or alias.name
                    self._import(local, f"{module}.{alias.name}", typing_only=typing_only)
                    if (module, alias.name) == ("__future__", "annotations"):
                        self.has_future_annotations = True
            case _:
                for name in defined_names(statement):
                    own = Binding(name, f"{self._module}.{name}", typing_only, is_import=False)
                    self._by_local.setdefault(name, own)

    def _import(self, local: str, origin: str, *, typing_only: bool) -> None:
        known = self._by_local.get(local)
        if known and known.is_import and not known.typing_only and typing_only:
            return  # the import that also exists at run time says more
        self._by_local[local] = Binding(local, origin, typing_only)
        head = local.partition(".")[0]
        if head != local:
            self._by_local.setdefault(head, Binding(head, head, typing_only))


def _module_level(
    body: Iterable[ast.stmt], *, typing_only: bool = False
) -> Iterator[tuple[bool, ast.stmt]]:
    """Yield the statements of a module and of its blocks, and whether only type checkers see it."""
    for statement in body:
        yield typing_only, statement
        if isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        is_checking = isinstance(statement, ast.If) and (
            dotted(statement.test).rpartition(".")[2] == "TYPE_CHECKING"
        )
        for name, inner in blocks(statement):
            only = typing_only or (is_checking and name == "body")
            yield from _module_level(inner, typing_only=only)


def blocks(statement: ast.stmt) -> Iterator[tuple[str, list[ast.stmt]]]:
    """Yield the blocks of a statement, with the names that they have in the tree."""
    for name in ("body", "orelse", "finalbody"):
        inner = getattr(statement, name, None)
        if isinstance(inner, list):
            yield name, inner
    for name in ("handlers", "cases"):
        for each in getattr(statement, name, ()):
            yield name, each.body


def statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield all statements, also those inside others."""
    for statement in body:
        yield statement
        for _, inner in blocks(statement):
            yield from statements(inner)


def defined_names(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement itself binds, without those of its blocks."""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield statement.name
        case ast.Assign(targets=targets):
            for target in targets:
                yield from _target_names(target)
        case ast.AnnAssign(target=target) | ast.For(target=target) | ast.AsyncFor(target=target):
            yield from _target_names(target)
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            yield from ((alias.asname or alias.name).partition(".")[0] for alias in names)
        case ast.With(items=items) | ast.AsyncWith(items=items):
            for item in items:
                yield from _target_names(item.optional_vars)
        case _:
            if type(statement).__name__ == "TypeAlias":  # since Python 3.12
                yield from _target_names(getattr(statement, "name", None))


def _target_names(target: ast.expr | None) -> Iterator[str]:
    for node in ast.walk(target) if target else ():
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def dotted(expression: ast.expr) -> str:
    """Return ``a.b.c`` for such a chain, also if ``[…]`` follows it; empty for all else."""
    if isinstance(expression, ast.Subscript):
        expression = expression.value
    if isinstance(expression, ast.Attribute):
        before = dotted(expression.value)
        return f"{before}.{expression.attr}" if before else ""
    return expression.id if isinstance(expression, ast.Name) else ""


def parse_annotation(text: str) -> ast.expr | None:
    """Parse text that may be an annotation in quotes; ``None`` if it is not an expression."""
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return None


def used_names(tree: ast.AST, names: Collection[str]) -> set[str]:
    """Return which of some names a tree uses, also in strings that may be annotations."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
            inner = parse_annotation(text) if any(name in text for name in names) else None
            found |= used_names(inner, names) if inner else set()
    return found.intersection(names)


def chains(node: ast.AST, hidden: frozenset[str] = frozenset()) -> Iterator[tuple[ast.expr, str]]:
    """Yield names of the module, with the attributes that follow them, that no function hides."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Name | ast.Attribute):
            chain = dotted(child)
            if chain and chain.partition(".")[0] not in hidden:
                yield child, chain
                continue
        inner = hidden
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for each in ast.walk(child):
                if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                    inner |= {each.id}
            inner |= {each.arg for each in ast.walk(child.args) if isinstance(each, ast.arg)}
        yield from chains(child, inner)
