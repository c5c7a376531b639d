"""Schema + configuration + classes → plan."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_enum_type,
    is_input_object_type,
    is_non_null_type,
    is_object_type,
    is_scalar_type,
    print_ast,
)

from trunkline.errors import SchemaError
from trunkline.generate.configuration import Field, Project
from trunkline.generate.server.bound import find_bound, own_types
from trunkline.generate.server.check import Checker
from trunkline.generate.server.classes import reference_to
from trunkline.generate.server.defaults import Defaults
from trunkline.generate.server.directed import Directives
from trunkline.generate.server.hints import LIST, LIST_OF, UNSET_TYPE, TypeHints
from trunkline.generate.server.plan import (
    AbstractPlan,
    AttributePlan,
    EnumPlan,
    Expression,
    MemberPlan,
    ParameterPlan,
    ResolverPlan,
    ResolversPlan,
    ServerPlan,
    StructPlan,
    TypePlan,
)
from trunkline.generate.server.provisional import provide_types
from trunkline.generate.server.settings import Settings, place_in_schema
from trunkline.text.imports import Hint, Reference
from trunkline.text.names import apart, enum_member, escape_keyword, python_name, python_names

__all__ = ["plan_server"]

UNSET = Expression("{}", (Reference("msgspec", "UNSET"),))
NONE = Expression("None")
ROOT = Expression("object()", mutable=True)
SELECTION = ParameterPlan("selection", Hint.of("trunkline.server", "Selection"))
CALLER = ParameterPlan("caller", Hint.of("trunkline.auth", "Caller"))


def plan_server(schema: GraphQLSchema, document: DocumentNode, project: Project) -> ServerPlan:
    """Decide all that is generated for a server.

    Raises ``SchemaError`` with every mistake at once: classes that cannot be found or do not fit,
    and what is configured for types that the schema has not.
    """
    planner = _Planner(schema, project)
    if planner.wants_generated:
        package = project.configuration.package
        provisional = _Planner(schema, project, named_only=True).plan(document)
        folder = project.source.joinpath(*package.split("."))
        provide_types(provisional, project.configuration.types, folder)
        planner = _Planner(schema, project)
    return planner.plan(document)


class _Planner:
    def __init__(
        self, schema: GraphQLSchema, project: Project, *, named_only: bool = False
    ) -> None:
        self._schema = schema
        self._configuration = project.configuration
        self._project = project
        self._settings = Settings(schema, project)
        self._bound = find_bound(schema, project, self._settings, named_only=named_only)
        self.wants_generated = self._bound.wants_generated
        self._mistakes = [*self._settings.mistakes(), *self._bound.mistakes]
        self._types_module = f"{project.configuration.package}.types"
        roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
        self._roots = [root for root in roots if root]
        self._classes = {**self._generated_references(), **self._bound.references}
        self._python: dict[str, str] = {}  # by coordinate, as it is in Python
        self._name_everything()
        self._directives = Directives(schema, project, self._python)
        self._mistakes += self._directives.mistakes()
        self._hints = TypeHints(self._classes, self._bound.scalar_hints)
        self._defaults = Defaults(self._classes, self._python)
        self._checker = Checker(self._bound, self._settings, self._python)
        context = project.configuration.context
        self._context = Hint(reference_to(context)) if context else None

    def plan(self, document: DocumentNode) -> ServerPlan:
        resolvers = tuple(self._resolvers())
        types = tuple(self._types())
        self._checker.check_enums(own_types(self._schema))
        self._checker.check_inputs(
            type_ for type_ in own_types(self._schema) if is_input_object_type(type_)
        )
        mistakes = [*self._mistakes, *self._checker.mistakes]
        if mistakes:
            raise SchemaError("\n".join(mistakes))
        return ServerPlan(
            package=self._configuration.package,
            sources=self._sources(),
            sdl="\n\n".join(map(print_ast, document.definitions)) + "\n",
            types=types,
            resolvers=resolvers,
            models={name: self._classes[name] for name in self._modelled(types)},
            scalars=self._bound.scalars,
            names=self._unusual_names(),
            resolved=tuple(self._forced()),
            batched=tuple(
                each.coordinate
                for group in resolvers
                for each in group.resolvers
                if each.kind == "batch"
            ),
            directives=tuple(self._directives.plans(self._hints, self._context)),
            metadata=tuple(self._directives.metadata()),
            context=self._context,
            notes=(*self._directives.notes(), *self._checker.notes),
        )

    def _sources(self) -> tuple[str, ...]:
        schema = self._configuration.schema
        return (schema,) if isinstance(schema, str) else tuple(schema)

    # names

    def _generated_references(self) -> dict[str, Reference]:
        references: dict[str, Reference] = {}
        for type_ in own_types(self._schema):
            if is_scalar_type(type_) or type_ in self._roots:
                continue
            name = self._settings.model(type_).name or escape_keyword(type_.name)
            references[type_.name] = Reference(self._types_module, name)
        return references

    def _is_generated(self, type_: GraphQLNamedType) -> bool:
        """Say whether there is a class of ours for a type."""
        is_bound = type_.name in self._bound.references
        return not (is_bound or is_scalar_type(type_) or type_ in self._roots)

    def _name_everything(self) -> None:
        """Give every field, argument and enum value its name in Python."""
        for type_ in own_types(self._schema):
            if is_enum_type(type_):
                self._name_values(type_)
            elif fields := getattr(type_, "fields", None):
                self._name_fields(type_, fields)

    def _name_fields(self, type_: GraphQLNamedType, fields: dict[str, Any]) -> None:
        configured = {
            name: wished.name
            for name, field in fields.items()
            if (wished := self._settings.field(type_, name, field)).name
        }
        reserved = self._reserved if self._is_generated(type_) else ()
        names = python_names(
            fields,
            snake_case=self._configuration.snake_case,
            configured=configured,
            reserved=reserved,
        )
        for name, field in fields.items():
            self._python[f"{type_.name}.{name}"] = self._public(type_, names[name])
            if isinstance(field, GraphQLField):
                self._name_arguments(type_, name, field)

    def _public(self, type_: GraphQLNamedType, name: str) -> str:
        """Return a name that is no private attribute to Pydantic, which would ignore it."""
        is_private = name.startswith("_") and self._configuration.types == "pydantic"
        if is_private and self._is_generated(type_):
            return f"{name.strip('_') or 'field'}_"
        return name

    def _name_arguments(self, type_: GraphQLNamedType, name: str, field: GraphQLField) -> None:
        wished = self._settings.field(type_, name, field)
        configured = {
            argument: python
            for argument, element in field.args.items()
            if (python := wished.arguments.get(argument) or self._settings.argument_name(element))
        }
        names = python_names(
            field.args,
            snake_case=self._configuration.snake_case,
            configured=configured,
            reserved=self._reserved_parameters(wished),
        )
        for argument, python in names.items():
            self._python[f"{type_.name}.{name}({argument}:)"] = python

    def _reserved_parameters(self, wished: Field) -> set[str]:
        """Return the parameters that are for something else."""
        reserved = {"self"}
        if self._configuration.context:
            reserved.add("context")
        if wished.selection:
            reserved.add("selection")
        if wished.caller:
            reserved.add("caller")
        return reserved

    def _name_values(self, type_: GraphQLEnumType) -> None:
        members = self._bound.classes.get(type_.name)
        configured = self._settings.model(type_).values
        generated = apart({name: enum_member(name) for name in type_.values})
        for name, value in type_.values.items():
            wished = configured.get(name) or self._settings.field(type_, name, value).name
            found = generated[name] if members is None else self._member_of(members, name)
            self._python[f"{type_.name}.{name}"] = wished or found

    def _member_of(self, enum: type, name: str) -> str:
        """Find the member of a bound enum: by its name, else by its value."""
        members = getattr(enum, "__members__", {})
        by_value = (each for each, member in members.items() if member.value == name)
        return name if name in members else next(by_value, enum_member(name))

    @cached_property
    def _reserved(self) -> set[str]:
        """Return what the attributes of generated classes must not be called."""
        names = {each.name for each in self._classes.values() if each.module == self._types_module}
        if self._configuration.types == "pydantic":
            from pydantic import BaseModel  # noqa: PLC0415  # only who wants it needs it

            names |= {each for each in dir(BaseModel) if not each.startswith("_")}
        return names

    def _unusual_names(self) -> dict[str, str]:
        """Return the names that the server would not find by itself."""
        return {
            coordinate: python
            for coordinate, python in self._python.items()
            if python != self._usual(coordinate)
        }

    def _usual(self, coordinate: str) -> str:
        type_name, _, rest = coordinate.lstrip("@").partition(".")
        if coordinate.startswith("@"):
            return python_name(type_name.partition("(")[2].rstrip(":)") or type_name)
        if not rest:
            return python_name(type_name)
        last = rest.partition("(")[2].rstrip(":)") or rest
        return last if is_enum_type(self._schema.type_map[type_name]) else python_name(last)

    # resolvers

    def _resolvers(self) -> Iterator[ResolversPlan]:
        attributes = python_names(type_.name for type_ in own_types(self._schema))
        for type_ in own_types(self._schema):
            resolvers = tuple(self._resolvers_of(type_)) if is_object_type(type_) else ()
            ambiguous = self._checker.is_ambiguous(type_, self._schema)
            if resolvers or ambiguous:
                self._python[type_.name] = attributes[type_.name]
                yield ResolversPlan(
                    type_.name,
                    f"{type_.name}Resolvers",
                    attributes[type_.name],
                    type_.description or "",
                    resolvers,
                    place_in_schema(type_),
                    type_resolver=ambiguous,
                )

    def _resolvers_of(self, type_: GraphQLObjectType) -> Iterator[ResolverPlan]:
        for name, field in type_.fields.items():
            if type_ in self._roots or self._needs_resolver(type_, name, field):
                yield self._resolver(type_, name, field)

    def _needs_resolver(self, type_: GraphQLObjectType, name: str, field: GraphQLField) -> bool:
        wished = self._settings.field(type_, name, field)
        if wished.resolver or wished.batch:
            return True
        if type_.name in self._bound.classes:
            return not self._checker.is_answered(type_, name, field)
        if field.args and wished.resolver is False:
            self._checker.refuse_arguments(type_, name, field)
        return bool(field.args)

    def _resolver(self, type_: GraphQLObjectType, name: str, field: GraphQLField) -> ResolverPlan:
        wished = self._settings.field(type_, name, field)
        coordinate = f"{type_.name}.{name}"
        is_stream = type_ is self._schema.subscription_type
        parameters = [
            self._parameter(f"{coordinate}({argument}:)", element, wished)
            for argument, element in field.args.items()
        ]
        if self._context:
            parameters.append(ParameterPlan("context", self._context))
        if wished.selection:
            parameters.append(SELECTION)
        if wished.caller:
            parameters.append(CALLER)
        return ResolverPlan(
            coordinate,
            self._python[coordinate],
            "stream" if is_stream else "batch" if wished.batch else "field",
            self._parent(type_, {each.name for each in parameters}, is_batch=wished.batch),
            tuple(sorted(parameters, key=lambda each: each.default is not None)),
            self._hints.of(field.type, LIST_OF),
            _described(field),
            place_in_schema(field),
        )

    def _parent(
        self, type_: GraphQLObjectType, taken: set[str], *, is_batch: bool
    ) -> ParameterPlan | None:
        if type_ in self._roots:
            return None
        name = "parents" if is_batch else python_name(type_.name)
        hint = self._hints.named(type_)
        if name in taken:
            name = "parent"
        while name in taken:
            name += "_"
        return ParameterPlan(name, hint.within(LIST) if is_batch else hint)

    def _parameter(self, coordinate: str, element: GraphQLArgument, wished: Field) -> ParameterPlan:
        hint = self._hints.of(element.type)
        name = self._python[coordinate]
        if element.ast_node and element.ast_node.default_value:
            return ParameterPlan(name, hint)  # the schema's default is always given
        if is_non_null_type(element.type):
            return ParameterPlan(name, hint)
        if self._settings.omittable(wished):
            return ParameterPlan(name, hint.either(UNSET_TYPE), "UNSET")
        return ParameterPlan(name, hint, "None")

    def _forced(self) -> Iterator[str]:
        for type_ in own_types(self._schema):
            if is_object_type(type_) and type_.name in self._bound.classes:
                for name, field in type_.fields.items():
                    wished = self._settings.field(type_, name, field)
                    if wished.resolver or wished.batch:
                        yield f"{type_.name}.{name}"

    # types

    def _types(self) -> Iterator[TypePlan]:
        for type_ in own_types(self._schema):
            if not self._is_generated(type_):
                continue
            name = self._classes[type_.name].name
            description = type_.description or ""
            match type_:
                case GraphQLEnumType():
                    yield EnumPlan(type_.name, name, description, tuple(self._members(type_)))
                case GraphQLInputObjectType():
                    yield StructPlan(type_.name, name, description, tuple(self._inputs(type_)))
                case GraphQLObjectType():
                    yield StructPlan(type_.name, name, description, tuple(self._outputs(type_)))
                case GraphQLInterfaceType() | GraphQLUnionType():
                    possible = self._schema.get_possible_types(type_)
                    classes = [self._classes.get(each.name) for each in possible]
                    types = tuple(filter(None, classes))  # a root type is no class
                    yield AbstractPlan(type_.name, name, description, types)
                case _:
                    pass

    def _members(self, type_: GraphQLEnumType) -> Iterator[MemberPlan]:
        for name, value in type_.values.items():
            yield MemberPlan(self._python[f"{type_.name}.{name}"], name, _described(value))

    def _outputs(self, type_: GraphQLObjectType) -> Iterator[AttributePlan]:
        for name, field in type_.fields.items():
            if self._needs_resolver(type_, name, field):
                continue
            default = None if is_non_null_type(field.type) else NONE
            if get_named_type(field.type) in self._roots and default is None:
                default = ROOT
            python = self._python[f"{type_.name}.{name}"]
            yield AttributePlan(python, self._hints.of(field.type), _described(field), default)
        for name, class_ in self._settings.model(type_).extra.items():
            hint = Hint(reference_to(class_))
            yield AttributePlan(name, hint, "For resolvers: the schema has no such field.")

    def _inputs(self, type_: GraphQLInputObjectType) -> Iterator[AttributePlan]:
        for name, field in type_.fields.items():
            hint, default = self._input_default(type_, name, field)
            python = self._python[f"{type_.name}.{name}"]
            yield AttributePlan(python, hint, _described(field), default)

    def _input_default(
        self, type_: GraphQLInputObjectType, name: str, field: GraphQLInputField
    ) -> tuple[Hint, Expression | None]:
        hint = self._hints.of(field.type)
        node = field.ast_node.default_value if field.ast_node else None
        if node is not None:
            return hint, self._defaults.expression(field.type, node)
        if is_non_null_type(field.type):
            return hint, None
        if self._settings.omittable(self._settings.field(type_, name, field)):
            return hint.either(UNSET_TYPE), UNSET
        return hint, NONE

    def _modelled(self, types: tuple[TypePlan, ...]) -> Iterator[str]:
        """Yield the types that a class stands for; an interface's is only for type checkers."""
        abstract = {plan.type for plan in types if isinstance(plan, AbstractPlan)}
        for type_ in own_types(self._schema):
            is_abstract = isinstance(type_, (GraphQLInterfaceType, GraphQLUnionType))
            if type_.name in self._classes and type_.name not in abstract and not is_abstract:
                yield type_.name


def _described(element: GraphQLField | GraphQLInputField | GraphQLArgument | object) -> str:
    """Return what is said of an element, its deprecation included."""
    description = getattr(element, "description", None) or ""
    reason = getattr(element, "deprecation_reason", None)
    return "\n\n".join(filter(None, (description, reason and f"Deprecated: {reason}")))
