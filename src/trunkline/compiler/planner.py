"""A checked operation → its plan."""

from __future__ import annotations

from typing import Any

from graphql import (
    FieldNode,
    GraphQLAbstractType,
    GraphQLArgument,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    ListValueNode,
    ObjectValueNode,
    SelectionSetNode,
    Undefined,
    ValueNode,
    VariableNode,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from graphql.utilities.coerce_input_value import coerce_input_literal

from trunkline.compiler.collect import Collector, Occurrence
from trunkline.compiler.document import CheckedOperation
from trunkline.compiler.limits import Limits
from trunkline.compiler.plan import (
    AbstractOf,
    Arguments,
    Built,
    Constant,
    FieldPlan,
    Leaf,
    ListOf,
    ObjectOf,
    OperationPlan,
    Selected,
    SelectionPlan,
    Shape,
    TypeName,
    Variable,
)
from trunkline.errors import LimitExceededError
from trunkline.runtime.arguments import argument_builder
from trunkline.runtime.marks import ALWAYS, Condition, Mark
from trunkline.runtime.types import type_finder
from trunkline.runtime.variables import Variables
from trunkline.schema.bindings import Binding, CoreResolver, Lookup, Resolver, Schema

__all__ = ["plan_operation"]

_IMMUTABLE = (str, int, float, bool, type(None))

SelectionSets = list[tuple[SelectionSetNode, Condition]]


def plan_operation(
    schema: Schema, checked: CheckedOperation, variables: Variables, limits: Limits
) -> OperationPlan:
    """Plan one operation of a document that fits the schema.

    Raises ``LimitExceededError`` where it selects more fields than allowed.
    """
    return _Planner(schema, checked, variables, limits).operation()


class _Planner:
    def __init__(
        self,
        schema: Schema,
        checked: CheckedOperation,
        variables: Variables,
        limits: Limits,
    ) -> None:
        self._schema = schema
        self._checked = checked
        self._limits = limits
        self._variables = variables
        self._names = variables.names
        nodes = checked.node.variable_definitions or ()
        self._collector = Collector(schema.definition, checked.fragments, nodes)
        self._coordinates: set[str] = set()
        self._planned = 0
        self._resolvers: list[Resolver] = []

    def operation(self) -> OperationPlan:
        node = self._checked.node
        root = self._schema.definition.get_root_type(node.operation)
        assert root is not None  # noqa: S101  # validation refuses an operation without one
        mark = Mark((), (), root.name, 0)
        selection = self._selection(root, [(node.selection_set, ALWAYS)], ALWAYS, mark)
        return OperationPlan(
            kind=node.operation.value,
            name=node.name.value if node.name else None,
            root_type=root.name,
            root=selection,
            mark=mark,
            coordinates=frozenset(self._coordinates),
            is_async=any(resolver.is_async for resolver in self._resolvers),
            has_batches=any(resolver.is_batch for resolver in self._resolvers),
        )

    def _selection(
        self, type_: GraphQLObjectType, sets: SelectionSets, known: Condition, mark: Mark
    ) -> SelectionPlan:
        collected = self._collector.collect(type_, sets, known)
        fields = {
            key: self._field(type_, key, occurrences, known, mark)
            for key, occurrences in collected.occurrences.items()
        }
        placed: set[str] = set()
        plan = SelectionPlan(collected.unsure)
        for key, condition in collected.order:
            plan.fields.append(Selected(fields[key], condition, key in placed))
            placed.add(key)
        return plan

    def _field(
        self,
        parent: GraphQLObjectType,
        key: str,
        occurrences: list[Occurrence],
        known: Condition,
        above: Mark,
    ) -> FieldPlan:
        self._count()
        node = occurrences[0].node
        name = node.name.value
        definition = self._schema.definition.get_field(parent, name)
        assert definition is not None  # noqa: S101  # validation refuses unknown fields
        coordinate = f"{parent.name}.{name}"
        nodes = tuple((occurrence.node, occurrence.condition) for occurrence in occurrences)
        mark = _mark_below(above, key, nodes, coordinate, definition.type)
        binding = self._binding(parent, name, definition)
        return FieldPlan(
            key=key,
            name=name,
            coordinate=coordinate,
            type_text=str(definition.type),
            mark=mark,
            binding=binding,
            arguments=self._arguments(definition, node, binding),
            shape=self._shape(definition.type, occurrences, known, mark),
        )

    def _count(self) -> None:
        """Stop at the limit; fragments count as often as they are spread."""
        self._planned += 1
        if self._planned > self._limits.fields:
            raise LimitExceededError.because(
                f"The operation selects more than {self._limits.fields} fields."
            )

    def _binding(
        self, parent: GraphQLObjectType, name: str, definition: GraphQLField
    ) -> Binding | TypeName:
        if name == "__typename":
            return TypeName(parent.name)
        coordinate = f"{parent.name}.{name}"
        self._coordinates.add(coordinate)
        binding = self._schema.bindings.get(coordinate)
        if binding is None and definition.resolve is not None:
            binding = CoreResolver(definition.resolve)
        if isinstance(binding, Resolver):
            self._resolvers.append(binding)
        return binding or Lookup((name,))

    def _shape(
        self,
        type_: GraphQLOutputType,
        occurrences: list[Occurrence],
        known: Condition,
        mark: Mark,
    ) -> Shape:
        nullable = not is_non_null_type(type_)
        inner: Any = type_.of_type if is_non_null_type(type_) else type_
        if is_list_type(inner):
            item_mark = _mark_below(mark, None, mark.nodes, mark.coordinate, inner.of_type)
            item = self._shape(inner.of_type, occurrences, known, item_mark)
            return ListOf(item, item_mark, nullable)
        if is_leaf_type(inner):
            return Leaf(inner, nullable)
        if is_abstract_type(inner):
            return self._abstract(inner, occurrences, known, mark, nullable=nullable)
        return self._object(inner, occurrences, known, mark, nullable=nullable)

    def _object(
        self,
        type_: GraphQLObjectType,
        occurrences: list[Occurrence],
        known: Condition,
        mark: Mark,
        *,
        nullable: bool,
    ) -> ObjectOf:
        sets, known_within = _selection_sets(occurrences, known)
        selection = self._selection(type_, sets, known_within, mark)
        return ObjectOf(type_.name, self._schema.models.get(type_.name), selection, nullable)

    def _abstract(
        self,
        type_: GraphQLAbstractType,
        occurrences: list[Occurrence],
        known: Condition,
        mark: Mark,
        *,
        nullable: bool,
    ) -> AbstractOf:
        schema = self._schema
        types = schema.definition.get_possible_types(type_)
        models = {each.name: schema.models.get(each.name) for each in types}
        find_type = type_finder(type_.name, models, schema.type_resolvers.get(type_.name))
        possible = {
            each.name: self._object(each, occurrences, known, mark, nullable=False)
            for each in types
        }
        return AbstractOf(type_.name, possible, find_type, nullable)

    def _arguments(
        self, definition: GraphQLField, node: FieldNode, binding: Binding | TypeName
    ) -> Arguments:
        names = binding.arguments if isinstance(binding, Resolver) else {}
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        arguments: dict[str, Constant | Variable] = {}
        for name, argument in definition.args.items():
            value = self._argument(argument, given.get(name))
            if value is None:
                return Built(argument_builder(definition, node, self._variables))
            if value is not _ABSENT:
                arguments[names.get(name, name)] = value
        return arguments

    def _argument(
        self, argument: GraphQLArgument, value: ValueNode | None
    ) -> Constant | Variable | None:
        """Plan an argument; ``None`` where it must be built at run time."""
        if value is None:
            return None if argument.default is not None else _ABSENT
        if isinstance(value, VariableNode):
            return self._variable(argument, value.name.value)
        if isinstance(value, (ListValueNode, ObjectValueNode)):
            return None  # it may have variables in it, and a resolver may change it
        constant: Any = coerce_input_literal(value, argument.type)
        return Constant(constant) if type(constant) in _IMMUTABLE else None

    def _variable(self, argument: GraphQLArgument, name: str) -> Variable | None:
        """Plan an argument that is a variable; ``None`` where it depends on the value how."""
        node = next(
            definition
            for definition in self._checked.node.variable_definitions or ()
            if definition.variable.name.value == name
        )
        is_required = node.type.kind == "non_null_type"
        may_be_absent = not is_required and node.default_value is None
        if may_be_absent and argument.default is not None:
            return None  # the argument's own default steps in
        if not is_required and is_non_null_type(argument.type):
            return None  # null must be refused
        return Variable(self._names.index(name), may_be_absent)


_ABSENT = Constant(Undefined)


def _mark_below(
    above: Mark,
    key: str | None,
    nodes: tuple[tuple[FieldNode, Condition], ...],
    coordinate: str,
    type_: GraphQLOutputType,
) -> Mark:
    """Mark a position below another; ``None`` as key stands for an item of a list."""
    path = (*above.path, key)
    nullable_depth = above.nullable_depth if is_non_null_type(type_) else len(path)
    return Mark(path, nodes, coordinate, nullable_depth)


def _selection_sets(
    occurrences: list[Occurrence], known: Condition
) -> tuple[SelectionSets, Condition]:
    """Return the selection sets below a field, and what is known where they are executed.

    Below a field that occurs once its own condition holds. Of one that occurs several times only
    what the conditions share is known, and each brings its fields under the rest of its own.
    """
    shared = occurrences[0].condition.intersection(*(other.condition for other in occurrences))
    sets = [
        (occurrence.node.selection_set, occurrence.condition - shared)
        for occurrence in occurrences
        if occurrence.node.selection_set is not None
    ]
    return sets, known | shared
