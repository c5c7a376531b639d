"""Whether a type that people wrote may stay where another one is wanted: it gives no more."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from trunkline.generate.resolvers.annotations import (
    expression_tree,
    meaning_by,
    origins_of,
    same,
)
from trunkline.generate.resolvers.bindings import Bindings, dotted
from trunkline.generate.resolvers.wanted import Expression

__all__ = ["is_assignable"]

_LISTS = frozenset(
    {
        *("list", "tuple", "set", "frozenset", "deque", "List", "Tuple"),
        *("Collection", "Iterable", "MutableSequence", "Sequence", "Set", "AbstractSet"),
    }
)
_STREAMS = frozenset({"AsyncIterator", "AsyncGenerator", "AsyncIterable"})


def is_assignable(mine: ast.expr, bindings: Bindings, wanted: Expression) -> bool:
    """Say whether all values of a type that is returned are such as are wanted.

    A member of a union may be missing, at any depth; a list may be any other collection.
    """
    theirs = _Type(mine, bindings.origin)
    return _fits(theirs, _Type(expression_tree(wanted.text), origins_of(wanted)))


@dataclass(frozen=True, slots=True)
class _Type:
    tree: ast.expr
    origin: Callable[[str], str]

    @property
    def members(self) -> Iterator[_Type]:
        """What a union has; the type itself, where it is none."""
        match self.tree:
            case ast.Constant(value=str(text)):
                yield from self._of(_parsed(text) or ast.Constant(None)).members
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                yield from self._of(left).members
                yield from self._of(right).members
            case ast.Subscript(slice=inner) if self.name == "Optional":
                yield from self._of(inner).members
                yield self._of(ast.Constant(None))
            case ast.Subscript() if self.name == "Union":
                for each in self.arguments:
                    yield from each.members
            case _:
                yield self

    @property
    def name(self) -> str:
        """The last part of what has arguments in brackets; empty, where there are none."""
        if not isinstance(self.tree, ast.Subscript):
            return ""
        return self.origin(dotted(self.tree.value)).rpartition(".")[2]

    @property
    def arguments(self) -> list[_Type]:
        """What is in the brackets, without the ``...`` of a tuple."""
        inner = self.tree.slice if isinstance(self.tree, ast.Subscript) else None
        every = inner.elts if isinstance(inner, ast.Tuple) else [inner] if inner else []
        return [
            self._of(each)
            for each in every
            if not (isinstance(each, ast.Constant) and each.value is ...)
        ]

    def _of(self, tree: ast.expr) -> _Type:
        return _Type(tree, self.origin)


def _parsed(text: str) -> ast.expr | None:
    try:
        return expression_tree(text)
    except (SyntaxError, ValueError):
        return None


def _fits(mine: _Type, wanted: _Type) -> bool:
    allowed = list(wanted.members)
    return all(any(_is(each, other) for other in allowed) for each in mine.members)


def _is(mine: _Type, wanted: _Type) -> bool:
    if same(meaning_by(mine.tree, mine.origin), meaning_by(wanted.tree, wanted.origin)):
        return True
    items, allowed = mine.arguments, wanted.arguments
    if len(allowed) != 1 or not items:
        return False
    if wanted.name == "list" and mine.name in _LISTS:
        return all(_fits(each, allowed[0]) for each in items)
    is_stream = wanted.name == "AsyncIterator" and mine.name in _STREAMS
    return is_stream and _fits(items[0], allowed[0])
