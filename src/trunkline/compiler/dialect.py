"""The two dialects in which resolvers are written, and what planning and writing ask of them.

`Dialect` is ours: bindings tell beforehand which values are awaited. `GraphQLCoreDialect` is for
schemas whose functions have graphql-core's form: only a value itself tells.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import SimpleNamespace
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLLeafType,
    GraphQLObjectType,
    default_field_resolver,
)
from graphql.pyutils import is_awaitable
from msgspec.structs import replace

from trunkline.compiler.document import ChosenOperation
from trunkline.compiler.inline import SPECIFIED, InlineLeaf, inline_leaf
from trunkline.compiler.plan import Event, FieldPlan
from trunkline.runtime import graphql_core
from trunkline.runtime.graphql_core import AwaitedType, DocumentInfo
from trunkline.runtime.positions import HiddenValueError
from trunkline.runtime.values import (
    TypeTable,
    leaf_completer,
    to_list,
    type_finder,
    types_by_class,
)
from trunkline.runtime.variables import Variables
from trunkline.schema.bindings import Binding, CoreConventions, CoreDefault, CoreResolver, Lookup

__all__ = ["Dialect", "GraphQLCoreDialect", "dialect_of"]


class Dialect:
    """Our own resolvers.

    - ``values_may_wait``: whether any value may turn out to be an awaitable
    - ``is_awaitable``: the test for that, if it is not graphql-core's own
    - ``document_info``: the operation's part of ``info``, if resolvers take one
    - ``widest``: how many fields one function has at most. Other threads wait while Python compiles
      it: ten milliseconds
    - ``introspection_info``: the ``info`` of introspection's resolvers (GraphQL §4)
    """

    values_may_wait = False
    widest = 100
    is_awaitable: Callable[[Any], bool] | None = None
    document_info: DocumentInfo | None = None

    def __init__(self, chosen: ChosenOperation) -> None:
        self._schema = chosen.schema
        self._definition = chosen.schema.definition
        self._finders: dict[str, tuple[Callable[..., Any], Mapping[type, str]]] = {}
        self._leaves: dict[GraphQLLeafType, InlineLeaf | None] = {}
        self.introspection_info = SimpleNamespace(schema=self._definition)

    def binding(self, coordinate: str, definition: GraphQLField) -> Binding:
        """Return how a field gets its value."""
        binding = self._schema.bindings.get(coordinate)
        if binding is None and definition.resolve is not None:
            binding = CoreResolver(definition.resolve)
        return binding or Lookup(coordinate, (coordinate.partition(".")[2],))

    def event_source(
        self, root: GraphQLObjectType, field: FieldPlan
    ) -> tuple[FieldPlan, FieldPlan]:
        """Return a subscription's source stream, and the field for its events (GraphQL §6.2.3).

        What our streams yield is the value of the field itself.
        """
        del root
        return field, replace(field, binding=Event(), arguments={})

    def type_table(
        self, type_name: str, functions: Mapping[str, Callable[..., Any]]
    ) -> Mapping[Any, Callable[..., Any]]:
        """Return the functions that complete an abstract type's values, by the values' class.

        ``functions`` has them by object type.
        """
        return TypeTable(*self._finder(type_name), functions)

    def classes(self, type_name: str) -> Mapping[type, str]:
        """Return the object types that the class of an abstract type's value tells, by class."""
        return self._finder(type_name)[1]

    def named(self, type_name: str) -> tuple[str, ...]:
        """Return the object types of an abstract type whose values may be dicts with a name."""
        schema = self._schema
        if type_name in schema.type_resolvers:
            return ()
        types = self._definition.get_possible_types(self._definition.type_map[type_name])  # type: ignore[arg-type]
        models = {each.name: schema.models.get(each.name) for each in types}
        return tuple(name for name, model in models.items() if not model or issubclass(model, dict))

    def _finder(self, type_name: str) -> tuple[Callable[..., Any], Mapping[type, str]]:
        """Return what names the type of an abstract type's value: a function, and classes."""
        if type_name not in self._finders:
            schema = self._schema
            whole = schema.whole or self._definition
            types = whole.get_possible_types(whole.type_map[type_name])  # type: ignore[arg-type]
            models = {each.name: schema.models.get(each.name) for each in types}
            resolve_type = schema.type_resolvers.get(type_name)
            find = type_finder(type_name, models, resolve_type)
            classes = {} if resolve_type else types_by_class(models)
            visible = self._definition.type_map
            classes = {class_: name for class_, name in classes.items() if name in visible}
            self._finders[type_name] = self._only_visible(find), classes
        return self._finders[type_name]

    def _only_visible(self, find: Callable[..., Any]) -> Callable[..., Any]:
        """Let values of types that the caller does not see be null."""
        if self._schema.whole is None:
            return find
        visible = self._definition.type_map

        def check(name: str) -> str:
            if name not in visible:
                raise HiddenValueError
            return name

        def find_visible(*arguments: Any) -> str | Awaitable[str]:
            name = find(*arguments)
            return check(name) if isinstance(name, str) else AwaitedType(name, check)

        return find_visible

    def inline_leaf(self, type_: GraphQLLeafType) -> InlineLeaf | None:
        """Return how the text completes the common value of a scalar or an enum, if it does."""
        if type_ not in self._leaves:
            self._leaves[type_] = inline_leaf(type_)
        return self._leaves[type_]

    def leaf_completer(self, type_: GraphQLLeafType, *, nullable: bool) -> Callable[[Any], Any]:
        """Return the function that completes a scalar or an enum."""
        return leaf_completer(type_, nullable=nullable)

    def list_converter(self, coordinate: str) -> Callable[[Any], Any]:
        """Return the function that takes a field's value as a list."""
        del coordinate
        return to_list


class GraphQLCoreDialect(Dialect):
    """Functions in graphql-core's form, which get an ``info`` and may return an awaitable.

    Lists may be asynchronous, and types are found by functions that take ``info`` too.
    """

    values_may_wait = True
    widest = 40  # each has twenty lines

    def __init__(
        self, chosen: ChosenOperation, conventions: CoreConventions, variables: Variables
    ) -> None:
        super().__init__(chosen)
        self._conventions = conventions
        self._bindings: dict[str, Binding] = {}
        test = conventions.is_awaitable
        self.is_awaitable = None if test is is_awaitable else test
        fragments = dict(chosen.fragments)
        whole = chosen.schema.whole or self._definition  # what the program's own functions get
        self.document_info = DocumentInfo(whole, fragments, chosen.node, variables, test)

    def binding(self, coordinate: str, definition: GraphQLField) -> Binding:
        """Return a resolver, or graphql-core's default one."""
        conventions = self._conventions
        if coordinate not in self._bindings:
            resolver = conventions.wrap(definition.resolve or conventions.field_resolver)
            binding: Binding = CoreResolver(resolver)
            if resolver is default_field_resolver:
                binding = CoreDefault(coordinate.partition(".")[2])
            self._bindings[coordinate] = binding
        return self._bindings[coordinate]

    def event_source(
        self, root: GraphQLObjectType, field: FieldPlan
    ) -> tuple[FieldPlan, FieldPlan]:
        """Return both; what graphql-core's streams yield is what the field is resolved on."""
        definition = self._definition.get_field(root, field.name)
        subscribe = definition.subscribe if definition else None
        binding = CoreResolver(subscribe or self._conventions.subscribe_resolver)
        return replace(field, binding=binding), field

    def type_table(
        self, type_name: str, functions: Mapping[str, Callable[..., Any]]
    ) -> Mapping[Any, Callable[..., Any]]:
        """Return the functions by object type: only the schema's functions find the type."""
        del type_name
        return functions

    def type_finder(self, type_name: str, coordinate: str) -> Callable[..., Any]:
        """Return the function that names a value's type; it takes ``info`` too."""
        whole = self._schema.whole or self._definition
        type_: Any = whole.type_map[type_name]
        conventions = self._conventions
        default, test = conventions.type_resolver, conventions.is_awaitable
        find = graphql_core.type_finder(whole, type_, default, test, coordinate)
        return self._only_visible(find)

    def inline_leaf(self, type_: GraphQLLeafType) -> InlineLeaf | None:
        """Return how the text tests for a value that needs no completing, if it can be told."""
        return SPECIFIED.get(type_.name)

    def leaf_completer(self, type_: GraphQLLeafType, *, nullable: bool) -> Callable[[Any], Any]:
        """Return the function that completes a scalar or an enum."""
        return graphql_core.leaf_completer(type_, self._conventions.is_leaf, nullable=nullable)

    def list_converter(self, coordinate: str) -> Callable[[Any], Any]:
        """Return the function that takes a field's value as a list."""
        conventions = self._conventions
        return graphql_core.list_converter(
            coordinate, conventions.is_awaitable, conventions.is_async_iterable
        )


def dialect_of(chosen: ChosenOperation, variables: Variables) -> Dialect:
    """Return the dialect of an operation's schema."""
    conventions = chosen.schema.core
    if conventions is None:
        return Dialect(chosen)
    return GraphQLCoreDialect(chosen, conventions, variables)
