"""What the values of input types and enums arrive as: instances and members of Python's classes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from graphql import GraphQLEnumType, GraphQLError, GraphQLInputObjectType
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

__all__ = ["InputRefusedError", "bind_enum", "bind_input", "check_input"]


class InputRefusedError(GraphQLError):
    """A directive of the schema refuses a value that fits its type.

    ``within`` is the place of the value in what was coerced: names of fields and indices of lists.
    """

    def __init__(self, error: GraphQLError, within: list[str | int]) -> None:
        super().__init__(error.message, original_error=error, extensions=error.extensions)
        self.within = within


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


def check_input(
    type_: GraphQLInputObjectType,
    fields: Mapping[str, Callable[[Any], Any]],
    whole: Callable[[Any], Any] | None,
) -> None:
    """Let values of an input type go through functions: those of its ``fields``, then the whole.

    A function gives the value to use, or raises a ``GraphQLError``; null is no value.
    """
    make = None if type_.out_type is GraphQLInputObjectType.out_type else type_.out_type
    checks = [(name, type_.fields[name].out_name or name, check) for name, check in fields.items()]

    def check_and_make(value: dict[str, Any]) -> Any:
        for name, out_name, check in checks:
            if value.get(out_name) is not None:
                value[out_name] = _checked(check, value[out_name], [name])
        made = make(value) if make else value
        return _checked(whole, made, []) if whole else made

    type_.out_type = check_and_make  # type: ignore[method-assign]  # graphql-core's own hook


def _checked(check: Callable[[Any], Any], value: Any, within: list[str | int]) -> Any:
    try:
        return check(value)
    except GraphQLError as error:
        raise InputRefusedError(error, within) from error


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
