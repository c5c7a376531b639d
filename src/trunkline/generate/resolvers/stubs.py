"""The text of what is added: the stub of a method, its signature, and the class around several."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager
from textwrap import indent

from trunkline.generate.resolvers.bindings import Function
from trunkline.generate.resolvers.imports import FileImports
from trunkline.generate.resolvers.wanted import WantedMethod
from trunkline.generate.server.plan import ParameterPlan
from trunkline.text.imports import Imports, Reference
from trunkline.text.literals import literal
from trunkline.text.module import Module, Parameter
from trunkline.text.source import INDENT

__all__ = [
    "class_text",
    "full_signature",
    "is_stub",
    "is_unwritten",
    "short_signature",
    "signature_text",
    "stub_text",
]

_BATCH = Reference("trunkline.server", "batch")


def class_text(name: str, bases: list[str], docstring: str, members: Iterable[str]) -> str:
    """Write a class, without a line end after it; ``members`` have no indentation."""
    module = Module("", Imports(""))
    with module.class_(name, bases):
        module.docstring(docstring)
    return (module.body + "".join(f"\n{indent(each, INDENT)}\n" for each in members)).strip("\n")


def stub_text(method: WantedMethod, imports: FileImports, shadowed: Collection[str]) -> str:
    """Write a method that is still to be implemented, without indentation.

    ``shadowed`` are the names of the methods around it, which hide others of the module.
    """
    module = Module("", Imports(""))
    decorator = f"@{imports.name(_BATCH, shadowed)}" if method.is_batch else ""
    with module.class_("_"), _function(module, method, imports, shadowed, decorator):
        module.docstring(method.docstring)
        module.call("raise NotImplementedError(", [literal(method.coordinate)])
        if method.is_subscription:
            module.line("yield  # which makes it an asynchronous generator")
    return _without_class(module)


def is_unwritten(function: Function) -> bool:
    """Say whether a function does nothing but raise ``NotImplementedError``."""
    match _statements(function):
        case [ast.Raise(exc=ast.Call(func=ast.Name("NotImplementedError")))]:
            return True
        case [ast.Raise(exc=ast.Name("NotImplementedError"))]:
            return True
        case _:
            return False


def is_stub(function: Function) -> bool:
    """Say whether a function has the body that was generated."""
    match _statements(function):
        case [ast.Raise(exc=ast.Call(func=ast.Name("NotImplementedError"), args=[ast.Constant()]))]:
            return True
        case _:
            return False


def _statements(function: Function) -> list[ast.stmt]:
    """Return what a function does, without docstrings and what makes it a generator."""
    return [
        each
        for each in function.body
        if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant | ast.Yield))
    ]


def signature_text(method: WantedMethod, imports: FileImports, shadowed: Collection[str]) -> str:
    """Write the first lines of a method, up to the colon, without indentation."""
    module = Module("", Imports(""))
    with module.class_("_"), _function(module, method, imports, shadowed):
        pass
    return _without_class(module)


def _function(
    module: Module,
    method: WantedMethod,
    imports: FileImports,
    shadowed: Collection[str],
    decorator: str = "",
) -> AbstractContextManager[None]:
    """Open the function of a method, with the names that types have in a file."""

    def parameter(plan: ParameterPlan) -> Parameter:
        def name(reference: Reference) -> str:
            return imports.name(reference, shadowed)

        default = plan.default.write(name) if plan.default else None
        return Parameter(plan.name, imports.local(plan.hint, shadowed), default)

    parameters: list[Parameter | str] = ["self"]
    parameters += [parameter(method.parent)] if method.parent else []
    parameters += ["*", *map(parameter, method.parameters)] if method.parameters else []
    returns = imports.local(method.returns, shadowed)
    return module.function(
        method.name, parameters, returns, decorator=decorator, is_async=method.is_async
    )


def _without_class(module: Module) -> str:
    """Return the lines of the class in a module, without its first line and indentation."""
    _, *lines = module.body.strip("\n").split("\n")
    return "\n".join(line.removeprefix(INDENT) for line in lines)


def full_signature(method: WantedMethod) -> str:
    """Write the first line of a method with full names: ``def at(self) -> datetime.date``."""
    return _one_line(method, lambda each: str(each).removeprefix("builtins."))


def short_signature(method: WantedMethod) -> str:
    """Write the first line of a method as messages show it."""
    decorator = "@batch " if method.is_batch else ""
    return decorator + _one_line(method, lambda each: each.name)


def _one_line(method: WantedMethod, name: Callable[[Reference], str]) -> str:
    def parameter(plan: ParameterPlan) -> str:
        default = f" = {plan.default.write(name)}" if plan.default else ""
        return f"{plan.name}: {plan.hint.write(name)}{default}"

    parameters = ["self"]
    parameters += [parameter(method.parent)] if method.parent else []
    parameters += ["*", *map(parameter, method.parameters)] if method.parameters else []
    prefix = "async " if method.is_async else ""
    returns = method.returns.write(name)
    return f"{prefix}def {method.name}({', '.join(parameters)}) -> {returns}"
