"""What the names of a Python file stand for, and where it uses them."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

__all__ = [
    "Binding",
    "Bindings",
    "Function",
    "chains",
    "defined_names",
    "dotted",
    "parse_annotation",
    "statements",
    "used_names",
    "walk",
]

Function = ast.FunctionDef | ast.AsyncFunctionDef

_DEFINITIONS = ast.ClassDef | Function
_BLOCKS = ast.stmt | ast.excepthandler | ast.match_case
_SCOPES = Function | ast.Lambda


@dataclass(frozen=True, slots=True)
class Binding:
    """A name of a file (dotted, for ``import a.b``), and the full name of what it stands for."""

    local: str
    origin: str
    typing_only: bool = False


class Bindings:
    """The names that a module binds at its top level, or under ``if`` and ``try`` there.

    ``module`` is its dotted name, from which relative imports start.
    """

    def __init__(self, tree: ast.Module, module: str, *, is_package: bool = False) -> None:
        self._package = module if is_package else module.rpartition(".")[0]
        self._by_local: dict[str, Binding] = {}
        self._by_origin: dict[str, list[Binding]] = {}
        self.has_future_annotations = False
        own = list(statements(tree.body, within_scopes=False))
        typing_only = {
            inner
            for each in own
            if isinstance(each, ast.If) and dotted(each.test).endswith("TYPE_CHECKING")
            for inner in statements(each.body)
        }
        for statement in own:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                self._read_import(statement, typing_only=statement in typing_only)
            for name in defined_names(statement):
                if name not in self._by_local:
                    self.add(name, f"{module}.{name}", typing_only=statement in typing_only)

    def __contains__(self, name: str) -> bool:
        return name in self._by_local

    def of(self, origin: str) -> list[Binding]:
        """Return the names that stand for something."""
        found = self._by_origin.get(origin, ())
        return [binding for binding in found if self._by_local[binding.local] is binding]

    def origin(self, name: str) -> str:
        """Return the full name of what a dotted name stands for: itself, if it is not known."""
        head, _, rest = name.partition(".")
        binding = self._by_local.get(head)
        if binding is None:
            return name
        return f"{binding.origin}.{rest}" if rest else binding.origin

    def add(self, local: str, origin: str, *, typing_only: bool = False) -> None:
        """Note a name of the file, or one that is being added to it."""
        binding = self._by_local[local] = Binding(local, origin, typing_only)
        self._by_origin.setdefault(origin, []).append(binding)

    def absolute(self, statement: ast.ImportFrom) -> str:
        """Return the dotted name of the module that a statement imports from."""
        if not statement.level:
            return statement.module or ""
        parts = self._package.split(".")
        parts = parts[: len(parts) - statement.level + 1]
        return ".".join([*parts, *([statement.module] if statement.module else [])])

    def _read_import(self, statement: ast.Import | ast.ImportFrom, *, typing_only: bool) -> None:
        module = self.absolute(statement) if isinstance(statement, ast.ImportFrom) else ""
        for alias in statement.names:
            local, origin = alias.asname or alias.name, f"{module}.{alias.name}".lstrip(".")
            self.has_future_annotations |= origin == "__future__.annotations"
            known = self._by_local.get(local)
            if not (known and typing_only) or known.typing_only:  # at run time, too, says more
                self.add(local, origin, typing_only=typing_only)
            head = local.partition(".")[0]
            if head not in self._by_local:
                self.add(head, head, typing_only=typing_only)


def statements(body: Iterable[ast.AST], *, within_scopes: bool = True) -> Iterator[ast.stmt]:
    """Yield statements and those inside them; ``within_scopes``, of functions and classes, too."""
    for node in body:
        if isinstance(node, ast.stmt):
            yield node
        if isinstance(node, _BLOCKS) and (within_scopes or not isinstance(node, _DEFINITIONS)):
            yield from statements(ast.iter_child_nodes(node), within_scopes=within_scopes)


def defined_names(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement itself binds, without those of its blocks."""
    if isinstance(statement, _DEFINITIONS):
        yield statement.name
    elif isinstance(statement, ast.Import | ast.ImportFrom):
        yield from ((alias.asname or alias.name).partition(".")[0] for alias in statement.names)
    else:
        for field in (
            "targets",
            "target",
            "items",
            "name",
        ):  # of assignments, loops, `with`, `type`
            found = getattr(statement, field, None)
            for target in found if isinstance(found, list) else [found]:
                for node in ast.walk(target) if isinstance(target, ast.AST) else ():
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
        elif isinstance(node, ast.Constant) and isinstance(text := node.value, str):
            inner = parse_annotation(text) if any(name in text for name in names) else None
            found |= used_names(inner, names) if inner else set()
    return found.intersection(names)


def walk(node: ast.AST, without: Collection[ast.AST]) -> Iterator[ast.AST]:
    """Yield all nodes inside a node, except for some with what is inside them."""
    for child in ast.iter_child_nodes(node):
        if child not in without:
            yield child
            yield from walk(child, without)


def chains(node: ast.AST, hidden: frozenset[str] = frozenset()) -> Iterator[tuple[ast.expr, str]]:
    """Yield names of the module, with the attributes that follow them, that no function hides."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Name | ast.Attribute):
            chain = dotted(child)
            if chain and chain.partition(".")[0] not in hidden:
                yield child, chain
                continue
        inner = hidden
        if isinstance(child, _SCOPES):
            inner |= {each.arg for each in ast.walk(child.args) if isinstance(each, ast.arg)}
            names = (each for each in ast.walk(child) if isinstance(each, ast.Name))
            inner |= {each.id for each in names if isinstance(each.ctx, ast.Store)}
        yield from chains(child, inner)
