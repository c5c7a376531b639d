"""Whether two expressions, each in a file of its own, mean the same."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import lru_cache

from trunkline.generate.resolvers.bindings import Bindings, dotted
from trunkline.generate.resolvers.wanted import Expression

__all__ = [
    "Meaning",
    "expression_tree",
    "meaning",
    "meaning_by",
    "origins_of",
    "same",
    "wanted_meaning",
]

Meaning = tuple[str, tuple[str, ...]]
"""The form of an expression with gaps for its names, and what the names stand for."""


def meaning(expression: ast.expr, bindings: Bindings) -> Meaning:
    """Return what an expression means in a file; text in it is taken for an annotation."""
    return meaning_by(expression, bindings.origin)


@lru_cache(maxsize=4096)
def wanted_meaning(expression: Expression) -> Meaning:
    """Return what an expression of ours means."""
    return meaning_by(expression_tree(expression.text), origins_of(expression))


def origins_of(expression: Expression) -> Callable[[str], str]:
    """Return what tells the names of an expression of ours what they stand for."""
    origins = {needed.local: needed.origin for needed in expression.imports}

    def origin(name: str) -> str:
        head, _, rest = name.partition(".")
        known = origins.get(head, head)
        return f"{known}.{rest}" if rest else known

    return origin


def same(one: Meaning | None, other: Meaning | None) -> bool:
    """Say whether two expressions mean the same; ``None`` is one that is not there.

    A class is the same as one of its name that a package around its module hands on:
    ``todo.graph.Todo`` and ``todo.graph.types.Todo``.
    """
    if one is None or other is None:
        return one is other
    return one[0] == other[0] and all(map(_related, one[1], other[1]))


def _related(one: str, other: str) -> bool:
    (module, _, name), (other_module, _, other_name) = one.rpartition("."), other.rpartition(".")
    if name != other_name or not (module and other_module):
        return name == other_name  # a star import's, or a builtin
    return f"{module}.".startswith(f"{other_module}.") or f"{other_module}.".startswith(
        f"{module}."
    )


def expression_tree(text: str) -> ast.expr:
    """Parse an expression; raises ``SyntaxError`` where it is none."""
    return ast.parse(text.strip(), mode="eval").body


def meaning_by(expression: ast.expr, origin: Callable[[str], str]) -> Meaning:
    """Return what an expression means where names stand for what ``origin`` says."""
    names: list[str] = []

    class Gaps(ast.NodeTransformer):
        def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
            chain = "" if isinstance(node.value, ast.Subscript) else dotted(node)
            return self._gap(chain) if chain else self.generic_visit(node)

        def visit_Name(self, node: ast.Name) -> ast.AST:
            return self._gap(node.id)

        def visit_Constant(self, node: ast.Constant) -> ast.AST:
            if not isinstance(node.value, str):
                return node
            try:  # an annotation in quotes; a default in quotes becomes the same on both sides
                inner: ast.AST = self.visit(expression_tree(node.value))
            except SyntaxError:
                return node
            return inner

        def _gap(self, chain: str) -> ast.Name:
            names.append(origin(chain))
            return ast.Name("_")

    form = ast.dump(Gaps().visit(expression_tree(ast.unparse(expression))))
    return form, tuple(names)
