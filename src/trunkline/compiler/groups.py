"""The groups of a response: of which entities it is made, so that changes can invalidate it.

An entity is an object whose type has a key. A response belongs to these groups:

- ``Book``: it has, or could have, something of the type.
- ``Book:7``: it has this one, and not in a list.
- ``Book:*``: it depends on which ones there are: it has a list, a null, one whose key is not
  selected, or one that a field found without an id: the latest. What is in a list is not looked at:
  it may be JSON already.

A mutation whose response has a book with its key invalidates ``Book:7`` and ``Book:*``. Without the
key the book is not known, so the mutation invalidates ``Book``. So it does if it selects no entity
of an object that could have a book, or if `@skip` left it out. What
the schema declares by `@cacheGroups` is added: who belongs to ``Book:7`` belongs to ``Book`` as
well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import graphql
from msgspec import Struct

from trunkline.compiler.document import ChosenOperation
from trunkline.compiler.selections import Fragments, fragment_of, without_selections
from trunkline.protocol.caching import EVERYTHING, MOST_GROUPS, any_of, group_name
from trunkline.schema.entities import Entities, GroupTemplate

__all__ = ["OperationGroups", "plan_groups"]

_Types = frozenset[str]
_Name = tuple[str, ...]  # of a group: its parts


class _Place(Struct, eq=False):
    """A place of objects in the response.

    ``types`` are the entities that may stand there, with the response key of their key, if it is
    selected. ``only`` is the one possible type; if there are several, ``type_key`` is the response
    key of ``__typename``. ``below`` are the places of a response key. ``within`` are all entities
    of the place and below it. ``parents`` are the types whose fields it is the place of.
    """

    types: dict[str, str | None]
    only: str | None
    type_key: str | None = None
    below: dict[str, _Place] = {}
    within: _Types = frozenset()
    parents: _Types = frozenset()


class _Found(Struct, eq=False):
    """What a response has: entities with keys, and types of which no key is known."""

    entities: set[tuple[str, str]]
    unknown: set[str]


class OperationGroups(Struct, frozen=True, eq=False):
    """The groups of an operation's responses.

    ``listed`` are the entities that may stand in lists, or are found without an id; ``fixed`` are
    the groups of every response, sorted; ``are_fixed`` says that there are no others. ``declared``
    are the groups that the schema declares of the fields that are used, with the field of the
    document. ``fields`` are those of the root type. ``unselected`` are the entities that the
    objects of a mutation could have, if none of them is selected.
    """

    root: _Place
    fields: tuple[graphql.FieldNode, ...]
    unselected: _Types
    listed: _Types
    fixed: tuple[str, ...]
    are_fixed: bool
    declared: tuple[tuple[GroupTemplate, graphql.FieldNode], ...]
    defaults: Mapping[str, Any]

    def described(self) -> list[str]:
        """Return the groups for people, as they are known before there is a response."""
        declared = (":".join(template.texts) for template, _ in self.declared)
        return sorted({*self.fixed, *self.unselected, *declared})

    def of_query(
        self, data: Any, variables: Mapping[str, Any] | None, added: Collection[_Name]
    ) -> tuple[str, ...]:
        """Return the groups that a query's response belongs to; ``added`` are the program's."""
        if self.are_fixed and not added:
            return self.fixed if len(self.fixed) <= MOST_GROUPS else (EVERYTHING,)
        found = _Found(set(), set())
        _search(data, self.root, found, in_lists=False)
        fixed = {*self.fixed, *map(any_of, found.unknown), *(group_name(each[0]) for each in added)}
        fixed |= {group_name(*each) for each in (*self._named(variables), *added)}
        names = fixed | {group_name(*entity) for entity in found.entities}
        if len(names) > MOST_GROUPS:
            names = fixed | {any_of(name) for name, _ in found.entities}
        return tuple(sorted(names)) if len(names) <= MOST_GROUPS else (EVERYTHING,)

    def of_mutation(
        self, data: Any, variables: Mapping[str, Any] | None, added: Iterable[_Name]
    ) -> list[str]:
        """Return the groups that a mutation invalidates."""
        found = _Found(set(), {*self.unselected})
        _search(data, self.root, found, in_lists=True)
        named: set[_Name] = {*self._named(variables), *added}
        named |= {each for each in found.entities if each[0] not in found.unknown}
        if len(named) > MOST_GROUPS // 2:  # proxies would refuse a header of thousands
            found.unknown.update(each[0] for each in named)
            named.clear()
        names = {*map(group_name, found.unknown), *(group_name(*each) for each in named)}
        names |= {any_of(each[0]) for each in named if len(each) > 1}
        return sorted({*names, EVERYTHING}) if names else []

    def values(self, variables: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return the variables of a request as in JSON, with the operation's defaults."""
        return {**self.defaults, **(variables or {})}

    def _named(self, variables: Mapping[str, Any] | None) -> Iterator[_Name]:
        values = self.values(variables)
        for template, node in self.declared:
            yield tuple(template.parts(node, values))


def _search(value: Any, place: _Place, found: _Found, *, in_lists: bool) -> None:
    """Add what a value has at a place, and below it."""
    if value is None:
        found.unknown.update(place.types or place.within)
    elif isinstance(value, dict):
        _search_object(value, place, found, in_lists=in_lists)
    elif in_lists and type(value) is list and len(value) <= MOST_GROUPS:
        for each in value:
            _search(each, place, found, in_lists=in_lists)
    else:  # more than could be named, JSON already, or what a middleware has made
        found.unknown |= place.within


def _search_object(value: dict[Any, Any], place: _Place, found: _Found, *, in_lists: bool) -> None:
    name = place.only or value.get(place.type_key)
    if name is None:
        found.unknown.update(place.types)
    elif name in place.types:
        key = value.get(place.types[name])
        if key is None:
            found.unknown.add(name)
        else:
            found.entities.add((name, str(key)))
    for key, below in place.below.items():
        if key in value:
            _search(value[key], below, found, in_lists=in_lists)
        elif in_lists and (name is None or name in below.parents):  # skipped: it may be any
            found.unknown |= below.within


def plan_groups(chosen: ChosenOperation, entities: Entities) -> OperationGroups:
    """Plan the groups of an operation's responses.

    The walk is over the whole schema, also for callers who see a part of it.
    """
    sure = {
        each.variable.name.value
        for each in chosen.node.variable_definitions or ()
        if isinstance(each.type, graphql.NonNullTypeNode)
    }
    walk = _Walk(entities, chosen.fragments, sure)
    root = entities.root(chosen.node.operation)
    sets = [(chosen.node.selection_set, root)]
    fields = tuple(without_selections(node) for node, _ in walk.fields(sets))
    place = walk.place(sets, is_listed=False)
    types = {*place.within}
    unselected: set[str] = set()
    if chosen.node.operation is graphql.OperationType.MUTATION:
        for node, (mutation,) in walk.fields(sets):
            key = node.alias.value if node.alias else node.name.value
            if key not in place.below and not node.name.value.startswith("__"):
                unselected |= entities.entities_below(mutation, node.name.value)
    else:
        types |= {template.texts[0] for template, _ in walk.declared}
    listed = frozenset(walk.listed)
    fixed = sorted({*map(group_name, types), *map(any_of, listed)})
    are_fixed = not walk.has_single and not walk.declared
    declared = tuple(walk.declared)
    defaults = chosen.defaults()
    return OperationGroups(
        place, fields, frozenset(unselected), listed, tuple(fixed), are_fixed, declared, defaults
    )


class _Walk:
    """One walk over an operation's selection sets; ``sure`` are variables that are never null."""

    def __init__(self, entities: Entities, fragments: Fragments, sure: Collection[str]) -> None:
        self._entities = entities
        self._fragments = fragments
        self._sure = sure
        self.listed: set[str] = set()
        self.has_single = False  # an entity that stands in no list
        self.declared: list[tuple[GroupTemplate, graphql.FieldNode]] = []

    def place(
        self, sets: list[tuple[graphql.SelectionSetNode, _Types]], *, is_listed: bool
    ) -> _Place:
        """Plan the place of objects with these selection sets, each for some object types."""
        types = frozenset[str]().union(*(each for _, each in sets))
        keys = {name: self._entities.key_of(name) for name in sorted(types)}
        place = _Place(
            {name: None for name, key in keys.items() if key is not None},
            next(iter(types)) if len(types) == 1 else None,
        )
        fields: dict[str, list[tuple[graphql.FieldNode, _Types]]] = {}
        type_keys: dict[str, _Types] = {}
        for node, applying in self.fields(sets):
            key = node.alias.value if node.alias else node.name.value
            if node.name.value == "__typename":
                type_keys[key] = type_keys.get(key, frozenset()) | applying
            elif node.selection_set is None:
                self._leaf(place, key, node, applying, keys)
            elif not node.name.value.startswith("__"):
                fields.setdefault(key, []).append((node, applying))
        # an alias of it may be that of another field in another type
        place.type_key = next((key for key, told in type_keys.items() if told == types), None)
        place.within = frozenset(place.types)
        for key, nodes in fields.items():
            below = self._below(nodes, is_listed=is_listed)
            if below.within:
                place.below[key] = below
                place.within |= below.within
        if is_listed:
            self.listed.update(place.types)
        elif place.types:
            self.has_single = True
        return place

    def fields(
        self, sets: list[tuple[graphql.SelectionSetNode, _Types]]
    ) -> Iterator[tuple[graphql.FieldNode, _Types]]:
        """Yield the fields of selection sets, each with the types that it is a field of."""
        for selection_set, types in sets:
            for node in selection_set.selections:
                if isinstance(node, graphql.FieldNode):
                    yield node, types
                elif (fragment := fragment_of(node, self._fragments)) is not None:
                    condition = fragment.type_condition
                    within = types
                    if condition is not None:
                        within = types & self._entities.possible_types(condition.name.value)
                    if within:
                        yield from self.fields([(fragment.selection_set, within)])

    def _leaf(
        self,
        place: _Place,
        key: str,
        node: graphql.FieldNode,
        applying: _Types,
        keys: Mapping[str, str | None],
    ) -> None:
        self._declare(node, applying)
        for name in applying:
            if keys.get(name) == node.name.value:
                place.types[name] = key

    def _below(self, nodes: list[tuple[graphql.FieldNode, _Types]], *, is_listed: bool) -> _Place:
        sets: list[tuple[graphql.SelectionSetNode, _Types]] = []
        is_search = False
        for node, applying in nodes:
            self._declare(node, applying)
            for name in applying:
                type_, has_list = self._entities.returned(name, node.name.value)
                is_listed = is_listed or has_list
                is_search = is_search or self._entities.is_search(name, node, self._sure)
                if node.selection_set is not None:
                    sets.append((node.selection_set, self._entities.possible_types(type_)))
        place = self.place(sets, is_listed=is_listed)
        place.parents = frozenset[str]().union(*(applying for _, applying in nodes))
        if is_search:
            self.listed.update(place.types)
        return place

    def _declare(self, node: graphql.FieldNode, types: _Types) -> None:
        for name in sorted(types):
            for template in self._entities.templates(name, node.name.value):
                self.declared.append((template, without_selections(node)))
