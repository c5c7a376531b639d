"""Pass 2, the schema's part: the Python types of scalars, enums and inputs that documents use."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, cast

import graphql
from graphql.type import GraphQLType

from trunkline.generate.client.names import ClientNames, member_names
from trunkline.generate.client.plan import RUNTIME, ClassFieldPlan, ClassPlan
from trunkline.generate.client.problems import Problems, place_of
from trunkline.generate.client.settings import ClientSettings, reference_of
from trunkline.generate.elements import EnumPlan, MemberPlan, documentation
from trunkline.text.imports import Hint, Reference
from trunkline.text.literals import literal

__all__ = ["STR", "SchemaTypes", "hint_of", "literal_hint"]

_ANY = Hint.of("typing", "Any")
_LIST = Reference("builtins", "list")
STR = Hint.of("builtins", "str")
_SEQUENCE = Reference("collections.abc", "Sequence")
_UPLOAD = Hint.of(RUNTIME, "Upload")
_UNSET = Hint.of(RUNTIME, "UnsetType")


class SchemaTypes:
    """Gives leaf and input types their hints, and plans those that the module must define."""

    def __init__(self, names: ClientNames, settings: ClientSettings, problems: Problems) -> None:
        self._names = names
        self._settings = settings
        self._problems = problems
        self._scalars: dict[str, Hint] = {}
        self._defined: set[str] = set()
        self._takes_files = cache(self._find_files)
        self._definitions: list[ClassPlan | EnumPlan] = []
        self._serialize_by_type: dict[str, tuple[str, str | None]] = {}
        self.serializers: dict[Reference, Reference] = {}

    @property
    def definitions(self) -> list[ClassPlan | EnumPlan]:
        """The definitions that hints refer to: enums first, each kind sorted by name."""
        return sorted(self._definitions, key=lambda each: (isinstance(each, ClassPlan), each.name))

    def hint(self, type_: GraphQLType) -> Hint:
        """Return the hint of the named type of a leaf or an input."""
        named = graphql.get_named_type(type_)
        if isinstance(named, graphql.GraphQLScalarType):
            if named.name not in self._scalars:
                self._scalars[named.name] = self._scalar(named)
            return self._scalars[named.name]
        assert isinstance(named, (graphql.GraphQLEnumType, graphql.GraphQLInputObjectType))  # noqa: S101
        if named.name not in self._defined:
            self._defined.add(named.name)  # before its fields, which may be of this type too
            self._define(named)
        return Hint.of("", self._names.schema[named.name])

    def takes_files(self, type_: GraphQLType) -> bool:
        """Say whether a value of an input type may contain files."""
        return self._takes_files(graphql.get_named_type(type_))

    def _find_files(self, type_: graphql.GraphQLNamedType) -> bool:
        reached = {type_}
        waiting = [*reached]
        while waiting:
            named = waiting.pop()
            if isinstance(named, graphql.GraphQLInputObjectType):
                inner = {graphql.get_named_type(each.type) for each in named.fields.values()}
                waiting += inner - reached
                reached |= inner
        scalars = (each for each in reached if isinstance(each, graphql.GraphQLScalarType))
        return any(self.hint(each) == _UPLOAD for each in scalars)

    def input(self, type_: GraphQLType, *, may_be_absent: bool) -> Hint:
        """Return the hint of an input. Any sequence is taken for a list."""
        return hint_of(type_, self.hint(type_), _SEQUENCE, may_be_absent=may_be_absent)

    def _scalar(self, type_: graphql.GraphQLScalarType) -> Hint:
        name, url = type_.name, type_.specified_by_url
        scalar = self._settings.scalar(name, url)
        if scalar is None:
            known = f" Its specification, {url}, is not known." if url else ""
            self._problems.warn(
                place_of(type_.ast_node) if type_.ast_node else f"scalar {name}",
                f"The Python type of {name} is not configured, so it is Any.{known} Add it to"
                f' [tool.trunkline.client.scalars], such as {name} = "str".',
            )
            return _ANY
        of = reference_of(scalar.type)
        other, serialize = self._serialize_by_type.setdefault(scalar.type, (name, scalar.serialize))
        if serialize != scalar.serialize:  # a value is written by its Python type alone
            self._problems.error(
                f"scalars.{name}",
                f"{other} and {name} are both {scalar.type}, but are not written by the same"
                " function. Write a class for one of them.",
            )
        elif scalar.serialize:
            self.serializers[of] = reference_of(scalar.serialize)
        if scalar.parse:
            return Hint(Reference(RUNTIME, "Parsed"), (Hint(of), Hint(reference_of(scalar.parse))))
        return Hint(of)

    def _define(self, type_: graphql.GraphQLEnumType | graphql.GraphQLInputObjectType) -> None:
        name = self._names.schema[type_.name]
        description = documentation(type_)
        if isinstance(type_, graphql.GraphQLEnumType):
            names = member_names(type_.values)
            members = [
                MemberPlan(names[key], key, documentation(value))
                for key, value in type_.values.items()
            ]
            self._definitions.append(EnumPlan(type_.name, name, description, tuple(members)))
            return
        if type_.is_one_of:
            description = f"{description}\n\nGive exactly one.".strip()
        names = self._names.attributes(type_.fields)
        fields: list[ClassFieldPlan] = []
        for key, field in type_.fields.items():
            may_be_absent = not graphql.is_required_input_field(field)
            of: Any = field.type
            if type_.is_one_of:  # null is not a choice
                of = graphql.GraphQLNonNull(graphql.get_nullable_type(of))
            hint = self.input(of, may_be_absent=may_be_absent)
            about = documentation(field)
            fields.append(ClassFieldPlan(names[key], key, hint, about, may_be_absent))
        self._definitions.append(ClassPlan(name, fields, description, is_input=True))


def hint_of(
    type_: GraphQLType, named: Hint, list_: Reference = _LIST, *, may_be_absent: bool = False
) -> Hint:
    """Return the hint of a type whose named type is ``named`` (GraphQL §3.11, §3.12)."""
    inner, hint = graphql.get_nullable_type(cast("Any", type_)), named
    if isinstance(inner, graphql.GraphQLList):
        hint = hint_of(inner.of_type, named, list_).within(list_)
    if hint == _ANY:
        return hint
    hint = hint.either(_UNSET) if may_be_absent else hint
    return hint if graphql.is_non_null_type(type_) else hint.optional


def literal_hint(values: Iterable[str]) -> Hint:
    """Return the hint of one of several strings."""
    return Hint(Reference("typing", "Literal"), tuple(map(literal, values)))
