"""The enums and inputs of the schema, as far as documents use them."""

from __future__ import annotations

from collections.abc import Container

from graphql import (
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLScalarType,
    get_named_type,
    is_non_null_type,
    is_required_input_field,
)
from graphql.type import GraphQLType

from trunkline.generate.client.descriptions import documentation
from trunkline.generate.client.messages import place_of
from trunkline.generate.client.model import (
    Attribute,
    ClassDefinition,
    EnumDefinition,
    Member,
)
from trunkline.generate.client.naming import (
    ClassNames,
    attribute_name,
    distinct,
    member_names,
    pascal_case,
)
from trunkline.generate.client.types import Annotation, Imports, ScalarTypes, annotation_of

__all__ = ["SchemaTypes"]


class SchemaTypes:
    """Gives leaf and input types their annotations, and remembers which were asked for."""

    def __init__(
        self, scalars: ScalarTypes, names: ClassNames, imports: Imports, taken: Container[str]
    ) -> None:
        self.taken = taken
        self._scalars = scalars
        self._imports = imports
        self._names = names
        self._given: dict[str, str] = {}
        self._definitions: dict[str, ClassDefinition | EnumDefinition] = {}

    @property
    def definitions(self) -> list[ClassDefinition | EnumDefinition]:
        """Return what was asked for: enums first, each kind in the alphabet's order."""
        found = self._definitions.values()
        return sorted(found, key=lambda each: (isinstance(each, ClassDefinition), each.name))

    def named(self, type_: GraphQLType) -> str:
        """Return how the named type of a leaf or an input is written."""
        named = get_named_type(type_)
        if isinstance(named, GraphQLScalarType):
            return self._scalars.annotation(named)
        assert isinstance(named, (GraphQLEnumType, GraphQLInputObjectType))  # noqa: S101
        if named.name not in self._given:
            self._define(named)
        return self._given[named.name]

    def input(self, type_: GraphQLType) -> Annotation:
        """Return the annotation of an input; of lists, any sequence will do."""
        annotation = annotation_of(type_, self.named(type_), "Sequence")
        if "Sequence[" in str(annotation):
            self._imports.name("collections.abc", "Sequence")
        return annotation

    def _define(self, type_: GraphQLEnumType | GraphQLInputObjectType) -> None:
        is_enum = isinstance(type_, GraphQLEnumType)
        suffix, what = ("Enum", "the enum") if is_enum else ("Input", "the input")
        place = place_of(type_.ast_node) if type_.ast_node else "the schema"
        wanted = pascal_case(type_.name) if type_.name.islower() else type_.name
        name = self._names.claim_for_schema(wanted, suffix, f"{what} {type_.name}", place)
        self._given[type_.name] = name  # before its fields, which may be of this type too
        self._definitions[type_.name] = (
            _enum(type_, name)
            if isinstance(type_, GraphQLEnumType)
            else ClassDefinition(
                name, None, self._attributes(type_), _input_doc(type_), is_input=True
            )
        )

    def _attributes(self, type_: GraphQLInputObjectType) -> list[Attribute]:
        names = distinct({key: attribute_name(key, self.taken) for key in type_.fields})
        fields = type_.fields.items()
        return [self._attribute(names[key], key, field, of=type_) for key, field in fields]

    def _attribute(
        self, name: str, key: str, field: GraphQLInputField, of: GraphQLInputObjectType
    ) -> Attribute:
        annotation = self.input(field.type)
        doc = documentation(field.description, field.deprecation_reason)
        if is_required_input_field(field):
            return Attribute(name, key, annotation, None, doc)
        if of.is_one_of and not is_non_null_type(field.type):
            annotation = Annotation(annotation.operands[:-1])  # null is none of the choices
        self._imports.runtime("UNSET", "UnsetType")
        return Attribute(name, key, annotation.or_("UnsetType"), "UNSET", doc)


def _input_doc(type_: GraphQLInputObjectType) -> str:
    if not type_.is_one_of:
        return documentation(type_.description)
    return documentation("\n\n".join(filter(None, (type_.description, "Give exactly one."))))


def _enum(type_: GraphQLEnumType, name: str) -> EnumDefinition:
    names = member_names(type_.values)
    members = [
        Member(names[key], key, documentation(value.description, value.deprecation_reason))
        for key, value in type_.values.items()
    ]
    return EnumDefinition(name, members, documentation(type_.description))
