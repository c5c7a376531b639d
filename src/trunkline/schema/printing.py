"""A schema → its SDL: one text, whatever files and order the schema was read from.

`trunkline schema print` writes this text, servers serve it, and the schema's version is its hash.

graphql-core sorts and prints what a schema means. It leaves out the directives that are applied,
because they are only in the nodes of the SDL. They are put back here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from graphql import (
    DirectiveDefinitionNode,
    DirectiveNode,
    DocumentNode,
    GraphQLSchema,
    OperationType,
    SchemaDefinitionNode,
    is_specified_directive,
    lexicographic_sort_schema,
    parse,
    print_ast,
)
from graphql import print_schema as print_without_directives

from trunkline.schema.directives import applied_groups
from trunkline.schema.load import collector_paused

__all__ = ["print_schema"]

_PARTS = {"fields": "fields", "arguments": "args", "values": "values"}
"""The parts of an SDL node, and the attributes of graphql-core's types that have them."""


@collector_paused()
def print_schema(schema: GraphQLSchema) -> str:
    """Write a schema as SDL (GraphQL §3): sorted by name, with descriptions and directives.

    Extensions are merged into their types. ``schema {}`` is written only where root types have
    other names than usual, or where it has a description or directives. Applied directives keep
    their order, because it may have a meaning; those of extensions come after the type's own. A
    directive that the schema does not define is left out, so the text is a complete schema.
    """
    shown = {each.name for each in schema.directives if not is_specified_directive(each)}
    text = print_without_directives(lexicographic_sort_schema(schema))
    nodes = parse(text, no_location=True).definitions
    if _directives_to_print(schema, shown) and not isinstance(nodes[0], SchemaDefinitionNode):
        types = ((each.value, schema.get_root_type(each)) for each in OperationType)
        roots = " ".join(f"{operation}: {type_.name}" for operation, type_ in types if type_)
        nodes = (*parse(f"schema {{ {roots} }}", no_location=True).definitions, *nodes)
    definitions: list[Any] = []
    node: Any
    for node in nodes:
        if isinstance(node, SchemaDefinitionNode):
            element: Any = schema
        elif isinstance(node, DirectiveDefinitionNode):
            element = schema.get_directive(node.name.value)
        else:
            element = schema.type_map[node.name.value]
        definitions.append(_with_directives(node, element, shown))
    return print_ast(DocumentNode(definitions=tuple(definitions))) + "\n"


def _with_directives(node: Any, element: Any, shown: Collection[str]) -> Any:
    """Add the directives that are applied to an element of the schema, and to its parts."""
    changes: dict[str, tuple[Any, ...]] = {}
    for name, attribute in _PARTS.items():
        elements = getattr(element, attribute, {})
        changes[name] = tuple(
            _with_directives(part, elements[part.name.value], shown)
            for part in getattr(node, name, None) or ()
        )
    changes["directives"] = (*(node.directives or ()), *_directives_to_print(element, shown))
    return replace(node, **{name: change for name, change in changes.items() if change})


def _directives_to_print(element: Any, shown: Collection[str]) -> list[DirectiveNode]:
    """Return the directives to print. The order of extensions is that of files, so it is sorted."""
    own, *extensions = (
        [each for each in group if each.name.value in shown] for group in applied_groups(element)
    )
    extensions.sort(key=lambda group: list(map(print_ast, group)))
    return [each for group in (own, *extensions) for each in group]
