"""The second pass, checks: whether the classes that stand for types fit the schema.

Each message has the place in the schema and the place of the class. `schema/signatures.py` decides
whether a function can be called with the arguments of a field, here and when a server starts.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from functools import cached_property
from typing import Any, get_type_hints

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLObjectType,
    is_abstract_type,
)

from trunkline.generate.elements import place_in_schema, suggestion
from trunkline.generate.server.classes import place_of
from trunkline.generate.server.fits import Fits, awaited_type
from trunkline.generate.server.settings import ServerSettings
from trunkline.schema.mapped import lazy_reason
from trunkline.schema.models import (
    is_looked_up,
    is_mapping,
    members_of,
    method_of,
    takes_self,
    whose,
)
from trunkline.schema.names import names_of
from trunkline.schema.signatures import given_to, misfits, parameters_of

__all__ = ["ModelCheck"]

_RELATED = "Say `batch = true` for the field, and write for its stub"


class ModelCheck:
    """Compares bound classes with the schema, and collects ``mistakes``.

    ``names`` has the Python name of each field, argument and enum value by coordinate. ``reasons``
    say, by coordinate, why a field of a bound class needs a resolver.
    """

    def __init__(self, settings: ServerSettings, names: Mapping[str, str]) -> None:
        self._settings = settings
        self._classes = settings.classes
        self._names = names
        self._fits = Fits(
            settings.classes, settings.scalar_classes, f"{settings.configuration.package}.types"
        )
        self.mistakes: list[str] = []
        self.reasons: dict[str, str] = {}

    def member_for(self, type_: GraphQLObjectType, name: str, field: GraphQLField) -> str | None:
        """Return the attribute or method of a type's class that a field's value comes from.

        ``None`` means that a resolver is needed.
        """
        model = self._classes[type_.name]
        coordinate = f"{type_.name}.{name}"
        configured = self._settings.field(type_, name, field)
        members = members_of(model)
        usual = (self._names[coordinate], *names_of(name))
        candidates = (configured.name,) if configured.name else usual
        found = next((each for each in candidates if each in members), None)
        if is_looked_up(model, found):
            found = candidates[0]
        if found is None:
            hint = suggestion(candidates[0], [each for each in members if each[0] != "_"])
            sentence = (
                f"{place_in_schema(field)}: {coordinate}: {_with_place(model)} has no"
                f" attribute {candidates[0]!r}.{hint}"
            )
            if configured.name or configured.resolver is False:
                self.mistakes.append(f"{sentence} Correct the name, or use a resolver.")
            else:
                self.reasons[coordinate] = f"{sentence} The field gets a resolver."
            return None
        if is_mapping(model) or is_looked_up(model, found):
            if field.args and configured.resolver is False:
                self.refuse_arguments(type_, name, field)
            return None if field.args else found
        method = method_of(model, found)
        is_foreign = whose(model, found) is not None  # of a library's base class
        if is_foreign or (field.args and method is None):
            if configured.resolver is False:
                self.refuse_arguments(type_, name, field)
            return None
        if lazy := lazy_reason(model, found, _RELATED):
            self.reasons[coordinate] = f"{place_in_schema(field)}: {coordinate}: {lazy}"
        for reason, otherwise in self._misfits(coordinate, field, model, found, method):
            place = place_of(model, found)
            self.mistakes.append(
                f"{place_in_schema(field)}: {coordinate}: {model.__qualname__}.{found}"
                f"{f' ({place})' if place else ''} {reason}. Change it, or {otherwise}."
            )
        return found

    def _misfits(
        self, coordinate: str, field: GraphQLField, model: type, member: str, method: Any
    ) -> list[tuple[str, str]]:
        """Return why an attribute or a method does not fit a field, each with another remedy."""
        if method is None:
            reason = self._fits.output(field.type, _hint_of(model, member) or Any)
            return [(reason, "use a resolver")] if reason else []
        hints = _hints_of_function(method)
        found: list[tuple[str, str]] = []
        if reason := self._fits.output(field.type, awaited_type(hints.get("return", Any))):
            found.append((reason, "use a resolver"))
        parameters = parameters_of(method)
        if parameters is None:
            return found
        if takes_self(model, member):
            parameters.pop(next(iter(parameters), ""), None)
        names = {each: self._names[f"{coordinate}({each}:)"] for each in field.args}
        given = {given_to(parameters, names, each) for each in ("context", "selection", "caller")}
        reasons = [each.rstrip(".") for each in misfits(parameters, field.args, names, given)]
        for argument, element in field.args.items():
            if reason := self._fits.input(element.type, hints.get(names[argument], Any)):
                reasons.append(f"does not take the argument {argument!r}: it {reason}")
        return found + [(reason, "the schema") for reason in reasons]

    def refuse_arguments(self, type_: GraphQLObjectType, name: str, field: GraphQLField) -> None:
        """Note that a class cannot give a field's value, though no resolver is allowed."""
        what = f"takes its arguments ({', '.join(field.args)})" if field.args else "gives its value"
        self.mistakes.append(
            f"{place_in_schema(field)}: {type_.name}.{name}: no method {what}, and a resolver is"
            " ruled out (`resolver = false`). Add the method, or allow a resolver."
        )

    def check_input(self, type_: GraphQLInputObjectType) -> None:
        """Compare the constructor of an input type's class with what it will be called with."""
        model = self._classes.get(type_.name)
        parameters = None if model is None or is_mapping(model) else parameters_of(model)
        if model is None or parameters is None:
            return

        def note(element: Any, coordinate: str, python: str, reason: str) -> None:
            place = place_of(model, python) or place_of(model)
            where = f" ({place})" if place else ""
            self.mistakes.append(
                f"{place_in_schema(element)}: {coordinate}: {model.__qualname__}{where} {reason}"
            )

        # these convert what they are made with
        leaves = not hasattr(model, "__pydantic_validator__")
        leaves = leaves and not hasattr(model, "__attrs_attrs__")
        for name, field in type_.fields.items():
            coordinate = f"{type_.name}.{name}"
            python = self._names[coordinate]
            for reason in misfits(parameters, {name: field}, {name: python}, parameters):
                hint = "" if python in parameters else suggestion(python, parameters)
                note(field, coordinate, python, f"{reason}{hint}")
            if python not in parameters:
                continue
            constructor = vars(model).get("__init__")
            hint = _hint_of(model, python) or _hints_of_function(constructor).get(python, Any)
            misfit = self._fits.input(field.type, hint, leaves=leaves)
            if misfit and not (field.default is not None and "may be null" in misfit):
                note(field, coordinate, python, f"does not fit: {name!r} {misfit}.")
        given = [self._names[f"{type_.name}.{name}"] for name in type_.fields]
        absent = f"{type_.name} has no field for"
        for python, parameter in parameters.items():
            for reason in misfits({python: parameter}, {}, {}, given, absent=absent):
                note(type_, type_.name, python, f"{reason} Give it a default.")

    def check_enum(self, type_: GraphQLEnumType) -> None:
        """Compare an enum with its class, which must have a member for each value."""
        model = self._classes.get(type_.name)
        if model is None:
            return
        members = [*getattr(model, "__members__", ())]
        for name, value in type_.values.items():
            python = self._names[f"{type_.name}.{name}"]
            if python not in members:
                self.mistakes.append(
                    f"{place_in_schema(value)}: {type_.name}.{name}: {_with_place(model)} has no"
                    f" member {python!r}.{suggestion(python, members)} Add it, or name another"
                    " under `values`."
                )

    def is_ambiguous(self, type_: GraphQLNamedType) -> bool:
        """Say whether the classes of an interface or a union do not tell its types apart."""
        if not is_abstract_type(type_):
            return False
        possible = self._settings.schema.get_possible_types(type_)
        known = [self._classes[each.name] for each in possible if each.name in self._classes]
        return len(set(known)) < len(known) or any(map(is_mapping, known))


def _with_place(model: type) -> str:
    name, place = model.__qualname__, place_of(model)
    return f"{name} ({place})" if place else f"{model.__module__}.{name}"


def _hint_of(model: type, member: str) -> Any:
    """Return the type of a class's attribute or property; ``None`` if it is not declared."""
    for base in model.__mro__:
        annotation = inspect.get_annotations(base).get(member)
        if isinstance(annotation, str):
            module = vars(sys.modules[base.__module__]) if base.__module__ in sys.modules else {}
            try:
                return eval(annotation, module, dict(vars(base)))  # noqa: S307  # the program's own
            except Exception:  # noqa: BLE001  # imported for type checkers only, say
                return None
        if annotation is not None:
            return annotation
        if member in vars(base):
            found = vars(base)[member]
            function = found.fget if isinstance(found, property) else None
            function = found.func if isinstance(found, cached_property) else function
            return _hints_of_function(function).get("return") if function else None
    return None


def _hints_of_function(function: Any) -> dict[str, Any]:
    try:
        return get_type_hints(function, include_extras=True)
    except Exception:  # noqa: BLE001  # a name that type checkers alone import, or not a function
        return {}
