"""What of a function's signature a call of it would fail on, or never give: told at every run."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from trunkline.generate.resolvers.bindings import dotted
from trunkline.generate.resolvers.wanted import WantedMethod

__all__ = ["Function", "arguments_of", "misfits", "parent_name", "surplus", "uses"]

Function = ast.FunctionDef | ast.AsyncFunctionDef

_READS_ALL = frozenset({"locals", "vars", "eval", "exec"})
_GIVEN = frozenset({"context", "selection", "caller"})  # to whoever has such a parameter
_PLAIN = frozenset({"abstractmethod", "batch", "classmethod", "final", "override", "staticmethod"})


def misfits(function: Function, wanted: WantedMethod, told: Collection[str] = ()) -> Iterator[str]:
    """Say what keeps a function, as it is written, from what is wanted of it.

    Types are a type checker's to compare. ``told`` are parameters of which something is told
    already. What a decorator of people's own gives a parameter is not known, so nothing is said of
    those that are not wanted, where there is one.
    """
    mine = arguments_of(function)
    parent = parent_name(function, wanted)
    if wanted.parent and not parent and not function.args.vararg:
        yield f"{wanted.parent.name} is missing"
    for each in wanted.parameters:
        if each.name in told:
            continue
        if each.name in mine and each.default and mine[each.name][1] is None:
            yield f"{each.name} is {each.default.text} by default"
        elif each.name not in mine and not function.args.kwarg:
            yield f"{each.name} is missing"
    if all(dotted(each).rpartition(".")[2] in _PLAIN for each in function.decorator_list):
        names = {parent, *_GIVEN, *told, *(each.name for each in wanted.parameters)}
        yield from (surplus(function, name) for name in _taken(function) if name not in names)


def surplus(function: Function, name: str) -> str:
    """Say of a parameter that it is for nothing."""
    return f"{name} is no argument" + (", but is used" if uses(function, name) else "")


def arguments_of(function: Function) -> dict[str, tuple[ast.expr | None, ast.expr | None]]:
    """Return annotation and default of each parameter."""
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    missing = len(positional) - len(arguments.defaults)
    defaults: list[ast.expr | None] = [*[None] * missing, *arguments.defaults]
    defaults += arguments.kw_defaults
    return {
        each.arg: (each.annotation, default)
        for each, default in zip([*positional, *arguments.kwonlyargs], defaults, strict=True)
    }


def parent_name(function: Function, wanted: WantedMethod) -> str | None:
    """Return what a function calls the parent: its first parameter besides ``self``."""
    by_position = _positional(function)
    return by_position[0] if wanted.parent and by_position else None


def uses(function: Function, name: str) -> bool:
    """Say whether the body of a function uses a name."""
    names = {
        node.id
        for statement in function.body
        for node in ast.walk(statement)
        if isinstance(node, ast.Name)
    }
    return name in names or bool(names & _READS_ALL)


def _taken(function: Function) -> list[str]:
    """Return the names of all parameters, without ``self``."""
    return [*_positional(function), *(each.arg for each in function.args.kwonlyargs)]


def _positional(function: Function) -> list[str]:
    is_static = any(dotted(each) == "staticmethod" for each in function.decorator_list)
    positional = [*function.args.posonlyargs, *function.args.args]
    return [each.arg for each in positional[0 if is_static else 1 :]]
