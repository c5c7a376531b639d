"""One operation of a document → its plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from types import SimpleNamespace
from typing import Any, NamedTuple

from graphql import (
    FieldNode,
    GraphQLAbstractType,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLString,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from msgspec.structs import replace

from trunkline.compiler.arguments import plan_arguments
from trunkline.compiler.authorization import OperationRequirements
from trunkline.compiler.caching import OperationCaching, plan_caching
from trunkline.compiler.collect import Collector
from trunkline.compiler.cost import Cost
from trunkline.compiler.dialect import dialect_of
from trunkline.compiler.directives import (
    DocumentDirectives,
    OperationDirectives,
    operation_directives,
)
from trunkline.compiler.document import ChosenOperation
from trunkline.compiler.numbering import NumberedDocument
from trunkline.compiler.plan import (
    AbstractShape,
    BuiltArguments,
    CollectedField,
    FieldPlan,
    LeafShape,
    ListShape,
    ObjectShape,
    OperationPlan,
    PlacedField,
    Position,
    Refused,
    SelectionPlan,
    Shape,
    TypeName,
)
from trunkline.errors import LimitExceededError, ValidationError
from trunkline.protocol.documents import document_id
from trunkline.runtime.graphql_core import FieldInfo
from trunkline.runtime.literals import values_within
from trunkline.runtime.positions import ALWAYS, Condition, Mark, SharedSelection
from trunkline.runtime.selection import SelectedField, Selection
from trunkline.runtime.variables import Variables
from trunkline.schema.bindings import Binding, CoreResolver, Resolver
from trunkline.schema.requirements import NOTHING

__all__ = ["PlannedOperation", "Planner", "plan_operation"]

_AHEAD = 5  # times the fields that the limits allow
_KNOWN_TYPES = 8  # of an interface or a union whose objects are planned before their values come
_KNOWN_FIELDS = 64  # that an operation may plan so: types multiply with what is selected below them
_OWN = 2  # equal selections with functions of their own, which objects in lists need not call

SelectionSets = list[tuple[SelectionSetNode, Condition]]


@dataclass(frozen=True, slots=True)
class PlannedOperation:
    """An operation and its plan, with what was made of the document beside it.

    ``id`` is the document's, ``sha256:…``; ``planner`` plans objects of abstract types when they
    come; ``around`` are the directives of the operation itself that have functions; ``caching`` is
    the policy of its responses, if they may be cached.
    """

    chosen: ChosenOperation
    id: str
    plan: OperationPlan
    planner: Planner
    variables: Variables
    cost: Cost
    around: OperationDirectives | None
    caching: OperationCaching | None


def plan_operation(chosen: ChosenOperation) -> PlannedOperation:
    """Plan an operation.

    Raises ``LimitExceededError`` if it costs more, or selects more fields, than allowed.
    """
    limits, node = chosen.limits, chosen.node
    schema = chosen.schema
    variables = Variables(
        schema.definition,
        node.variable_definitions or (),
        limits.values,
        has_suggestions=schema.has_suggestions,
    )
    cost = Cost(chosen)
    around = operation_directives(chosen, variables)
    planner = Planner(chosen, variables)
    plan = planner.plan(chosen, is_directed=around is not None)
    return PlannedOperation(
        chosen.without_fields(),
        document_id(chosen.text),
        plan,
        planner,
        variables,
        cost,
        around,
        plan_caching(chosen, plan.coordinates),
    )


class _Shared(NamedTuple):
    """The plan of equal selections: what values become, their mark, and the number of fields."""

    shape: Shape
    mark: Mark
    fields: int


class Planner:
    """Plans one operation, and the objects of its abstract types on requirement.

    ``kept`` is the number of the document's characters whose syntax tree that needs.
    """

    def __init__(self, chosen: ChosenOperation, variables: Variables) -> None:
        self._schema = chosen.schema
        self._definition = chosen.schema.definition
        self._refusals = chosen.refusals
        self._variable_nodes = {
            node.variable.name.value: (index, node)
            for index, node in enumerate(chosen.node.variable_definitions or ())
        }
        self._variables = variables
        self._collector = Collector(chosen)
        self._directives = DocumentDirectives(chosen, variables)
        self.dialect = dialect_of(chosen, variables)
        self._objects: dict[tuple[AbstractShape, str], ObjectShape] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        self._introspection: dict[str, Callable[..., Any]] = {}
        self._sizes: dict[int, int] = {}
        self._times: dict[object, int] = {}  # that equal selections were planned
        self._shared: dict[object, _Shared] = {}
        self._pointed_at = 0  # what errors may point to in the document that is not a field
        self._ahead = 0
        self._most_ahead = _AHEAD * chosen.limits.fields
        self.kept = sum(map(_length, chosen.fragments.values()))
        self._known: dict[tuple[AbstractShape, tuple[str, ...]], Mapping[str, ObjectShape]] = {}
        self.fields_known = 0  # of these objects
        self._document = NumberedDocument(
            chosen.node, chosen.fragments, keeps_nodes=self.dialect.values_may_wait
        )

    def plan(self, chosen: ChosenOperation, *, is_directed: bool) -> OperationPlan:
        """Plan the operation; ``is_directed`` if directives with functions are around it."""
        node = chosen.node
        if self.dialect.document_info is not None or chosen.source is None:
            self.kept += _length(node)
        kind = node.operation.value
        root = self._definition.get_root_type(node.operation)
        if root is None:
            message = f"Schema is not configured to execute {kind} operation."
            raise ValidationError([GraphQLError(message, node)])
        mark = Mark((), (), (), root.name, 0, self._document.fields)
        sets = [(node.selection_set, ALWAYS)]
        selection = self._selection(root, sets, Position([], ALWAYS, mark, None))
        source = self._event_source(node, root, selection) if kind == "subscription" else None
        required, note = None, self._refusals.note if self._refusals else None
        if note is None and self._schema.requirements:
            required = OperationRequirements(self._schema, node.variable_definitions or ())
            note = required.note
        coordinates, repeats = self._collector.reach(root, node.selection_set, note)
        self._variables.repeats = {name: times for name, times in repeats.items() if times > 1}
        bindings = self._schema.bindings
        resolvers = [
            binding
            for each in coordinates
            if not source or each != source.coordinate  # the stream's is called beforehand
            if isinstance(binding := bindings.get(each), Resolver)
        ]
        has_batches = any(resolver.is_batch for resolver in resolvers)
        return OperationPlan(
            kind=kind,
            name=node.name.value if node.name else None,
            root_type=root.name,
            root=selection,
            mark=mark,
            coordinates=coordinates,
            is_async=is_directed
            or kind == "subscription"
            or self.dialect.values_may_wait
            or any(each.is_async for each in resolvers)
            or self._directives.are_awaited(chosen, has_batches=has_batches),
            has_batches=has_batches,
            source=source,
            required=required if required and required.exist else None,
        )

    def plan_object(self, shape: AbstractShape, type_name: str) -> ObjectShape:
        """Plan what an abstract type's value becomes that is of this object type.

        One thread at a time: `OperationModules` has the lock.
        """
        key = (shape, type_name)
        if key not in self._objects:
            type_: Any = self._definition.type_map[type_name]
            self._collector.restart()
            self._objects[key] = self._object(type_, shape.position, nullable=False)
        return self._objects[key]

    def known_objects(self, shape: AbstractShape) -> Mapping[type, ObjectShape]:
        """Return what objects of an abstract type become whose class tells their type, by class.

        They are planned before their values come, so there are none if they might be many.
        """
        classes = self.dialect.classes(shape.type_name)
        planned = self._plan_ahead(shape, tuple(classes.values()))
        return {class_: planned[name] for class_, name in classes.items() if planned}

    def named_objects(self, shape: AbstractShape) -> Sequence[ObjectShape]:
        """Return what dicts of an abstract type become, which have the name of their type.

        They are planned before their values come, too.
        """
        return [*self._plan_ahead(shape, self.dialect.named(shape.type_name)).values()]

    def _plan_ahead(
        self, shape: AbstractShape, names: tuple[str, ...]
    ) -> Mapping[str, ObjectShape]:
        if (shape, names) in self._known:
            return self._known[shape, names]
        planned: dict[str, ObjectShape] = {}
        self._known[shape, names] = {}
        if len(shape.names) > _KNOWN_TYPES:
            return {}
        for name in names:
            if self.fields_known > _KNOWN_FIELDS:
                return {}
            try:
                planned[name] = self.plan_object(shape, name)
            except LimitExceededError:
                return {}
            self.fields_known += len(planned[name].selection.fields)
        self._known[shape, names] = planned
        return planned

    def _event_source(
        self, node: OperationDefinitionNode, root: GraphQLObjectType, selection: SelectionPlan
    ) -> FieldPlan:
        """Plan a subscription's source stream: the resolver of the one field that it selects."""
        if not selection.fields:  # only if the document was not validated
            first = node.selection_set.selections[0]
            name = first.name.value if isinstance(first, FieldNode) else "…"
            message = f"The subscription field '{name}' is not defined."
            raise ValidationError([GraphQLError(message, first)])
        placed = selection.fields[0]
        if isinstance(placed.field.binding, Refused):
            return placed.field
        source, events = self.dialect.event_source(root, placed.field)
        selection.fields[0] = replace(placed, field=events)
        return source

    def _selection(
        self, type_: GraphQLObjectType, sets: SelectionSets, position: Position
    ) -> SelectionPlan:
        collected = self._collector.collect(type_, sets, position.known)
        fields = {
            key: self._field(type_, key, merged, position)
            for key, merged in collected.fields.items()
        }
        placed: set[str] = set()
        plan = SelectionPlan(collected.unsure)
        self._pointed_at += len(collected.unsure)
        for key, condition in collected.order:
            field = fields[key]
            if field is None:
                continue
            granted, refused = self._guarded(field, collected.fields[key][0].node, type_)
            both = condition | granted if granted else condition
            plan.fields.append(PlacedField(field, both, key in placed))
            if refused is not None:
                plan.fields.append(PlacedField(refused, condition, again=True))
            placed.add(key)
        return plan

    def _guarded(
        self, field: FieldPlan, node: FieldNode, parent: GraphQLObjectType
    ) -> tuple[Condition, FieldPlan | None]:
        """Return when the values of variables let a caller have a field, and what it is if not."""
        guards = self._refusals.guards(node) if self._refusals else []
        definition = self._definition.get_field(parent, field.name)
        if not guards or self._refusals is None or definition is None:
            return ALWAYS, None
        first = len(self._variable_nodes)  # of the decisions, which stand behind the variables
        reasons = first + len(self._refusals.guarded)
        certain = field.binding.requirements if isinstance(field.binding, Refused) else NOTHING
        binding = Refused(certain, tuple(reasons + number for number in guards))
        refused = _refused_field(field.key, field.name, definition.type, field.mark, binding)
        return frozenset((first + number, False) for number in guards), refused

    def _field(
        self, parent: GraphQLObjectType, key: str, fields: list[CollectedField], above: Position
    ) -> FieldPlan | None:
        node = fields[0].node
        name = node.name.value
        definition = self._definition.get_field(parent, name)
        if definition is None:  # only if the document was not validated; graphql-core does the same
            return None
        type_, coordinate = definition.type, f"{parent.name}.{name}"
        mark = self._mark(fields, key, above.mark, coordinate, type_)
        requirements = self._refusals and self._refusals.of(coordinate, definition, node)
        if requirements:
            return _refused_field(key, name, type_, mark, Refused(requirements))
        document = self.dialect.document_info
        info = FieldInfo(name, parent, type_, mark, document) if document else None
        undirected = self._binding(parent, name, definition)
        binding = self._directives.bind(coordinate, undirected, fields)
        measure = self._schema.measure
        if measure is not None and not isinstance(binding, TypeName):
            binding = measure(_place_of(mark), binding)
        position = Position(fields, above.known, mark, info)
        shape, shared = self._value(type_, position, binding)
        parameters = dict(binding.arguments) if isinstance(binding, Resolver) else {}
        looks_ahead = isinstance(binding, Resolver) and binding.selection
        arguments = plan_arguments(definition, fields, parameters, self._variable_nodes)
        if binding is not undirected or isinstance(arguments, BuiltArguments):
            self._pointed_at += 1
        return FieldPlan(
            key=key,
            name=name,
            coordinate=coordinate,
            type_text=str(type_),
            mark=mark,
            binding=binding,
            arguments=arguments,
            shape=shape,
            shared=shared,
            info=info,
            selection=self._selection_below(shape) if looks_ahead else None,
            built=self._built(node),
        )

    def _built(self, node: FieldNode) -> int:
        """Count the values in the lists and objects of a field's arguments, once for all types."""
        if not node.arguments:
            return 0
        if id(node) not in self._sizes:
            inner = chain.from_iterable(values_within(each.value) for each in node.arguments)
            self._sizes[id(node)] = sum(1 for _ in inner)
        return self._sizes[id(node)]

    def _mark(
        self,
        fields: list[CollectedField],
        key: str,
        above: Mark,
        coordinate: str,
        type_: GraphQLOutputType,
    ) -> Mark:
        """Mark the position of fields that were merged; its conditions matter if some may lack."""
        conditions = tuple(each.condition for each in fields)
        if len(fields) == 1 or not any(conditions):
            conditions = ()
        numbers = tuple(self._document.number(each.node) for each in fields)
        path = (*above.path, key)
        depth = _nullable_depth(type_, path, above)
        document, shared = above.document, above.shared
        return Mark(path, numbers, conditions, coordinate, depth, document, above, shared)

    def _binding(
        self, parent: GraphQLObjectType, name: str, definition: GraphQLField
    ) -> Binding | TypeName:
        if name == "__typename":
            return TypeName(parent.name)
        coordinate = f"{parent.name}.{name}"
        if "__" in coordinate and definition.resolve:  # introspection
            if coordinate not in self._introspection:
                shown = self._refusals.visible if self._refusals else self._definition
                self._introspection[coordinate] = _with_schema(shown, definition.resolve)
            return CoreResolver(self._introspection[coordinate])
        return self.dialect.binding(coordinate, definition)

    def _value(
        self, type_: GraphQLOutputType, position: Position, binding: Binding | TypeName
    ) -> tuple[Shape, Mark | None]:
        """Plan what a field's value becomes, and its mark if equal selections share the plan.

        A selection is not shared if an error may point to something in it that is not a field: to
        an argument, a variable, or what has a directive. Neither is one that is measured, by place.
        """
        is_batch = isinstance(binding, Resolver) and binding.is_batch
        is_leaf = is_leaf_type(type_.of_type if is_non_null_type(type_) else type_)
        mark, info = position.mark, position.info
        is_single = (is_leaf and not is_batch) or mark.shared is not None
        is_measured = self._schema.measure is not None
        if is_single or is_measured or self._refusals or not self._document.is_tree:
            return self._shape(type_, position), None
        sets, known = _sets_of(position)
        signatures = tuple((self._document.signature(node), condition) for node, condition in sets)
        key = (mark.coordinate, mark.index_count, len(mark.fields), known, signatures)
        if self._times.get(key, 0) < _OWN:
            before = self._pointed_at
            shape = self._shape(type_, position)
            if self._pointed_at == before:
                self._times[key] = self._times.get(key, 0) + 1
            return shape, None
        if key not in self._shared:
            ends = map(self._document.end_of, (each.node for each in position.fields))
            selection = SharedSelection((*zip(mark.fields, ends, strict=True),), mark.index_count)
            mark = Mark((), (), (), mark.coordinate, -1, mark.document, shared=selection)
            info = info and replace(info, mark=mark)
            before = self._collector.fields
            shape = self._shape(type_, replace(position, mark=mark, info=info))
            fields = max(0, self._collector.fields - before)  # it may have begun from zero again
            self._shared[key] = _Shared(shape, mark, fields)
        else:
            self._collector.count(self._shared[key].fields)
        shared = self._shared[key]
        return shared.shape, shared.mark

    def _shape(self, type_: GraphQLOutputType, position: Position) -> Shape:
        nullable = not is_non_null_type(type_)
        inner: Any = type_.of_type if is_non_null_type(type_) else type_
        if is_list_type(inner):
            path = (*position.mark.path, None)
            depth = _nullable_depth(inner.of_type, path, position.mark)
            mark = replace(position.mark, path=path, nullable_depth=depth, above=position.mark)
            item = self._shape(inner.of_type, replace(position, mark=mark))
            return ListShape(item, mark, nullable)
        if is_leaf_type(inner):
            return LeafShape(inner, nullable)
        if is_abstract_type(inner):
            return self._abstract(inner.name, self._names_of(inner), position, nullable=nullable)
        if self.dialect.values_may_wait and inner.is_type_of:  # which must confirm the type
            return self._abstract(inner.name, (inner.name,), position, nullable=nullable)
        return self._object(inner, position, nullable=nullable)

    def _abstract(
        self, name: str, names: tuple[str, ...], position: Position, *, nullable: bool
    ) -> AbstractShape:
        sets, _ = _sets_of(position)
        if any(self._document.has_arguments(node) for node, _ in sets):
            self._pointed_at += 1  # perhaps, which is found out when the first value comes
        self.kept += sum(_length(each.node) for each in position.fields)
        return AbstractShape(name, names, position, nullable)

    def _names_of(self, type_: GraphQLAbstractType) -> tuple[str, ...]:
        """Return the names of the object types that values of an abstract type may have."""
        names = self._names.get(type_.name)
        if names is None:
            types = self._definition.get_possible_types(type_)
            names = self._names[type_.name] = tuple(each.name for each in types)
        return names

    def _object(
        self, type_: GraphQLObjectType, position: Position, *, nullable: bool
    ) -> ObjectShape:
        """Plan an object and the selection sets below it."""
        sets, known = _sets_of(position)
        selection = self._selection(type_, sets, replace(position, known=known))
        return ObjectShape(type_.name, self._schema.models.get(type_.name), selection, nullable)

    def _selection_below(self, shape: Shape) -> Selection:
        """Return what is selected of a field's value, for any variables."""
        below = {each.type_name: list(self._selected(each)) for each in self._objects_of(shape)}
        return Selection(below)

    def _objects_of(self, shape: Shape) -> Iterator[ObjectShape]:
        match shape:
            case ListShape():
                yield from self._objects_of(shape.item)
            case AbstractShape():
                for name in shape.names:
                    object_ = self.plan_object(shape, name)
                    self._count_ahead(1 + len(object_.selection.fields))
                    yield object_
            case ObjectShape():
                yield shape
            case _:
                pass

    def _count_ahead(self, fields: int) -> None:
        """Bound what is planned for resolvers that look ahead into every type of a value."""
        self._ahead += fields
        allowed = self._most_ahead
        if self._ahead > allowed:
            raise LimitExceededError.because(
                f"The operation selects more than {allowed} fields below interfaces and unions,"
                " those of each object type counted, and a resolver asks for them."
            )

    def _selected(self, shape: ObjectShape) -> Iterator[SelectedField]:
        for placed in shape.selection.fields:
            field = placed.field
            if not isinstance(field.binding, (TypeName, Refused)):
                below = field.selection
                if below is None:
                    below = self._selection_below(field.shape)
                yield SelectedField(field.name, placed.condition, below.types)


def _with_schema(shown: GraphQLSchema, resolve: Callable[..., Any]) -> Callable[..., Any]:
    """Let a resolver of introspection show another schema."""
    info = SimpleNamespace(schema=shown)

    def resolve_shown(source: Any, _info: Any, **arguments: Any) -> Any:
        return resolve(source, info, **arguments)

    return resolve_shown


def _refused_field(
    key: str, name: str, type_: GraphQLOutputType, mark: Mark, binding: Refused
) -> FieldPlan:
    """Plan a field that the caller may not have: an error, and nothing below it."""
    return FieldPlan(
        key=key,
        name=name,
        coordinate=mark.coordinate,
        type_text=str(type_),
        mark=mark,
        binding=binding,
        arguments={},
        shape=LeafShape(GraphQLString, nullable=not is_non_null_type(type_)),
    )


def _sets_of(position: Position) -> tuple[SelectionSets, Condition]:
    """Return the selection sets below a position, and what holds wherever they are executed.

    Below a field that occurs once its own condition holds. Of one that occurs several times only
    what the conditions share is known, and each adds its fields under the rest of its own.
    """
    first, *others = (each.condition for each in position.fields)
    shared = first.intersection(*others)
    sets = [
        (each.node.selection_set, each.condition - shared)
        for each in position.fields
        if each.node.selection_set is not None
    ]
    return sets, position.known | shared


def _place_of(mark: Mark) -> tuple[tuple[str, str], ...]:
    """Return the response keys from the root to a field, each with its coordinate."""
    place: list[tuple[str, str]] = []
    above: Mark | None = mark
    while above is not None and above.path:
        if (key := above.path[-1]) is not None:
            place.append((key, above.coordinate))
        above = above.above
    return tuple(reversed(place))


def _length(node: Node) -> int:
    """Return the number of characters of a part of the document."""
    return node.loc.end - node.loc.start if node.loc else 0


def _nullable_depth(type_: GraphQLOutputType, path: Sequence[str | None], above: Mark) -> int:
    """Return the length of the path at which the null of an error comes to rest."""
    return above.nullable_depth if is_non_null_type(type_) else len(path)
