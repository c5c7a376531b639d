"""What is wanted, written as the generator writes it: a module of protocols.

A comment behind a class or a method names the file that its stubs belong in (``# todos.py``);
``@batch`` marks a batch resolver, and a return of ``AsyncIterator`` a subscription.
"""

from __future__ import annotations

import ast
import re
from dataclasses import replace

from trunkline.generate.resolvers import (
    Expression,
    Import,
    Previous,
    Wanted,
    WantedClass,
    WantedMethod,
    read_previous,
)

MODULE = "todo.graph.resolvers"
_PATH = re.compile(r"#\s*(\S+\.py)\s*$")


def previous_of(text: str) -> Previous:
    """Read protocols as those of last time."""
    previous = read_previous(text, MODULE)
    assert previous is not None
    return previous


def wanted_of(text: str, package: str = "todo.resolvers", assembly: str = "__init__.py") -> Wanted:
    """Read protocols as those that are wanted now."""
    previous = previous_of(text)
    classes: list[WantedClass] = []
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef) and node.name in previous.attributes:
            classes += _classes(node, text.splitlines(), previous)
    return Wanted(package, tuple(classes), assembly, generated=_generated(text, previous))


def _generated(text: str, previous: Previous) -> dict[str, str]:
    """Return the generated package: the names of its types are in a comment (``# types: Todo``)."""
    types = re.search(r"^# types: (.*)$", text, re.MULTILINE)
    names = ["Resolvers", *previous.protocols]
    return {
        "todo.graph": f"from todo.graph.resolvers import {', '.join(names)}",
        "todo.graph.resolvers": text,
        "todo.graph.types": f"from todo.models import {types.group(1)}" if types else "",
    }


def _classes(node: ast.ClassDef, lines: list[str], previous: Previous) -> list[WantedClass]:
    of_class = _path(lines[node.lineno - 1]) or "__init__.py"
    by_path: dict[str, list[WantedMethod]] = {}
    for function in node.body:
        if isinstance(function, ast.FunctionDef):
            method = _method(function, previous.protocols[node.name][function.name], node)
            by_path.setdefault(_path(lines[function.lineno - 1]) or of_class, []).append(method)
    base = Expression(f"graph.{node.name}", (Import("todo", "graph"),))
    return [
        WantedClass(
            type_name=node.name.removesuffix("Resolvers"),
            protocol=node.name,
            attribute=previous.attributes[node.name],
            base=base,
            path=path,
            methods=tuple(methods),
        )
        for path, methods in (by_path or {of_class: []}).items()
    ]


def _path(line: str) -> str | None:
    found = _PATH.search(line)
    return found.group(1) if found else None


def _method(function: ast.FunctionDef, read: WantedMethod, node: ast.ClassDef) -> WantedMethod:
    decorators = {ast.unparse(each) for each in function.decorator_list}
    return replace(
        read,
        coordinate=f"{node.name.removesuffix('Resolvers')}.{function.name}",
        docstring=ast.get_docstring(function),
        is_batch="batch" in decorators,
        is_subscription="AsyncIterator" in read.returns.text,
    )
