"""Adapting the resolvers that are there to the signatures that the schema wants."""

from __future__ import annotations

import ast

from trunkline.generate.resolvers.bindings import dotted
from trunkline.generate.resolvers.misfits import Function, misfits
from trunkline.generate.resolvers.package import PythonClass
from trunkline.generate.resolvers.signatures import Adaptation, has_changed
from trunkline.generate.resolvers.stubs import signature
from trunkline.generate.resolvers.wanted import WantedMethod
from trunkline.generate.resolvers.workbench import Workbench

__all__ = ["adapt_signatures"]


def adapt_signatures(bench: Workbench) -> None:
    """Adapt every resolver, where that is safe; tell where it is not."""
    for protocol, parts in bench.by_protocol().items():
        family = [cls for cls in bench.package.family(protocol) if cls not in bench.gone_classes]
        before = bench.previous.protocols.get(protocol, {})
        for part in parts:
            for method in part.methods:
                for cls in family:
                    if method.name in cls.members:
                        _adapt(bench, cls, method, before.get(method.name))


def _adapt(
    bench: Workbench, cls: PythonClass, wanted: WantedMethod, previous: WantedMethod | None
) -> None:
    definitions = cls.members[wanted.name]
    function = definitions[0]
    if len(definitions) > 1 or not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
        if previous and has_changed(wanted, previous):
            _warn(bench, cls, function, wanted, "the schema changed it")
        else:
            _tell_misfits(bench, cls, wanted)
        return
    adaptation = Adaptation(cls, function, wanted, previous)
    adaptation.make()
    if adaptation.done:
        text = f"{cls.name}.{wanted.name} was adapted: {', '.join(adaptation.done)}"
        bench.report.note(cls.file, cls.file.begin(function), text)
    if adaptation.left:
        _warn(bench, cls, function, wanted, ", ".join(adaptation.left))


def _tell_misfits(bench: Workbench, cls: PythonClass, wanted: WantedMethod) -> None:
    """Tell what does not fit of a resolver that is written in several ways, or overloaded."""
    for function in cls.members[wanted.name]:
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and not _is_overload(
            function
        ):
            left = list(misfits(function, wanted))
            if left:
                _warn(bench, cls, function, wanted, ", ".join(left))


def _is_overload(function: Function) -> bool:
    return any(dotted(each).rpartition(".")[2] == "overload" for each in function.decorator_list)


def _warn(
    bench: Workbench, cls: PythonClass, statement: ast.stmt, wanted: WantedMethod, what: str
) -> None:
    text = f"{cls.name}.{wanted.name}: {what}; adapt it to `{signature(wanted)}`"
    bench.report.warn(cls.file, cls.file.begin(statement), text)
