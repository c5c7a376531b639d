"""Operations → methods, with what is sent and the classes of the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from graphql import (
    FieldNode,
    GraphQLCompositeType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableDefinitionNode,
    is_non_null_type,
    print_ast,
    type_from_ast,
)
from graphql.type import GraphQLType

from trunkline.generate.client.descriptions import documentation
from trunkline.generate.client.documents import CheckedOperation
from trunkline.generate.client.messages import Messages, place_of
from trunkline.generate.client.model import Argument, OperationMethod
from trunkline.generate.client.naming import ClassNames, argument_name, attribute_name, pascal_case
from trunkline.generate.client.schema_types import SchemaTypes
from trunkline.generate.client.selections import Part
from trunkline.generate.client.shape import Shape
from trunkline.generate.client.shapes import Shapes
from trunkline.generate.client.typenames import Typenames, spreads
from trunkline.generate.client.types import Imports

__all__ = ["Operations"]

_OF_CLIENTS = frozenset({"close", "close_async"})


@dataclass(slots=True)
class Operations:
    """Makes the methods of a client."""

    schema: GraphQLSchema
    typenames: Typenames
    shapes: Shapes
    types: SchemaTypes
    names: ClassNames
    imports: Imports
    messages: Messages

    def method(self, operation: CheckedOperation) -> OperationMethod:
        """Decide all of one operation's method."""
        node = self.typenames.operation(operation.node)
        data, definitions = self.shapes.make_operation(self._shape(operation, node))
        name = attribute_name(operation.name)
        if definitions:  # else its class has no name already
            what = f"the method of {node.operation.value} {operation.name}"
            self.names.claim(name, what, place_of(operation.node), "Rename the operation.")
        return OperationMethod(
            name=operation.name,
            method=f"{name}_" if name in _OF_CLIENTS else name,
            constant=f"_{name.upper()}",
            kind=node.operation.value,
            text=self._text(node),
            data=data,
            arguments=self._arguments(node),
            catches=operation.catches,
            doc=operation.description or self._root_doc(node),
            definitions=definitions,
        )

    def _shape(self, operation: CheckedOperation, node: OperationDefinitionNode) -> Shape:
        type_ = self._root(node)
        return Shape(
            name=pascal_case(operation.name),
            path=f"{node.operation.value} {operation.name}",
            place=place_of(operation.node),
            remedy="Rename the operation.",
            parts=[Part(node.selection_set, type_)],
            type=type_,
            is_root=True,
        )

    def _root(self, node: OperationDefinitionNode) -> GraphQLCompositeType:
        return cast("GraphQLCompositeType", self.schema.get_root_type(node.operation))

    def _root_doc(self, node: OperationDefinitionNode) -> str:
        """Return what the schema says of the one field that an operation asks for."""
        selections = node.selection_set.selections
        if len(selections) != 1 or not isinstance(selections[0], FieldNode):
            return ""
        field = self.schema.get_field(self._root(node), selections[0].name.value)
        return documentation(field.description, field.deprecation_reason) if field else ""

    def _text(self, node: OperationDefinitionNode) -> str:
        """Write the document: the operation and the fragments that it reaches, in that order."""
        reached: dict[str, None] = {}
        self._reach(node.selection_set, reached)
        nodes = [node, *(self.typenames.fragments[name] for name in reached)]
        return "\n\n".join(map(print_ast, nodes))

    def _reach(self, node: SelectionSetNode, reached: dict[str, None]) -> None:
        for name in spreads(node.selections):
            if name not in reached:
                reached[name] = None
                self._reach(self.typenames.fragments[name].selection_set, reached)

    def _arguments(self, node: OperationDefinitionNode) -> list[Argument]:
        """Make an argument of each variable; those that must be given come first."""
        arguments = [self._argument(each) for each in node.variable_definitions or ()]
        by_name: dict[str, str] = {}
        for argument in arguments:
            other = by_name.setdefault(argument.name, argument.variable)
            if other != argument.variable:
                self.messages.error(
                    place_of(node),
                    f"${other} and ${argument.variable} would both be the argument {argument.name}."
                    " Rename one of the variables.",
                )
        return sorted(arguments, key=lambda each: each.default is not None)

    def _argument(self, node: VariableDefinitionNode) -> Argument:
        type_ = cast("GraphQLType", type_from_ast(self.schema, node.type))
        annotation = self.types.input(type_)
        variable = node.variable.name.value
        if is_non_null_type(type_) and node.default_value is None:
            return Argument(argument_name(variable), variable, annotation)
        self.imports.runtime("UNSET", "UnsetType")
        return Argument(argument_name(variable), variable, annotation.or_("UnsetType"), "UNSET")
