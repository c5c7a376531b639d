"""The second pass, names: what each class, field, argument and enum value is called in Python.

How names are made and kept apart is in `text/names.py`; which of them are reserved is decided here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    is_enum_type,
)

from trunkline.generate.server.settings import ServerSettings
from trunkline.schema.directives import arguments_of
from trunkline.text.imports import Reference
from trunkline.text.names import apart, enum_member, escape_keyword, python_name, python_names

__all__ = ["name_classes", "name_elements", "unusual_names"]

_OF_DIRECTIVES = {"self", "proceed", "value", "parent", "context", "selection", "operation"}


def name_classes(settings: ServerSettings) -> dict[str, Reference]:
    """Return the class of each type that has one: of the program, or generated."""
    classes = dict(settings.references)
    for type_ in settings.types:
        if settings.is_generated(type_):
            name = settings.model(type_).name or escape_keyword(type_.name)
            classes[type_.name] = Reference(f"{settings.configuration.package}.types", name)
    return classes


def name_elements(settings: ServerSettings, classes: Mapping[str, Reference]) -> dict[str, str]:
    """Return the name of each field, argument and enum value in Python, by its coordinate."""
    reserved = {
        each.name
        for each in classes.values()
        if each.module == f"{settings.configuration.package}.types"
    }
    if settings.configuration.types == "pydantic":
        from pydantic import BaseModel  # noqa: PLC0415  # an optional dependency

        of_models = {*dir(BaseModel), *dir(type(BaseModel))}
        reserved |= {each for each in of_models if not each.startswith("_")}
    names: dict[str, str] = {}
    for type_ in settings.types:
        if is_enum_type(type_):
            names |= _name_values(settings, type_)
        else:
            names |= _name_fields(settings, type_, reserved)
    return names | _name_directives(settings)


def _name_fields(
    settings: ServerSettings, type_: GraphQLNamedType, reserved: Collection[str]
) -> dict[str, str]:
    """Name the fields of a type and their arguments; generated classes need ``reserved`` names."""
    names: dict[str, str] = {}
    fields: Mapping[str, Any] = getattr(type_, "fields", {})
    configured = {
        name: given
        for name, field in fields.items()
        if (given := settings.field(type_, name, field).name)
    }
    is_generated = settings.is_generated(type_)
    found = python_names(
        fields,
        snake_case=settings.configuration.snake_case,
        configured=configured,
        reserved=reserved if is_generated else (),
    )
    if is_generated and settings.configuration.types == "pydantic":
        found = apart({name: _public(python) for name, python in found.items()}, configured)
    for name, field in fields.items():
        names[f"{type_.name}.{name}"] = found[name]
        if isinstance(field, GraphQLField):
            names |= _name_arguments(settings, type_, name, field)
    return names


def _public(name: str) -> str:
    """Name an attribute of a pydantic model: with an underscore first, it would be private."""
    if name[0] != "_":
        return name
    stripped = name.strip("_")
    return f"{stripped if stripped.isidentifier() else f'field{stripped}'}_"


def _name_directives(settings: ServerSettings) -> dict[str, str]:
    """Name the functions of directives and their parameters."""
    names: dict[str, str] = {}
    snake_case = settings.configuration.snake_case
    own = [each.name for each in settings.directives]
    configured = {name: given for name in own if (given := settings.directive(name).name)}
    functions = python_names(own, snake_case=snake_case, configured=configured)
    for directive in settings.directives:
        names[f"@{directive.name}"] = functions[directive.name]
        arguments = python_names(directive.args, snake_case=snake_case, reserved=_OF_DIRECTIVES)
        for argument, python in arguments.items():
            names[f"@{directive.name}({argument}:)"] = python
    return names


def _name_arguments(
    settings: ServerSettings, type_: GraphQLNamedType, name: str, field: GraphQLField
) -> dict[str, str]:
    """Name the arguments of a field; parameters that its resolver gets besides are reserved."""
    given = settings.field(type_, name, field)
    configured: dict[str, str] = {}
    for argument, element in field.args.items():
        applied = arguments_of("field", element) or {}
        if python := given.arguments.get(argument) or applied.get("name"):
            configured[argument] = python
    reserved = {"self"}
    reserved |= {"context"} if settings.context else set()
    reserved |= {"selection"} if given.selection else set()
    reserved |= {"caller"} if given.caller else set()
    snake_case = settings.configuration.snake_case
    names = python_names(
        field.args, snake_case=snake_case, configured=configured, reserved=reserved
    )
    coordinate = f"{type_.name}.{name}"
    return {f"{coordinate}({argument}:)": python for argument, python in names.items()}


def _name_values(settings: ServerSettings, type_: GraphQLEnumType) -> dict[str, str]:
    """Name the values of an enum: as configured, as a bound class has them, or as `enum` allows."""
    configured = settings.model(type_).values
    generated = apart({name: enum_member(name) for name in type_.values})
    class_ = settings.classes.get(type_.name)
    members: Mapping[str, Any] = getattr(class_, "__members__", {})
    names: dict[str, str] = {}
    for name, value in type_.values.items():
        found = generated[name] if class_ is None else enum_member(name)
        if class_ is not None:
            by_value = (each for each, member in members.items() if member.value == name)
            found = name if name in members else next(by_value, found)
        given = configured.get(name) or settings.field(type_, name, value).name
        names[f"{type_.name}.{name}"] = given or found
    return names


def unusual_names(schema: GraphQLSchema, names: Mapping[str, str]) -> dict[str, str]:
    """Return the names that the server would not find by itself."""
    unusual: dict[str, str] = {}
    for coordinate, python in names.items():
        type_name, _, member = coordinate.lstrip("@").partition(".")
        last = member or type_name
        last = last.partition("(")[2].rstrip(":)") or last
        is_value = member and is_enum_type(schema.type_map[type_name])
        if python != (last if is_value else python_name(last)):
            unusual[coordinate] = python
    return unusual
