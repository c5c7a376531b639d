"""What callers must have for parts of a schema: `@authenticated`, `@requiresScopes`, `@policy`.

The directives mean what they mean in Apollo Federation: of the outer list one entry must hold, of
an inner list all. Everything that says something about a field counts, and all of it must hold: its
own directives, those of its type, of the type that it returns, and of the interfaces that either
belongs to. A field of an interface is asked for as that of the object that it turns out to be. So
no way to an object leads past what the object asks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, TypeAlias

from graphql import (
    DirectiveNode,
    GraphQLNamedType,
    GraphQLSchema,
    get_named_type,
    is_input_object_type,
    is_interface_type,
    is_object_type,
    value_from_ast_untyped,
)
from msgspec import Struct

from trunkline.errors import SchemaError

__all__ = ["NOTHING", "Demand", "Requirement", "Requirements", "requirements_of", "written"]

Kind: TypeAlias = Literal["authenticated", "scopes", "policies"]

_DIRECTIVES: Mapping[str, tuple[Kind, str]] = {
    "authenticated": ("authenticated", ""),
    "requiresScopes": ("scopes", "scopes"),
    "policy": ("policies", "policies"),
}


class Demand(Struct, frozen=True):
    """One demand on a caller: one of ``any_of`` must hold, and of that all.

    Any caller whose token was verified fulfils a demand of the kind ``authenticated``. The others
    name scopes that the token must have, or policies that the program must say hold.
    """

    kind: Kind
    any_of: tuple[frozenset[str], ...] = (frozenset(),)

    def is_met(self, scopes: frozenset[str] | None, policies: frozenset[str]) -> bool:
        """Say whether a caller with these scopes fulfils it; ``None`` is nobody at all."""
        if self.kind == "policies":
            return any(names <= policies for names in self.any_of)
        return scopes is not None and any(names <= scopes for names in self.any_of)


Requirement: TypeAlias = frozenset[Demand]
"""What must hold, all of it."""

NOTHING: Requirement = frozenset()


class Requirements(Struct, frozen=True, eq=False):
    """What a schema requires, by coordinate; what it requires nothing for has no entry.

    ``fields`` has ``Todo.title``, of objects and interfaces; ``arguments`` has
    ``Query.todo(todoID:)``; ``inputs`` has ``TodoInput.title``; ``types`` has ``Todo``.
    """

    fields: dict[str, Requirement] = {}
    arguments: dict[str, Requirement] = {}
    inputs: dict[str, Requirement] = {}
    types: dict[str, Requirement] = {}

    def __bool__(self) -> bool:
        """Say whether the schema requires anything."""
        return bool(self.fields or self.arguments or self.inputs)

    @property
    def all(self) -> Requirement:
        """Every demand that the schema makes anywhere."""
        found = (self.fields, self.arguments, self.inputs)
        return NOTHING.union(*(each for by_name in found for each in by_name.values()))


def requirements_of(definition: GraphQLSchema) -> Requirements:
    """Read what the directives of a schema require.

    Raises ``SchemaError`` where one of them names nothing that could hold.
    """
    names = _Names(definition)
    if not any(map(names, _applied(definition))):
        return Requirements()
    return _Reader(definition, names).requirements()


def _applied(definition: GraphQLSchema) -> set[str]:
    """Return the names of all directives that stand in a schema; most have none of ours."""
    elements: list[Any] = list(definition.type_map.values())
    for type_ in definition.type_map.values():
        fields: dict[str, Any] = getattr(type_, "fields", {})
        elements += fields.values()
        for field in fields.values():
            elements += getattr(field, "args", {}).values()
    nodes = [each.ast_node for each in elements if each.ast_node is not None]
    nodes += [
        node for each in elements for node in getattr(each, "extension_ast_nodes", None) or ()
    ]
    return {each.name.value for node in nodes if node.directives for each in node.directives}


def written(demands: Iterable[Demand]) -> str:
    """Write what is demanded for people: ``the scopes a and b, or c``."""
    return " and ".join(sorted(map(_sentence, demands)))


def _sentence(demand: Demand) -> str:
    if demand.kind == "authenticated":
        return "a token"
    noun = ("scope", "scopes") if demand.kind == "scopes" else ("policy", "policies")
    ways = [" and ".join(sorted(names)) for names in demand.any_of if names]
    if not ways:
        return "a token"
    is_one = len(ways) == 1 and len(demand.any_of[0]) == 1
    return f"the {noun[not is_one]} {', or '.join(ways)}"


class _Reader:
    def __init__(self, definition: GraphQLSchema, names: _Names) -> None:
        self._definition = definition
        self._names = names
        self._found = Requirements()
        self._own_types: dict[str, Requirement] = {}

    def requirements(self) -> Requirements:
        types: list[Any] = [
            type_ for name, type_ in self._definition.type_map.items() if not name.startswith("__")
        ]
        for type_ in types:
            _note(self._own_types, type_.name, self._own(type_, type_.name))
        for type_ in types:
            _note(self._found.types, type_.name, self._of_type(type_))
        for type_ in types:
            if is_object_type(type_) or is_interface_type(type_):
                self._fields(type_)
            elif is_input_object_type(type_):
                self._inputs(type_)
        return self._found

    def _of_type(self, type_: GraphQLNamedType) -> Requirement:
        """Join what a type and the interfaces that it implements require."""
        above: Iterable[Any] = getattr(type_, "interfaces", ())
        names = [type_.name, *(each.name for each in above)]
        return NOTHING.union(*(self._own_types.get(name, NOTHING) for name in names))

    def _fields(self, type_: Any) -> None:
        types = self._found.types
        of_type = types.get(type_.name, NOTHING)
        for name, field in type_.fields.items():
            coordinate = f"{type_.name}.{name}"
            same = [field, *(i.fields[name] for i in type_.interfaces if name in i.fields)]
            own = NOTHING.union(*(self._own(each, coordinate) for each in same))
            returned = types.get(get_named_type(field.type).name, NOTHING)
            _note(self._found.fields, coordinate, of_type | own | returned)
            for argument in field.args:
                self._argument(f"{coordinate}({argument}:)", argument, same)

    def _argument(self, coordinate: str, name: str, fields: list[Any]) -> None:
        arguments = [field.args[name] for field in fields if name in field.args]
        own = NOTHING.union(*(self._own(each, coordinate) for each in arguments))
        taken = self._found.types.get(get_named_type(arguments[0].type).name, NOTHING)
        _note(self._found.arguments, coordinate, own | taken)

    def _inputs(self, type_: Any) -> None:
        for name, field in type_.fields.items():
            coordinate = f"{type_.name}.{name}"
            taken = self._found.types.get(get_named_type(field.type).name, NOTHING)
            _note(self._found.inputs, coordinate, self._own(field, coordinate) | taken)

    def _own(self, element: Any, coordinate: str) -> Requirement:
        """Read the directives that stand on a part of the schema, extensions included."""
        nodes = (element.ast_node, *(getattr(element, "extension_ast_nodes", None) or ()))
        return frozenset(
            self._demand(directive, coordinate)
            for node in nodes
            if node is not None and node.directives
            for directive in node.directives
            if self._names(directive.name.value)
        )

    def _demand(self, directive: DirectiveNode, coordinate: str) -> Demand:
        name = self._names(directive.name.value)
        assert name is not None  # noqa: S101  # it is asked for these alone
        kind, argument = _DIRECTIVES[name]
        if not argument:
            return Demand(kind)
        values = [
            value_from_ast_untyped(each.value)
            for each in directive.arguments or ()
            if each.name.value == argument
        ]
        ways = tuple(map(frozenset, _lists(values[0]))) if values else ()
        if not ways:
            raise SchemaError(
                f"{coordinate}: @{directive.name.value} names no {argument}, so nobody could ever"
                f' have it. Write ({argument}: [["…"]]), or take the directive away.'
            )
        return Demand(kind, ways)


class _Names:
    """What the directives are called in a schema, which may import them under another name.

    Federation's ``@link(url:, as:, import: [{name:, as:}])`` renames, and ``@federation__policy``
    is what stands there without an import. To overlook one would be to let everybody in.
    """

    def __init__(self, definition: GraphQLSchema) -> None:
        self._renamed = dict(_renamed(definition))

    def __call__(self, name: str) -> str | None:
        """Return which of the directives goes by that name, if one does."""
        name = self._renamed.get(name) or name.rpartition("__")[2]
        return name if name in _DIRECTIVES else None


def _renamed(definition: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """Yield the names that a schema gives to the directives, and what they stand for."""
    for node in (definition.ast_node, *definition.extension_ast_nodes):
        for directive in (node and node.directives) or ():
            if directive.name.value == "link":
                for argument in directive.arguments or ():
                    if argument.name.value == "import":
                        yield from _imported(value_from_ast_untyped(argument.value))


def _imported(names: Any) -> Iterator[tuple[str, str]]:
    for each in names if isinstance(names, list) else [names]:
        if isinstance(each, dict) and isinstance(each.get("as"), str):
            yield each["as"].lstrip("@"), str(each.get("name")).lstrip("@")


def _lists(value: Any) -> Iterator[list[str]]:
    """Read a list of lists, where GraphQL lets one thing stand for a list of it (§3.11)."""
    for item in value if isinstance(value, list) else [value]:
        yield item if isinstance(item, list) else [item]


def _note(noted: dict[str, Requirement], coordinate: str, requirement: Requirement) -> None:
    if requirement:
        noted[coordinate] = requirement
