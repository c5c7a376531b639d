"""The first pass: configuration + schema + classes of the program → settings.

What is configured for a type or a field wins over a directive there, because the configuration can
be changed even if the schema cannot.
"""

from __future__ import annotations

import inspect
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any, is_typeddict

import graphql
from msgspec.structs import asdict, replace

from trunkline.errors import SchemaError
from trunkline.generate.configuration import (
    DirectiveConfiguration,
    FieldConfiguration,
    ModelConfiguration,
    Project,
    ScalarConfiguration,
)
from trunkline.generate.elements import place_in_schema, suggestion
from trunkline.generate.server.classes import (
    import_module,
    import_object,
    is_missing_package,
    reference_to,
)
from trunkline.schema.directives import arguments_of, elements_of, is_known
from trunkline.schema.models import bare_class
from trunkline.schema.scalars import KNOWN_SCALARS
from trunkline.text.imports import Hint, Reference

__all__ = ["ServerSettings"]

_MODEL = ModelConfiguration()
_FIELD = FieldConfiguration()
_DIRECTIVE = DirectiveConfiguration()

_TAKEN: Mapping[type, tuple[str, ...]] = {
    graphql.GraphQLArgument: ("name", "omittable"),
    graphql.GraphQLInputField: ("name", "omittable"),
    graphql.GraphQLEnumValue: ("name",),
}
"""What ``@field`` can say of elements that are not fields with resolvers."""


class ServerSettings:
    """What is configured for a server, and the classes of the program that stand for its types.

    - ``types``, ``roots`` and ``directives`` are those of the schema itself, without GraphQL's.
    - ``references`` and ``classes`` are of the types that a class stands for, by name.
    - ``scalar_hints`` and ``scalar_classes`` are of the values of scalars, by name; ``scalars``
      are the objects that write and read them.
    - ``mistakes`` are all messages of what is wrong, with their places; ``notes`` those of what
      was passed over.
    - ``wants_generated`` is true if an import failed because the generated package is not there.

    With ``named_only``, nothing is imported: classes that are named are taken to be there.
    """

    def __init__(
        self, schema: graphql.GraphQLSchema, project: Project, *, named_only: bool = False
    ) -> None:
        self.schema = schema
        self.configuration = project.configuration
        self.types = [each for name, each in schema.type_map.items() if not name.startswith("__")]
        roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
        self.roots = [root for root in roots if root]
        self.directives = [
            each
            for each in schema.directives
            if not graphql.is_specified_directive(each) and not is_known(each)
        ]
        self.references: dict[str, Reference] = {}
        self.classes: dict[str, type] = {}
        self.scalar_hints: dict[str, Hint] = {}
        self.scalar_classes: dict[str, type] = {}
        self.scalars: dict[str, Reference] = {}
        self.mistakes: list[str] = []
        self.notes: list[str] = []
        self.wants_generated = False
        self._project = project
        self._fields: dict[str, FieldConfiguration] = {}
        self._models = {
            name: ModelConfiguration(path=model) if isinstance(model, str) else model
            for name, model in project.configuration.models.items()
        }
        context = self.configuration.context
        self.context = Hint(reference_to(context)) if context else None
        self._check_configured()
        if named_only:
            for type_ in self.types:
                if (class_ := self._class_of(type_)) is not None:
                    self.references[type_.name] = reference_to(class_[0])
            return
        self._bind_types()
        self._bind_scalars()
        if context is not None:  # the signature of every resolver has it
            with self._noting():
                import_object(reference_to(context), f"{project.place('context')}: context")

    # what is configured

    def model(self, type_: graphql.GraphQLNamedType) -> ModelConfiguration:
        """Return what is configured for a type."""
        return self._models.get(type_.name, _MODEL)

    def field(self, type_: graphql.GraphQLNamedType, name: str, element: Any) -> FieldConfiguration:
        """Return what is configured for a field of a type, or for a value of an enum.

        What is said of a field of an interface holds for the types that implement it.
        """
        coordinate = f"{type_.name}.{name}"
        if coordinate in self._fields:
            return self._fields[coordinate]
        found = FieldConfiguration(**(arguments_of("field", element) or {}))
        configured = self.model(type_).fields.get(name)
        if isinstance(configured, str):
            found = replace(found, name=configured)
        elif configured is not None:
            default = asdict(_FIELD)
            changed = {k: each for k, each in asdict(configured).items() if each != default[k]}
            found = replace(found, **changed)
        for interface in getattr(type_, "interfaces", ()):
            if found == _FIELD and name in interface.fields:
                found = self.field(interface, name, interface.fields[name])
        self._fields[coordinate] = found
        return found

    def directive(self, name: str) -> DirectiveConfiguration:
        """Return what is configured for a directive."""
        return self.configuration.directives.get(name, _DIRECTIVE)

    def is_omittable(self, field: FieldConfiguration) -> bool:
        """Say whether absent and null are told apart."""
        return self.configuration.omittable if field.omittable is None else field.omittable

    def is_generated(self, type_: graphql.GraphQLNamedType) -> bool:
        """Say whether a class is generated for a type."""
        is_bound = type_.name in self.references
        return not (is_bound or graphql.is_scalar_type(type_) or type_ in self.roots)

    def _class_of(self, type_: graphql.GraphQLNamedType) -> tuple[str, str] | None:
        """Return the class that is named for a type, and the place that names it."""
        configured = self.model(type_).path
        if configured is not None:
            return configured, f"{self._project.place('models', type_.name)}: models.{type_.name}"
        applied = arguments_of("model", type_)
        if applied is None:
            return None
        return applied["class"], f"{place_in_schema(type_)}: {type_.name}"

    def _check_configured(self) -> None:
        """Note what is configured for elements that the schema does not have."""
        place = self._project.place
        for name, model in self._models.items():
            type_ = self.schema.type_map.get(name)
            if type_ is None:
                hint = suggestion(name, self.schema.type_map)
                where = f"{place('models', name)}: models.{name}"
                self.mistakes.append(f"{where}: the schema has no type {name!r}.{hint}")
                continue
            for what, configured in (("field", model.fields), ("value", model.values)):
                known = getattr(type_, f"{what}s", {})
                for part in (each for each in configured if each not in known):
                    where = f"{place('models', name, part)}: models.{name}.{what}s.{part}"
                    hint = suggestion(part, known)
                    self.mistakes.append(f"{where}: {name} has no {what} {part!r}.{hint}")
        for coordinate, element in elements_of(self.schema):
            taken = _TAKEN.get(type(element), ())
            applied = arguments_of("field", element) if taken else None
            for option in applied or ():
                if option not in taken:
                    self.mistakes.append(
                        f"{place_in_schema(element)}: {coordinate}: @field({option}: …) says"
                        f" nothing here. Drop it; here @field takes {' and '.join(taken)}."
                    )
        directives = [each.name for each in self.directives]
        for name in self.configuration.directives:
            if name not in directives:
                hint = suggestion(name, directives)
                where = f"{place('directives', name)}: directives.{name}"
                self.mistakes.append(f"{where}: the schema defines no @{name}.{hint}")

    # classes of the program

    @contextmanager
    def _noting(self) -> Generator[None]:
        """Keep the message of a ``SchemaError`` among the mistakes."""
        try:
            yield
        except SchemaError as error:
            self.mistakes.append(str(error))
            package = self.configuration.package
            self.wants_generated |= is_missing_package(error.__cause__, package)

    def _bind_types(self) -> None:
        """Find the class of each type: configured, named by a directive, or of the same name."""
        modules: list[ModuleType] = []
        place = f"{self._project.place('autobind')}: autobind"
        package = self.configuration.package
        for name in self.configuration.autobind:
            if f"{name}.".startswith(f"{package}."):
                self.mistakes.append(f"{place}: {name} is generated. Name a module of yours.")
                continue
            with self._noting():
                modules.append(import_module(name, place))
        for type_ in self.types:
            if graphql.is_scalar_type(type_) or type_ in self.roots:
                continue
            with self._noting():
                if (class_ := self._class_of(type_)) is not None:
                    path, where = class_
                    reference = reference_to(path)
                    self._bind(type_.name, reference, import_object(reference, where), where)
                elif self.model(type_).name is None:
                    self._autobind(type_.name, modules)

    def _autobind(self, name: str, modules: list[ModuleType]) -> None:
        """Bind a type to the class of its name, if one of the modules has it."""
        found = [module for module in modules if _has_class(module, name)]
        if len(found) > 1:
            names = " and ".join(module.__name__ for module in found)
            self.mistakes.append(
                f"autobind: {names} both have a class {name}. Choose one of them:"
                f' models.{name} = "{found[0].__name__}:{name}".'
            )
        elif found:
            module = found[0].__name__
            class_ = vars(found[0])[name]
            self._bind(name, Reference(module, name), class_, f"autobind {module}")
        for passed in modules if not found else ():
            if (other := vars(passed).get(name)) is not None:
                what = f"a {type(other).__name__}"
                if _is_class(other):
                    what = f"of {other.__module__}, and not in __all__"
                self.notes.append(
                    f"autobind: {passed.__name__}.{name} is {what}, so it is passed over. If a"
                    f" class should stand for {name}, name it under `models`."
                )

    def _bind(self, name: str, reference: Reference, class_: Any, where: str) -> None:
        class_ = bare_class(class_)
        if isinstance(class_, type) or is_typeddict(class_):
            self.references[name] = reference
            self.classes[name] = class_
        else:
            kind = type(class_).__name__
            self.mistakes.append(f"{where}: {reference} is not a class but a {kind}.")

    def _bind_scalars(self) -> None:
        """Find the classes of the values of scalars, and what writes and reads them."""
        configured = self.configuration.scalars
        scalars = [
            type_.name
            for type_ in self.types
            if graphql.is_scalar_type(type_) and not graphql.is_specified_scalar_type(type_)
        ]
        for name in (*graphql.specified_scalar_types, *scalars):
            given = configured.get(name)
            if given is not None and name in scalars:
                scalar = ScalarConfiguration(type=given) if isinstance(given, str) else given
                reference = reference_to(scalar.type)
                where = f"{self._project.place('scalars', name)}: scalars.{name}"
                with self._noting():
                    class_ = import_object(reference, where)
                    self.scalar_hints[name] = Hint(reference)
                    if isinstance(class_, type):
                        self.scalar_classes[name] = class_
                    if scalar.scalar is not None:
                        self.scalars[name] = reference_to(scalar.scalar)
                        import_object(self.scalars[name], where)
            elif (known := KNOWN_SCALARS.get(name)) and known.type is not Any:
                self.scalar_hints[name] = Hint.of(known.type.__module__, known.type.__qualname__)
                self.scalar_classes[name] = known.type
        for name in configured:
            if name not in scalars:
                place = f"{self._project.place('scalars', name)}: scalars.{name}"
                what = f"the schema has no such scalar.{suggestion(name, scalars)}"
                if name in graphql.specified_scalar_types:
                    what = "it is a scalar of GraphQL itself and cannot be changed."
                self.mistakes.append(f"{place}: {what}")


def _has_class(module: ModuleType, name: str) -> bool:
    """Say whether a module defines a class of that name, or exports one by ``__all__``."""
    found: Any = vars(module).get(name)
    is_here = name in getattr(module, "__all__", ())
    return _is_class(found) and (is_here or found.__module__ == module.__name__)


def _is_class(found: object) -> bool:
    return inspect.isclass(bare_class(found)) or is_typeddict(found)
