"""What the values of input types and enums arrive as: instances and members of Python's classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import GraphQLEnumType, GraphQLInputObjectType
from graphql.pyutils import did_you_mean, suggestion_list

from trunkline.schema.members import is_mapping
from trunkline.schema.names import PythonNames
from trunkline.schema.signatures import (
    Parameters,
    describe,
    misfits,
    parameters_of,
    same_names,
)

__all__ = ["bind_enum", "bind_input"]


def bind_input(type_: GraphQLInputObjectType, model: type, names: PythonNames) -> Iterator[str]:
    """Let values of an input type arrive with Python's names, as instances of the model.

    Fields that a request leaves out are left to the model's own defaults. Yields what keeps the
    model from being made of the fields.
    """
    parameters = None if is_mapping(model) else parameters_of(model)
    taken = {
        name: _parameter(f"{type_.name}.{name}", name, names, parameters) for name in type_.fields
    }
    yield from same_names(f"{type_.name}: the fields", taken, "parameter")
    for name, field in type_.fields.items():
        field.out_name = taken[name]
    if is_mapping(model):
        return
    if parameters is not None:
        absent = "the input type has no field for"
        for mistake in misfits(parameters, type_.fields, taken, absent=absent):
            yield f"{type_.name}: {describe(model, 'the model')} {mistake}"

    def construct(value: dict[str, Any]) -> Any:
        return model(**value)

    type_.out_type = construct  # type: ignore[method-assign]  # graphql-core's own hook


def _parameter(
    coordinate: str, name: str, names: PythonNames, parameters: Parameters | None
) -> str:
    """Name the model's parameter for a field: an alias may be what the schema calls it."""
    wanted = names.of(coordinate, name)
    candidates = (wanted, *names.any_of(coordinate, name))
    return next((each for each in candidates if each in (parameters or ())), wanted)


def bind_enum(type_: GraphQLEnumType, model: type, names: PythonNames) -> Iterator[str]:
    """Let an enum's values be the members of a Python enum. Yields those that it lacks."""
    members: Mapping[str, object] = getattr(model, "__members__", {})
    for name, value in type_.values.items():
        member = names.member(f"{type_.name}.{name}", name)
        if member not in members:
            hint = did_you_mean(suggestion_list(member, list(members)))
            yield f"{type_.name}.{name}: {model.__qualname__} has no member {member!r}.{hint}"
        value.value = members.get(member, name)
