"""A schema → its SDL, as one text that is the same whatever the schema was put together from.

graphql-core sorts and prints what a schema means; what it leaves out are the directives that are
applied, for they stand in the nodes of the SDL only. Here they are put back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from graphql import (
    DirectiveDefinitionNode,
    DirectiveNode,
    DocumentNode,
    GraphQLSchema,
    NamedTypeNode,
    NameNode,
    OperationType,
    OperationTypeDefinitionNode,
    SchemaDefinitionNode,
    is_specified_directive,
    lexicographic_sort_schema,
    parse,
    print_ast,
)
from graphql import print_schema as print_without_directives

__all__ = ["print_schema"]

_PARTS = {"fields": "fields", "arguments": "args", "values": "values"}
"""What a node of the SDL consists of, and what graphql-core's types call that."""

Applied = Callable[[Any], tuple[DirectiveNode, ...]]


def print_schema(schema: GraphQLSchema) -> str:
    """Write a schema as SDL (GraphQL §3): sorted by name, with descriptions and directives.

    Extensions are merged into their types, and ``schema {}`` stands there only where root types
    have names of their own, or where it has a description or directives. Directives that are
    applied keep their order, for it may mean something; those of extensions follow their type's.
    One that the schema does not define is left out, so that the text is a schema by itself.
    """
    text = print_without_directives(lexicographic_sort_schema(schema))
    applied = _reader(schema)
    definitions = [
        _with_directives(node, _element(schema, node), applied)
        for node in parse(text, no_location=True).definitions
    ]
    if applied(schema) and not isinstance(definitions[0], SchemaDefinitionNode):
        definitions.insert(0, _with_directives(_schema_definition(schema), schema, applied))
    return print_ast(DocumentNode(definitions=tuple(definitions))) + "\n"


def _element(schema: GraphQLSchema, node: Any) -> Any:
    """Return what a definition defines."""
    if isinstance(node, SchemaDefinitionNode):
        return schema
    if isinstance(node, DirectiveDefinitionNode):
        return schema.get_directive(node.name.value)
    return schema.type_map[node.name.value]


def _with_directives(node: Any, element: Any, applied: Applied) -> Any:
    """Add the directives that are applied to an element of the schema, and to its parts."""
    changes: dict[str, tuple[Any, ...]] = {}
    for name, attribute in _PARTS.items():
        parts = getattr(node, name, None) or ()
        elements = getattr(element, attribute, {})
        changes[name] = tuple(
            _with_directives(part, elements[part.name.value], applied) for part in parts
        )
    changes["directives"] = (*(node.directives or ()), *applied(element))
    return replace(node, **{name: change for name, change in changes.items() if change})


def _reader(schema: GraphQLSchema) -> Applied:
    """Make the function that gives the directives of an element that are to be printed.

    Those of GraphQL itself are printed by graphql-core. The order of extensions is that of files,
    so it must not count.
    """
    shown = {each.name for each in schema.directives if not is_specified_directive(each)}

    def of_node(node: Any) -> tuple[DirectiveNode, ...]:
        directives = getattr(node, "directives", None) or ()
        return tuple(each for each in directives if each.name.value in shown)

    def applied(element: Any) -> tuple[DirectiveNode, ...]:
        extensions = map(of_node, getattr(element, "extension_ast_nodes", None) or ())
        groups = [of_node(element.ast_node), *sorted(extensions, key=_text)]
        return tuple(directive for group in groups for directive in group)

    return applied


def _text(directives: tuple[DirectiveNode, ...]) -> list[str]:
    return [print_ast(directive) for directive in directives]


def _schema_definition(schema: GraphQLSchema) -> SchemaDefinitionNode:
    return SchemaDefinitionNode(operation_types=tuple(_root_types(schema)))


def _root_types(schema: GraphQLSchema) -> Iterator[OperationTypeDefinitionNode]:
    for operation in OperationType:
        type_ = schema.get_root_type(operation)
        if type_ is not None:
            named = NamedTypeNode(name=NameNode(value=type_.name))
            yield OperationTypeDefinitionNode(operation=operation, type=named)
