"""Signatures that follow the schema: what was generated last time, is wanted now, and is written.

A signature is updated only if it is exactly what was generated last time. Otherwise it stays, and
a warning shows the one that is wanted now. Whether types fit is for type checkers to say; only
parameters that a call would miss, or never give, are told at every run.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, cast

from trunkline.generate.resolvers.bindings import (
    Bindings,
    Function,
    chains,
    dotted,
    parse_annotation,
)
from trunkline.generate.resolvers.bodies import reindent
from trunkline.generate.resolvers.edits import parse
from trunkline.generate.resolvers.package import Package, PythonClass
from trunkline.generate.resolvers.stubs import full_signature, short_signature, signature_text
from trunkline.generate.resolvers.wanted import WantedMethod, WantedResolvers

__all__ = [
    "Previous",
    "Signature",
    "is_plain",
    "parameter_problems",
    "read_previous",
    "update_signatures",
    "wanted_signature",
]

Signature: TypeAlias = object
"""The parameters and the result of a function, with full names: equal if they mean the same."""

_STUB_TYPES = {
    "trunkline.server.ListOf": "list",
    "trunkline.server.Streamed": "collections.abc.AsyncIterator",
}
"""What stubs return where their protocol allows more."""

_READS_ALL = frozenset({"locals", "vars", "eval", "exec"})
_GIVEN = frozenset({"context", "selection", "caller"})  # to every resolver that takes them
_PLAIN = frozenset({"abstractmethod", "batch", "classmethod", "final", "override", "staticmethod"})


@dataclass(frozen=True, slots=True)
class Previous:
    """What was generated last time.

    ``signatures`` has those of each protocol by the names of its methods; ``attributes`` has the
    name of each protocol in ``Resolvers``.
    """

    signatures: Mapping[str, Mapping[str, Signature]] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)


def read_previous(text: str, module: str) -> Previous | None:
    """Read the generated module of protocols, whose dotted name is ``module``.

    Returns ``None`` if the text is not Python any more. Then nothing is known of last time: no
    resolver is taken for one whose field is gone, and no signature is updated.
    """
    try:
        tree = parse(text)
    except SyntaxError:
        return None
    bindings = Bindings(tree, module)

    def stub_type(name: str) -> str:
        origin = bindings.origin(name)
        return _STUB_TYPES.get(origin, origin)

    methods = {
        node.name: [each for each in node.body if isinstance(each, ast.FunctionDef)]
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    }
    assembly = methods.get("Resolvers", [])
    attributes = {dotted(each.returns): each.name for each in assembly if each.returns}
    signatures = {
        protocol: {each.name: signature_of(each, stub_type) for each in methods.get(protocol, ())}
        for protocol in attributes
    }
    return Previous(signatures, attributes)


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
    (function,) = ast.parse(f"{full_signature(method)}: ...").body
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


def update_signatures(package: Package, wanted: WantedResolvers, previous: Previous) -> None:
    """Update the signatures that were not edited, and warn of those that do not fit."""
    for protocol, parts in wanted.by_protocol.items():
        family = package.family(protocol)
        before = previous.signatures.get(protocol, {})
        for method in [method for part in parts for method in part.methods]:
            was = before.get(method.name)
            now = None if was is None else wanted_signature(method)
            for cls in family:
                gone = package.body(cls, cls.node).gone
                definitions = [
                    each for each in cls.members.get(method.name, ()) if each not in gone
                ]
                _update(cls, definitions, method, was, now)


def _update(
    cls: PythonClass,
    definitions: Sequence[ast.stmt],
    method: WantedMethod,
    was: Signature,
    now: Signature,
) -> None:
    """Update a resolver, or check each of its definitions: there can be several."""
    file = cls.file
    name = f"{cls.name}.{method.name}"
    for definition in definitions:
        problems: list[str] = []
        is_other = was != now
        if isinstance(definition, Function):
            if "overload" in _decorators(definition):
                continue
            mine = signature_of(definition, file.imports.bindings.origin) if is_other else now
            if mine == was != now and len(definitions) == 1 and _replace(cls, definition, method):
                file.note(definition, f"{name} was updated to `{short_signature(method)}`")
                continue
            problems += parameter_problems(definition, method)
            is_other = mine != now
        if problems or is_other:
            reason = ", ".join(problems) or "the schema changed its signature"
            file.warn(definition, f"{name}: {reason}; expected: `{short_signature(method)}`")


def _replace(cls: PythonClass, function: Function, method: WantedMethod) -> bool:
    """Replace a signature that was generated; say whether that was possible.

    It is not if the body uses a parameter that is gone, if another decorator is wanted, or if a
    comment would be lost.
    """
    file, returns = cls.file, function.returns
    if returns is None or getattr(function, "type_params", None):
        return False
    start = file.text.index("(", file.begin(function))
    end = file.text.index(":", file.end(returns))
    names = {each.arg for each in ast.walk(function.args) if isinstance(each, ast.arg)}
    names -= {"self", *(each.name for each in (method.parent, *method.parameters) if each)}
    if (
        "#" in file.text[start:end]
        or ("batch" in _decorators(function)) != method.is_batch
        or any(_uses(function, name) for name in names)
    ):
        return False
    text = signature_text(method, file.imports, cls.members)
    text = reindent(text, file.indent, file.prefix(function.lineno))
    file.replace(start, end, text[text.index("(") : -1])
    for part in (function.args, ast.Expression(returns)):
        names = {file.imports.bindings.origin(chain) for _, chain in chains(part)}
        file.imports.replaced |= names
    return True


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
    decorators = _decorators(function)
    positional = [each.arg for each in every[0 if "staticmethod" in decorators else 1 :]]
    names = [*positional, *(each.arg for each in arguments.kwonlyargs)]

    if "batch" in decorators and not method.is_batch:
        yield f"`@batch` is there, but `@field(batch: true)` is missing at {method.coordinate}"
    elif method.is_batch and "batch" not in decorators and decorators <= _PLAIN:
        yield "`@batch` is missing"
    parent = positional[:1] if method.parent else []
    if method.parent and not parent and not arguments.vararg:
        yield f"the parameter '{method.parent.name}' is missing"
    for each in method.parameters:
        if each.name not in names and not arguments.kwarg:
            yield f"the parameter '{each.name}' is missing"
        elif each.default and each.name in required:
            yield f"the parameter '{each.name}' has no default, and requests may leave it out"
    given = {*parent, *_GIVEN, *(each.name for each in method.parameters)}
    for name in names if decorators <= _PLAIN else ():
        if name not in given:
            used = ", but the body uses it" if _uses(function, name) else ""
            yield f"'{name}' is not an argument of {method.coordinate}{used}"


def is_plain(function: Function) -> bool:
    """Say whether a function is what its name stands for: no overload, no setter."""
    return _decorators(function) <= _PLAIN


def _decorators(function: Function) -> set[str]:
    """Return the names of a function's decorators, without modules and arguments."""
    return {dotted(each).rpartition(".")[2] for each in function.decorator_list}


def _uses(function: Function, name: str) -> bool:
    """Say whether the body of a function uses a name."""
    body = (node for statement in function.body for node in ast.walk(statement))
    return any(isinstance(node, ast.Name) and node.id in {name, *_READS_ALL} for node in body)
