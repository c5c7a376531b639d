"""The second pass: settings → plan. Every name, type and resolver is decided here."""

from __future__ import annotations

from collections.abc import Iterator

import graphql

from trunkline.errors import SchemaError
from trunkline.generate.elements import EnumPlan, MemberPlan, documentation, place_in_schema
from trunkline.generate.server.check import ModelCheck
from trunkline.generate.server.classes import reference_to
from trunkline.generate.server.directives import plan_directives
from trunkline.generate.server.naming import name_classes, name_elements, unusual_names
from trunkline.generate.server.plan import (
    AbstractPlan,
    AttributePlan,
    Expression,
    ParameterPlan,
    ResolverPlan,
    ResolversPlan,
    ServerPlan,
    StructPlan,
    TypePlan,
)
from trunkline.generate.server.settings import ServerSettings
from trunkline.generate.server.values import LIST, LIST_OF, NONE, Values
from trunkline.schema.directives import arguments_of
from trunkline.text.imports import Hint, Reference
from trunkline.text.names import python_name, python_names

__all__ = ["plan_server"]

_UNSET = Expression("{}", (Reference("msgspec", "UNSET"),))
_UNSET_TYPE = Hint.of("msgspec", "UnsetType")
_ROOT = Expression("object()", mutable=True)
_SELECTION = ParameterPlan("selection", Hint.of("trunkline.server", "Selection"))
_CALLER = ParameterPlan("caller", Hint.of("trunkline.auth", "Caller"))


def plan_server(settings: ServerSettings, document: graphql.DocumentNode) -> ServerPlan:
    """Decide all that is generated for a server. ``document`` is the syntax tree of the schema.

    Raises ``SchemaError`` with every mistake at once: classes that cannot be found or do not fit,
    and settings for types that the schema does not have.
    """
    classes = name_classes(settings)
    names = name_elements(settings, classes)
    check = ModelCheck(settings, names)
    planner = _Planner(settings, names, Values(classes, settings.scalar_hints, names), check)
    planner.find_resolved()
    resolvers = tuple(planner.resolvers())
    types = tuple(planner.types(classes))
    for type_ in settings.types:
        if isinstance(type_, graphql.GraphQLEnumType):
            check.check_enum(type_)
    for type_ in settings.types:
        if isinstance(type_, graphql.GraphQLInputObjectType):
            check.check_input(type_)
    if settings.mistakes or check.mistakes:
        raise SchemaError("\n".join((*settings.mistakes, *check.mistakes)))
    directives = plan_directives(settings, names, planner.values)
    schema = settings.configuration.schema
    concrete = [each.name for each in settings.types if not graphql.is_abstract_type(each)]
    return ServerPlan(
        package=settings.configuration.package,
        sources=(schema,) if isinstance(schema, str) else tuple(schema),
        sdl="\n\n".join(map(graphql.print_ast, document.definitions)) + "\n",
        types=types,
        resolvers=resolvers,
        models={name: classes[name] for name in concrete if name in classes},
        scalars=settings.scalars,
        names=unusual_names(settings.schema, names),
        resolved=tuple(planner.forced),
        batched=tuple(
            each.coordinate
            for group in resolvers
            for each in group.resolvers
            if each.kind == "batch"
        ),
        directives=tuple(directives.plans),
        metadata=tuple(directives.metadata),
        context=settings.context,
        notes=(*settings.notes, *directives.notes),
        reasons=check.reasons,
    )


class _Planner:
    """Plans the resolvers and the classes of a schema.

    ``resolved`` are the coordinates of the fields that have a resolver. ``forced`` are those that
    have one although the type's class has a value for it.
    """

    def __init__(
        self, settings: ServerSettings, names: dict[str, str], values: Values, check: ModelCheck
    ) -> None:
        self._settings = settings
        self._names = names
        self._check = check
        self.values = values
        self.resolved: set[str] = set()
        self.forced: list[str] = []

    def find_resolved(self) -> None:
        """Decide which fields have a resolver, and name the others as their class does."""
        for type_ in self._settings.types:
            if not graphql.is_object_type(type_):
                continue
            is_root, is_bound = type_ in self._settings.roots, type_.name in self._settings.classes
            for name, field in type_.fields.items():
                coordinate = f"{type_.name}.{name}"
                given = self._settings.field(type_, name, field)
                is_forced = given.resolver or given.batch
                if is_forced and is_bound:
                    self.forced.append(coordinate)
                if is_root or is_forced:
                    self.resolved.add(coordinate)
                elif is_bound:
                    member = self._check.member_for(type_, name, field)
                    if member is None:
                        self.resolved.add(coordinate)
                    else:
                        self._names[coordinate] = member
                elif field.args:
                    self.resolved.add(coordinate)
                    if given.resolver is False:
                        self._check.refuse_arguments(type_, name, field)

    # resolvers

    def resolvers(self) -> Iterator[ResolversPlan]:
        """Plan the resolvers of each type that has some, and the functions that name types."""
        attributes = python_names(type_.name for type_ in self._settings.types)
        for type_ in self._settings.types:
            resolvers: list[ResolverPlan] = []
            if graphql.is_object_type(type_):
                resolvers = [
                    self._resolver(type_, name, field)
                    for name, field in type_.fields.items()
                    if f"{type_.name}.{name}" in self.resolved
                ]
            is_ambiguous = self._check.is_ambiguous(type_)
            if resolvers or is_ambiguous:
                self._names[type_.name] = attributes[type_.name]
                yield ResolversPlan(
                    type_.name,
                    f"{type_.name}Resolvers",
                    attributes[type_.name],
                    documentation(type_),
                    tuple(resolvers),
                    place_in_schema(type_),
                    type_resolver=is_ambiguous,
                    answered=tuple(self._answered(type_)),
                )

    def _answered(self, type_: graphql.GraphQLNamedType) -> Iterator[str]:
        fields = type_.fields if graphql.is_object_type(type_) else {}
        for name in fields:
            if f"{type_.name}.{name}" not in self.resolved:
                yield from {self._names[f"{type_.name}.{name}"], python_name(name)}

    def _resolver(
        self, type_: graphql.GraphQLObjectType, name: str, field: graphql.GraphQLField
    ) -> ResolverPlan:
        given = self._settings.field(type_, name, field)
        coordinate = f"{type_.name}.{name}"
        parameters: list[ParameterPlan] = []
        for argument, element in field.args.items():
            python = self._names[f"{coordinate}({argument}:)"]
            hint = self.values.hint(element.type)
            omittable = (arguments_of("field", element) or {}).get("omittable")
            if self._always_given(f"{coordinate}({argument}:)", element, omittable=omittable):
                parameters.append(ParameterPlan(python, hint))
            elif self._settings.is_omittable(given) if omittable is None else omittable:
                parameters.append(ParameterPlan(python, hint.either(_UNSET_TYPE), _UNSET))
            else:
                parameters.append(ParameterPlan(python, hint, NONE))
        if self._settings.context:
            parameters.append(ParameterPlan("context", self._settings.context))
        parameters += [_SELECTION] if given.selection else []
        parameters += [_CALLER] if given.caller else []
        parent = None
        if type_ not in self._settings.roots:
            taken = {each.name for each in parameters}
            parent_name = "parents" if given.batch else python_name(type_.name)
            parent_name = "parent" if parent_name in taken else parent_name
            while parent_name in taken:
                parent_name += "_"
            hint = self.values.named(type_)
            parent = ParameterPlan(parent_name, hint.within(LIST) if given.batch else hint)
        is_stream = type_ is self._settings.schema.subscription_type
        return ResolverPlan(
            coordinate,
            self._names[coordinate],
            "stream" if is_stream else "batch" if given.batch else "field",
            parent,
            tuple(sorted(parameters, key=lambda each: each.default is not None)),
            self.values.hint(field.type, LIST_OF),
            documentation(field),
            place_in_schema(field),
        )

    def _always_given(
        self,
        coordinate: str,
        element: graphql.GraphQLArgument | graphql.GraphQLInputField,
        *,
        omittable: bool | None,
    ) -> bool:
        """Say whether there is always a value; note a mistake if that is ``omittable``."""
        if element.ast_node and element.ast_node.default_value:
            reason = "it has a default"
        elif graphql.is_non_null_type(element.type):
            reason = f"{element.type} must be given"
        else:
            return False
        if omittable:
            self._check.mistakes.append(
                f"{place_in_schema(element)}: {coordinate}: cannot be omittable, because {reason},"
                " so it always has a value. Drop `omittable`, or make it"
                f" {graphql.get_nullable_type(element.type)} without a default."
            )
        return True

    # types

    def types(self, classes: dict[str, Reference]) -> Iterator[TypePlan]:
        """Plan a class for each type that no class of the program stands for."""
        for type_ in self._settings.types:
            if not self._settings.is_generated(type_):
                continue
            name, description = classes[type_.name].name, documentation(type_)
            if isinstance(type_, graphql.GraphQLEnumType):
                members = [
                    MemberPlan(self._names[f"{type_.name}.{value}"], value, documentation(element))
                    for value, element in type_.values.items()
                ]
                yield EnumPlan(type_.name, name, description, tuple(members))
            elif isinstance(type_, graphql.GraphQLInputObjectType):
                attributes = [self._input(type_, *each) for each in type_.fields.items()]
                yield StructPlan(type_.name, name, description, tuple(attributes))
            elif isinstance(type_, graphql.GraphQLObjectType):
                yield StructPlan(type_.name, name, description, tuple(self._outputs(type_)))
            elif graphql.is_abstract_type(type_):
                possible = self._settings.schema.get_possible_types(type_)
                members_ = [classes[each.name] for each in possible if each.name in classes]
                yield AbstractPlan(type_.name, name, description, tuple(members_))

    def _outputs(self, type_: graphql.GraphQLObjectType) -> Iterator[AttributePlan]:
        for name, field in type_.fields.items():
            coordinate = f"{type_.name}.{name}"
            if coordinate in self.resolved:
                continue
            default = None if graphql.is_non_null_type(field.type) else NONE
            if default is None and graphql.get_named_type(field.type) in self._settings.roots:
                default = _ROOT
            hint = self.values.hint(field.type)
            yield AttributePlan(self._names[coordinate], hint, documentation(field), default)
        for name, class_ in self._settings.model(type_).extra.items():
            hint = Hint(reference_to(class_))
            yield AttributePlan(name, hint, "For resolvers: the schema has no such field.")

    def _input(
        self, type_: graphql.GraphQLInputObjectType, name: str, field: graphql.GraphQLInputField
    ) -> AttributePlan:
        hint = self.values.hint(field.type)
        default: Expression | None = NONE
        given = self._settings.field(type_, name, field)
        if self._always_given(f"{type_.name}.{name}", field, omittable=given.omittable):
            node = field.ast_node and field.ast_node.default_value
            default = self.values.default(field.type, node) if node else None
        elif self._settings.is_omittable(given):
            hint, default = hint.either(_UNSET_TYPE), _UNSET
        return AttributePlan(
            self._names[f"{type_.name}.{name}"], hint, documentation(field), default
        )
