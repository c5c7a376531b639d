"""Pass 2, continued: operations that can be called again for each page of a connection.

A connection is a field that takes the cursor ``after`` from a variable, and whose selection has
``pageInfo { hasNextPage endCursor }`` (GraphQL Cursor Connections Specification).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

from trunkline.generate.client.plan import ClassPlan, DefinitionPlan, MethodPlan, PagesPlan
from trunkline.text.imports import Hint

__all__ = ["pages_of"]


def pages_of(
    node: OperationDefinitionNode,
    method: MethodPlan,
    fragments: Mapping[str, FragmentDefinitionNode],
    classes: Mapping[str, DefinitionPlan],
    taken: Collection[str],
) -> PagesPlan | None:
    """Plan the method that goes through the pages of a query, if it has exactly one connection.

    ``classes`` are those of the module, by name. ``taken`` are the names of its methods.
    """
    if method.kind != "query" or method.catches:
        return None
    found = list(_connections(node.selection_set, (), fragments))
    if len(found) != 1:
        return None
    ((keys, cursor),) = found
    place = _attributes(classes, method.data, (*keys, "pageInfo"))
    for key, name in (("hasNextPage", "has_next_page"), ("endCursor", "end_cursor")):
        if _attributes(classes, method.data, (*keys, "pageInfo", key)) != [*place, name]:
            return None
    name = f"{method.method}_pages"
    while name in taken:
        name += "_"
    return PagesPlan(name, cursor, ".".join(place))


def _connections(
    selections: SelectionSetNode,
    above: tuple[str, ...],
    fragments: Mapping[str, FragmentDefinitionNode],
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the response keys of each field that takes a cursor, and the variable with it."""
    for node in selections.selections:
        if isinstance(node, FieldNode):
            keys = (*above, (node.alias or node.name).value)
            for argument in node.arguments or ():
                if argument.name.value == "after" and isinstance(argument.value, VariableNode):
                    yield keys, argument.value.name.value
            if node.selection_set:
                yield from _connections(node.selection_set, keys, fragments)
        elif isinstance(node, FragmentSpreadNode):
            yield from _connections(fragments[node.name.value].selection_set, above, fragments)
        elif isinstance(node, InlineFragmentNode):
            yield from _connections(node.selection_set, above, fragments)


def _attributes(
    classes: Mapping[str, DefinitionPlan], class_: str, keys: Sequence[str]
) -> list[str]:
    """Return the attributes that lead from an object along response keys; fewer than keys if not.

    No attribute leads into a list, or to one of several classes.
    """
    attributes: list[str] = []
    for key in keys:
        plan, field = classes.get(class_), None
        while isinstance(plan, ClassPlan) and field is None:
            field = next((each for each in plan.fields if each.key == key), None)
            plan = classes.get(plan.base or "")
        if field is None:
            break
        attributes.append(field.name)
        own = [each.origin for each in field.hint.members if isinstance(each, Hint)]
        class_ = next((each.name for each in own if each and not each.module), "")
    return attributes
