"""Which fragment's type a selection has, or extends: fragments are types that programs share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    SelectionSetNode,
)

from trunkline.generate.client.selections import (
    ALWAYS,
    Condition,
    Occurrence,
    Part,
    Selections,
    condition_of,
    is_always,
)
from trunkline.generate.client.shape import Case, Shape

__all__ = ["Base", "base_of", "sole_fragment"]


@dataclass(frozen=True, slots=True)
class Base:
    """A fragment whose class a selection's class extends, and the response keys that it has."""

    fragment: str
    keys: frozenset[str]


def sole_fragment(selections: Selections, shape: Shape) -> str | None:
    """Return the fragment that is all that is selected, if there is one: its type is the type."""
    names = {_sole(part.selection_set) for part in shape.parts}
    name = names.pop() if len(names) == 1 else None
    if name is None or not is_always([part.when for part in shape.parts], shape.known):
        return None
    condition = _condition(selections, name)
    if condition is shape.type:
        return name
    includes = selections.always(condition.name, shape.type)
    return name if includes and _is_plain(selections, name) else None


def _sole(node: SelectionSetNode) -> str | None:
    if len(node.selections) != 1 or condition_of(node.selections[0]) != ALWAYS:
        return None
    spread = node.selections[0]
    return spread.name.value if isinstance(spread, FragmentSpreadNode) else None


def base_of(
    selections: Selections, case: Case, collected: Mapping[str, list[Occurrence]]
) -> Base | None:
    """Return the first fragment among the selections whose class can be extended.

    That is one that always takes part, has one class, and whose fields nothing else adds to. There
    can be only one: classes with slots do not mix.
    """
    for name, when in _spreads(selections, case, case.shape.parts):
        if not (is_always([when], case.shape.known) and _is_plain(selections, name)):
            continue
        own = _fields(selections, name)
        if all(_is_same(each, collected.get(key, []), when) for key, each in own.items()):
            return Base(name, frozenset(own))
    return None


def _spreads(
    selections: Selections, case: Case, parts: Sequence[Part]
) -> Iterator[tuple[str, Condition]]:
    """Yield the fragments that are spread in a case's objects, directly or in inline fragments."""
    for part in parts:
        for node in part.selection_set.selections:
            own = condition_of(node)
            if isinstance(node, FieldNode) or own is None:
                continue
            inner, condition = selections.spread(node, part.parent)
            if not selections.applies(condition.name, case.shape.type, case.group):
                continue
            when = part.when | own
            if isinstance(node, FragmentSpreadNode):
                yield node.name.value, when
            else:
                yield from _spreads(selections, case, [Part(inner, condition, when)])


def _fields(selections: Selections, fragment: str) -> dict[str, list[Occurrence]]:
    condition = _condition(selections, fragment)
    parts = [Part(selections.fragments[fragment].selection_set, condition)]
    return selections.collect(parts, condition, selections.groups(parts, condition)[-1])


def _is_plain(selections: Selections, fragment: str) -> bool:
    condition = _condition(selections, fragment)
    parts = [Part(selections.fragments[fragment].selection_set, condition)]
    return len(selections.groups(parts, condition)) == 1


def _condition(selections: Selections, fragment: str) -> GraphQLCompositeType:
    return selections.type_of(selections.fragments[fragment].type_condition.name.value)


def _is_same(own: list[Occurrence], merged: list[Occurrence], when: Condition) -> bool:
    """Say whether a field is what the fragment alone makes of it, which is spread under ``when``.

    The same field by way of another fragment, under another condition, is more than that: what lies
    below it is there in more cases.
    """
    expected = {(id(each.node), each.when | when) for each in own}
    if not merged:  # a condition that holds here rules it out
        return False
    if all((id(each.node), each.when) in expected for each in merged):
        return True
    is_leaf = own[0].node.selection_set is None
    return is_leaf and any(each.when == ALWAYS for each in own)
