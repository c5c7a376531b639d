"""Which class stands for each type: configured, named by a directive, or found by its name."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any, is_typeddict

from graphql import (
    GraphQLNamedType,
    GraphQLSchema,
    is_scalar_type,
    is_specified_scalar_type,
    specified_scalar_types,
)
from graphql.pyutils import did_you_mean, suggestion_list

from trunkline.errors import SchemaError
from trunkline.generate.configuration import Project, Scalar
from trunkline.generate.server.classes import (
    import_module,
    import_object,
    reference_to,
)
from trunkline.generate.server.provisional import concerns
from trunkline.generate.server.settings import Settings
from trunkline.schema.scalars import KNOWN_SCALARS
from trunkline.text.imports import Hint, Reference

__all__ = ["Bound", "find_bound", "own_types"]


class Bound:
    """The classes that exist already, by the names of the types that they stand for."""

    def __init__(self) -> None:
        self.references: dict[str, Reference] = {}
        self.classes: dict[str, type] = {}
        self.scalar_hints: dict[str, Hint] = {}
        self.scalar_classes: dict[str, type] = {}
        self.scalars: dict[str, Reference] = {}
        self.mistakes: list[str] = []
        self.wants_generated = False

    def note(self, error: SchemaError, package: str) -> None:
        """Keep a mistake, and whether it is that the generated ``package`` is not there."""
        self.mistakes.append(str(error))
        self.wants_generated |= concerns(error.__cause__, package)

    def add(self, name: str, reference: Reference, class_: Any, where: str) -> None:
        """Let a class stand for a type."""
        if not (isinstance(class_, type) or is_typeddict(class_)):
            kind = type(class_).__name__
            self.mistakes.append(f"{where}: {reference} is a {kind}, and no class.")
            return
        self.references[name] = reference
        self.classes[name] = class_


def own_types(schema: GraphQLSchema) -> list[GraphQLNamedType]:
    """Return the types of the schema itself, without those of introspection."""
    return [type_ for name, type_ in schema.type_map.items() if not name.startswith("__")]


def find_bound(
    schema: GraphQLSchema, project: Project, settings: Settings, *, named_only: bool = False
) -> Bound:
    """Find the classes of the program that stand for types of the schema.

    ``named_only`` imports nothing: classes that are named are taken to be there.
    """
    bound = Bound()
    if named_only:
        _find_named(schema, settings, bound)
        return bound
    modules = _autobound(project, bound)
    roots = {schema.query_type, schema.mutation_type, schema.subscription_type}
    for type_ in own_types(schema):
        if is_scalar_type(type_) or type_ in roots:
            continue
        wished = settings.bound(type_)
        try:
            if wished is not None:
                reference = reference_to(wished[0])
                bound.add(type_.name, reference, import_object(reference, wished[1]), wished[1])
            elif settings.model(type_).name is None:
                _autobind(type_.name, modules, bound)
        except SchemaError as error:
            bound.note(error, project.configuration.package)
    _find_scalars(schema, project, bound)
    _find_context(project, bound)
    return bound


def _find_context(project: Project, bound: Bound) -> None:
    """See that the context's class is there: every resolver's signature has it."""
    context = project.configuration.context
    if context is not None:
        try:
            import_object(reference_to(context), f"{project.place('context')}: context")
        except SchemaError as error:
            bound.note(error, project.configuration.package)


def _find_named(schema: GraphQLSchema, settings: Settings, bound: Bound) -> None:
    for type_ in own_types(schema):
        wished = settings.bound(type_)
        if wished is not None:
            bound.references[type_.name] = reference_to(wished[0])


def _autobound(project: Project, bound: Bound) -> list[ModuleType]:
    modules: list[ModuleType] = []
    place = f"{project.place('autobind')}: autobind"
    package = project.configuration.package
    for name in project.configuration.autobind:
        if name == package or name.startswith(f"{package}."):
            bound.mistakes.append(
                f"{place}: {name} is what is generated, and not there to be bound to."
            )
            continue
        try:
            modules.append(import_module(name, place))
        except SchemaError as error:
            bound.note(error, package)
    return modules


def _autobind(name: str, modules: list[ModuleType], bound: Bound) -> None:
    """Bind a type to the class of its name, which one of the modules has."""
    found = [module for module in modules if _has_class(module, name)]
    if len(found) > 1:
        names = " and ".join(module.__name__ for module in found)
        bound.mistakes.append(
            f"autobind: {names} both have a class {name}. Say which one it is:"
            f' models.{name} = "{found[0].__name__}:{name}".'
        )
    elif found:
        reference = Reference(found[0].__name__, name)
        bound.add(name, reference, vars(found[0])[name], f"autobind {found[0].__name__}")


def _has_class(module: ModuleType, name: str) -> bool:
    """Say whether a module has a class of its own by that name, or hands one on by `__all__`."""
    found = vars(module).get(name)
    if not (inspect.isclass(found) or is_typeddict(found)):
        return False
    return found.__module__ == module.__name__ or name in getattr(module, "__all__", ())


def _find_scalars(schema: GraphQLSchema, project: Project, bound: Bound) -> None:
    """Find the classes of the scalars' values, and what writes and reads them."""
    configured = project.configuration.scalars
    scalars = [
        type_.name
        for type_ in own_types(schema)
        if is_scalar_type(type_) and not is_specified_scalar_type(type_)
    ]
    for name in (*specified_scalar_types, *scalars):
        place = f"{project.place('scalars', name)}: scalars.{name}"
        given = configured.get(name)
        if given is not None and name in scalars:
            scalar = Scalar(type=given) if isinstance(given, str) else given
            _configured_scalar(name, scalar, place, bound)
        elif (known := KNOWN_SCALARS.get(name)) and known.type is not Any:
            bound.scalar_hints[name] = Hint.of(known.type.__module__, known.type.__qualname__)
            bound.scalar_classes[name] = known.type
        else:
            bound.scalar_hints[name] = Hint.of("typing", "Any")
    for name in configured:
        if name not in scalars:
            hint = did_you_mean(suggestion_list(name, [*specified_scalar_types, *scalars]))
            place = project.place("scalars", name)
            bound.mistakes.append(f"{place}: scalars.{name}: the schema has no such scalar.{hint}")


def _configured_scalar(name: str, scalar: Scalar, where: str, bound: Bound) -> None:
    reference = reference_to(scalar.type)
    try:
        class_ = import_object(reference, where)
        if scalar.scalar is not None:
            bound.scalars[name] = reference_to(scalar.scalar)
            import_object(bound.scalars[name], where)
    except SchemaError as error:
        bound.mistakes.append(str(error))
        return
    bound.scalar_hints[name] = Hint(reference)
    if isinstance(class_, type):
        bound.scalar_classes[name] = class_
