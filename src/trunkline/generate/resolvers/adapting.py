"""Adapting the resolvers that are there to the signatures that the schema wants."""

from __future__ import annotations

import ast

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
        return
    adaptation = Adaptation(cls, function, wanted, previous)
    adaptation.make()
    if adaptation.done:
        text = f"{cls.name}.{wanted.name} was adapted: {', '.join(adaptation.done)}"
        bench.report.note(cls.file, cls.file.begin(function), text)
    if adaptation.left:
        _warn(bench, cls, function, wanted, ", ".join(adaptation.left))


def _warn(
    bench: Workbench, cls: PythonClass, statement: ast.stmt, wanted: WantedMethod, what: str
) -> None:
    text = f"{cls.name}.{wanted.name}: {what}; adapt it to `{signature(wanted)}`"
    bench.report.warn(cls.file, cls.file.begin(statement), text)
