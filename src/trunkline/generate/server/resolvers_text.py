"""The module ``resolvers``: a protocol for the resolvers of each type."""

from __future__ import annotations

from trunkline.generate.server.emission import SHADOWING, Emission, head
from trunkline.generate.server.hints import ANY, LIST_OF
from trunkline.generate.server.plan import ParameterPlan, ResolverPlan, ResolversPlan, ServerPlan
from trunkline.text.imports import Hint, Reference

__all__ = ["resolvers_module", "returned"]

_ABSTRACT = Reference("abc", "abstractmethod")
_PROTOCOL = Reference("typing", "Protocol")
_RESOLVED = Reference("trunkline.server", "Resolved")
_STREAMED = Reference("trunkline.server", "Streamed")
_EXCEPTION = Hint.of("builtins", "Exception")
_AT_RUN_TIME = {"abc", "typing"}
_UNSET = Reference("msgspec", "UNSET")


def resolvers_module(plan: ServerPlan) -> str:
    """Write the module: a protocol per type that needs resolvers, and one for all of them."""
    own = f"{plan.package}.resolvers"
    emission = Emission(own, _taken(plan), _is_typing_only)
    for group in plan.resolvers:
        _protocol(emission, group)
    _all_resolvers(emission, plan)
    names = [group.protocol for group in plan.resolvers]
    if plan.directives:
        _directives(emission, plan)
        names.append("Directives")
    docstring = (
        "What resolvers the schema wants: yours inherit from these classes, so that type checkers"
        f" tell which of them does not fit.\n\n{head(plan.sources)}"
    )
    return emission.module(docstring, [*names, "Resolvers"])


def returned(resolver: ResolverPlan) -> Hint:
    """Return what a resolver's function gives, awaited or not."""
    match resolver.kind:
        case "batch":
            each = resolver.hint.either(_EXCEPTION)
            return each.within(LIST_OF).within(_RESOLVED)
        case "stream":
            return resolver.hint.within(_STREAMED)
        case _:
            return resolver.hint.within(_RESOLVED)


def _is_typing_only(reference: Reference) -> bool:
    return reference.module not in _AT_RUN_TIME and reference != _UNSET


def _taken(plan: ServerPlan) -> set[str]:
    names = {"Directives", "Resolvers", "resolve_type", *(each.name for each in plan.directives)}
    for group in plan.resolvers:
        names |= {group.protocol, group.attribute, *(each.name for each in group.resolvers)}
    return names


def _protocol(emission: Emission, group: ResolversPlan) -> None:
    emission.line()
    emission.line()
    shadowed = frozenset(each.name for each in group.resolvers) & SHADOWING
    with emission.block(f"class {group.protocol}({emission.name(_PROTOCOL)}):"):
        emission.document(f"Resolvers of `{group.type}`.")
        for resolver in group.resolvers:
            _method(emission, resolver, shadowed)
        if group.type_resolver:
            _type_resolver(emission)


def _method(emission: Emission, resolver: ResolverPlan, shadowed: frozenset[str]) -> None:
    parameters = ["self"]
    if resolver.parent is not None:
        parameters += [_parameter(emission, resolver.parent, shadowed), "/"]
    if resolver.parameters:
        parameters.append("*")
    parameters += [_parameter(emission, each, shadowed) for each in resolver.parameters]
    tail = f") -> {emission.hint(returned(resolver), shadowed)}:"
    emission.line()
    emission.line(f"@{emission.name(_ABSTRACT)}")
    if resolver.description.strip():
        with emission.call_block(f"def {resolver.name}(", parameters, tail):
            emission.document(resolver.description, depth=2)
    else:
        emission.call(f"def {resolver.name}(", parameters, f"{tail} ...")


def _directives(emission: Emission, plan: ServerPlan) -> None:
    emission.line()
    emission.line()
    shadowed = SHADOWING & {each.name for each in plan.directives}
    with emission.block(f"class Directives({emission.name(_PROTOCOL)}):"):
        emission.line('"""The functions of the schema\'s directives."""')
        for each in plan.directives:
            parameters = ["self", _parameter(emission, each.first, shadowed), "/"]
            parameters += ["*"] if each.parameters else []
            parameters += [_parameter(emission, one, shadowed) for one in each.parameters]
            tail = f") -> {emission.hint(ANY)}:"
            description = each.description or f"Implement `@{each.directive}`."
            emission.line()
            emission.line(f"@{emission.name(_ABSTRACT)}")
            with emission.call_block(f"def {each.name}(", parameters, tail):
                emission.document(description, depth=2)


def _parameter(emission: Emission, parameter: ParameterPlan, shadowed: frozenset[str]) -> str:
    text = f"{parameter.name}: {emission.hint(parameter.hint, shadowed)}"
    if parameter.default is None:
        return text
    is_unset = parameter.default == _UNSET.name
    return f"{text} = {emission.name(_UNSET) if is_unset else parameter.default}"


def _type_resolver(emission: Emission) -> None:
    emission.line()
    emission.line(f"@{emission.name(_ABSTRACT)}")
    with emission.block("def resolve_type(self, value: object, /) -> str:"):
        emission.line('"""Name the type of a value, which its class does not tell."""')


def _all_resolvers(emission: Emission, plan: ServerPlan) -> None:
    emission.line()
    emission.line()
    with emission.block(f"class Resolvers({emission.name(_PROTOCOL)}):"):
        emission.line('"""All resolvers: an attribute for each type that needs some."""')
        shadowed = {group.attribute for group in plan.resolvers} & {"property"}
        decorator = "builtins.property" if shadowed else "property"
        for group in plan.resolvers:
            emission.line()
            emission.line(f"@{decorator}")
            emission.line(f"def {group.attribute}(self) -> {group.protocol}: ...")
