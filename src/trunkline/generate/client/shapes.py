"""Selections → classes: one for each selection set and each group of types that differ in it."""

from __future__ import annotations

from typing import TypeAlias

from graphql import (
    GraphQLCompositeType,
    get_named_type,
    is_composite_type,
)

from trunkline.generate.client.bases import base_of, sole_fragment
from trunkline.generate.client.descriptions import documentation
from trunkline.generate.client.messages import Messages, place_of
from trunkline.generate.client.model import Attribute, ClassDefinition, UnionDefinition
from trunkline.generate.client.naming import ClassNames, attribute_name, pascal_case
from trunkline.generate.client.schema_types import SchemaTypes
from trunkline.generate.client.selections import Occurrence, Part, Selections, is_always
from trunkline.generate.client.shape import Case, Shape, suffix_of
from trunkline.generate.client.types import Annotation, Imports, annotation_of
from trunkline.text.literals import literal

__all__ = ["Definitions", "Shapes"]

Definitions: TypeAlias = list[ClassDefinition | UnionDefinition]

_TYPENAME = "__typename"


class Shapes:
    """Makes the classes of a client's selections, in the order in which they must be written."""

    def __init__(
        self,
        selections: Selections,
        types: SchemaTypes,
        names: ClassNames,
        imports: Imports,
        messages: Messages,
    ) -> None:
        self._selections = selections
        self._types = types
        self._names = names
        self._imports = imports
        self._messages = messages
        self._fragments: dict[str, str] = {}
        self.fragment_definitions: Definitions = []

    def make(self, shape: Shape) -> tuple[str, Definitions]:
        """Return the name of a shape's type, and what must be written for it."""
        fragment = sole_fragment(self._selections, shape)
        if fragment is not None:
            return self.fragment(fragment), []
        return self._make(shape)

    def make_operation(self, shape: Shape) -> tuple[str, Definitions]:
        """Do what ``make`` does, with a class of its own even where a fragment is all there is."""
        return self._make(shape)

    def fragment(self, name: str) -> str:
        """Make the type of a fragment, the same for all who spread it, and return its name."""
        if name not in self._fragments:
            node = self._selections.fragments[name]
            type_ = self._selections.type_of(node.type_condition.name.value)
            parts = [Part(node.selection_set, type_)]
            place, remedy = place_of(node), "Rename the fragment."
            shape = Shape(pascal_case(name), f"fragment {name}", place, remedy, parts, type_)
            self._fragments[name], definitions = self._make(shape)
            self.fragment_definitions += definitions
        return self._fragments[name]

    def _make(self, shape: Shape) -> tuple[str, Definitions]:
        *known, others = self._selections.groups(shape.parts, shape.type)
        what = f"the class of {shape.path}"
        if not self._names.claim(shape.name, what, shape.place, shape.remedy):
            return shape.name, []  # all names below it would be taken too
        if not known:
            return shape.name, self._class(Case(shape, others, shape.name))
        members: list[str] = []
        definitions: Definitions = []
        for group in (*known, others):
            name = shape.name + suffix_of(group)
            what = f"the class of {shape.path} as {suffix_of(group)}"
            self._names.claim(name, what, shape.place, shape.remedy)
            members.append(name)
            definitions += self._class(Case(shape, group, name))
        self._imports.name("typing", "TypeAlias")
        self._imports.runtime("OneOf")
        return shape.name, [*definitions, UnionDefinition(shape.name, members)]

    def _class(self, case: Case) -> Definitions:
        """Make the class of one case, and of all that is selected below it."""
        shape = case.shape
        collected = self._selections.collect(shape.parts, shape.type, case.group)
        self._check_attributes(case, collected)
        if case.group.conditions and not case.is_object and _TYPENAME not in collected:
            text = f"What {shape.path} has depends on its type. Select __typename there."
            self._messages.error(shape.place, text)
        base = base_of(self._selections, case, collected)
        inherited = base.keys if base else frozenset[str]()
        attributes: list[Attribute] = []
        below: Definitions = []
        for key, occurrences in collected.items():
            if key in inherited and not (key == _TYPENAME and case.typenames):
                continue
            attribute, definitions = self._attribute(case, key, occurrences)
            attributes.append(attribute)
            below += definitions
        extended = self.fragment(base.fragment) if base else None
        return [ClassDefinition(case.name, extended, attributes, _doc(case)), *below]

    def _attribute(
        self, case: Case, key: str, occurrences: list[Occurrence]
    ) -> tuple[Attribute, Definitions]:
        first = occurrences[0]
        if first.node.name.value == _TYPENAME:
            return self._typename(case, key, occurrences), []
        field = self._selections.field(first, case.shape.type, case.group)
        named = get_named_type(field.type)
        definitions: Definitions = []
        if is_composite_type(named):
            written, definitions = self.make(self._below(case, key, occurrences, named))
        else:
            written = self._types.named(named)
        doc = documentation(field.description, field.deprecation_reason)
        annotation = annotation_of(field.type, written)
        return self._given(case, key, occurrences, annotation, doc), definitions

    def _below(
        self, case: Case, key: str, occurrences: list[Occurrence], named: GraphQLCompositeType
    ) -> Shape:
        """Return the shape of a field: all that its occurrences select."""
        parts: list[Part] = []
        for each in occurrences:
            field = self._selections.field(each, case.shape.type, case.group)
            parent = get_named_type(field.type)
            if each.node.selection_set and is_composite_type(parent):
                parts.append(Part(each.node.selection_set, parent, each.when))
        return Shape(
            name=case.name + pascal_case(key),
            path=f"{case.shape.path}.{key}",
            place=place_of(occurrences[0].node),
            remedy="Give the field an alias, or rename the operation.",
            parts=parts,
            type=named,
            known=[each.when for each in occurrences],
        )

    def _given(
        self,
        case: Case,
        key: str,
        occurrences: list[Occurrence],
        annotation: Annotation,
        doc: str = "",
    ) -> Attribute:
        """Make the attribute, which may be absent where `@skip` or `@include` may leave it out."""
        name = attribute_name(key, self._types.taken)
        if is_always([each.when for each in occurrences], case.shape.known):
            return Attribute(name, key, annotation, None, doc)
        self._imports.runtime("UNSET", "UnsetType")
        return Attribute(name, key, annotation.or_("UnsetType"), "UNSET", doc)

    def _typename(self, case: Case, key: str, occurrences: list[Occurrence]) -> Attribute:
        names = case.typenames
        if not names or key != _TYPENAME:
            return self._given(case, key, occurrences, Annotation(("str",)))
        self._imports.name("typing", "Literal")
        literals = [literal(name) for name in names]
        annotation = Annotation((f"Literal[{', '.join(literals)}]",))
        if case.is_object:
            return self._given(case, key, occurrences, annotation)
        return Attribute("typename", key, annotation, literals[0] if len(literals) == 1 else None)

    def _check_attributes(self, case: Case, collected: dict[str, list[Occurrence]]) -> None:
        by_name: dict[str, str] = {}
        for key, occurrences in collected.items():
            name = attribute_name(key, self._types.taken)
            other = by_name.setdefault(name, key)
            if other != key:
                self._messages.error(
                    place_of(occurrences[0].node),
                    f"{other} and {key} would both be the attribute {name} of {case.name}."
                    " Give one of them an alias.",
                )


def _doc(case: Case) -> str:
    """Describe the class by its type; the roots' descriptions say nothing of one operation."""
    if case.shape.is_root:
        return ""
    described = case.group.only or case.shape.type
    return documentation(described.description)
