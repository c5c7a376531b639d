"""Which names a file uses, and where."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from trunkline.generate.resolvers.annotations import expression_tree
from trunkline.generate.resolvers.bindings import dotted

__all__ = ["chains", "used_names"]

_SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def used_names(tree: ast.AST, names: Collection[str]) -> set[str]:
    """Return which of some names are used; text counts that may be an annotation with them."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.update(_in_text(node.value, names))
    return found.intersection(names)


def _in_text(text: str, names: Collection[str]) -> Iterator[str]:
    if any(name in text for name in names):
        try:
            tree = expression_tree(text)
        except (SyntaxError, ValueError):
            return
        yield from (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))


def chains(node: ast.AST, hidden: frozenset[str] = frozenset()) -> Iterator[tuple[ast.expr, str]]:
    """Yield names of the module with the attributes that follow them; not what functions hide."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Name | ast.Attribute):
            chain = dotted(child)
            if chain and chain.partition(".")[0] not in hidden:
                yield child, chain
                continue
        yield from chains(child, hidden | _bound(child) if isinstance(child, _SCOPES) else hidden)


def _bound(function: _SCOPES) -> frozenset[str]:
    """Return the names that are a function's own."""
    stored = (
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )
    taken = (node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg))
    return frozenset((*stored, *taken))
