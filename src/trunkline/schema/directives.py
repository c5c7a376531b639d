"""Directives that Trunkline knows itself: a schema may apply them without defining them.

They are added where a schema is loaded. One that a schema defines itself, with the same arguments,
stays as the schema has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any, cast

from graphql import (
    DirectiveDefinitionNode,
    DirectiveNode,
    DocumentNode,
    GraphQLDirective,
    GraphQLError,
    Node,
    build_ast_schema,
    get_directive_values,
    parse,
    print_ast,
)
from graphql.utilities import validate_input_literal

__all__ = [
    "KNOWN_DIRECTIVES",
    "KnownDirective",
    "applied_directives",
    "arguments_of",
    "misapplied",
    "with_known_directives",
]


@dataclass(frozen=True, slots=True)
class KnownDirective:
    """A directive of Trunkline's own.

    ``sdl`` defines it, by GraphQL's own scalars. ``is_shown`` says that introspection tells of it:
    one that only a generator reads says what the server is written in, which is no caller's
    business, and nothing that a caller could use. ``takes_any_scalar`` lets a schema's own
    definition have scalars of other names, as Federation's have (``federation__Scope``).
    """

    sdl: str
    is_shown: bool = True
    takes_any_scalar: bool = False


_GUARDED = (
    "FIELD_DEFINITION | OBJECT | INTERFACE | UNION | SCALAR | ENUM"
    " | ARGUMENT_DEFINITION | INPUT_OBJECT | INPUT_FIELD_DEFINITION"
)

KNOWN_DIRECTIVES: Mapping[str, KnownDirective] = {
    "model": KnownDirective(
        "directive @model(class: String!)"
        " on OBJECT | INPUT_OBJECT | ENUM | INTERFACE | UNION | SCALAR",
        is_shown=False,
    ),
    "field": KnownDirective(
        "directive @field("
        "name: String, resolver: Boolean, batch: Boolean, selection: Boolean,"
        " caller: Boolean, omittable: Boolean"
        ") on FIELD_DEFINITION | INPUT_FIELD_DEFINITION | ENUM_VALUE | ARGUMENT_DEFINITION",
        is_shown=False,
    ),
    "authenticated": KnownDirective(f"directive @authenticated on {_GUARDED}"),
    "requiresScopes": KnownDirective(
        f"directive @requiresScopes(scopes: [[String!]!]!) on {_GUARDED}", takes_any_scalar=True
    ),
    "policy": KnownDirective(
        f"directive @policy(policies: [[String!]!]!) on {_GUARDED}", takes_any_scalar=True
    ),
}
"""By name. ``@model`` says which Python class (``package.module:Class``) stands for a type.
``@field`` gives the Python name of a field, an argument or a value of an enum; says that it has a
``resolver`` though its model could answer, a ``batch`` resolver, or one that is told the
``selection`` or the ``caller``; or that absent and null are told apart (``omittable``). What the
others demand of a caller is read in `requirements.py`."""


def with_known_directives(document: DocumentNode, *, shown_only: bool = False) -> DocumentNode:
    """Add the definitions of known directives that a schema applies and does not define.

    ``shown_only`` leaves out those that introspection does not tell of.
    """
    defined = {node.name.value for node in _definitions(document)}
    used = {directive.name.value for _, directive in applied_directives(document)}
    added = tuple(
        _definition(name)
        for name, known in KNOWN_DIRECTIVES.items()
        if name in used - defined and (known.is_shown or not shown_only)
    )
    return replace(document, definitions=document.definitions + added) if added else document


def misapplied(document: DocumentNode) -> Iterator[GraphQLError]:
    """Say where known directives are defined in another way, or given what they do not take."""
    for node in _definitions(document):
        name = node.name.value
        if name in KNOWN_DIRECTIVES and not _is_same(node, _definition(name)):
            known = print_ast(_definition(name))
            yield GraphQLError(
                f"'@{name}' is a directive of Trunkline's own: {known}. Leave its definition out,"
                " or give yours another name.",
                node,
            )
    for _, directive in applied_directives(document):
        if directive.name.value in KNOWN_DIRECTIVES:
            yield from _wrong_values(directive)


def applied_directives(document: DocumentNode) -> Iterator[tuple[Node, DirectiveNode]]:
    """Yield each directive that a schema's document applies, with what it is applied to."""
    nodes: list[Any] = list(reversed(document.definitions))
    while nodes:
        node = nodes.pop()
        for directive in getattr(node, "directives", None) or ():
            yield node, directive
        for parts in ("values", "fields", "arguments"):
            nodes.extend(reversed(getattr(node, parts, None) or ()))


def arguments_of(name: str, element: Any) -> dict[str, Any] | None:
    """Return what a known directive is given where it is applied to an element of a schema.

    ``element`` is a type, a field, an argument or an enum's value, as graphql-core has them. It is
    ``None`` where the directive is not applied; arguments that are left out are left out here too.
    """
    for node in (element.ast_node, *(getattr(element, "extension_ast_nodes", None) or ())):
        found = node and get_directive_values(_directive(name), node)
        if found is not None:
            return cast("dict[str, Any]", found)
    return None


def _definitions(document: DocumentNode) -> Iterator[DirectiveDefinitionNode]:
    return (node for node in document.definitions if isinstance(node, DirectiveDefinitionNode))


def _is_same(node: DirectiveDefinitionNode, known: DirectiveDefinitionNode) -> bool:
    """Say whether a schema defines a directive as we know it."""
    own, ours = _arguments(node), _arguments(known)
    if KNOWN_DIRECTIVES[known.name.value].takes_any_scalar:
        own = {name: re.sub(r"\w+", "String", type_) for name, type_ in own.items()}
    return own == ours


def _arguments(node: DirectiveDefinitionNode) -> dict[str, str]:
    return {argument.name.value: print_ast(argument.type) for argument in node.arguments or ()}


def _wrong_values(directive: DirectiveNode) -> Iterator[GraphQLError]:
    """Say which arguments have a value of another type; graphql-core asks only for their names."""
    types = _directive(directive.name.value).args
    for argument in directive.arguments or ():
        name = argument.name.value
        errors: list[GraphQLError] = []
        if name in types:
            note = partial(_note, errors)
            validate_input_literal(argument.value, types[name].type, note)
        place = f"Argument '@{directive.name.value}({name}:)' has invalid value"
        for error in errors:
            yield GraphQLError(f"{place}: {error.message}", error.nodes)


def _note(errors: list[GraphQLError], error: GraphQLError, _path: object) -> None:
    errors.append(error)


@cache
def _definition(name: str) -> DirectiveDefinitionNode:
    document = parse(KNOWN_DIRECTIVES[name].sdl, no_location=True)
    return cast("DirectiveDefinitionNode", document.definitions[0])


@cache
def _directive(name: str) -> GraphQLDirective:
    document = DocumentNode(definitions=(_definition(name),))
    schema = build_ast_schema(document, assume_valid_sdl=True)
    return next(each for each in schema.directives if each.name == name)
