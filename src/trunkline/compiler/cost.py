"""What an operation may cost: what its fields cost, as often as the lists around them are long.

`schema/costs.py` has what fields cost. The request itself says how long a list may get, by an
argument: a literal is known when the operation is compiled, a variable when it comes. A list
of unknown length counts once.

Every part of the operation is an `Amount`: a number, or a function of the variables if it depends
on them. A request is counted only if its variables are larger than what has been tried.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from math import ceil, inf, isfinite, prod
from typing import Any, TypeAlias

import graphql
from graphql import (
    FieldNode,
    SelectionSetNode,
    Undefined,
    VariableNode,
    value_from_ast_untyped,
)

from trunkline.compiler.document import ChosenOperation
from trunkline.compiler.selections import Fragments, fragment_of, without_selections
from trunkline.errors import LimitExceededError
from trunkline.runtime.literals import variables_in
from trunkline.schema.costs import CostFunction, FieldCost

__all__ = ["Cost"]

Values: TypeAlias = dict[str, Any]
"""The variables of a request as they came in JSON."""

Amount: TypeAlias = int | Callable[[Values], int]

_DIGITS = 18  # of a size that is written as a string
_USUAL = (FieldCost(),)
_PRINTED = 2  # a default of introspection, which is printed for each response
_INTROSPECTION = frozenset({"__schema", "__type"})


class Cost:
    """The cost of an operation, and its limit.

    Raises ``LimitExceededError`` if the cost is too high whatever the variables are.
    """

    def __init__(self, chosen: ChosenOperation) -> None:
        self._limit = chosen.limits.cost
        self._sizes = chosen.limits.sizes
        self._schema = chosen.schema
        self._definition = chosen.schema.definition
        self._fragments: Fragments = chosen.fragments
        self._defaults = chosen.defaults()
        self._costs: dict[tuple[str, str], Sequence[FieldCost]] = {}
        self._names: set[str] = set()  # of variables that say how long a list is
        self._is_simple = True  # nothing but these decides
        root = self._definition.get_root_type(chosen.node.operation)
        self._total: Amount = 0
        self._harmless = 0  # no request in which no variable exceeds this costs too much
        if self._limit is None or root is None:
            return
        self._total = self._selection(chosen.node.selection_set, root, {})
        self._fragments = {}
        if self._is_simple:
            self._check_total(dict.fromkeys(self._names, 1))
        while (
            self._is_simple
            and self._harmless < self._limit
            and self._count(dict.fromkeys(self._names, self._harmless * 2 or 1)) <= self._limit
        ):
            self._harmless = self._harmless * 2 or 1

    def check(self, values: Sequence[Any]) -> None:
        """Raise ``LimitExceededError`` if the variables of a request make the cost too high.

        ``values`` are those that `Variables.coerce` returned.
        """
        if isinstance(self._total, int):
            return
        provided: Mapping[str, Any] = values[-1] if values else {}
        if not self._is_simple:
            self._check_total(provided)
            return
        for name in self._names:
            value = provided.get(name)
            if type(value) is not int or value > self._harmless:
                self._check_total(provided)
                return

    @property
    def harmless(self) -> float:
        """Return up to which value of the only variable no request costs too much."""
        if isinstance(self._total, int):
            return inf
        return self._harmless if self._is_simple else -1

    def of(self, values: Sequence[Any]) -> int:
        """Return what a request with these values may cost, 0 if there is no limit."""
        if isinstance(self._total, int):
            return self._total
        return self._count(values[-1] if values else {})

    def _check_total(self, values: Mapping[str, Any]) -> None:
        total = self._count(values)
        if self._limit is not None and total > self._limit:
            raise LimitExceededError.because(
                f"The operation may cost {total}: its fields, each as often as the lists around it"
                f" are long; this server allows {self._limit}. Ask for less at a time."
            )

    def _count(self, values: Mapping[str, Any]) -> int:
        return _value(self._total, {**self._defaults, **values})

    def _selection(
        self, selection_set: SelectionSetNode, parent: Any, sized: Mapping[str, Amount]
    ) -> Amount:
        """Add up what is selected; limits have bounded how often fragments are spread.

        ``sized`` has the fields whose length the field around them knows.
        """
        amounts: list[Amount] = []
        for node in selection_set.selections:
            if isinstance(node, FieldNode):
                amounts.append(self._field(node, parent, sized.get(node.name.value, 1)))
            elif (fragment := fragment_of(node, self._fragments)) is not None:
                condition = fragment.type_condition
                type_ = self._definition.get_type(condition.name.value) if condition else parent
                amounts.append(self._selection(fragment.selection_set, type_, sized))
        return _join(sum, amounts)

    def _field(self, node: FieldNode, parent: Any, length: Amount) -> Amount:
        """Count a field; of an interface's the most that it costs in one of its types."""
        name = node.name.value
        field = self._definition.get_field(parent, name)
        if field is None:  # only if the document was not validated
            return 0
        if name in _INTROSPECTION:
            return 1 + ceil(self._introspection(node, parent))
        costs = self._costs_of(parent, name)
        sized: dict[str, Amount] = {}
        for cost in costs:
            known = self._length(node, field, cost)
            if not cost.sized_fields:
                length = _join(max, [length, known])
            for each in cost.sized_fields:
                sized[each] = _join(max, [known, sized.get(each, 1)])
        type_ = graphql.get_named_type(field.type)
        child: Amount = self._weight_of(type_)
        if node.selection_set is not None:
            child = _join(sum, [child, self._selection(node.selection_set, type_, sized)])
            node = without_selections(node)  # what is kept for requests
        amounts: list[Amount] = [
            self._decided(node, field, cost.function, child)
            if cost.function
            else _join(sum, [cost.weight, _join(prod, [child, length])])
            for cost in costs
        ]
        return _join(sum, [_join(max, amounts), self._inputs(node, field, parent.name)])

    def _introspection(self, node: FieldNode, parent: Any) -> float:
        """Count what is below a field of introspection, whose lists' lengths are known."""
        field: Any = self._definition.get_field(parent, node.name.value)
        if field is None:  # only if the document was not validated
            return 0
        type_: Any = graphql.get_named_type(field.type)
        total = 0.0
        open_ = [node.selection_set]
        while open_:
            selection_set = open_.pop()
            for each in selection_set.selections if selection_set else ():
                if not isinstance(each, FieldNode):
                    fragment = fragment_of(each, self._fragments)
                    open_.append(fragment.selection_set if fragment else None)
                else:
                    own = _PRINTED if each.name.value == "defaultValue" else 1
                    total += own + self._introspection(each, type_)
        coordinate = f"{parent.name}.{node.name.value}"
        return total * self._schema.costs.introspection.get(coordinate, 1)

    def _costs_of(self, parent: Any, name: str) -> Sequence[FieldCost]:
        """Return what is declared of a field, and of the same field of an interface's types."""
        declared = self._schema.costs.fields
        if not declared:
            return _USUAL
        key = (parent.name, name)
        if key not in self._costs:
            found = (declared.get(f"{each}.{name}") for each in self._types_of(parent))
            self._costs[key] = [each for each in found if each is not None] or _USUAL
        return self._costs[key]

    def _weight_of(self, type_: Any) -> int:
        weights = self._schema.costs.weights
        return max(weights.get(each, 0) for each in self._types_of(type_)) if weights else 0

    def _types_of(self, type_: Any) -> list[str]:
        """Return the names of a type, and of the object types that its values may have."""
        if not graphql.is_abstract_type(type_):
            return [type_.name]
        possible = self._definition.get_possible_types(type_)
        return [type_.name, *(each.name for each in possible)]

    def _length(self, node: FieldNode, field: Any, cost: FieldCost) -> Amount:
        """Return how long a field's list may get."""
        paths = cost.sizes
        if paths is not None:  # an interface's field may lack some, and callers not see some
            paths = tuple(path for path in paths if _reaches(path, field.args))
        else:
            paths = tuple(
                (name,) for name, each in field.args.items() if self._has_size(name, each)
            )
        if not paths:
            return cost.assumed or 1
        names = {name for name, *_ in paths}

        def length(values: Values) -> int:
            given = {name: _given(node, name, values) for name in names}
            if cost.sizes is None:
                found = [self._usual_size(name, given[name], field.args[name]) for name in names]
            else:
                if cost.needs_size:
                    _check_one_size(node, given, paths, field.args)
                found = [_size(_at(path, given[path[0]], field.args)) for path in paths]
            return max((each for each in found if each is not None), default=cost.assumed or 1)

        are_leaves = all(
            len(path) == 1
            and graphql.is_leaf_type(graphql.get_named_type(field.args[path[0]].type))
            for path in paths
        )
        return self._amount(length, node, names, is_simple=are_leaves and not cost.needs_size)

    def _has_size(self, name: str, argument: Any) -> bool:
        """Say whether an argument, or an input field in it, has one of the usual names."""
        if name in self._sizes:
            return True
        seen: set[str] = set()
        open_: list[Any] = [argument]
        while open_:
            type_: Any = graphql.get_nullable_type(open_.pop().type)
            if graphql.is_input_object_type(type_) and type_.name not in seen:
                if self._sizes.intersection(type_.fields):
                    return True
                seen.add(type_.name)
                open_ += type_.fields.values()
        return False

    def _usual_size(self, name: str, value: Any, element: Any) -> int | None:
        """Return the largest size in a value; a list of input objects says no size."""
        value = _filled(value, element)
        if name in self._sizes and (size := _size(value)) is not None:
            return size
        fields: Mapping[str, Any] = getattr(graphql.get_nullable_type(element.type), "fields", {})
        if not isinstance(value, Mapping):
            return None
        found = (
            self._usual_size(each, value.get(each, Undefined), fields[each])
            for each in fields
            if each in value or each in self._sizes
        )
        return max((each for each in found if each is not None), default=None)

    def _decided(
        self, node: FieldNode, field: Any, function: CostFunction, child: Amount
    ) -> Amount:
        """Return what the program's own function says."""

        def decide(values: Values) -> int:
            given = {
                name: _filled(_given(node, name, values), argument)
                for name, argument in field.args.items()
            }
            arguments = {name: each for name, each in given.items() if each is not Undefined}
            return max(function(_value(child, values), arguments), 0)

        if isinstance(child, int):
            return self._amount(decide, node, field.args)
        self._is_simple = False
        return decide

    def _inputs(self, node: FieldNode, field: Any, parent: str) -> Amount:
        """Return the weights of a field's arguments, and of the input fields in them."""
        weights = self._schema.costs.weights
        if not weights or not node.arguments:
            return 0

        def weigh(coordinate: str, element: Any, value: Any) -> int:
            if value is None or value is Undefined:
                return 0
            type_: Any = graphql.get_named_type(element.type)
            own = weights.get(coordinate, weights.get(type_.name, 0))
            items: list[Any] = value if isinstance(value, list) else [value]
            return own + sum(
                weigh(f"{type_.name}.{name}", type_.fields[name], inner)
                for item in items
                if isinstance(item, Mapping) and graphql.is_input_object_type(type_)
                for name, inner in item.items()
                if name in type_.fields
            )

        def count(values: Values) -> int:
            return sum(
                weigh(f"{parent}.{node.name.value}({name}:)", each, _given(node, name, values))
                for name, each in field.args.items()
            )

        return self._amount(count, node, field.args)

    def _amount(
        self,
        count: Callable[[Values], int],
        node: FieldNode,
        names: Collection[str],
        *,
        is_simple: bool = False,
    ) -> Amount:
        """Count at once, if the arguments of these names have no variables.

        ``is_simple`` says that a larger variable makes the amount larger, and nothing else does.
        """
        given = [each.value for each in node.arguments or () if each.name.value in names]
        variables = [each for each in given if any(variables_in(each))]
        if not variables:
            return count({})
        if is_simple:
            self._names.update(
                each.name.value for each in variables if isinstance(each, VariableNode)
            )
        self._is_simple &= is_simple and all(isinstance(each, VariableNode) for each in variables)
        return count


def _value(amount: Amount, values: Values) -> int:
    return amount if isinstance(amount, int) else amount(values)


def _join(function: Callable[[list[int]], int], amounts: Sequence[Amount]) -> Amount:
    """Join amounts: now what is known, the rest for each request."""
    known = [each for each in amounts if isinstance(each, int)]
    open_ = [each for each in amounts if not isinstance(each, int)]
    if known:
        known = [function(known)]
    if not open_:
        return known[0] if known else 0
    return lambda values: function([*known, *(each(values) for each in open_)])


def _given(node: FieldNode, name: str, values: Values) -> Any:
    """Return an argument as in JSON, ``Undefined`` if the request does not give it."""
    for each in node.arguments or ():
        if each.name.value == name:
            return value_from_ast_untyped(each.value, values)
    return Undefined


def _filled(value: Any, element: Any) -> Any:
    """Return a value, or the default of its argument or input field."""
    if value is not Undefined:
        return value
    if element.default is None:
        return element.default_value
    literal = element.default.literal
    return element.default.value if literal is None else value_from_ast_untyped(literal)


def _at(path: Sequence[str], value: Any, elements: Mapping[str, Any]) -> Any:
    """Return what stands at a path into a value, with the schema's defaults."""
    name, *rest = path
    value = _filled(value, elements[name])
    if not rest:
        return value
    inner = value.get(rest[0], Undefined) if isinstance(value, Mapping) else Undefined
    return _at(rest, inner, graphql.get_named_type(elements[name].type).fields)


def _reaches(path: Sequence[str], elements: Mapping[str, Any]) -> bool:
    """Say whether there is an argument, or an input field in one, at a path."""
    name, *rest = path
    if name not in elements:
        return False
    below = getattr(graphql.get_named_type(elements[name].type), "fields", {})
    return not rest or _reaches(rest, below)


def _check_one_size(
    node: FieldNode,
    given: Mapping[str, Any],
    paths: Sequence[tuple[str, ...]],
    elements: Mapping[str, Any],
) -> None:
    """Raise ``LimitExceededError`` unless a request gives one size, or the schema has a default."""
    present = 0
    for name, *rest in paths:
        value = given[name]
        for each in rest:
            value = value.get(each) if isinstance(value, Mapping) else None
        present += value is not None and value is not Undefined
    if present > 1 or (
        present == 0 and all(_at(path, given[path[0]], elements) is Undefined for path in paths)
    ):
        names = " and ".join(".".join(path) for path in paths)
        raise LimitExceededError.because(
            f"The field '{node.name.value}' takes {names}; give exactly one of them, so that it is"
            " known how long the list may get."
        )


def _size(value: object) -> int | None:
    """Return how long a list may get, from 1; ``None`` if a value does not say it."""
    if isinstance(value, (list, tuple)):
        return len(value)
    if isinstance(value, str) and value.isdecimal() and len(value) <= _DIGITS:
        value = int(value)
    if type(value) is float and isfinite(value):
        value = int(value)
    return max(value, 1) if type(value) is int else None
