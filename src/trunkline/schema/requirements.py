"""What a schema declares that callers need: `@authenticated`, `@requiresScopes`, `@policy`.

The directives mean what they mean in Apollo Federation: of the outer list one entry must hold, of
an inner list all. Everything that is declared for a field must hold: by its own directives, those
of its type, of the type that it returns, and of the interfaces that either belongs to. A field of
an interface requires what the field of the actual object type requires. So every way to an object
requires what the object requires.

*Declared* is what the schema says (here), *required* is what an operation needs
(`compiler/`), and *checked* is what the server decided for a caller.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Literal, TypeAlias

import graphql
from msgspec import Struct

from trunkline.errors import SchemaError
from trunkline.schema.directives import applied_to, elements_of

__all__ = [
    "NOTHING",
    "Requirement",
    "RequirementSet",
    "Requirements",
    "declared_requirements",
    "describe_requirements",
    "directives_of_requirements",
    "policies_in",
]

_Kind: TypeAlias = Literal["authenticated", "scopes", "policies"]

_DIRECTIVES: Mapping[str, tuple[_Kind, str]] = {
    "authenticated": ("authenticated", ""),
    "requiresScopes": ("scopes", "scopes"),
    "policy": ("policies", "policies"),
}
"""What each directive requires, and which argument names it."""


class Requirement(Struct, frozen=True):
    """One declared requirement: the caller must have all names of one entry of ``any_of``.

    The kind ``authenticated`` is met by every caller whose token was verified. ``scopes`` are
    scopes of the token. ``policies`` are policies that the program must say hold.
    """

    kind: _Kind
    any_of: tuple[frozenset[str], ...] = (frozenset(),)

    def is_met(self, scopes: frozenset[str] | None, policies: frozenset[str]) -> bool:
        """Say whether a caller with these scopes meets it; ``None`` stands for no caller."""
        if self.kind == "policies":
            return any(names <= policies for names in self.any_of)
        return scopes is not None and any(names <= scopes for names in self.any_of)


RequirementSet: TypeAlias = frozenset[Requirement]
"""Requirements that must all be met."""

NOTHING: RequirementSet = frozenset()


class Requirements(Struct, frozen=True, eq=False):
    """What a schema declares, by coordinate. What requires nothing has no entry.

    ``fields`` has ``Todo.title``, of objects and interfaces; ``arguments`` has
    ``Query.todo(todoID:)``; ``inputs`` has ``TodoInput.title``; ``types`` has ``Todo``.
    """

    fields: dict[str, RequirementSet] = {}
    arguments: dict[str, RequirementSet] = {}
    inputs: dict[str, RequirementSet] = {}
    types: dict[str, RequirementSet] = {}

    def __bool__(self) -> bool:
        """Say whether the schema requires anything."""
        return bool(self.fields or self.arguments or self.inputs)

    @property
    def all(self) -> RequirementSet:
        """Every requirement of the schema."""
        found = (self.fields, self.arguments, self.inputs)
        return NOTHING.union(*(each for by_name in found for each in by_name.values()))

    def scopes(self, coordinates: Collection[str]) -> frozenset[str]:
        """Return the scopes that are declared for some of these coordinates."""
        found = (self.fields, self.arguments, self.inputs)
        each_has = (by_name.get(each, NOTHING) for by_name in found for each in coordinates)
        requirements = NOTHING.union(*each_has) if self else NOTHING
        ways = (way for each in requirements if each.kind == "scopes" for way in each.any_of)
        return frozenset[str]().union(*ways)


def policies_in(requirements: Iterable[Requirement]) -> frozenset[str]:
    """Return the policies that the program must decide on."""
    ways = (way for each in requirements if each.kind == "policies" for way in each.any_of)
    return frozenset[str]().union(*ways)


def describe_requirements(requirements: Iterable[Requirement]) -> str:
    """Write requirements for people: ``the scopes a and b, or c``."""

    def describe(requirement: Requirement) -> str:
        ways = [" and ".join(sorted(names)) for names in requirement.any_of if names]
        if requirement.kind == "authenticated" or not ways:
            return "a token"
        noun = ("scope", "scopes") if requirement.kind == "scopes" else ("policy", "policies")
        is_one = len(ways) == 1 and len(requirement.any_of[0]) == 1
        return f"the {noun[not is_one]} {', or '.join(ways)}"

    return " and ".join(sorted(map(describe, requirements)))


def declared_requirements(definition: graphql.GraphQLSchema) -> Requirements:
    """Read what the directives of a schema require.

    Raises ``SchemaError`` where a directive lists nothing that could hold.
    """
    names = directives_of_requirements(definition)
    own: dict[int, RequirementSet] = {}  # what stands on an element itself, by its identity
    for coordinate, element in elements_of(definition):
        for directive in applied_to(element):
            name = names.get(directive.name.value)
            if name is not None:
                requirement = _read_directive(coordinate, name, directive)
                own[id(element)] = own.get(id(element), NOTHING) | {requirement}
    return _with_inherited(definition, own) if own else Requirements()


def directives_of_requirements(definition: graphql.GraphQLSchema) -> dict[str, str]:
    """Return the directives that require something: what they stand for, by their names."""
    renamed = dict(_renamed_directives(definition))
    found = {
        each.name: renamed.get(each.name) or each.name.rpartition("__")[2]
        for each in definition.directives
    }
    return {name: meant for name, meant in found.items() if meant in _DIRECTIVES}


def _renamed_directives(definition: graphql.GraphQLSchema) -> Iterator[tuple[str, str]]:
    """Yield the names that a schema gives to directives, and what they stand for.

    Federation's ``@link(url:, as:, import: [{name:, as:}])`` renames directives. Without an import
    the name is ``@federation__policy``. A directive that is overlooked would let every caller in.
    """
    for link in applied_to(definition):
        for argument in link.arguments or () if link.name.value == "link" else ():
            imports: Any = graphql.value_from_ast_untyped(argument.value)
            for each in imports if isinstance(imports, list) else [imports]:
                is_renamed = isinstance(each, dict) and isinstance(each.get("as"), str)
                if argument.name.value == "import" and is_renamed:
                    yield each["as"].lstrip("@"), str(each.get("name")).lstrip("@")


def _read_directive(coordinate: str, name: str, directive: graphql.DirectiveNode) -> Requirement:
    kind, argument = _DIRECTIVES[name]
    if not argument:
        return Requirement(kind)
    given = [each.value for each in directive.arguments or () if each.name.value == argument]
    value: Any = graphql.value_from_ast_untyped(given[0]) if given else []
    # GraphQL lets one thing stand for a list of it (§3.11)
    ways = [
        frozenset(way if isinstance(way, list) else [way])
        for way in (value if isinstance(value, list) else [value])
    ]
    if not ways:
        raise SchemaError(
            f"{coordinate}: @{directive.name.value} lists no {argument}, so no caller could ever"
            f' meet it. Write ({argument}: [["…"]]), or remove the directive.'
        )
    return Requirement(kind, tuple(ways))


def _with_inherited(
    definition: graphql.GraphQLSchema, own: Mapping[int, RequirementSet]
) -> Requirements:
    """Join what stands on each element with what it inherits, and with what its type requires."""
    found = Requirements()
    types: list[Any] = list(definition.type_map.values())

    def note(noted: dict[str, RequirementSet], place: str, same: list[Any], *named: Any) -> None:
        """Note what an element requires: ``same`` are it and its interfaces' elements."""
        requirements = NOTHING.union(
            *(own.get(id(each), NOTHING) for each in same),
            *(found.types.get(graphql.get_named_type(each).name, NOTHING) for each in named),
        )
        if requirements:
            noted[place] = requirements

    for type_ in types:
        note(found.types, type_.name, [type_, *getattr(type_, "interfaces", ())])
    for type_ in types:
        if graphql.is_input_object_type(type_):
            for name, field in type_.fields.items():
                note(found.inputs, f"{type_.name}.{name}", [field], field.type)
        elif graphql.is_object_type(type_) or graphql.is_interface_type(type_):
            for name, field in type_.fields.items():
                coordinate = f"{type_.name}.{name}"
                same = [field, *(i.fields[name] for i in type_.interfaces if name in i.fields)]
                note(found.fields, coordinate, same, type_, field.type)
                for key, argument in field.args.items():
                    inherited = [each.args[key] for each in same if key in each.args]
                    place = f"{coordinate}({key}:)"
                    note(found.arguments, place, inherited, argument.type)
    return found
