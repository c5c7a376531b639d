"""Random plans of where a schema's values come from, and of what goes wrong there.

A plan is data; `world.py` makes values of it, the same ones for both engines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLObjectType,
    GraphQLSchema,
    is_input_object_type,
    is_object_type,
    is_scalar_type,
    is_specified_scalar_type,
)
from hypothesis import strategies as st
from tests.property.faults import FAULTS, RAISED

from trunkline.text.names import snake_case

__all__ = ["FieldPlan", "Plan", "ambiguous", "is_root", "own_types", "plans"]


@dataclass(frozen=True)
class FieldPlan:
    """How a field gets its values."""

    has_resolver: bool = True
    delay: int | None = None  # None: not async; else how often it gives way at most
    exact: bool = False  # the resolver has a parameter for each argument
    takes_context: bool = False
    container: str = "list"  # what lists are made of: a key of `faults.CONTAINERS`
    faults: tuple[str, ...] = ()  # keys of `faults.FAULTS` and `faults.RAISED`


@dataclass(frozen=True)
class Plan:
    """Where the values of a schema come from."""

    seed: int
    fields: Mapping[str, FieldPlan]
    forms: Mapping[str, str]  # of objects, by type: see `objects.py`
    scalars: Mapping[str, str]  # what custom scalars do, by type: see `scalars.py`
    input_models: frozenset[str]  # input types whose values are instances of a class


def own_types(definition: GraphQLSchema) -> list[Any]:
    """List the types that are not introspection's."""
    return [type_ for name, type_ in definition.type_map.items() if not name.startswith("__")]


def is_root(definition: GraphQLSchema, type_: GraphQLObjectType) -> bool:
    """Say whether operations start at the type."""
    return type_ is definition.query_type or type_ is definition.mutation_type


def ambiguous(type_: GraphQLObjectType) -> set[str]:
    """Name the fields that have the same name in Python; only a key tells them apart."""
    python_names = [snake_case(name) for name in type_.fields]
    return {name for name in type_.fields if python_names.count(snake_case(name)) > 1}


@st.composite
def plans(draw: st.DrawFn, definition: GraphQLSchema) -> Plan:
    """Draw where a schema's values come from."""
    may_wait, may_fail = draw(st.booleans()), draw(st.booleans())
    types = own_types(definition)
    objects = [type_ for type_ in types if is_object_type(type_)]
    return Plan(
        seed=draw(st.integers(0, 1000)),
        fields={
            f"{type_.name}.{name}": _draw_field(draw, definition, type_, name, may_wait, may_fail)
            for type_ in objects
            for name in type_.fields
        },
        forms={type_.name: draw(_LOOSE_FORMS if ambiguous(type_) else _FORMS) for type_ in objects},
        scalars={
            type_.name: draw(_SCALARS)
            for type_ in types
            if is_scalar_type(type_) and not is_specified_scalar_type(type_)
        },
        input_models=frozenset(
            type_.name for type_ in types if is_input_object_type(type_) and draw(st.booleans())
        ),
    )


def _draw_field(  # noqa: PLR0913, PLR0917
    draw: st.DrawFn,
    definition: GraphQLSchema,
    type_: GraphQLObjectType,
    name: str,
    may_wait: bool,  # noqa: FBT001
    may_fail: bool,  # noqa: FBT001
) -> FieldPlan:
    field = type_.fields[name]
    may_be_read = not is_root(definition, type_)
    must_be_read = may_be_read and name in ambiguous(type_)
    may_be_read = may_be_read and not field.args  # which no attribute takes
    has_resolver = not must_be_read and not (may_be_read and draw(st.booleans()))
    return FieldPlan(
        has_resolver=has_resolver,
        delay=draw(_DELAYS) if may_wait and has_resolver else None,
        exact=bool(field.args) and draw(st.booleans()),
        takes_context=has_resolver and draw(st.booleans()),
        container=draw(_CONTAINERS) if "[" in str(field.type) else "list",
        faults=draw(_FAULT_NAMES) if may_fail else (),
    )


_DELAYS = st.sampled_from((None, 0, 0, 1, 2, 3))
_CONTAINERS = st.sampled_from(("list", "list", "tuple", "generator", "deque", "subclass"))
_LOOSE_FORMS = st.sampled_from(("object", "mapping", "dict"))
_FORMS = st.sampled_from(
    ("object", "mapping", "dict", "keys", "typed", "properties", "attributes", "derived")
)
_SCALARS = st.sampled_from(("plain", "printed", "measured", "picky"))
_FAULT_NAMES = st.one_of(
    st.just(()),
    st.just(("null",)),
    st.just(("raise",)),
    st.lists(st.sampled_from((*FAULTS, *RAISED)), min_size=1, max_size=2).map(tuple),
)
