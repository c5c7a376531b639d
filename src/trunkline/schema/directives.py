"""The directives of a schema: those that Trunkline defines, and where directives stand.

**Trunkline's own.** A schema may apply them without defining them: their definitions are added when
the schema is loaded. A schema may also define them itself, with the same arguments.

**Order** (GraphQL §3.13). A directive of a type is around every field of the type, and outside of
the field's own directives. A directive of an interface, or of a field of one, is also around the
fields of the types that implement it, and outermost. In one place, directives work from left to
right.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from typing import Any, cast

from graphql import (
    DirectiveDefinitionNode,
    DirectiveLocation,
    DirectiveNode,
    DocumentNode,
    GraphQLArgument,
    GraphQLDirective,
    GraphQLError,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    Node,
    TypeDefinitionNode,
    ValueNode,
    build_ast_schema,
    get_argument_values,
    parse,
    print_ast,
)
from graphql.utilities import validate_input_literal

__all__ = [
    "AROUND_FIELDS",
    "AROUND_OPERATIONS",
    "IN_DOCUMENTS",
    "KNOWN_DIRECTIVES",
    "ON_VALUES",
    "KnownDirective",
    "applied_groups",
    "applied_to",
    "applies",
    "arguments_of",
    "around_field",
    "elements_of",
    "is_known",
    "misapplied",
    "on_argument",
    "runtime_places",
    "with_known_directives",
]


@dataclass(frozen=True, slots=True)
class KnownDirective:
    """A directive that Trunkline defines.

    ``sdl`` defines it with GraphQL's built-in scalars, and with the enums that follow it.
    ``is_shown`` says whether introspection shows it. A directive that only a generator reads says
    what the server is written in, which callers cannot use. ``takes_any_scalar`` lets a schema's
    own definition use scalars of other names, as Federation does (``federation__Scope``).
    ``may_differ`` lets a schema have a directive of the same name with other arguments, which is
    then its own.
    """

    sdl: str
    is_shown: bool = True
    takes_any_scalar: bool = False
    may_differ: bool = False


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
    "cacheControl": KnownDirective(
        "directive @cacheControl(maxAge: Int, scope: CacheControlScope, inheritMaxAge: Boolean)"
        " on FIELD_DEFINITION | OBJECT | INTERFACE | UNION"
        " enum CacheControlScope { PUBLIC AUDIENCE PRIVATE }",
        is_shown=False,
    ),
    "cacheGroups": KnownDirective(
        "directive @cacheGroups(names: [String!]!) on FIELD_DEFINITION", is_shown=False
    ),
    "cost": KnownDirective(
        "directive @cost(weight: Int!) on"
        " ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR",
        takes_any_scalar=True,
        may_differ=True,
    ),
    "listSize": KnownDirective(
        "directive @listSize(assumedSize: Int, slicingArguments: [String!],"
        " sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION",
        takes_any_scalar=True,
        may_differ=True,
    ),
}
"""By name.

- ``@model`` names the Python class of a type (``package.module:Class``).
- ``@field`` gives the Python name of a field, an argument or an enum's value. It also says that a
  field has a ``resolver`` although its model has the value, that the resolver is a ``batch``
  resolver or takes the ``selection`` or the ``caller``, and that an input tells absent from null
  (``omittable``).
- `caching.py` reads ``@cacheControl``, `entities.py` ``@cacheGroups``.
- `costs.py` reads ``@cost`` and ``@listSize``.
- `requirements.py` reads what the others require of a caller.
"""

_AT = DirectiveLocation
AROUND_FIELDS = frozenset({_AT.FIELD_DEFINITION, _AT.OBJECT, _AT.INTERFACE, _AT.FIELD})
AROUND_OPERATIONS = frozenset({_AT.QUERY, _AT.MUTATION, _AT.SUBSCRIPTION})
ON_VALUES = frozenset({_AT.ARGUMENT_DEFINITION, _AT.INPUT_FIELD_DEFINITION, _AT.INPUT_OBJECT})
IN_DOCUMENTS = AROUND_OPERATIONS | {_AT.FIELD}

_ON_VALUES = (GraphQLInputObjectType, GraphQLInputField, GraphQLArgument)
_AT_RUNTIME = (GraphQLObjectType, GraphQLInterfaceType, GraphQLField, *_ON_VALUES)


# -- Trunkline's own, in a document ---------------------------------------------------------------


def with_known_directives(document: DocumentNode, *, shown_only: bool = False) -> DocumentNode:
    """Add the definitions of known directives that a schema applies but does not define.

    ``shown_only`` leaves out those that introspection does not show.
    """
    defined = {
        (type(node), node.name.value)
        for node in document.definitions
        if isinstance(node, (DirectiveDefinitionNode, TypeDefinitionNode))
    }
    used = {directive.name.value for _, directive in _applied_directives(document)}
    added = tuple(
        node
        for name, known in KNOWN_DIRECTIVES.items()
        if name in used and (known.is_shown or not shown_only)
        if (DirectiveDefinitionNode, name) not in defined
        for node in _definitions(name)
        if (type(node), node.name.value) not in defined
    )
    return replace(document, definitions=document.definitions + added) if added else document


def misapplied(document: DocumentNode) -> Iterator[GraphQLError]:
    """Yield an error for each known directive with another definition or a wrong argument."""
    own: set[str] = set()
    for node in document.definitions:
        if not isinstance(node, DirectiveDefinitionNode) or node.name.value not in KNOWN_DIRECTIVES:
            continue
        name = node.name.value
        if KNOWN_DIRECTIVES[name].may_differ:
            own.add(name)
        elif not _is_same(node, _definition(name)):
            yield GraphQLError(
                f"'@{name}' is a directive of Trunkline, but is defined differently:"
                f" {print_ast(_definition(name))}. Remove this definition, or give your directive"
                " another name.",
                node,
            )
    for _, directive in _applied_directives(document):
        name = directive.name.value
        types = _directive(name).args if name in KNOWN_DIRECTIVES.keys() - own else {}
        for argument in directive.arguments or ():  # graphql-core checks only their names
            key = argument.name.value
            for error in _input_errors(argument.value, types[key].type) if key in types else ():
                message = f"Argument '@{name}({key}:)' has invalid value: {error.message}"
                yield GraphQLError(message, error.nodes)


def is_known(directive: GraphQLDirective) -> bool:
    """Say whether a directive of a schema is one that Trunkline defines."""
    known, node = KNOWN_DIRECTIVES.get(directive.name), directive.ast_node
    return known is not None and (
        not known.may_differ or node is None or _is_same(node, _definition(directive.name))
    )


def _is_same(node: DirectiveDefinitionNode, known: DirectiveDefinitionNode) -> bool:
    """Say whether a schema defines a directive with the arguments that we give it."""
    own, ours = (
        {argument.name.value: print_ast(argument.type) for argument in each.arguments or ()}
        for each in (node, known)
    )
    if KNOWN_DIRECTIVES[known.name.value].takes_any_scalar:
        own, ours = (
            {name: re.sub(r"\w+", "String", type_) for name, type_ in each.items()}
            for each in (own, ours)
        )
    return own == ours


def _input_errors(value: ValueNode, type_: GraphQLInputType) -> list[GraphQLError]:
    errors: list[GraphQLError] = []
    validate_input_literal(value, type_, lambda error, _path: errors.append(error))
    return errors


@cache
def _definitions(name: str) -> tuple[Any, ...]:
    """Return the definition of a known directive, and those of the enums that it takes."""
    return parse(KNOWN_DIRECTIVES[name].sdl, no_location=True).definitions


def _definition(name: str) -> DirectiveDefinitionNode:
    return cast("DirectiveDefinitionNode", _definitions(name)[0])


@cache
def _directive(name: str) -> GraphQLDirective:
    document = DocumentNode(definitions=_definitions(name))
    schema = build_ast_schema(document, assume_valid_sdl=True)
    return next(each for each in schema.directives if each.name == name)


# -- where directives stand -----------------------------------------------------------------------


def _applied_directives(document: DocumentNode) -> Iterator[tuple[Node, DirectiveNode]]:
    """Yield each directive that a schema's document applies, with the node it is applied to."""
    nodes: list[Any] = list(reversed(document.definitions))
    while nodes:
        node = nodes.pop()
        for directive in getattr(node, "directives", None) or ():
            yield node, directive
        for parts in ("values", "fields", "arguments"):
            nodes.extend(reversed(getattr(node, parts, None) or ()))


def applied_to(element: Any) -> list[DirectiveNode]:
    """Return the directives of an element of a schema, those of its extensions included.

    The element is a schema, a type, a field, an argument, an input field or an enum's value, as
    graphql-core has them.
    """
    return list(chain.from_iterable(applied_groups(element)))


def applied_groups(element: Any) -> list[Sequence[DirectiveNode]]:
    """Return the directives of an element itself, then those of each of its extensions."""
    nodes = [element.ast_node, *(getattr(element, "extension_ast_nodes", None) or ())]
    return [(node and node.directives) or () for node in nodes]


def arguments_of(name: str, element: Any) -> dict[str, Any] | None:
    """Return the arguments of a known directive that is applied to an element of a schema.

    Returns ``None`` if the directive is not applied. Arguments that are left out are left out here.
    """
    node = next((each for each in applied_to(element) if each.name.value == name), None)
    return None if node is None else get_argument_values(_directive(name), node)


def elements_of(definition: GraphQLSchema) -> Iterator[tuple[str, Any]]:
    """Yield each type, field, argument, input field and enum value, with its coordinate."""
    for type_ in definition.type_map.values():
        yield type_.name, type_
        parts: Mapping[str, Any] = getattr(type_, "fields", None) or getattr(type_, "values", {})
        for name, part in parts.items():
            yield f"{type_.name}.{name}", part
            for argument, taken in getattr(part, "args", {}).items():
                yield f"{type_.name}.{name}({argument}:)", taken


def applies(definition: GraphQLSchema, names: Collection[str]) -> bool:
    """Say whether a directive is applied to a type or a field; quickly, also if none is."""
    for type_ in definition.type_map.values():
        for node in (type_.ast_node, *type_.extension_ast_nodes):
            for each in (node, *(getattr(node, "fields", None) or ())):
                for directive in (each and each.directives) or ():
                    if directive.name.value in names:
                        return True
    return False


def runtime_places(definition: GraphQLSchema) -> Iterator[tuple[str, bool, DirectiveNode]]:
    """Yield each directive that may do something when a request comes.

    With its coordinate, and whether it is applied to a value that comes in.
    """
    for coordinate, element in elements_of(definition):
        if isinstance(element, _AT_RUNTIME):
            for node in applied_to(element):
                yield coordinate, isinstance(element, _ON_VALUES), node


def around_field(type_: GraphQLObjectType, name: str) -> list[DirectiveNode]:
    """Return the directives around a field of an object type, the outermost first."""
    own = applied_to(type_) + applied_to(type_.fields[name])
    inherited = ([each, each.fields[name]] for each in type_.interfaces if name in each.fields)
    return [*_inherited(own, inherited), *own]


def on_argument(type_: GraphQLObjectType, name: str, argument: str) -> list[DirectiveNode]:
    """Return the directives of a field's argument, in the order in which they work."""
    own = applied_to(type_.fields[name].args[argument])
    fields = (each.fields[name] for each in type_.interfaces if name in each.fields)
    inherited = ([field.args[argument]] for field in fields if argument in field.args)
    return [*_inherited(own, inherited), *own]


def _inherited(own: list[DirectiveNode], elements: Iterable[list[Any]]) -> Iterator[DirectiveNode]:
    """Yield the directives of interfaces, except those that are repeated word by word."""
    seen = set(map(print_ast, own))
    for group in elements:
        for directive in (each for element in group for each in applied_to(element)):
            text = print_ast(directive)
            if text not in seen:
                seen.add(text)
                yield directive
