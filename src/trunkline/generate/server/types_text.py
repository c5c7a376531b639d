"""The module ``types``: what no class of the program stands for."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TypeVar

from trunkline.generate.configuration import TypeKind
from trunkline.generate.server.emission import SHADOWING, Emission, head
from trunkline.generate.server.plan import (
    AbstractPlan,
    AttributePlan,
    EnumPlan,
    ServerPlan,
    StructPlan,
)
from trunkline.text.imports import Reference
from trunkline.text.literals import literal
from trunkline.text.source import INDENT, WIDTH

__all__ = ["types_module"]

T = TypeVar("T")

_BASES = {
    "msgspec": Reference("msgspec", "Struct"),
    "pydantic": Reference("pydantic", "BaseModel"),
}
_FACTORIES = {
    "msgspec": Reference("msgspec", "field"),
    "dataclasses": Reference("dataclasses", "field"),
    "pydantic": Reference("pydantic", "Field"),
}


def types_module(plan: ServerPlan, kind: TypeKind) -> str:
    """Write the module: enums, then classes, then what interfaces and unions can be."""
    own = f"{plan.package}.types"
    root = plan.package.partition(".")[0]

    def is_typing_only(reference: Reference) -> bool:
        in_program = reference.module in bound_modules or reference.module.startswith(f"{root}.")
        return kind != "pydantic" and in_program

    bound_modules = {each.module for each in plan.models.values()} - {own}
    emission = Emission(own, _taken(plan), is_typing_only)
    for enum in _of(plan.types, EnumPlan):
        _enum(emission, enum)
    names = {each.name for each in plan.types}
    for struct in _of(plan.types, StructPlan):
        _struct(emission, struct, kind, names)
    abstract = _of(plan.types, AbstractPlan)
    if abstract:
        emission.line()
    for each in abstract:
        _abstract(emission, each)
    what = "The types of the schema that no class of yours stands for."
    docstring = f"{what}\n\n{head(plan.sources)}"
    return emission.module(docstring, [type_.name for type_ in plan.types])


def _of(types: Iterable[object], kind: type[T]) -> list[T]:
    return [type_ for type_ in types if isinstance(type_, kind)]


def _taken(plan: ServerPlan) -> Collection[str]:
    """Return the names that imports must leave alone: classes, and what stands in their bodies."""
    names = {type_.name for type_ in plan.types}
    for type_ in plan.types:
        if isinstance(type_, StructPlan):
            names |= {each.name for each in type_.attributes}
    return names


def _enum(emission: Emission, type_: EnumPlan) -> None:
    emission.line()
    emission.line()
    with emission.block(f"class {type_.name}({emission.name(Reference('enum', 'Enum'))}):"):
        emission.document(type_.description)
        if type_.description:
            emission.line()
        for member in type_.members:
            emission.line(f"{member.name} = {literal(member.value)}")
            emission.document(member.description)


def _struct(emission: Emission, type_: StructPlan, kind: TypeKind, types: Collection[str]) -> None:
    emission.line()
    emission.line()
    if kind == "dataclasses":
        emission.line(f"@{emission.name(Reference('dataclasses', 'dataclass'))}(kw_only=True)")
        block = emission.block(f"class {type_.name}:")
    else:
        keywords = ["kw_only=True"] if kind == "msgspec" else []
        base = emission.name(_BASES[kind])
        block = emission.call_block(f"class {type_.name}(", [base, *keywords], "):")
    shadowed = SHADOWING & {*types, *(each.name for each in type_.attributes)}
    with block:
        emission.document(type_.description or f"`{type_.type}` of the schema.")
        _model_config(emission, type_, kind)
        if type_.attributes:
            emission.line()
        for attribute in type_.attributes:
            _attribute(emission, attribute, kind, shadowed)


def _model_config(emission: Emission, type_: StructPlan, kind: TypeKind) -> None:
    """Let Pydantic take ``UNSET``, of whose class it knows nothing, and names like its own."""
    if kind != "pydantic":
        return
    unset = Reference("msgspec", "UnsetType")
    options: list[str] = []
    if any(unset in each.hint.references for each in type_.attributes):
        options.append("arbitrary_types_allowed=True")
    if any(each.name.startswith("model_") for each in type_.attributes):
        options.append("protected_namespaces=()")
    if options:
        dictionary = emission.name(Reference("pydantic", "ConfigDict"))
        emission.line()
        emission.line(f"model_config = {dictionary}({', '.join(options)})")


def _attribute(
    emission: Emission, attribute: AttributePlan, kind: TypeKind, shadowed: frozenset[str]
) -> None:
    hint = emission.hint(attribute.hint, shadowed)
    default = attribute.default
    text = default.text.format(*map(emission.name, default.references)) if default else ""
    if default is not None and default.mutable:
        factory = emission.name(_FACTORIES[kind])
        _assign(emission, attribute.name, hint, f"default_factory=lambda: {text}", f"{factory}(")
    else:
        _assign(emission, attribute.name, hint, text)
    emission.document(attribute.description)


def _assign(
    emission: Emission, name: str, hint: str, value: str = "", opening: str | None = None
) -> None:
    """Write an attribute on one line, or the longer part of it within parentheses."""
    closed = value if opening is None else f"{opening}{value})"
    tail = f" = {closed}" if value else ""
    if len(INDENT) + len(f"{name}: {hint}{tail}") <= WIDTH:
        emission.line(f"{name}: {hint}{tail}")
    elif len(closed) > len("None"):
        with emission.block(f"{name}: {hint} = {opening or '('}"):
            emission.line(value)
        emission.line(")")
    else:
        with emission.block(f"{name}: ("):
            emission.line(hint)
        emission.line(f"){tail}")


def _abstract(emission: Emission, type_: AbstractPlan) -> None:
    """Write an interface or a union as any of its types.

    They stand in quotes, for they may come from modules that import this one; within `Union` or
    `Annotated`, which unlike text can be made optional in annotations that are evaluated.
    """
    alias = f"{type_.name}: {emission.name(Reference('typing', 'TypeAlias'))}"
    names = [f'"{emission.name(each)}"' for each in type_.types] or ["object"]
    emission.line()
    if len(names) == 1:  # a union needs two
        names.append(literal(type_.type))
        emission.call(f"{alias} = {emission.name(Reference('typing', 'Annotated'))}[", names, "]")
    else:
        emission.call(f"{alias} = {emission.name(Reference('typing', 'Union'))}[", names, "]")
    emission.document(type_.description, depth=0)
