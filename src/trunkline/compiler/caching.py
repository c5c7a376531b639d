"""How long the response to an operation may be reused, and by whom: known when it is compiled.

Every field, argument and input field that the operation may use narrows the policy by its rule,
whatever `@skip` and `@include` will say. `schema/caching.py` has the rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from graphql import get_named_type, is_input_object_type, type_from_ast
from msgspec import Struct

from trunkline.compiler.document import ChosenOperation
from trunkline.compiler.groups import OperationGroups, plan_groups
from trunkline.compiler.selections import every_field
from trunkline.schema.caching import CacheRule, CacheScope

__all__ = ["OperationCaching", "directives_in", "narrowing_rules", "plan_caching"]


class OperationCaching(Struct, frozen=True, weakref=True):
    """What caches may do with an operation's responses.

    They may be reused for ``max_age`` seconds, by callers of the ``scope``. They belong to
    ``groups``; a mutation's invalidate these.
    """

    max_age: int
    scope: CacheScope
    groups: OperationGroups
    is_mutation: bool = False


def plan_caching(chosen: ChosenOperation, coordinates: Iterable[str]) -> OperationCaching | None:
    """Return what caches may do with responses; ``None`` if these are nothing to them."""
    kind, declared = chosen.node.operation.value, chosen.schema.caching
    if declared is None or kind == "subscription":
        return None
    if kind == "mutation":
        groups = plan_groups(chosen, declared.entities)
        return OperationCaching(0, CacheScope.PRIVATE, groups, is_mutation=True)
    rules = [rule for _, rule in narrowing_rules(chosen, coordinates)]
    max_age = min((rule.max_age for rule in rules if rule.max_age is not None), default=0)
    scope = max((rule.scope for rule in rules), default=CacheScope.PRIVATE)
    if max_age <= 0:
        return None
    return OperationCaching(max_age, scope, plan_groups(chosen, declared.entities))


def narrowing_rules(
    chosen: ChosenOperation, coordinates: Iterable[str]
) -> Iterator[tuple[str, CacheRule]]:
    """Yield the rules of what a query uses, each with what it is the rule of."""
    rules = chosen.schema.caching
    if rules is None:
        return
    for coordinate in coordinates:
        yield coordinate, rules.rule(coordinate)
    for node in chosen.node.variable_definitions or ():
        type_ = get_named_type(type_from_ast(chosen.schema.definition, node.type))
        if is_input_object_type(type_):
            yield f"${node.variable.name.value}", rules.input_rule(type_.name)
    taking = {name for name, each in chosen.schema.directives.items() if "caller" in each.takes}
    for name in sorted(taking and taking & directives_in(chosen)):
        yield (
            f"@{name}",
            CacheRule(scope=CacheScope.PRIVATE, scope_reason="its function takes the caller"),
        )


def directives_in(chosen: ChosenOperation) -> set[str]:
    """Return the names of the directives on an operation and on its fields."""
    sets = [each.selection_set for each in (chosen.node, *chosen.fragments.values())]
    on_fields = (each for node in every_field(sets) for each in node.directives or ())
    return {each.name.value for each in (*(chosen.node.directives or ()), *on_fields)}
