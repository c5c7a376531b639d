"""The signatures of functions: what they mean, and which parameters a call of them would miss."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TypeAlias, cast

from trunkline.generate.resolvers.bindings import Function, dotted, parse_annotation
from trunkline.generate.resolvers.stubs import full_signature
from trunkline.generate.resolvers.wanted import WantedMethod

__all__ = [
    "Signature",
    "decorator_names",
    "parameter_problems",
    "signature_of",
    "uses_name",
    "wanted_signature",
]

Signature: TypeAlias = object
"""The parameters and the result of a function, with full names: equal if they mean the same."""

_READS_ALL = frozenset({"locals", "vars", "eval", "exec"})
_GIVEN = frozenset({"context", "selection", "caller"})  # to every resolver that takes them
_PLAIN = frozenset({"abstractmethod", "batch", "classmethod", "final", "override", "staticmethod"})


def signature_of(function: Function, origin: Callable[[str], str]) -> Signature:
    """Return the signature of a function; ``origin`` tells the full names of its file."""
    arguments, returns = function.args, function.returns
    if (
        isinstance(returns, ast.Subscript)
        and origin(dotted(returns)) == "trunkline.server.Resolved"
    ):
        returns = returns.slice
    positional = [*arguments.posonlyargs, *arguments.args]
    by_name = [arguments.kwonlyargs, arguments.kw_defaults]
    others = [arguments.defaults, arguments.vararg, arguments.kwarg]
    return _meaning([positional, by_name, others, returns], origin)


def wanted_signature(method: WantedMethod) -> Signature:
    """Return the signature that a method must have."""
    (function,) = ast.parse(f"{full_signature(method)} ...").body
    return signature_of(cast("Function", function), str)


def _meaning(node: object, origin: Callable[[str], str]) -> object:
    """Return nested tuples that are equal for expressions that mean the same in their files."""
    if isinstance(node, ast.Name | ast.Attribute) and (chain := dotted(node)):
        return origin(chain).removeprefix("builtins.")
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        inner = parse_annotation(node.value)  # an annotation in quotes
        return _meaning(inner, origin) if inner else node.value
    if isinstance(node, list):
        return tuple(_meaning(each, origin) for each in cast("list[object]", node))
    if isinstance(node, ast.AST):
        fields = (getattr(node, name, None) for name in node._fields if name != "ctx")
        return (type(node), *(_meaning(each, origin) for each in fields))
    return node


def parameter_problems(function: Function, method: WantedMethod) -> Iterator[str]:
    """Say which parameters a call would miss, and which it would never give.

    What a decorator that we do not know gives to a function is not known either, so nothing is
    said there of parameters that are not wanted.
    """
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args]
    by_name = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    required = {each.arg for each in every[: len(every) - len(arguments.defaults)]}
    required |= {each.arg for each, default in by_name if default is None}
    decorators = decorator_names(function)
    positional = [each.arg for each in every[0 if "staticmethod" in decorators else 1 :]]
    names = [*positional, *(each.arg for each in arguments.kwonlyargs)]

    parent = positional[:1] if method.parent else []
    if method.parent and not parent and not arguments.vararg:
        yield f"the parameter '{method.parent.name}' is missing"
    for each in method.parameters:
        if each.name not in names and not arguments.kwarg:
            yield f"the parameter '{each.name}' is missing"
        elif each.default and each.name in required:
            yield f"the parameter '{each.name}' has no default, and requests may leave it out"
    if decorators <= _PLAIN:
        given = {*parent, *_GIVEN, *(each.name for each in method.parameters)}
        for name in names:
            if name not in given:
                used = ", but the body uses it" if uses_name(function, name) else ""
                yield f"'{name}' is not an argument of {method.coordinate}{used}"


def decorator_names(function: Function) -> set[str]:
    """Return the names of a function's decorators, without modules and arguments."""
    return {dotted(each).rpartition(".")[2] for each in function.decorator_list}


def uses_name(function: Function, name: str) -> bool:
    """Say whether the body of a function uses a name."""
    body = (node for statement in function.body for node in ast.walk(statement))
    return any(isinstance(node, ast.Name) and node.id in {name, *_READS_ALL} for node in body)
