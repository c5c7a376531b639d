"""A checked operation → its plan."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from graphql import (
    FieldNode,
    GraphQLAbstractType,
    GraphQLArgument,
    GraphQLError,
    GraphQLField,
    GraphQLInputType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLString,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Undefined,
    ValueNode,
    VariableNode,
    default_field_resolver,
    is_abstract_type,
    is_enum_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    specified_scalar_types,
)
from graphql.utilities.coerce_input_value import coerce_input_literal
from msgspec.structs import replace

from trunkline.compiler.collect import Collector, Occurrence
from trunkline.compiler.directives import DocumentDirectives
from trunkline.compiler.document import CheckedOperation
from trunkline.compiler.facts import Facts
from trunkline.compiler.limits import Limits
from trunkline.compiler.permissions import Needs, Refusals, refuser
from trunkline.compiler.plan import (
    AbstractOf,
    Arguments,
    Built,
    Constant,
    Event,
    FieldPlan,
    Leaf,
    ListOf,
    ObjectOf,
    OperationPlan,
    Refused,
    Selected,
    SelectionPlan,
    Shape,
    TypeName,
    Variable,
)
from trunkline.compiler.reach import reached_coordinates
from trunkline.compiler.selections import selection_below
from trunkline.errors import LimitExceededError, ValidationError
from trunkline.runtime.arguments import argument_builder
from trunkline.runtime.core import core_type_finder
from trunkline.runtime.info import FieldFacts
from trunkline.runtime.marks import ALWAYS, Condition, Mark
from trunkline.runtime.types import type_finder
from trunkline.runtime.variables import Variables
from trunkline.schema.bindings import (
    Binding,
    CoreConventions,
    CoreDefault,
    CoreResolver,
    Lookup,
    Resolver,
    Schema,
)
from trunkline.schema.requirements import RequirementSet

__all__ = ["plan_operation"]

_IMMUTABLE = (str, int, float, bool, type(None))

SelectionSets = list[tuple[SelectionSetNode, Condition]]


def plan_operation(
    schema: Schema,
    checked: CheckedOperation,
    variables: Variables,
    limits: Limits,
    refusals: Refusals | None = None,
) -> OperationPlan:
    """Plan one operation of a document that fits the schema.

    ``refusals`` say what its callers may not have of it. Raises ``LimitExceededError`` where it
    selects more fields than allowed.
    """
    return _Planner(schema, checked, variables, limits, refusals).operation()


class _Planner:
    def __init__(
        self,
        schema: Schema,
        checked: CheckedOperation,
        variables: Variables,
        limits: Limits,
        refusals: Refusals | None,
    ) -> None:
        self._refusals = refusals
        self._schema = schema
        self._checked = checked
        self._limits = limits
        self._variables = variables
        self._names = variables.names
        nodes = checked.node.variable_definitions or ()
        self._variable_nodes = {node.variable.name.value: node for node in nodes}
        self._collector = Collector(schema.definition, checked.fragments, nodes)
        self._planned = 0
        self._core = schema.core
        self._facts = Facts(schema.core, schema, checked, variables)
        self._directives = DocumentDirectives(schema, checked, variables)

    def operation(self) -> OperationPlan:
        node = self._checked.node
        root = self._schema.definition.get_root_type(node.operation)
        if root is None:
            kind = node.operation.value
            message = f"Schema is not configured to execute {kind} operation."
            raise ValidationError([GraphQLError(message, node)])
        mark = Mark((), (), root.name, 0)
        selection = self._selection(root, [(node.selection_set, ALWAYS)], ALWAYS, mark)
        is_subscription = node.operation.value == "subscription"
        source = self._source(root, selection) if is_subscription else None
        needs, visit = None, None
        if self._refusals is not None:
            visit = self._refusals.note
        elif self._schema.requirements:
            needs = Needs(self._schema, node.variable_definitions or ())
            visit = needs.note
        coordinates = reached_coordinates(
            self._schema.definition,
            root,
            node.selection_set,
            self._checked.fragments,
            self._collector,
            visit,
        )
        resolvers = self._resolvers(coordinates, source)
        has_batches = any(resolver.is_batch for resolver in resolvers)
        return OperationPlan(
            kind=node.operation.value,
            name=node.name.value if node.name else None,
            root_type=root.name,
            root=selection,
            mark=mark,
            coordinates=coordinates,
            is_async=bool(self._core)
            or any(each.is_async for each in resolvers)
            or self._directives.awaits(has_batches=has_batches),
            has_batches=has_batches,
            source=source,
            core=self._core,
            needs=needs if needs and needs.exist else None,
        )

    def _resolvers(self, coordinates: frozenset[str], source: FieldPlan | None) -> list[Resolver]:
        """Return the resolvers that may be called, save that of a subscription's stream."""
        bindings = self._schema.bindings
        reached = (
            bindings.get(each) for each in coordinates if not source or each != source.coordinate
        )
        return [binding for binding in reached if isinstance(binding, Resolver)]

    def _source(self, root: GraphQLObjectType, selection: SelectionPlan) -> FieldPlan:
        """Plan the source stream: the resolver of the one field that a subscription selects.

        What the stream gives is the field's value, or, in a schema of graphql-core's, what the
        field is resolved on (GraphQL §6.2.3).
        """
        if not selection.fields:
            raise ValidationError([_unknown_event(self._checked.node)])
        selected = selection.fields[0]
        field = selected.field
        if isinstance(field.binding, Refused):
            return field
        if self._core is None:
            event = replace(field, binding=Event(), arguments={})
            selection.fields[0] = replace(selected, field=event)
            return field
        definition = self._schema.definition.get_field(root, field.name)
        subscribe = definition.subscribe if definition else None
        resolver = CoreResolver(subscribe or self._core.subscribe_resolver)
        return replace(field, binding=resolver)

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
            field = fields[key]
            if field is not None:
                plan.fields.append(Selected(field, condition, key in placed))
                placed.add(key)
        return plan

    def _field(
        self,
        parent: GraphQLObjectType,
        key: str,
        occurrences: list[Occurrence],
        known: Condition,
        above: Mark,
    ) -> FieldPlan | None:
        self._count()
        node = occurrences[0].node
        name = node.name.value
        definition = self._schema.definition.get_field(parent, name)
        if definition is None:  # only in documents that nobody validated, as graphql-core does it
            return None
        coordinate = f"{parent.name}.{name}"
        nodes = tuple((occurrence.node, occurrence.condition) for occurrence in occurrences)
        mark = _mark_below(above, key, nodes, coordinate, definition.type)
        refused = self._refusals and self._refusals.of(coordinate, definition, node)
        if refused:
            return _refused(key, name, definition, mark, refused)
        facts = self._facts.note(name, parent, definition.type, mark)
        binding = self._directives.bind(
            coordinate, self._binding(parent, name, definition), occurrences
        )
        shape = self._shape(definition.type, occurrences, known, mark)
        looks_ahead = isinstance(binding, Resolver) and binding.selection
        return FieldPlan(
            key=key,
            name=name,
            coordinate=coordinate,
            type_text=str(definition.type),
            mark=mark,
            binding=binding,
            arguments=self._arguments(definition, node, binding),
            shape=shape,
            facts=facts,
            selection=selection_below(shape) if looks_ahead else None,
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
        if self._refusals and name != "__typename" and "__" in coordinate and definition.resolve:
            return CoreResolver(self._refusals.visible.wrap(coordinate, definition.resolve))
        if self._core is not None:
            return _core_binding(self._core, name, definition)
        binding = self._schema.bindings.get(coordinate)
        if binding is None and definition.resolve is not None:
            binding = CoreResolver(definition.resolve)
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
        if self._core and (is_abstract_type(inner) or inner.is_type_of):
            return self._core_abstract(inner, occurrences, known, mark, nullable=nullable)
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

    def _core_abstract(
        self,
        type_: GraphQLAbstractType | GraphQLObjectType,
        occurrences: list[Occurrence],
        known: Condition,
        mark: Mark,
        *,
        nullable: bool,
    ) -> AbstractOf:
        """Plan a value whose type its schema's own functions find, or confirm."""
        assert self._core is not None  # noqa: S101  # it is asked for these alone
        facts = self._facts.above(mark.path)
        definition = self._schema.definition
        if isinstance(type_, GraphQLObjectType):
            types = [type_]
        else:
            types = definition.get_possible_types(type_)
        find_type = core_type_finder(
            definition,
            type_,
            self._core.type_resolver,
            self._core.is_awaitable,
            mark.coordinate,
        )
        names = tuple(each.name for each in types)
        plan_object = self._on_demand(occurrences, known, mark, facts)
        return AbstractOf(type_.name, names, plan_object, find_type, nullable, facts)

    def _on_demand(
        self,
        occurrences: list[Occurrence],
        known: Condition,
        mark: Mark,
        facts: FieldFacts | None = None,
    ) -> Callable[[str], ObjectOf]:
        """Make the function that plans an object of one of several types."""

        @cache
        def plan_object(name: str) -> ObjectOf:
            type_: Any = self._schema.definition.type_map[name]
            self._facts.enter(facts)
            self._planned = 0  # the limit has let the document pass; a type is not all of it
            return self._object(type_, occurrences, known, mark, nullable=False)

        return plan_object

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
        names = tuple(models)
        plan_object = self._on_demand(occurrences, known, mark)
        return AbstractOf(type_.name, names, plan_object, find_type, nullable)

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
                arguments[names.get(name) or argument.out_name or name] = value
        return arguments

    def _argument(
        self, argument: GraphQLArgument, value: ValueNode | None
    ) -> Constant | Variable | None:
        """Plan an argument; ``None`` where it must be built at run time."""
        if value is None:
            is_built = _has_default(argument) or is_non_null_type(argument.type)
            return None if is_built else _ABSENT  # a missing one is refused when it is built
        if isinstance(value, VariableNode):
            return self._variable(argument, value.name.value)
        if isinstance(value, (ListValueNode, ObjectValueNode)):
            return None  # it may have variables in it, and a resolver may change it
        if not _is_constant(argument.type):
            return None  # what a custom scalar makes of its text may depend on the hour
        constant: Any = coerce_input_literal(value, argument.type)
        return Constant(constant) if type(constant) in _IMMUTABLE else None

    def _variable(self, argument: GraphQLArgument, name: str) -> Variable | None:
        """Plan an argument that is a variable; ``None`` where it depends on the value how."""
        node = self._variable_nodes.get(name)
        if node is None:
            return None  # must be refused
        is_required = node.type.kind == "non_null_type"
        may_be_absent = not is_required and node.default_value is None
        if may_be_absent and _has_default(argument):
            return None  # the argument's own default steps in
        if not is_required and is_non_null_type(argument.type):
            return None  # null must be refused
        return Variable(self._names.index(name), may_be_absent)


_ABSENT = Constant(Undefined)


def _has_default(argument: GraphQLArgument) -> bool:
    return argument.default is not None or argument.default_value is not Undefined


def _is_constant(type_: GraphQLInputType) -> bool:
    """Say whether a literal of the type always means the same."""
    leaf = type_.of_type if is_non_null_type(type_) else type_
    return is_enum_type(leaf) or str(leaf) in specified_scalar_types


def _unknown_event(operation: OperationDefinitionNode) -> GraphQLError:
    """Say that a subscription nobody validated selects nothing that there is."""
    first = operation.selection_set.selections[0]
    name = first.name.value if isinstance(first, FieldNode) else "…"
    return GraphQLError(f"The subscription field '{name}' is not defined.", first)


def _refused(
    key: str, name: str, definition: GraphQLField, mark: Mark, demands: RequirementSet
) -> FieldPlan:
    """Plan a field that the caller may not have: an error, and nothing below it."""
    return FieldPlan(
        key=key,
        name=name,
        coordinate=mark.coordinate,
        type_text=str(definition.type),
        mark=mark,
        binding=Refused(refuser(mark.coordinate, demands)),
        arguments={},
        shape=Leaf(GraphQLString, nullable=not is_non_null_type(definition.type)),
    )


def _core_binding(core: CoreConventions, name: str, definition: GraphQLField) -> Binding:
    resolver = core.wrap(definition.resolve or core.field_resolver)
    return CoreDefault(name) if resolver is default_field_resolver else CoreResolver(resolver)


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
