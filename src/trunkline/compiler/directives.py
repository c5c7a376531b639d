"""Directives that a request uses: around fields of its document, and around its operation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any, TypeAlias

from graphql import (
    DirectiveLocation,
    DirectiveNode,
    FieldNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    located_error,
    print_ast,
)

from trunkline.compiler.collect import Occurrence
from trunkline.compiler.document import CheckedOperation
from trunkline.compiler.plan import TypeName
from trunkline.errors import RequestError
from trunkline.runtime.arguments import argument_builder
from trunkline.runtime.marks import Condition, holds
from trunkline.runtime.variables import Variables
from trunkline.schema.around import put_around
from trunkline.schema.bindings import (
    Binding,
    CoreResolver,
    DirectedField,
    DirectiveFunction,
    DirectiveUse,
    Resolver,
    Schema,
)

__all__ = ["DocumentDirectives", "around_operation", "is_directed"]

Around: TypeAlias = Callable[[Callable[[], Any], Sequence[Any], Mapping[str, Any]], Any]
"""Takes what executes, the variables' values, and what the directives' functions may ask for."""


class DocumentDirectives:
    """The directives of one operation's document that have functions in the schema."""

    def __init__(self, schema: Schema, checked: CheckedOperation, variables: Variables) -> None:
        self._schema = schema
        self._checked = checked
        self._variables = variables
        self._functions = {
            name: function
            for name, function in schema.directives.items()
            if DirectiveLocation.FIELD in function.directive.locations
        }

    def awaits(self, *, has_batches: bool) -> bool:
        """Say whether a field of the document may be awaited because of a directive."""
        used = [self._functions[name] for name in self._used()] if self._functions else []
        return any(function.is_async or has_batches for function in used)

    def bind(
        self, coordinate: str, binding: Binding | TypeName, occurrences: Sequence[Occurrence]
    ) -> Binding | TypeName:
        """Put the directives of a field in the document around what it is bound to.

        They are within those that the schema has around it. Where the field stands several times,
        those of all that take part count, each once.
        """
        uses = self._uses(occurrences) if self._functions else []
        if not uses:
            return binding
        called = self._called(binding)
        return put_around(self._schema.directed.get(coordinate) or DirectedField(called), uses)

    def _called(self, binding: Binding | TypeName) -> Binding:
        """Return a binding for what the schema itself tells, by introspection."""
        if isinstance(binding, TypeName):
            return Resolver(partial(_name, binding.name), is_async=False, takes_parent=True)
        if not isinstance(binding, CoreResolver):
            return binding
        resolve, info = binding.function, SimpleNamespace(schema=self._schema.definition)

        def call(parent: Any, **arguments: Any) -> Any:
            return resolve(parent, info, **arguments)

        return Resolver(call, is_async=False, takes_parent=True)

    def _uses(self, occurrences: Sequence[Occurrence]) -> list[DirectiveUse]:
        conditions: dict[tuple[str, int], list[Condition]] = {}
        nodes: dict[tuple[str, int], DirectiveNode] = {}
        for occurrence in occurrences:
            times = Counter[str]()
            for node in occurrence.node.directives or ():
                if node.name.value not in self._functions:
                    continue
                text = print_ast(node)
                times[text] += 1
                key = (text, times[text])  # one field may have a repeatable one again
                nodes.setdefault(key, node)
                conditions.setdefault(key, []).append(occurrence.condition)
        return [self._use(node, conditions[key]) for key, node in nodes.items()]

    def _use(self, node: DirectiveNode, conditions: list[Condition]) -> DirectiveUse:
        function = self._functions[node.name.value]
        build = argument_builder(function.directive, node, self._variables)
        if not all(conditions):  # once without any is always
            return DirectiveUse(function, build)

        def build_if_present(values: Sequence[Any]) -> dict[str, Any] | None:
            present = any(holds(condition, values) for condition in conditions)
            return build(values) if present else None

        return DirectiveUse(function, build_if_present)

    def _used(self) -> Iterator[str]:
        """Name the directives of the fields in the operation and the document's fragments."""
        sets: list[SelectionSetNode | None] = [self._checked.node.selection_set]
        sets += [fragment.selection_set for fragment in self._checked.fragments.values()]
        while sets:
            selection_set = sets.pop()
            for node in selection_set.selections if selection_set else ():
                if isinstance(node, FieldNode):
                    names = (each.name.value for each in node.directives or ())
                    yield from (name for name in names if name in self._functions)
                if isinstance(node, (FieldNode, InlineFragmentNode)):
                    sets.append(node.selection_set)


def _name(name: str, _parent: Any) -> str:
    return name


def is_directed(schema: Schema, node: OperationDefinitionNode) -> bool:
    """Say whether an operation has directives with functions around it."""
    return any(directive.name.value in schema.directives for directive in node.directives or ())


def around_operation(schema: Schema, checked: CheckedOperation, variables: Variables) -> Around:
    """Make the function that goes by way of an operation's directives, the first outermost."""
    around: Around = _execute
    for node in reversed(checked.node.directives or ()):
        function = schema.directives.get(node.name.value)
        if function is not None:
            build = argument_builder(function.directive, node, variables)
            around = _outer(function, node, build, around)
    return around


async def _execute(
    proceed: Callable[[], Any], _values: Sequence[Any], _given: Mapping[str, Any]
) -> Any:
    return await proceed()


def _outer(
    directive: DirectiveFunction,
    node: DirectiveNode,
    build: Callable[[Sequence[Any]], dict[str, Any]],
    inner: Around,
) -> Around:
    async def outer(
        proceed: Callable[[], Any], values: Sequence[Any], given: Mapping[str, Any]
    ) -> Any:
        own = {name: given[name] for name in directive.takes}
        try:
            arguments = build(values)
            within = partial(inner, proceed, values, given)
            return await directive.function(within, **arguments, **own)
        except GraphQLError as error:
            raise RequestError([located_error(error, [node])]) from error

    return outer
