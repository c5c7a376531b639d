"""Reading what was generated the last time: the protocols, from their text."""

from __future__ import annotations

import ast

from trunkline.generate.resolvers.bindings import Binding, Bindings, dotted
from trunkline.generate.resolvers.file import parse
from trunkline.generate.resolvers.wanted import (
    Expression,
    Import,
    Parameter,
    Previous,
    WantedMethod,
)

__all__ = ["read_previous"]

# What a stub returns where the protocol allows more.
_NARROWED = {
    "trunkline.server.ListOf": Import("builtins", "list", "ListOf"),
    "trunkline.server.Streamed": Import("collections.abc", "AsyncIterator", "Streamed"),
}


def read_previous(text: str, module: str, assembly_class: str = "Resolvers") -> Previous | None:
    """Read the generated module of protocols; ``module`` is its dotted name.

    ``None`` is for a text that is no Python any more: then nothing is known of last time, nothing
    is taken for gone, and no signature for ours.
    """
    try:
        tree = parse(text)
    except SyntaxError:
        return None
    reader = _Reader(text, Bindings(tree, module))
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    assembly = classes.pop(assembly_class, None)
    attributes = reader.attributes(assembly) if assembly else {}
    protocols = {name: reader.methods(node) for name, node in classes.items() if name in attributes}
    return Previous(protocols, attributes)


class _Reader:
    def __init__(self, text: str, bindings: Bindings) -> None:
        self._lines = text.split("\n")
        self._bindings = bindings

    def attributes(self, assembly: ast.ClassDef) -> dict[str, str]:
        """Read the properties of the class that has all resolvers: name by protocol."""
        found: dict[str, str] = {}
        for statement in assembly.body:
            if isinstance(statement, ast.FunctionDef) and statement.returns:
                found[self._protocol(statement.returns)] = statement.name
            elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                found[self._protocol(statement.annotation)] = statement.target.id
        return found

    def _protocol(self, annotation: ast.expr) -> str:
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            return annotation.value
        return dotted(annotation)

    def methods(self, protocol: ast.ClassDef) -> dict[str, WantedMethod]:
        return {
            statement.name: self._method(statement)
            for statement in protocol.body
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef)
        }

    def _method(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> WantedMethod:
        arguments = function.args
        positional = [*arguments.posonlyargs, *arguments.args][1:]
        defaults = [None] * (len(positional) - len(arguments.defaults)) + list(arguments.defaults)
        by_position = [
            self._parameter(each, default)
            for each, default in zip(positional, defaults[-len(positional) or None :], strict=False)
        ]
        is_parent = len(arguments.posonlyargs) > 1
        by_name = by_position[1:] if is_parent else by_position
        by_name += map(self._parameter, arguments.kwonlyargs, arguments.kw_defaults)
        return WantedMethod(
            function.name,
            coordinate="",
            returns=self._returned(function.returns),
            parent=by_position[0] if is_parent else None,
            parameters=tuple(by_name),
        )

    def _returned(self, annotation: ast.expr | None) -> Expression:
        """Read what a stub returns, which says it more narrowly than the protocol."""
        if isinstance(annotation, ast.Subscript) and self._last(annotation.value) == "Resolved":
            annotation = annotation.slice
        return self._expression(annotation, narrowed=True)

    def _last(self, chain: ast.expr) -> str:
        return self._bindings.origin(dotted(chain)).rpartition(".")[2]

    def _parameter(self, argument: ast.arg, default: ast.expr | None) -> Parameter:
        return Parameter(
            argument.arg,
            self._expression(argument.annotation),
            self._expression(default) if default else None,
        )

    def _expression(self, tree: ast.expr | None, *, narrowed: bool = False) -> Expression:
        if tree is None:
            return Expression("None")
        names = sorted({node.id for node in ast.walk(tree) if isinstance(node, ast.Name)})
        needed = {
            binding.local: _import(binding)
            for binding in map(self._bindings.get, names)
            if binding is not None
        }
        for local, each in needed.items() if narrowed else ():
            needed[local] = _NARROWED.get(each.origin, each)
        return Expression(self._written(tree), tuple(needed.values()))

    def _written(self, tree: ast.expr) -> str:
        """Return the text of an expression as it stands; on one line, where it has several.

        `ast.get_source_segment` would divide the whole text into lines for each of them.
        """
        if tree.end_lineno != tree.lineno:
            return ast.unparse(tree)
        line = self._lines[tree.lineno - 1].encode()
        return line[tree.col_offset : tree.end_col_offset].decode()


def _import(binding: Binding) -> Import:
    """Return an import that gives a name its origin, whatever its real form."""
    module, _, name = binding.origin.rpartition(".")
    if module:
        return Import(module, name, binding.local)
    return Import(binding.origin, None, binding.local)
