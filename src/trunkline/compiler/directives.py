"""Directives that a request uses: around fields of its document, and around its operation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any, TypeAlias

from graphql import DirectiveLocation, DirectiveNode, GraphQLError, located_error, print_ast

from trunkline.compiler.document import ChosenOperation
from trunkline.compiler.plan import CollectedField, TypeName
from trunkline.compiler.selections import every_field
from trunkline.errors import RequestError
from trunkline.runtime.positions import Condition
from trunkline.runtime.variables import Variables, argument_builder, first_argument_builder
from trunkline.schema.around import put_around
from trunkline.schema.bindings import (
    Binding,
    CoreResolver,
    DirectedField,
    DirectiveFunction,
    DirectiveUse,
    Resolver,
)

__all__ = ["DocumentDirectives", "OperationDirectives", "operation_directives"]

OperationDirectives: TypeAlias = Callable[
    [Callable[[], Any], Sequence[Any], Mapping[str, Any]], Any
]
"""Takes the function that executes the operation, the variables' values, and what the directives'
functions may have parameters for. Must be awaited."""


class DocumentDirectives:
    """The directives on fields of one operation's document that have functions in the schema."""

    def __init__(self, chosen: ChosenOperation, variables: Variables) -> None:
        self._schema = chosen.schema
        self._variables = variables
        self._functions = {
            name: function
            for name, function in chosen.schema.directives.items()
            if DirectiveLocation.FIELD in function.directive.locations
        }

    def are_awaited(self, chosen: ChosenOperation, *, has_batches: bool) -> bool:
        """Return whether a field of the document may be awaited because of a directive."""
        if not self._functions:
            return False
        sets = [fragment.selection_set for fragment in chosen.fragments.values()]
        sets.append(chosen.node.selection_set)
        names = (each.name.value for node in every_field(sets) for each in node.directives or ())
        used = [self._functions[name] for name in names if name in self._functions]
        return any(function.is_async or has_batches for function in used)

    def bind(
        self, coordinate: str, binding: Binding | TypeName, fields: Sequence[CollectedField]
    ) -> Binding | TypeName:
        """Put the directives of a field in the document around what it is bound to.

        They are within those that the schema has around it. If the field stands several times in
        the document, the directives of all that take part count, each once.
        """
        uses = self._uses(fields) if self._functions else []
        if not uses:
            return binding
        directed = self._schema.directed.get(coordinate)
        return put_around(directed or DirectedField(self._called(binding)), uses)

    def _called(self, binding: Binding | TypeName) -> Binding:
        """Return a binding for what the schema itself provides, by introspection."""
        if isinstance(binding, TypeName):
            name = binding.name

            def type_name(_parent: object) -> str:
                return name

            return Resolver(type_name, is_async=False, takes_parent=True)
        if not isinstance(binding, CoreResolver):
            return binding
        resolve, info = binding.function, SimpleNamespace(schema=self._schema.definition)

        def call(parent: Any, **arguments: Any) -> Any:
            return resolve(parent, info, **arguments)

        return Resolver(call, is_async=False, takes_parent=True)

    def _uses(self, fields: Sequence[CollectedField]) -> list[DirectiveUse]:
        uses: dict[tuple[str, int], list[tuple[Condition, DirectiveNode]]] = {}
        for field in fields:
            times = Counter[str]()
            for node in field.node.directives or ():
                if node.name.value in self._functions:
                    text = print_ast(node)
                    times[text] += 1
                    key = (text, times[text])  # a repeatable directive may be repeated word by word
                    uses.setdefault(key, []).append((field.condition, node))
        return [self._use(each) for each in uses.values()]

    def _use(self, uses: Sequence[tuple[Condition, DirectiveNode]]) -> DirectiveUse:
        function = self._functions[uses[0][1].name.value]
        build = first_argument_builder(function.directive, uses, self._variables)
        return DirectiveUse(function, build)


def operation_directives(
    chosen: ChosenOperation, variables: Variables
) -> OperationDirectives | None:
    """Make the function that goes by way of an operation's directives, the first outermost.

    ``None`` if the operation has no directive with a function.
    """
    around: OperationDirectives | None = None
    for node in reversed(chosen.node.directives or ()):
        function = chosen.schema.directives.get(node.name.value)
        if function is not None:
            build = argument_builder(function.directive, node, variables)
            around = _put_around(function, node, build, around)
    return around


def _put_around(
    directive: DirectiveFunction,
    node: DirectiveNode,
    build: Callable[[Sequence[Any]], dict[str, Any]],
    inner: OperationDirectives | None,
) -> OperationDirectives:
    async def call(
        execute: Callable[[], Any], values: Sequence[Any], given: Mapping[str, Any]
    ) -> Any:
        own = {name: given[name] for name in directive.takes}
        try:
            arguments = build(values)
            proceed = partial(inner, execute, values, given) if inner else execute
            return await directive.function(proceed, **arguments, **own)
        except GraphQLError as error:
            raise RequestError([located_error(error, [node])]) from error

    return call
