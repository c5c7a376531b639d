"""What the classes that stand for types have, and what of it does not fit the schema.

Everything is told with the place in the schema and the place of the class, before anything runs.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, NamedTuple, get_type_hints

from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    is_abstract_type,
    is_enum_type,
    is_non_null_type,
)
from graphql.pyutils import did_you_mean, suggestion_list

from trunkline.generate.server.bound import Bound
from trunkline.generate.server.classes import place_of
from trunkline.generate.server.fits import Fits, awaited
from trunkline.generate.server.settings import Settings, place_in_schema
from trunkline.schema.models import is_mapping, members_of, method_of, takes_self, whose
from trunkline.schema.names import names_of
from trunkline.schema.signatures import given_to, misfits, parameters_of

__all__ = ["Checker"]


class _Bound(NamedTuple):
    """A field and the member of a class that answers it."""

    coordinate: str
    field: GraphQLField
    model: type
    member: str


class Checker:
    """Holds the bound classes against the schema; collects ``mistakes`` and ``notes``.

    ``python`` has the Python name of each field, argument and enum value by coordinate.
    """

    def __init__(self, bound: Bound, settings: Settings, python: dict[str, str]) -> None:
        self._bound = bound
        self._settings = settings
        self._python = python
        self._fits = Fits(bound.classes, bound.scalar_classes)
        self._answered: dict[str, bool] = {}
        self.mistakes: list[str] = []
        self.notes: list[str] = []

    def is_answered(self, type_: GraphQLObjectType, name: str, field: GraphQLField) -> bool:
        """Say whether a type's class itself has what a field's value is, and note its name.

        Where it has not, a resolver is wanted.
        """
        coordinate = f"{type_.name}.{name}"
        if coordinate not in self._answered:
            member = self._member(type_, name, field)
            if member is not None:
                self._python[coordinate] = member
            self._answered[coordinate] = member is not None
        return self._answered[coordinate]

    def _member(self, type_: GraphQLObjectType, name: str, field: GraphQLField) -> str | None:
        model = self._bound.classes[type_.name]
        settings = self._settings.field(type_, name, field)
        wished = settings.name
        members = members_of(model)
        candidates = (
            (wished,) if wished else (self._python[f"{type_.name}.{name}"], *names_of(name))
        )
        found = next((each for each in candidates if each in members), None)
        if found is None:
            must_be = bool(wished) or settings.resolver is False
            self._lacks(model, candidates[0], f"{type_.name}.{name}", field, must_be=must_be)
            return None
        method = method_of(model, found)
        is_foreign = not is_mapping(model) and whose(model, found) is not None
        if is_foreign or (field.args and method is None):
            if settings.resolver is False:
                self.refuse_arguments(type_, name, field)
            return None
        if is_mapping(model):
            return found
        if method is None:
            self._check_attribute(_Bound(f"{type_.name}.{name}", field, model, found))
        else:
            self._check_method(_Bound(f"{type_.name}.{name}", field, model, found), method)
        return found

    def _lacks(
        self, model: type, wanted: str, coordinate: str, field: GraphQLField, *, must_be: bool
    ) -> None:
        """Say that a class has nothing for a field; it is a mistake where it was to have it."""
        if model is dict:
            return
        members = [each for each in members_of(model) if not each.startswith("_")]
        hint = did_you_mean(suggestion_list(wanted, members))
        sentence = (
            f"{place_in_schema(field)}: {coordinate}: {_shown(model)} has no attribute"
            f" {wanted!r}.{hint}"
        )
        if must_be:
            self.mistakes.append(f"{sentence} Correct the name, or let a resolver answer.")
        else:
            self.notes.append(f"{sentence} A resolver is wanted.")

    def refuse_arguments(self, type_: GraphQLObjectType, name: str, field: GraphQLField) -> None:
        """Say that a field whose class is to answer has what no attribute can take."""
        what = f"takes its arguments ({', '.join(field.args)})" if field.args else "answers it"
        self.mistakes.append(
            f"{place_in_schema(field)}: {type_.name}.{name}: no method {what}, and a resolver is"
            " ruled out (`resolver = false`). Add the method, or allow a resolver."
        )

    def _check_attribute(self, bound: _Bound) -> None:
        hint = _hint_of(bound.model, bound.member)
        reason = None if hint is None else self._fits.output(bound.field.type, hint)
        if reason:
            self._misfit(bound, reason, "or let a resolver answer")

    def _check_method(self, bound: _Bound, method: Any) -> None:
        hints = _hints_of_function(method)
        if "return" in hints:
            reason = self._fits.output(bound.field.type, awaited(hints["return"]))
            if reason:
                self._misfit(bound, reason, "or let a resolver answer")
        parameters = parameters_of(method)
        if parameters is None:
            return
        if takes_self(bound.model, bound.member):
            parameters.pop(next(iter(parameters), ""), None)
        arguments = bound.field.args
        names = {each: self._python[f"{bound.coordinate}({each}:)"] for each in arguments}
        given = {given_to(parameters, names, each) for each in ("context", "selection", "caller")}
        for reason in misfits(parameters, arguments, names, given):
            self._misfit(bound, reason.rstrip("."), "or the schema")
        for argument, element in arguments.items():
            reason = self._fits.input(element.type, hints.get(names[argument], Any))
            if reason:
                self._misfit(bound, f"its argument {argument!r} {reason}", "or the schema")

    def check_inputs(self, types: Iterable[GraphQLInputObjectType]) -> None:
        """Hold the constructors of input types' classes against what they are given."""
        for type_ in types:
            model = self._bound.classes.get(type_.name)
            if model is None or is_mapping(model):
                continue
            parameters = parameters_of(model)
            if parameters is not None:
                self._check_constructor(type_, model, parameters)

    def _check_constructor(
        self,
        type_: GraphQLInputObjectType,
        model: type,
        parameters: Mapping[str, inspect.Parameter],
    ) -> None:
        takes_any = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
        given = {self._python[f"{type_.name}.{name}"]: name for name in type_.fields}
        for python, name in given.items():
            field = type_.fields[name]
            parameter = parameters.get(python)
            if parameter is None or parameter.kind is parameter.POSITIONAL_ONLY:
                if not takes_any:
                    hint = did_you_mean(suggestion_list(python, list(parameters)))
                    what = f"has no parameter {python!r} to make it with.{hint}"
                    self._input_misfit(type_, name, model, None, what)
                continue
            may_be_absent = not is_non_null_type(field.type) and field.default is None
            if parameter.default is parameter.empty and may_be_absent:
                what = f"needs a default for {python!r}: requests may leave it out."
                self._input_misfit(type_, name, model, python, what)
            self._check_input_type(type_, name, model, python)
        for python, parameter in parameters.items():
            is_variadic = parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
            if python not in given and not is_variadic and parameter.default is parameter.empty:
                what = f"wants {python!r}, which the schema's {type_.name} has not. Give a default."
                self._input_misfit(type_, None, model, python, what)

    def _check_input_type(
        self, type_: GraphQLInputObjectType, name: str, model: type, python: str
    ) -> None:
        hint = _hint_of(model, python) or _hints_of_function(vars(model).get("__init__")).get(
            python
        )
        if hint is None:
            return
        field = type_.fields[name]
        leaves = not _converts(model)
        reason = self._fits.input(field.type, hint, leaves=leaves)
        if reason and not (field.default is not None and "may be null" in reason):
            self._input_misfit(type_, name, model, python, f"does not fit: {name!r} {reason}.")

    def is_ambiguous(self, type_: GraphQLNamedType, schema: GraphQLSchema) -> bool:
        """Say whether an interface's or union's values cannot be told apart by their classes."""
        if not is_abstract_type(type_):
            return False
        possible = [self._bound.classes.get(each.name) for each in schema.get_possible_types(type_)]
        known = [each for each in possible if each is not None]
        return len(set(known)) < len(known) or any(map(is_mapping, known))

    def check_enums(self, types: Iterable[GraphQLNamedType]) -> None:
        """Refuse enum classes that lack a value of the schema."""
        for type_ in types:
            model = self._bound.classes.get(type_.name)
            if model is None or not is_enum_type(type_):
                continue
            members = [*getattr(model, "__members__", ())]
            for name, value in type_.values.items():
                python = self._python[f"{type_.name}.{name}"]
                if python not in members:
                    hint = did_you_mean(suggestion_list(python, members))
                    self.mistakes.append(
                        f"{place_in_schema(value)}: {type_.name}.{name}: {_shown(model)} has no"
                        f" member {python!r}.{hint} Add it, or name another under `values`."
                    )

    def _misfit(self, bound: _Bound, reason: str, otherwise: str) -> None:
        place = place_of(bound.model, bound.member)
        where = f" ({place})" if place else ""
        self.mistakes.append(
            f"{place_in_schema(bound.field)}: {bound.coordinate}:"
            f" {bound.model.__qualname__}.{bound.member}{where} {reason}. Change it, {otherwise}."
        )

    def _input_misfit(
        self,
        type_: GraphQLInputObjectType,
        name: str | None,
        model: type,
        member: str | None,
        what: str,
    ) -> None:
        element = type_ if name is None else type_.fields[name]
        coordinate = type_.name if name is None else f"{type_.name}.{name}"
        place = (member and place_of(model, member)) or place_of(model)
        where = f" ({place})" if place else ""
        self.mistakes.append(
            f"{place_in_schema(element)}: {coordinate}: {model.__qualname__}{where} {what}"
        )


def _shown(model: type) -> str:
    place = place_of(model)
    return (
        f"{model.__qualname__} ({place})" if place else f"{model.__module__}.{model.__qualname__}"
    )


def _converts(model: type) -> bool:
    """Say whether a class converts what it is made with, as Pydantic's models do."""
    return hasattr(model, "__pydantic_validator__") or hasattr(model, "__attrs_attrs__")


def _hint_of(model: type, member: str) -> Any:
    """Return the declared type of a class's attribute or property; ``None`` where nobody knows."""
    for base in model.__mro__:
        annotation = inspect.get_annotations(base).get(member)
        if annotation is not None:
            return _evaluated(annotation, base)
        if member in vars(base):
            return _hint_of_property(vars(base)[member])
    return None


def _hint_of_property(found: object) -> Any:
    function = found.fget if isinstance(found, property) else None
    if isinstance(found, cached_property):
        function = found.func
    return _hints_of_function(function).get("return") if function else None


def _evaluated(annotation: Any, class_: type) -> Any:
    """Return an annotation as a type, if its names are to be had."""
    if not isinstance(annotation, str):
        return annotation
    module = sys.modules.get(class_.__module__)
    try:
        return eval(annotation, vars(module) if module else {}, dict(vars(class_)))  # noqa: S307  # the program's own
    except Exception:  # noqa: BLE001  # imported for type checkers only, say
        return None


def _hints_of_function(function: Any) -> dict[str, Any]:
    try:
        return get_type_hints(function, include_extras=True)
    except Exception:  # noqa: BLE001  # as above
        return {}
