"""Pass 2, the documents' part: a class for each selection set and each group of types in it.

Fragments are types that programs share: a selection that is one fragment has its class, and a
selection with more extends it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import graphql

from trunkline.generate.client.names import ClientNames
from trunkline.generate.client.plan import ClassFieldPlan, ClassPlan, UnionPlan
from trunkline.generate.client.problems import Problems, place_of
from trunkline.generate.client.schema_types import (
    STR,
    SchemaTypes,
    hint_of,
    literal_hint,
)
from trunkline.generate.client.selections import (
    ALWAYS,
    Condition,
    FieldUse,
    Part,
    Selections,
    TypeGroup,
    condition_of,
    is_always,
)
from trunkline.generate.elements import documentation
from trunkline.text.imports import Hint
from trunkline.text.names import pascal_case

__all__ = ["Classes", "ObjectPosition"]

_Definitions: TypeAlias = list[ClassPlan | UnionPlan]


@dataclass(frozen=True, slots=True)
class ObjectPosition:
    """A position of a response where an object is, and what is selected there.

    ``name`` is the name of its class and ``path`` tells people where it is. One of the conditions
    ``known`` holds where there is a value at all. ``is_root`` is true of the data of an operation.
    """

    name: str
    path: str
    place: str
    parts: Sequence[Part]
    type: graphql.GraphQLCompositeType
    known: Sequence[Condition] = (ALWAYS,)
    is_root: bool = False


@dataclass(frozen=True, slots=True)
class Classes:
    """Plans the classes of a client's selections, in the order in which they must be written."""

    selections: Selections
    types: SchemaTypes
    names: ClientNames
    problems: Problems
    absent_is_null: bool = False
    fragment_definitions: _Definitions = field(default_factory=_Definitions)
    _fragments: set[str] = field(default_factory=set[str])

    def add_fragment(self, name: str) -> str:
        """Plan the type of a fragment once and return its name."""
        if name not in self._fragments:
            self._fragments.add(name)
            node, part = self.selections.fragments[name], self.selections.fragment(name)
            class_, path = self.names.fragments[name], f"fragment {name}"
            position = ObjectPosition(class_, path, place_of(node), [part], part.parent)
            self.fragment_definitions.extend(self.at(position))  # after those that it spreads
        return self.names.fragments[name]

    def at(self, position: ObjectPosition) -> _Definitions:
        """Plan the class of a position, and all classes below it."""
        *known, others = self.selections.groups(position.parts, position.type)
        if not known:
            return self._class(position, others, position.name)
        members: list[str] = []
        definitions: _Definitions = []
        for group in (*known, others):
            # what its fragments name, so that types that are added change no name
            only = group.only
            suffix = only.name if only else "".join(sorted(group.conditions)) or "Other"
            members.append(self.names.below(position.name + suffix))
            definitions += self._class(position, group, members[-1])
        return [*definitions, UnionPlan(position.name, members)]

    def _class(self, position: ObjectPosition, group: TypeGroup, name: str) -> _Definitions:
        """Plan the class of a position for one group of types, and all that is selected below."""
        uses_by_key = self.selections.collect(position.parts, position.type, group)
        is_object = isinstance(position.type, graphql.GraphQLObjectType)
        if group.conditions and not is_object and "__typename" not in uses_by_key:
            text = f"The fields of {position.path} depend on its type. Select __typename there."
            self.problems.error(position.place, text)
        base, inherited = self._base(position, group, uses_by_key)
        fields: list[ClassFieldPlan] = []
        below: _Definitions = []
        attributes = self.names.attributes(uses_by_key)
        for key, uses in uses_by_key.items():
            if len({use.node.name.value for use in uses}) > 1:  # if the rule is left out
                text = f"{key} would be two fields of {position.path}. Give one of them an alias."
                self.problems.error(place_of(uses[0].node), text)
            if key in inherited and not (key == "__typename" and group.conditions):
                continue
            if uses[0].node.name.value == "__typename":
                fields.append(self._typename(position, group, key, attributes[key], uses))
                continue
            field = self.selections.field(uses[0], position.type, group)
            hint, definitions = self._named_hint(position, group, name, key, uses)
            fields.append(self._field(position, key, attributes[key], uses, field, hint))
            below += definitions
        extended = self.add_fragment(base) if base else None
        # the descriptions of the root types say nothing about one operation
        type_ = group.only or position.type
        description = "" if position.is_root else documentation(type_)
        return [ClassPlan(name, fields, description, extended), *below]

    def _named_hint(
        self,
        position: ObjectPosition,
        group: TypeGroup,
        class_: str,
        key: str,
        uses: list[FieldUse],
    ) -> tuple[Hint, _Definitions]:
        """Return the hint of a field's named type, and the classes of what is selected below it."""
        fields = [self.selections.field(use, position.type, group) for use in uses]
        named = graphql.get_named_type(fields[0].type)
        if not graphql.is_composite_type(named):
            return self.types.hint(named), []
        parts: list[Part] = []
        for use, definition in zip(uses, fields, strict=True):
            parent = graphql.get_named_type(definition.type)
            if use.node.selection_set and graphql.is_composite_type(parent):
                parts.append(Part(use.node.selection_set, parent, use.when))
        below = ObjectPosition(
            name=class_ + pascal_case(key),
            path=f"{position.path}.{key}",
            place=place_of(uses[0].node),
            parts=parts,
            type=named,
            known=[use.when for use in uses],
        )
        fragment = self._sole_fragment(below)
        if fragment:
            return Hint.of("", self.add_fragment(fragment)), []
        below = replace(below, name=self.names.below(below.name))
        return Hint.of("", below.name), self.at(below)

    def _field(  # noqa: PLR0913, PLR0917  # what makes a field
        self,
        position: ObjectPosition,
        key: str,
        name: str,
        uses: list[FieldUse],
        field: graphql.GraphQLField,
        named: Hint,
    ) -> ClassFieldPlan:
        """Plan a field. It may be absent where `@skip` or `@include` may leave it out."""
        may_be_absent = not is_always([use.when for use in uses], position.known)
        hint = hint_of(field.type, named, may_be_absent=may_be_absent)
        description = documentation(field)
        is_null = self.absent_is_null and not graphql.is_non_null_type(field.type)
        return ClassFieldPlan(
            name, key, hint, description, may_be_absent, is_null_by_default=is_null
        )

    def _typename(
        self, position: ObjectPosition, group: TypeGroup, key: str, name: str, uses: list[FieldUse]
    ) -> ClassFieldPlan:
        """Plan a type's name: one of the group's names, or any where the server may add types."""
        names = [each.name for each in group.types] if group.conditions else []
        field = graphql.GraphQLField(graphql.GraphQLNonNull(graphql.GraphQLString))
        if not names or key != "__typename":
            return self._field(position, key, name, uses, field, STR)
        hint = literal_hint(names)
        if isinstance(position.type, graphql.GraphQLObjectType):
            return self._field(position, key, name, uses, field, hint)
        return ClassFieldPlan(name, key, hint, value=names[0] if len(names) == 1 else None)

    def _sole_fragment(self, position: ObjectPosition) -> str | None:
        """Return the fragment that is all that is selected, if its class fits the position."""
        names: set[str] = set()
        for part in position.parts:
            first, *others = part.selection_set.selections
            if (
                others
                or not isinstance(first, graphql.FragmentSpreadNode)
                or condition_of(first) != ALWAYS
            ):
                return None
            names.add(first.name.value)
        if len(names) != 1 or not is_always([each.when for each in position.parts], position.known):
            return None
        name = names.pop()
        type_ = self.selections.fragment(name).parent
        includes = self.selections.always(type_.name, position.type)
        return name if type_ is position.type or (includes and self._has_one_class(name)) else None

    def _base(
        self, position: ObjectPosition, group: TypeGroup, uses_by_key: Mapping[str, list[FieldUse]]
    ) -> tuple[str | None, Collection[str]]:
        """Return the first fragment whose class can be extended, and the response keys it has.

        The fragment must always take part and have one class, and nothing else may add to its
        fields or change their names. There can be only one: classes with slots do not mix.
        """
        attributes = self.names.attributes(uses_by_key)

        def spreads(parts: Iterable[Part]) -> Iterator[tuple[str, Condition]]:
            """Yield the fragments that are spread here, directly or in inline fragments."""
            for part in parts:
                for node in part.selection_set.selections:
                    own = condition_of(node)
                    if isinstance(node, graphql.FieldNode) or own is None:
                        continue
                    inner = self.selections.spread(node, part.parent, part.when | own)
                    if not self.selections.applies(inner.parent, position.type, group):
                        continue
                    if isinstance(node, graphql.FragmentSpreadNode):
                        yield node.name.value, inner.when
                    else:
                        yield from spreads([inner])

        for name, when in spreads(position.parts):
            if is_always([when], position.known) and self._has_one_class(name):
                part = self.selections.fragment(name)
                others = self.selections.groups([part], part.parent)[-1]
                own = self.selections.collect([part], part.parent, others)
                is_same = all(_is_same(own[key], uses_by_key.get(key, []), when) for key in own)
                if is_same and self.names.attributes(own).items() <= attributes.items():
                    return name, own.keys()
        return None, ()

    def _has_one_class(self, fragment: str) -> bool:
        part = self.selections.fragment(fragment)
        return len(self.selections.groups([part], part.parent)) == 1


def _is_same(own: list[FieldUse], merged: list[FieldUse], when: Condition) -> bool:
    """Tell whether a field is the same in a fragment alone, which is spread under ``when``.

    The same field through another fragment, under another condition, is more than that: what is
    selected below it is there in more cases.
    """
    expected = {(id(each.node), each.when | when) for each in own}
    if not merged:  # a condition that holds here rules it out
        return False
    if all((id(each.node), each.when) in expected for each in merged):
        return True
    is_leaf = own[0].node.selection_set is None
    return is_leaf and any(each.when == ALWAYS for each in own)
