"""Root types that are extended only: each file brings its fields, and none defines the type.

People split schemas so, by feature. GraphQL §3.4.3 knows extensions of types that are defined;
here an empty definition is added for a root type that has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from graphql import (
    DocumentNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    OperationType,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    TypeDefinitionNode,
)

__all__ = ["with_extended_roots"]


def with_extended_roots(document: DocumentNode) -> DocumentNode:
    """Define the root types that a schema's document extends, but does not define.

    Those are ``Query``, ``Mutation`` and ``Subscription``, unless ``schema {}`` names others. The
    first extension is where the type is said to be.
    """
    defined = {
        node.name.value for node in document.definitions if isinstance(node, TypeDefinitionNode)
    }
    missing = _root_names(document) - defined
    added = [
        ObjectTypeDefinitionNode(
            name=node.name, fields=(), directives=(), interfaces=(), loc=node.loc
        )
        for node in _first_extensions(document)
        if node.name.value in missing
    ]
    return replace(document, definitions=(*added, *document.definitions)) if added else document


def _root_names(document: DocumentNode) -> set[str]:
    names = {} if _has_schema(document) else {each: each.value.title() for each in OperationType}
    for node in document.definitions:
        if isinstance(node, (SchemaDefinitionNode, SchemaExtensionNode)):
            for root in node.operation_types or ():
                names[root.operation] = root.type.name.value
    return set(names.values())


def _has_schema(document: DocumentNode) -> bool:
    return any(isinstance(node, SchemaDefinitionNode) for node in document.definitions)


def _first_extensions(document: DocumentNode) -> Iterator[ObjectTypeExtensionNode]:
    seen: set[str] = set()
    for node in document.definitions:
        if isinstance(node, ObjectTypeExtensionNode) and node.name.value not in seen:
            seen.add(node.name.value)
            yield node
