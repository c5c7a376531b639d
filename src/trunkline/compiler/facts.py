"""What resolvers in graphql-core's form are told, noted while their fields are planned."""

from __future__ import annotations

from graphql import GraphQLObjectType, GraphQLOutputType

from trunkline.compiler.document import CheckedOperation
from trunkline.runtime.info import DocumentFacts, FieldFacts
from trunkline.runtime.marks import Mark
from trunkline.runtime.variables import Variables
from trunkline.schema.bindings import CoreConventions, Schema

__all__ = ["Facts"]


class Facts:
    """What resolvers in graphql-core's form are told of the fields that they resolve."""

    def __init__(
        self,
        core: CoreConventions | None,
        schema: Schema,
        checked: CheckedOperation,
        variables: Variables,
    ) -> None:
        self._noted: dict[tuple[str | None, ...], FieldFacts] = {}
        self._document: DocumentFacts | None = None
        if core is not None:
            self._document = DocumentFacts(
                schema.definition, checked.fragments, checked.node, variables, core.is_awaitable
            )

    def note(
        self, name: str, parent: GraphQLObjectType, type_: GraphQLOutputType, mark: Mark
    ) -> FieldFacts | None:
        """Note a field's facts, where there is somebody to tell them to."""
        if self._document is None:
            return None
        above = self.above(mark.path[:-1])
        facts = FieldFacts(name, parent, type_, mark, above, self._document)
        self._noted[mark.path] = facts
        return facts

    def enter(self, facts: FieldFacts | None) -> None:
        """Go back to a field, to plan what lies below it."""
        if facts is not None:
            self._noted[facts.mark.path] = facts

    def above(self, path: tuple[str | None, ...]) -> FieldFacts | None:
        """Return the facts of the field that a position belongs to.

        Of an abstract type there may be several at one path. Planning goes depth first: what was
        noted last is what we stand in.
        """
        while path and path[-1] is None:
            path = path[:-1]
        return self._noted.get(path)
