"""Pass 2: settings and checked documents → the plan of the module."""

from __future__ import annotations

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
from trunkline.generate.client.names import (
    ClassNames,
    argument_name,
    attribute_name,
    method_name,
)
from trunkline.generate.client.plan import ArgumentPlan, ClientPlan, MethodPlan
from trunkline.generate.client.problems import Problems, place_of
from trunkline.generate.client.schema_types import SchemaTypes
from trunkline.generate.client.selections import Part, Selections, SentDocuments
from trunkline.generate.client.settings import ClientSettings
from trunkline.generate.elements import documentation
from trunkline.protocol.documents import OperationKind
from trunkline.text.names import class_name

__all__ = ["plan_client"]


def plan_client(
    schema: GraphQLSchema,
    documents: CheckedDocuments,
    settings: ClientSettings,
    problems: Problems,
) -> ClientPlan:
    """Decide everything that the module contains. Collisions of names are added to ``problems``."""
    names = ClassNames(settings, problems)
    types = SchemaTypes(names)
    clients = {settings.name: settings.calls == "async"}
    if settings.calls == "both":
        clients[f"Async{settings.name}"] = True
    for name in clients:
        names.claim(name, "the client", "name", "Give the client another name.")
    if not documents.operations:
        text = "The documents have no operation with a name. Add one, or configure 'operations'."
        problems.error(settings.name, text)
    sent = SentDocuments(schema, documents.fragments)
    classes = Classes(Selections(schema, sent.fragments), types, names)
    operations = [_operation(each, schema, sent, classes, types) for each in documents.operations]
    return ClientPlan(
        name=settings.name,
        sources=settings.header,
        clients=clients,
        style=settings.style,
        schema_types=types.definitions,
        fragments=classes.fragment_definitions,
        operations=operations,
        serializers=sorted(types.serializers.items(), key=lambda each: each[0].name),
    )


def _operation(
    operation: NamedOperation,
    schema: GraphQLSchema,
    sent: SentDocuments,
    classes: Classes,
    types: SchemaTypes,
) -> MethodPlan:
    """Plan an operation's method, and the classes of its data."""
    node, names, place = sent.operation(operation.node), classes.names, place_of(operation.node)
    root = cast("GraphQLCompositeType", schema.get_root_type(node.operation))
    kind: OperationKind = node.operation.value
    position = ObjectPosition(
        name=class_name(operation.name, "Operation"),
        path=f"{kind} {operation.name}",
        place=place,
        remedy="Rename the operation.",
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
    if definitions:  # otherwise the class has no name already
        what = f"the method of {kind} {operation.name}"
        names.claim(attribute_name(operation.name), what, place, "Rename the operation.")
    return MethodPlan(
        name=operation.name,
        method=method_name(operation.name),
        constant=f"_{attribute_name(operation.name).upper()}",
        kind=kind,
        text=sent.text(node),
        data=position.name,
        arguments=_arguments(node, schema, types, names.problems),
        catches=operation.catches,
        description=description,
        definitions=definitions,
    )


def _arguments(
    node: OperationDefinitionNode, schema: GraphQLSchema, types: SchemaTypes, problems: Problems
) -> list[ArgumentPlan]:
    """Plan an argument for each variable. Required arguments come first."""
    arguments: dict[str, ArgumentPlan] = {}
    for each in node.variable_definitions or ():
        type_ = cast("GraphQLType", type_from_ast(schema, each.type))
        variable = each.variable.name.value
        name = argument_name(variable)
        if name in arguments:
            problems.error(
                place_of(node),
                f"${arguments[name].variable} and ${variable} would both be the argument {name}."
                " Rename one of the variables.",
            )
        is_required = is_non_null_type(type_) and each.default_value is None
        hint = types.input(type_, may_be_absent=not is_required)
        arguments.setdefault(name, ArgumentPlan(name, variable, hint, is_required))
    return sorted(arguments.values(), key=lambda each: not each.is_required)
