"""What an operation requires of its callers, and what is refused to callers who lack it.

An operation whose caller may have all of it is executed as it was compiled. For the others it is
compiled again, once for each set of unmet requirements, with functions that raise in the places of
the refused fields. So a decision costs one look-up, whatever the operation's size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, NoReturn, TypeAlias, TypeVar

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLInputType,
    GraphQLSchema,
    ListValueNode,
    ObjectValueNode,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    get_named_type,
    is_input_object_type,
    type_from_ast,
)

from trunkline.bounded import BoundedMapping
from trunkline.runtime.literals import variables_in
from trunkline.schema.bindings import Schema
from trunkline.schema.requirements import (
    NOTHING,
    Requirement,
    Requirements,
    RequirementSet,
    describe_requirements,
    policies_in,
)
from trunkline.schema.visibility import visible_definition

__all__ = [
    "UNAUTHORIZED",
    "CallerForms",
    "OperationRequirements",
    "Refusals",
    "missing_scopes",
    "refuser",
    "unauthorized",
]

UNAUTHORIZED = "UNAUTHORIZED_FIELD_OR_TYPE"
"""The code of an error that says what a caller lacks; Apollo's routers use it too."""

_INTROSPECTION = ("__schema", "__type")
_DECISIONS = 256  # sets of scopes whose decision is kept
_FORMS = 32  # sets of refusals that an operation is kept compiled for

T = TypeVar("T")
Scopes: TypeAlias = frozenset[str] | None

ByVariable: TypeAlias = Mapping[str, RequirementSet]
"""What the values of variables require, by the variable's name."""


class OperationRequirements:
    """What one operation requires of its callers.

    ``fields`` has what each coordinate requires that it uses, with its arguments and the input
    fields in them; ``all`` joins them. ``possible`` is what the values of its variables may require
    besides, and ``hiding`` what decides which parts of the schema introspection shows.
    """

    def __init__(self, schema: Schema, variables: Iterable[VariableDefinitionNode]) -> None:
        self._declared = declared = schema.requirements
        # of the variables whose values may require something: their types, and what that is
        self._types: dict[str, Any] = {}
        self._possible: dict[str, RequirementSet] = {}
        self._defaults: dict[str, RequirementSet] = {}
        self.fields: dict[str, RequirementSet] = {}
        self.hiding = NOTHING
        self.possible = NOTHING
        for node in variables if declared.inputs else ():
            name = node.variable.name.value
            type_: Any = get_named_type(type_from_ast(schema.definition, node.type))
            requirements = frozenset(_possible_requirements(declared, type_))
            if requirements:
                self._types[name] = type_
                self._possible[name] = requirements
                self.possible |= requirements
                if node.default_value is not None:
                    default = _literal_requirements(declared, node.default_value, type_, {})
                    self._defaults[name] = frozenset(default)

    def note(self, coordinate: str, definition: GraphQLField, node: FieldNode) -> None:
        """Note what a field requires that the operation uses."""
        requirements = frozenset(
            _field_requirements(self._declared, coordinate, definition, node, self._defaults)
        )
        if requirements:
            self.fields[coordinate] = self.fields.get(coordinate, NOTHING) | requirements
        if node.name.value in _INTROSPECTION:
            self.hiding = self._declared.all

    @property
    def exist(self) -> bool:
        """Whether anything is required at all."""
        return bool(self.fields or self.possible or self.hiding)

    @property
    def all(self) -> RequirementSet:
        """What is required whatever the variables are."""
        return NOTHING.union(*self.fields.values())

    @cached_property
    def policies(self) -> frozenset[str]:
        """The policies that the program must decide on."""
        return policies_in(self.all | self.possible | self.hiding)

    def guarded(self, unmet: RequirementSet) -> list[str]:
        """Return the variables whose values may require something unmet."""
        return [name for name, possible in self._possible.items() if possible & unmet]

    def by_variable(
        self, unmet: RequirementSet, values: Mapping[str, Any] | None
    ) -> dict[str, RequirementSet]:
        """Return the variables whose values require something unmet, and what that is."""
        values = values or {}
        found: dict[str, RequirementSet] = {}
        for name, type_ in self._types.items():
            requirements = self._defaults.get(name, NOTHING)
            if name in values:
                requirements |= frozenset(_value_requirements(self._declared, values[name], type_))
            if requirements & unmet:
                found[name] = requirements & unmet
        return found


@dataclass(frozen=True)
class Refusals:
    """What is refused: whatever requires one of the ``unmet`` requirements.

    What the document says is known when it is compiled. What the values of the ``guarded``
    variables require, each request decides: `decisions` are values of variables, too, and compiled
    code reads them behind the operation's own. ``noted`` has the refused coordinates that the
    operation uses, with what their caller lacks; ``uses`` those with guarded variables.
    """

    schema: Schema
    unmet: RequirementSet
    required: OperationRequirements
    noted: dict[str, RequirementSet] = field(default_factory=dict[str, RequirementSet])
    uses: dict[str, set[str]] = field(default_factory=dict[str, set[str]])

    @cached_property
    def guarded(self) -> list[str]:
        """The variables whose values may be refused."""
        return self.required.guarded(self.unmet)

    def decisions(self, variables: Mapping[str, Any] | None) -> list[Any]:
        """Return whether the value of each guarded variable is refused; then, for each, why."""
        found = self.required.by_variable(self.unmet, variables)
        requirements = [found.get(name, NOTHING) for name in self.guarded]
        return [*map(bool, requirements), *requirements]

    def given(self, variables: Mapping[str, Any] | None) -> dict[str, RequirementSet]:
        """Return the refused coordinates for the variables of a request."""
        refused = dict(self.noted)
        found = self.required.by_variable(self.unmet, variables) if self.uses else {}
        for coordinate, names in self.uses.items():
            requirements = NOTHING.union(*(found.get(name, NOTHING) for name in names))
            if requirements:
                refused[coordinate] = refused.get(coordinate, NOTHING) | requirements
        return refused

    def guards(self, node: FieldNode) -> list[int]:
        """Return the numbers of the guarded variables that a field's arguments contain."""
        used = {name for each in node.arguments or () for name in variables_in(each.value)}
        return [number for number, name in enumerate(self.guarded) if name in used]

    @cached_property
    def visible(self) -> GraphQLSchema:
        """What introspection shows."""
        return visible_definition(self.schema.definition, self.schema.requirements, self.unmet)

    def of(self, coordinate: str, definition: GraphQLField, node: FieldNode) -> RequirementSet:
        """Return the unmet requirements of a field, as the document asks for it."""
        declared = self.schema.requirements
        found = _field_requirements(declared, coordinate, definition, node, {})
        return self.unmet.intersection(found)

    def note(self, coordinate: str, definition: GraphQLField, node: FieldNode) -> None:
        """Note a field that the operation uses, if it is refused."""
        requirements = self.of(coordinate, definition, node)
        if requirements:
            self.noted[coordinate] = self.noted.get(coordinate, NOTHING) | requirements
        guards = self.guards(node)
        if guards:
            self.uses.setdefault(coordinate, set()).update(self.guarded[each] for each in guards)


class CallerForms(Generic[T]):
    """The forms of an operation for callers who may not have all of it, each compiled once.

    ``compile_form`` compiles the operation without what is refused; ``has_grown`` is called when
    there is one form more.
    """

    def __init__(
        self,
        schema: Schema,
        required: OperationRequirements,
        compile_form: Callable[[Refusals], T],
        has_grown: Callable[[], None],
    ) -> None:
        self._schema = schema
        self._required = required
        self._compile = compile_form
        self._has_grown = has_grown
        self._certain = required.all | required.hiding
        self._requirements = self._certain | required.possible
        self._unmet = BoundedMapping[tuple[Scopes, frozenset[str]], RequirementSet](_DECISIONS)
        self._forms = BoundedMapping[RequirementSet, T](_FORMS)

    @property
    def all(self) -> list[T]:
        """The forms that are kept."""
        return self._forms.values()

    def find(
        self, scopes: Scopes, policies: frozenset[str], variables: Mapping[str, Any] | None
    ) -> T | None:
        """Return the form for a caller with these scopes; ``None`` if nothing is refused."""
        unmet = self._unmet.get((scopes, policies))
        if unmet is None:
            unmet = frozenset(
                each for each in self._requirements if not each.is_met(scopes, policies)
            )
            self._unmet.put((scopes, policies), unmet)
        if not unmet:
            return None
        if unmet.isdisjoint(self._certain) and not self._required.by_variable(unmet, variables):
            return None
        form = self._forms.get(unmet)
        if form is None:
            form = self._compile(Refusals(self._schema, unmet, self._required))
            self._forms.put(unmet, form)
            self._has_grown()
        return form


def unauthorized(coordinate: str, requirements: RequirementSet) -> GraphQLError:
    """Make the error that says what a caller lacks for a field."""
    extensions = {"code": UNAUTHORIZED, "scopes": sorted(missing_scopes(requirements))}
    return GraphQLError(
        f"{coordinate} needs {describe_requirements(requirements)}.", extensions=extensions
    )


def refuser(coordinate: str, requirements: RequirementSet) -> Callable[..., NoReturn]:
    """Make the function that stands in the place of a refused field.

    It takes what the values of variables require besides.
    """
    error = unauthorized(coordinate, requirements)

    def refuse(*more: RequirementSet) -> NoReturn:  # perhaps for each of a thousand objects
        if more:
            raise unauthorized(coordinate, requirements.union(*more))
        raise GraphQLError(error.message, extensions=error.extensions)

    return refuse


def missing_scopes(
    requirements: Iterable[Requirement], scopes: frozenset[str] | None = None
) -> frozenset[str]:
    """Return the fewest scopes that a caller with ``scopes`` would need in addition."""
    wanted: frozenset[str] = frozenset()
    for requirement in sorted(requirements, key=lambda requirement: len(requirement.any_of)):
        if requirement.kind == "scopes":
            had = wanted | (scopes or frozenset())
            missing = (way - had for way in requirement.any_of)
            wanted |= min(missing, key=lambda way: (len(way), sorted(way)))
    return wanted


def _field_requirements(
    declared: Requirements,
    coordinate: str,
    field: GraphQLField,
    node: FieldNode,
    by_variable: ByVariable,
) -> Iterator[Requirement]:
    """Yield what a field requires, and what its arguments do as the document gives them."""
    yield from declared.fields.get(coordinate, NOTHING)
    for argument in node.arguments or ():
        name = argument.name.value
        yield from declared.arguments.get(f"{coordinate}({name}:)", NOTHING)
        if name in field.args:  # validation ensures it, but not every document was validated
            yield from _literal_requirements(
                declared, argument.value, field.args[name].type, by_variable
            )


def _literal_requirements(
    declared: Requirements, value: ValueNode, type_: GraphQLInputType, by_variable: ByVariable
) -> Iterator[Requirement]:
    """Yield what a value in the document requires: the input fields in it."""
    named: Any = get_named_type(type_)
    if isinstance(value, VariableNode):
        yield from by_variable.get(value.name.value, NOTHING)
    elif isinstance(value, ListValueNode):
        for item in value.values:
            yield from _literal_requirements(declared, item, named, by_variable)
    elif isinstance(value, ObjectValueNode) and is_input_object_type(named):
        for each in value.fields:
            name = each.name.value
            yield from declared.inputs.get(f"{named.name}.{name}", NOTHING)
            if name in named.fields:
                inner = named.fields[name].type
                yield from _literal_requirements(declared, each.value, inner, by_variable)


def _possible_requirements(declared: Requirements, type_: Any) -> Iterator[Requirement]:
    """Yield what a value of a type can require, however deep it goes."""
    seen: set[str] = set()
    open_: list[Any] = [type_]
    while open_:
        each = open_.pop()
        if is_input_object_type(each) and each.name not in seen:
            seen.add(each.name)
            for name, field in each.fields.items():
                yield from declared.inputs.get(f"{each.name}.{name}", NOTHING)
                open_.append(get_named_type(field.type))


def _value_requirements(declared: Requirements, value: Any, type_: Any) -> Iterator[Requirement]:
    """Yield what a variable's value requires, as it came in JSON."""
    open_: list[tuple[Any, Any]] = [(value, type_)]
    while open_:
        each, named = open_.pop()
        if isinstance(each, Mapping) and is_input_object_type(named):
            for name, inner in each.items():
                yield from declared.inputs.get(f"{named.name}.{name}", NOTHING)
                if name in named.fields:
                    open_.append((inner, get_named_type(named.fields[name].type)))
        elif isinstance(each, (list, tuple)):
            open_ += [(item, named) for item in each]
