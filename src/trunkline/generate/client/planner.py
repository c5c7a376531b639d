"""Pass 2: settings and checked documents → the plan of the module."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from graphql import (
    FieldNode,
    GraphQLCompositeType,
    GraphQLSchema,
    OperationDefinitionNode,
    is_non_null_type,
    type_from_ast,
)
from graphql.type import GraphQLType

from trunkline.generate.client.classes import Classes, ObjectPosition
from trunkline.generate.client.documents import CheckedDocuments, NamedOperation
from trunkline.generate.client.names import ClientNames
from trunkline.generate.client.pages import pages_of
from trunkline.generate.client.plan import ArgumentPlan, ClientPlan, MethodPlan
from trunkline.generate.client.problems import Problems, place_of
from trunkline.generate.client.schema_types import SchemaTypes
from trunkline.generate.client.selections import Part, Selections, SentDocuments
from trunkline.generate.client.settings import ClientSettings, reference_of
from trunkline.generate.elements import documentation, suggestion

__all__ = ["plan_client"]


def plan_client(
    schema: GraphQLSchema,
    documents: CheckedDocuments,
    settings: ClientSettings,
    problems: Problems,
) -> ClientPlan:
    """Decide everything that the module contains. What is wrong is added to ``problems``."""
    names = ClientNames(settings, schema, documents)
    types = SchemaTypes(names, settings, problems)
    if not documents.operations:
        text = "The documents have no operation with a name. Add one, or configure 'operations'."
        problems.error(settings.name, text)
    sent = SentDocuments(schema, documents.fragments)
    classes = Classes(
        Selections(schema, sent.fragments), types, names, problems, settings.absent_is_null
    )
    operations = [_operation(each, schema, sent, classes, types) for each in documents.operations]
    definitions = [*types.definitions, *classes.fragment_definitions]
    definitions += (each for operation in operations for each in operation.definitions)
    defined = {each.name: each for each in definitions}
    taken = names.methods.values()
    operations = [
        replace(plan, pages=pages_of(each.node, plan, sent.fragments, defined, taken))
        for each, plan in zip(documents.operations, operations, strict=True)
    ]
    for name in sorted(settings.mixins.keys() - defined.keys()):
        near = suggestion(name, defined)
        problems.error(f"mixins.{name}", f"No class of this name is generated.{near}")
    return ClientPlan(
        name=settings.name,
        sources=settings.header,
        clients=names.clients,
        style=settings.style,
        schema_types=types.definitions,
        fragments=classes.fragment_definitions,
        operations=operations,
        serializers=sorted(types.serializers.items(), key=lambda each: each[0].name),
        base=reference_of(settings.base) if settings.base else None,
        mixins={name: reference_of(path) for name, path in settings.mixins.items()},
    )


def _operation(
    operation: NamedOperation,
    schema: GraphQLSchema,
    sent: SentDocuments,
    classes: Classes,
    types: SchemaTypes,
) -> MethodPlan:
    """Plan an operation's method, and the classes of its data."""
    node, names = sent.operation(operation.node), classes.names
    root = cast("GraphQLCompositeType", schema.get_root_type(node.operation))
    method = names.methods[operation.key]
    position = ObjectPosition(
        name=names.operations[operation.key],
        path=f"{operation.kind} {operation.name}",
        place=place_of(operation.node),
        parts=[Part(node.selection_set, root)],
        type=root,
        is_root=True,
    )
    description = operation.description
    match node.selection_set.selections:
        case (FieldNode() as only,) if not description:
            field = schema.get_field(root, only.name.value)
            description = documentation(field) if field else ""
        case _:
            pass
    definitions = classes.at(position)
    return MethodPlan(
        name=operation.name,
        method=method,
        constant=f"_{method.upper()}",
        kind=operation.kind,
        text=sent.text(node),
        data=position.name,
        arguments=_arguments(node, schema, types, names),
        catches=operation.catches,
        description=description,
        definitions=definitions,
        uploads=any(
            types.takes_files(cast("GraphQLType", type_from_ast(schema, each.type)))
            for each in node.variable_definitions or ()
        ),
    )


def _arguments(
    node: OperationDefinitionNode, schema: GraphQLSchema, types: SchemaTypes, names: ClientNames
) -> list[ArgumentPlan]:
    """Plan an argument for each variable. Required arguments come first."""
    definitions = {each.variable.name.value: each for each in node.variable_definitions or ()}
    arguments: list[ArgumentPlan] = []
    for variable, name in names.arguments(definitions).items():
        each = definitions[variable]
        type_ = cast("GraphQLType", type_from_ast(schema, each.type))
        is_required = is_non_null_type(type_) and each.default_value is None
        hint = types.input(type_, may_be_absent=not is_required)
        arguments.append(ArgumentPlan(name, variable, hint, is_required))
    return sorted(arguments, key=lambda each: not each.is_required)
