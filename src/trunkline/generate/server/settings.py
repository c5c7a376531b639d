"""What is wished for each type and field: in the configuration, or by a directive in the schema.

The configuration wins, for it can be changed where the schema is somebody else's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphql import GraphQLNamedType, GraphQLSchema
from graphql.pyutils import did_you_mean, suggestion_list
from msgspec.structs import replace

from trunkline.generate.configuration import Field, Model, Project
from trunkline.generate.places import Place
from trunkline.schema.directives import arguments_of

__all__ = ["Settings", "place_in_schema"]

_NOTHING = Field()
_NO_MODEL = Model()


class Settings:
    """Looks up what is wished for a part of the schema."""

    def __init__(self, schema: GraphQLSchema, project: Project) -> None:
        self._schema = schema
        self._models = {
            name: Model(path=model) if isinstance(model, str) else model
            for name, model in project.configuration.models.items()
        }
        self._omittable = project.configuration.omittable
        self._project = project

    def model(self, type_: GraphQLNamedType) -> Model:
        """Return what is configured for a type."""
        return self._models.get(type_.name, _NO_MODEL)

    def bound(self, type_: GraphQLNamedType) -> tuple[str, str] | None:
        """Return the class that stands for a type, and the place that says so."""
        configured = self.model(type_).path
        if configured is not None:
            return configured, f"{self._project.place('models', type_.name)}: models.{type_.name}"
        applied = arguments_of("model", type_)
        if applied is not None:
            return applied["class"], f"{place_in_schema(type_)}: {type_.name}"
        return None

    def field(self, type_: GraphQLNamedType, name: str, element: Any) -> Field:
        """Return what is wished for a field of a type, or for a value of an enum.

        What is wished for an interface's field holds for all who implement it.
        """
        wished = self._field(type_, name, element)
        for interface in getattr(type_, "interfaces", ()):
            if wished is _NOTHING and name in interface.fields:
                wished = self.field(interface, name, interface.fields[name])
        return wished

    def _field(self, type_: GraphQLNamedType, name: str, element: Any) -> Field:
        applied = arguments_of("field", element)
        wished = Field(**applied) if applied else _NOTHING
        configured = self.model(type_).fields.get(name)
        if isinstance(configured, str):
            wished = replace(wished, name=configured)
        elif configured is not None:
            given = {key: getattr(configured, key) for key in configured.__struct_fields__}
            changed = {
                key: value for key, value in given.items() if value != getattr(_NOTHING, key)
            }
            wished = replace(wished, **changed)
        return wished

    def omittable(self, wished: Field) -> bool:
        """Say whether absent and null are told apart."""
        return self._omittable if wished.omittable is None else wished.omittable

    def argument_name(self, element: Any) -> str | None:
        """Return the Python name that a directive gives an argument."""
        applied = arguments_of("field", element)
        return applied.get("name") if applied else None

    def mistakes(self) -> Iterator[str]:
        """Say which types and fields are configured that the schema has not."""
        for name, model in self._models.items():
            type_ = self._schema.type_map.get(name)
            place = f"{self._project.place('models', name)}: models.{name}"
            if type_ is None:
                hint = _hint(name, self._schema.type_map)
                yield f"{place}: the schema has no type {name!r}.{hint}"
                continue
            for what, configured in (("field", model.fields), ("value", model.values)):
                known = getattr(type_, f"{what}s", {})
                for part in configured:
                    if part not in known:
                        hint = _hint(part, known)
                        key = f"models.{name}.{what}s.{part}"
                        place = self._project.place("models", name, part)
                        yield f"{place}: {key}: {name} has no {what} {part!r}.{hint}"


def place_in_schema(element: Any) -> Place:
    """Return where a type, a field or the like is written in the schema."""
    node = element.ast_node or next(iter(getattr(element, "extension_ast_nodes", ())), None)
    if node is None or node.loc is None:
        return Place("the schema", 0)
    return Place(node.loc.source.name, node.name.loc.start_token.line)  # not its description's


def _hint(name: str, known: Any) -> str:
    return did_you_mean(
        suggestion_list(name, [each for each in known if not each.startswith("__")])
    )
