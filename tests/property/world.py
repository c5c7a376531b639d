"""The values of a plan: a function from a field, its parent and its arguments to a value.

No state, so either engine may ask in any order and as often as it likes. What belongs to one call
is chosen by a key, which tells the way from the root to it.

To widen: `_Maker.right` has a branch per kind of type; a value of an abstract type is one of an
object type that it has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from graphql import GraphQLSchema, is_enum_type, is_leaf_type, is_list_type, is_non_null_type
from tests.property.data import FieldPlan, Plan
from tests.property.faults import CONTAINERS, FAULTS, RAISED
from tests.property.objects import Objects

__all__ = ["World"]

_NONE = "none"  # of the faults


class World:
    """Gives every field its value, as planned."""

    def __init__(self, definition: GraphQLSchema, plan: Plan) -> None:
        self._definition = definition
        self._plan = plan
        self.reads: list[str] = []  # of values that are made when they are asked for
        self.objects = Objects(definition, plan, self.value)

    def value(self, coordinate: str, key: str, depth: int) -> Any:
        """Return a field's value or, at ``depth`` 0, raise an error.

        ``depth`` is how many objects are being built around the value.
        """
        if depth == 0:
            self.reads.append(key)
        type_name, name = coordinate.split(".")
        type_: Any = self._definition.type_map[type_name]
        plan = self._plan.fields[coordinate]
        chance = Random(f"{self._plan.seed} {key}")  # noqa: S311
        fault = chance.choice(plan.faults) if plan.faults and chance.random() < 0.6 else _NONE
        error = RAISED.get(fault, lambda: None)()
        if error and depth == 0:
            raise error
        return _Maker(self.objects, plan, chance, fault, depth).value(type_.fields[name].type, key)

    def delay(self, coordinate: str, key: str) -> int:
        """Return how often a resolver gives way before it answers."""
        return Random(f"{self._plan.seed} wait {key}").randint(  # noqa: S311
            0, self._plan.fields[coordinate].delay or 0
        )


@dataclass
class _Maker:
    """Makes one field's value."""

    objects: Objects
    plan: FieldPlan
    chance: Random
    fault: str
    depth: int

    def value(self, type_: Any, key: str) -> Any:
        """Make a right value of the type, or a faulty one."""
        if self.fault in FAULTS and self.chance.random() < 0.5:
            return FAULTS[self.fault]()
        if is_non_null_type(type_):
            return self.right(type_.of_type, key)
        return None if self.chance.random() < 0.1 else self.right(type_, key)

    def right(self, type_: Any, key: str) -> Any:
        """Make a value of the type that is not null, perhaps with faults within."""
        if is_list_type(type_):
            length = self.chance.randrange(4 if self.depth == 0 else 2)
            items = [self.value(type_.of_type, f"{key}[{index}]") for index in range(length)]
            return CONTAINERS[self.plan.container](items)
        if is_enum_type(type_):
            return self.chance.choice(list(type_.values))
        if is_leaf_type(type_):
            return self.chance.choice(_LEAVES.get(type_.name, _FREE))
        return self.objects.make(type_, key, self.depth)


_FREE: Sequence[Any] = ("free", 1, 2.5, True, ["list", 1], {"key": None})
_LEAVES: Mapping[str, Sequence[Any]] = {
    "Int": (0, 1, -7, 2**31 - 1, -(2**31), True),
    "Float": (0.5, -0.0, 1e300, 2, True),
    "String": ("", "text", 'with "quotes"\n', "é", 5, True),
    "ID": ("id", 12, ""),
    "Boolean": (True, False, 1, 0),
}
