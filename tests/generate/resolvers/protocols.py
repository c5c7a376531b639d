"""What is wanted, written as the generator writes it: a module of protocols.

A comment behind a class or a method names the file that its stubs belong in (``# todos.py``);
``@batch`` marks a batch resolver, and a return of ``AsyncIterator`` a subscription.
"""

from __future__ import annotations

import ast
import re

from trunkline.generate.resolvers import (
    Previous,
    WantedClass,
    WantedMethod,
    WantedResolvers,
    read_previous,
)
from trunkline.generate.resolvers.bindings import Bindings, dotted
from trunkline.generate.server.plan import Expression, ParameterPlan
from trunkline.text.imports import Hint, Reference

MODULE = "todo.graph.resolvers"
_PATH = re.compile(r"#\s*(\S+\.py)\s*$")
_IN_STUBS = {
    "trunkline.server.ListOf": "builtins.list",
    "trunkline.server.Streamed": "collections.abc.AsyncIterator",
}


def previous_of(text: str) -> Previous:
    """Read protocols as those of last time."""
    previous = read_previous(text, MODULE)
    assert previous is not None
    return previous


def wanted_of(text: str, package: str = "todo.resolvers") -> WantedResolvers:
    """Read protocols as those that are wanted now."""
    tree, previous = ast.parse(text), previous_of(text)
    reader = _Reader(text.splitlines(), Bindings(tree, MODULE), previous)
    classes = [
        each
        for node in tree.body
        if isinstance(node, ast.ClassDef) and node.name in previous.attributes
        for each in reader.classes(node)
    ]
    return WantedResolvers(package, tuple(classes), generated=_generated(text, previous))


def _generated(text: str, previous: Previous) -> dict[str, str | None]:
    """Return the generated package: the names of its types are in a comment (``# types: Todo``)."""
    types = re.search(r"^# types: (.*)$", text, re.MULTILINE)
    names = ["Resolvers", *previous.attributes]
    return {
        "todo.graph": f"from todo.graph.resolvers import {', '.join(names)}",
        "todo.graph.resolvers": text,
        "todo.graph.types": f"from todo.models import {types.group(1)}" if types else "",
    }


class _Reader:
    def __init__(self, lines: list[str], bindings: Bindings, previous: Previous) -> None:
        self._lines = lines
        self._bindings = bindings
        self._previous = previous

    def classes(self, node: ast.ClassDef) -> list[WantedClass]:
        of_class = self._path(node) or "__init__.py"
        by_path: dict[str, list[WantedMethod]] = {}
        for each in node.body:
            if isinstance(each, ast.FunctionDef):
                path = self._path(each) or of_class
                by_path.setdefault(path, []).append(self._method(each, node))
        return [
            WantedClass(
                type_name=node.name.removesuffix("Resolvers"),
                protocol=node.name,
                attribute=self._previous.attributes[node.name],
                base=Reference("todo", f"graph.{node.name}"),
                path=path,
                methods=tuple(methods),
            )
            for path, methods in (by_path or {of_class: []}).items()
        ]

    def _path(self, node: ast.ClassDef | ast.FunctionDef) -> str | None:
        found = _PATH.search(self._lines[node.lineno - 1])
        return found.group(1) if found else None

    def _method(self, function: ast.FunctionDef, node: ast.ClassDef) -> WantedMethod:
        returns = function.returns
        assert returns is not None
        if isinstance(returns, ast.Subscript) and dotted(returns) == "Resolved":
            returns = returns.slice
        arguments = function.args
        defaults = [None if each is None else ast.unparse(each) for each in arguments.kw_defaults]
        by_name = zip(arguments.kwonlyargs, defaults, strict=True)
        return WantedMethod(
            name=function.name,
            coordinate=f"{node.name.removesuffix('Resolvers')}.{function.name}",
            returns=self._hint(returns),
            parent=next(map(self._parameter, arguments.posonlyargs[1:]), None),
            parameters=tuple(self._parameter(each, default) for each, default in by_name),
            docstring=ast.get_docstring(function) or "",
            is_batch="batch" in map(dotted, function.decorator_list),
            is_subscription="AsyncIterator" in ast.unparse(returns),
        )

    def _parameter(self, each: ast.arg, default: str | None = None) -> ParameterPlan:
        assert each.annotation is not None
        default = default and default.replace("'", '"')
        unset = Expression("{}", (Reference("msgspec", "UNSET"),))
        written = unset if default == "UNSET" else default and Expression(default)
        return ParameterPlan(each.arg, self._hint(each.annotation), written or None)

    def _hint(self, tree: ast.expr) -> Hint:
        """Read a type; names get the modules that they come from."""
        match tree:
            case ast.BinOp(left, _, right):
                return self._hint(left).either(self._hint(right))
            case ast.Subscript(outer, inner):
                each = inner.elts if isinstance(inner, ast.Tuple) else [inner]
                return Hint(self._hint(outer).origin, tuple(map(self._hint, each)))
            case _:
                written = ast.unparse(tree)
                origin = self._bindings.origin(written) if written != "None" else written
                module, _, name = _IN_STUBS.get(origin, origin).rpartition(".")
                return Hint.of(module or "builtins", name)
