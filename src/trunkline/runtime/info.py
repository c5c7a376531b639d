"""What resolvers in graphql-core's form are told of the execution: their ``info``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
)
from graphql.execution.values import VariableValues
from graphql.pyutils import Path, gather_with_cancel
from graphql.type.definition import GraphQLResolveInfoHelpers

from trunkline.runtime.marks import Mark
from trunkline.runtime.variables import Variables

if TYPE_CHECKING:
    from trunkline.runtime.execution import Execution

__all__ = ["DocumentFacts", "FieldFacts", "ResolveInfo"]


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """What every field of an operation is told alike."""

    schema: GraphQLSchema
    fragments: dict[str, FragmentDefinitionNode]
    operation: OperationDefinitionNode
    variables: Variables
    is_awaitable: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """What is known of a field when it is compiled; ``above`` is the field that it stands in."""

    name: str
    parent_type: GraphQLObjectType
    return_type: GraphQLOutputType
    mark: Mark
    above: FieldFacts | None
    document: DocumentFacts

    def path(self, indices: tuple[int, ...]) -> Path:
        """Return the field's path in graphql-core's form, where each key knows its type."""
        length, number, path = 0, 0, None
        if self.above is not None:
            mark = self.above.mark
            length, number = len(mark.path), mark.path.count(None)
            path = self.above.path(indices[:number])
        for index in indices[number : number + len(self.mark.path) - length - 1]:
            path = Path(path, index, None)
        return Path(path, str(self.mark.path[-1]), self.parent_type.name)


class ResolveInfo:
    """graphql-core's ``GraphQLResolveInfo``, made of what was known before.

    A resolver that asks for nothing of it pays for one small object only.
    """

    __slots__ = ("_execution", "_field", "_indices")

    def __init__(self, field: FieldFacts, execution: Execution, *indices: int) -> None:
        self._field = field
        self._execution = execution
        self._indices = indices

    @property
    def field_name(self) -> str:
        """The schema's name of the field."""
        return self._field.name

    @property
    def field_nodes(self) -> list[FieldNode]:
        """The fields of the document that were merged here."""
        return self._field.mark.nodes_of(self._execution.variables)

    @property
    def return_type(self) -> GraphQLOutputType:
        """The type of the field."""
        return self._field.return_type

    @property
    def parent_type(self) -> GraphQLObjectType:
        """The object type that the field belongs to."""
        return self._field.parent_type

    @property
    def path(self) -> Path:
        """The field's place in the response."""
        return self._field.path(self._indices)

    @property
    def schema(self) -> GraphQLSchema:
        """The schema."""
        return self._field.document.schema

    @property
    def fragments(self) -> dict[str, FragmentDefinitionNode]:
        """The document's fragments by name."""
        return self._field.document.fragments

    @property
    def root_value(self) -> Any:
        """What root fields are resolved on."""
        return self._execution.root_value

    @property
    def operation(self) -> OperationDefinitionNode:
        """The operation in the document."""
        return self._field.document.operation

    @property
    def variable_values(self) -> VariableValues:
        """The request's variables, coerced."""
        return self._field.document.variables.sources(self._execution.variables)

    @property
    def context(self) -> Any:
        """The request's context."""
        return self._execution.context

    @property
    def is_awaitable(self) -> Callable[[Any], bool]:
        """The function that tells which values are awaited."""
        return self._field.document.is_awaitable

    @property
    def abort_signal(self) -> None:
        """Nothing: an execution is given up by cancelling its task."""
        return

    @property
    def async_helpers(self) -> GraphQLResolveInfoHelpers:
        """Functions that await several things at once, or settle what nobody will await."""
        return _HELPERS


def _gather(values: Sequence[Awaitable[Any]]) -> Awaitable[list[Any]]:
    return gather_with_cancel(*values)


_background: set[asyncio.Future[Any]] = set()  # asyncio itself would forget them half-way


def _track(values: Sequence[Any]) -> None:
    """Let awaitables run to their end, and see their errors, though nobody waits for them."""
    awaitables = [value for value in values if hasattr(value, "__await__")]
    if awaitables:
        future = asyncio.gather(*awaitables, return_exceptions=True)
        _background.add(future)
        future.add_done_callback(_background.discard)


_HELPERS = GraphQLResolveInfoHelpers(_gather, _track)
