"""What the plan wants of people's resolver files, as data for `resolvers/`."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping
from itertools import groupby

from trunkline.generate.configuration import Project
from trunkline.generate.layout import Layout
from trunkline.generate.resolvers.wanted import (
    Expression,
    Import,
    Parameter,
    Wanted,
    WantedClass,
    WantedMethod,
)
from trunkline.generate.server.hints import LIST, LIST_OF
from trunkline.generate.server.plan import ParameterPlan, ResolverPlan, ResolversPlan, ServerPlan
from trunkline.text.imports import Hint, Reference

__all__ = ["wanted_of"]

_EVENTS = Reference("collections.abc", "AsyncIterator")
_EXCEPTION = Hint.of("builtins", "Exception")
_UNSET = Expression("UNSET", (Import("msgspec", "UNSET"),))


def wanted_of(plan: ServerPlan, project: Project, generated: Mapping[str, str | None]) -> Wanted:
    """Return the classes and methods that people's package must have.

    ``generated`` has the modules of the generated package, as `Wanted` has them.
    """
    layout = Layout(project)
    classes = [each for group in plan.resolvers for each in _classes(group, plan, layout)]
    return Wanted(layout.package, tuple(classes), layout.assembly, generated=generated)


def _classes(group: ResolversPlan, plan: ServerPlan, layout: Layout) -> Iterator[WantedClass]:
    """Divide a type's resolvers among the files that the layout puts them in."""
    placed = [(layout.path(group.type, each.place), each) for each in group.resolvers]
    if not placed:
        placed_type = layout.path(group.type, group.place)
        yield _class(group, plan, placed_type, ())
    for path, members in groupby(
        sorted(placed, key=lambda each: each[0]), key=lambda each: each[0]
    ):
        yield _class(group, plan, path, tuple(resolver for _, resolver in members))


def _class(
    group: ResolversPlan, plan: ServerPlan, path: str, resolvers: tuple[ResolverPlan, ...]
) -> WantedClass:
    package, _, name = plan.package.rpartition(".")
    base = Expression(f"{name}.{group.protocol}", (Import(package, name),))
    hidden = frozenset(each.name for each in group.resolvers)
    methods = [_method(each, hidden) for each in resolvers]
    if group.type_resolver:
        methods.append(_type_resolver(group.type))
    return WantedClass(
        type_name=group.type,
        protocol=group.protocol,
        attribute=group.attribute,
        base=base,
        path=path,
        methods=tuple(methods),
        docstring=f"Resolvers of `{group.type}`.",
    )


def _method(resolver: ResolverPlan, hidden: frozenset[str]) -> WantedMethod:
    parent = resolver.parent
    return WantedMethod(
        name=resolver.name,
        coordinate=resolver.coordinate,
        returns=_expression(_returned(resolver), hidden),
        parent=None if parent is None else _parameter(parent, hidden),
        parameters=tuple(_parameter(each, hidden) for each in resolver.parameters),
        docstring=resolver.description.partition("\n")[0] or None,
        is_batch=resolver.kind == "batch",
        is_subscription=resolver.kind == "stream",
    )


def _type_resolver(type_name: str) -> WantedMethod:
    return WantedMethod(
        name="resolve_type",
        coordinate=type_name,
        returns=Expression("str"),
        parent=Parameter("value", Expression("object")),
        docstring="Name the type of a value, which its class does not tell.",
        is_async=False,
    )


def _returned(resolver: ResolverPlan) -> Hint:
    """Return what people's function gives: of lists, a plain one."""
    hint = resolver.hint.replace(LIST_OF, LIST)
    match resolver.kind:
        case "batch":
            return hint.either(_EXCEPTION).within(LIST)
        case "stream":
            return hint.within(_EVENTS)
        case _:
            return hint


def _parameter(parameter: ParameterPlan, hidden: frozenset[str]) -> Parameter:
    default = parameter.default and (
        _UNSET if parameter.default == _UNSET.text else Expression(parameter.default)
    )
    return Parameter(parameter.name, _expression(parameter.hint, hidden), default or None)


def _expression(hint: Hint, hidden: frozenset[str]) -> Expression:
    """Write a type; ``hidden`` are names that methods of the class hide from those after them."""
    imports: list[Import] = []

    def name(reference: Reference) -> str:
        first = reference.name.partition(".")[0]
        is_builtin = reference.module == builtins.__name__
        if is_builtin and first in hidden:
            imports.append(Import("builtins"))
            return f"builtins.{reference.name}"
        if not is_builtin:
            imports.append(Import(reference.module, first))
        return reference.name

    text = hint.write(name)
    return Expression(text, tuple(dict.fromkeys(imports)))
