"""Updating the signatures of resolvers whose field changed in the schema.

A signature is updated only if it is exactly what was generated last time. Otherwise it stays, and
a warning shows the one that is wanted now. Whether types fit is for type checkers to say; only
parameters that a call would miss, or never give, are told at every run.
"""

from __future__ import annotations

import ast

from trunkline.generate.resolvers.bindings import Function
from trunkline.generate.resolvers.package import PythonClass
from trunkline.generate.resolvers.places import reindented
from trunkline.generate.resolvers.signatures import (
    Signature,
    decorator_names,
    parameter_problems,
    signature_of,
    uses_name,
    wanted_signature,
)
from trunkline.generate.resolvers.stubs import short_signature, signature_text
from trunkline.generate.resolvers.wanted import WantedMethod
from trunkline.generate.resolvers.work import Work

__all__ = ["update_signatures"]


def update_signatures(work: Work) -> None:
    """Update the signatures that were not edited, and warn of those that do not fit."""
    for protocol, parts in work.wanted.by_protocol.items():
        family = [cls for cls in work.package.family(protocol) if cls not in work.gone_classes]
        before = work.previous.signatures.get(protocol, {})
        for method in [method for part in parts for method in part.methods]:
            was = before.get(method.name)
            now = None if was is None else wanted_signature(method)
            for cls in family:
                if method.name in cls.members:
                    _update(work, cls, method, was, now)


def _update(
    work: Work, cls: PythonClass, method: WantedMethod, was: Signature, now: Signature
) -> None:
    """Update a resolver, or check each of its definitions: there can be several."""
    file, definitions = cls.file, cls.members[method.name]
    name, wanted = f"{cls.name}.{method.name}", short_signature(method)
    for definition in definitions:
        place = file, file.begin(definition)
        problems: list[str] = []
        is_other = was != now
        if isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef):
            if "overload" in decorator_names(definition):
                continue
            mine = signature_of(definition, file.imports.bindings.origin) if is_other else now
            if mine == was != now and len(definitions) == 1 and _replace(cls, definition, method):
                work.report.note(place, f"{name} was updated to `{wanted}`")
                continue
            problems += parameter_problems(definition, method)
            is_other = mine != now
        if problems or is_other:
            reason = ", ".join(problems) or "the schema changed its signature"
            work.report.warn(place, f"{name}: {reason}; expected: `{wanted}`")


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
    wanted = {"self", *(each.name for each in method.parameters)}
    wanted |= {method.parent.name} if method.parent else set()
    names = {each.arg for each in ast.walk(function.args) if isinstance(each, ast.arg)}
    is_batch = "batch" in decorator_names(function)
    if (
        "#" in file.text[start:end]
        or is_batch != method.is_batch
        or any(uses_name(function, name) for name in names - wanted)
    ):
        return False
    text = signature_text(method, file.imports, cls.members)
    text = reindented(text, file.indent, file.prefix(function.lineno))
    file.replace(start, end, text[text.index("(") : -1])
    file.imports.replaced += [function.args, returns]
    return True
