"""Which fields take part: collecting them (GraphQL §6.3.2), and all that an operation can reach.

What `@skip` and `@include` decide is carried along as a condition, not decided: one plan serves
all of an operation's requests.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import graphql

from trunkline.compiler.document import ChosenOperation
from trunkline.compiler.plan import CollectedField
from trunkline.compiler.selections import Fragments, fragment_of
from trunkline.compiler.usage import used_in
from trunkline.errors import LimitExceededError
from trunkline.runtime.literals import variables_in
from trunkline.runtime.positions import ALWAYS, Condition

__all__ = ["Collected", "Collector", "NoteField", "Reached"]

Types = frozenset[str]

# of conditions, in one operation with all types that come: 600 conditions of a field need them
_COMPARISONS = 200_000

_Earlier: TypeAlias = defaultdict[tuple[str, str | int], list[Condition]]
"""By what was met already: a response key, a fragment, or a variable that may be null."""

NoteField: TypeAlias = Callable[[str, graphql.GraphQLField, graphql.FieldNode], None]
"""Takes a field's coordinate and definition, and where the document asks for it."""


@dataclass(slots=True)
class Collected:
    """The fields of a selection set by response key.

    ``order`` is the order of the response: a key stands in it again if, by its condition, a later
    field of that key can be the first. ``unsure`` are the variables that decide here although their
    value may be null: their number, their node, and the condition under which they are evaluated.
    """

    fields: dict[str, list[CollectedField]]
    order: list[tuple[str, Condition]]
    unsure: list[tuple[int, graphql.VariableNode, Condition]]


class Reached(NamedTuple):
    """What an operation may use, whatever its values are.

    ``repeats`` says how often a variable stands in the literal of one argument.
    """

    coordinates: frozenset[str]
    repeats: Mapping[str, int]


class Collector:
    """Collects the fields of one operation's selection sets.

    It counts what it does, and raises ``LimitExceededError`` if that is too much: fragments that
    spread one another under conditions double the conditions with each.
    """

    def __init__(self, chosen: ChosenOperation) -> None:
        self._most = chosen.limits.fields
        self._definition = chosen.schema.definition
        self._fragments = chosen.fragments
        self._variables = {
            node.variable.name.value: (index, node.type.kind != "non_null_type")
            for index, node in enumerate(chosen.node.variable_definitions or ())
        }
        self._comparisons = 0
        self.restart()

    def restart(self) -> None:
        """Count fields from zero: their limit is for an object type of each abstract type."""
        self.fields = 0

    def collect(
        self,
        type_: graphql.GraphQLObjectType,
        selection_sets: Iterable[tuple[graphql.SelectionSetNode, Condition]],
        known: Condition,
    ) -> Collected:
        """Collect what the selection sets select of an object type.

        ``known`` is what holds already wherever this is executed. It is left out of the conditions,
        and what contradicts it is left out altogether.
        """
        collected = Collected({}, [], [])
        earlier: _Earlier = defaultdict(list)
        for selection_set, condition in selection_sets:
            self._collect(collected, type_, known, earlier, selection_set, condition)
        return collected

    def _collect(  # noqa: PLR0913, PLR0917  # one walk: what it found so far, and where it is
        self,
        collected: Collected,
        type_: graphql.GraphQLObjectType,
        known: Condition,
        earlier: _Earlier,
        selection_set: graphql.SelectionSetNode,
        outer: Condition,
    ) -> None:
        for node in selection_set.selections:
            for index, variable, asked in self._nullable_conditions(node):
                if self._is_new(earlier["variable", index], outer | asked):
                    collected.unsure.append((index, variable, outer | asked))
            condition = self._within(node, outer, known)
            if condition is None:
                continue
            if isinstance(node, graphql.FieldNode):
                key = node.alias.value if node.alias else node.name.value
                self.count(1)
                if self._is_new(earlier["field", key], condition):
                    collected.order.append((key, condition))
                collected.fields.setdefault(key, []).append(CollectedField(node, condition))
                continue
            if isinstance(node, graphql.FragmentSpreadNode) and not self._is_new(
                earlier["fragment", node.name.value], condition
            ):
                continue  # the fragment is here already whenever this spread of it would be
            fragment = fragment_of(node, self._fragments)
            if fragment and self._applies(fragment.type_condition, type_):
                self._collect(collected, type_, known, earlier, fragment.selection_set, condition)

    def count(self, fields: int) -> None:
        """Count fields; raise ``LimitExceededError`` if they are too many."""
        self.fields += fields
        if self.fields > self._most:
            raise LimitExceededError.because(
                f"The operation selects more than {self._most} fields."
            )

    def _is_new(self, earlier: list[Condition], condition: Condition) -> bool:
        """Return whether none of the earlier conditions holds whenever this one does; note it."""
        self._comparisons += len(earlier)
        if self._comparisons > _COMPARISONS:
            raise LimitExceededError.because(
                "A field or fragment is selected under too many different conditions of `@skip` and"
                " `@include`."
            )
        if any(map(condition.issuperset, earlier)):
            return False
        earlier.append(condition)
        return True

    def _applies(
        self, condition: graphql.NamedTypeNode | None, type_: graphql.GraphQLObjectType
    ) -> bool:
        """Return whether a fragment on the named type takes part in an object type (§6.3.2)."""
        if condition is None or condition.name.value == type_.name:
            return True
        named = self._definition.get_type(condition.name.value)
        return graphql.is_abstract_type(named) and self._definition.is_sub_type(named, type_)

    def _within(
        self, node: graphql.SelectionNode, outer: Condition, known: Condition
    ) -> Condition | None:
        """Return when a selection takes part, besides what is known; ``None`` means never."""
        own = self._condition(node)
        if own is None:
            return None
        if not outer and not own:
            return ALWAYS
        both = outer | own
        everything = both | known
        if any((index, not wanted) in everything for index, wanted in both):
            return None  # both cannot hold
        return both - known or ALWAYS

    def _condition(self, node: graphql.SelectionNode) -> Condition | None:
        """Read `@skip` and `@include` (§3.13.1, §3.13.2); ``None`` means never."""
        wanted: set[tuple[int, bool]] = set()
        never = False
        for directive in node.directives or ():
            name = directive.name.value
            if name not in {"skip", "include"}:
                continue
            includes = name == "include"
            for argument in directive.arguments or ():  # a valid document has just `if`
                if isinstance(argument.value, graphql.VariableNode):
                    wanted.add((self._variables[argument.value.name.value][0], includes))
                elif isinstance(argument.value, graphql.BooleanValueNode):
                    never = never or argument.value.value is not includes
        return None if never else frozenset(wanted)

    def _nullable_conditions(
        self, node: graphql.SelectionNode
    ) -> Iterator[tuple[int, graphql.VariableNode, Condition]]:
        """Yield the variables of `@skip` and `@include` that can be null, which is an error.

        What is skipped is not included, and then the variable of `@include` does not matter.
        """
        asked = ALWAYS
        for name in ("skip", "include"):
            for directive in node.directives or ():
                for argument in directive.arguments or ():
                    if directive.name.value != name:
                        continue
                    if isinstance(argument.value, graphql.VariableNode):
                        index, nullable = self._variables[argument.value.name.value]
                        if nullable:
                            yield index, argument.value, asked
                        asked |= {(index, name == "include")}
                    elif getattr(argument.value, "value", None) is (name == "skip"):
                        return

    def reach(
        self,
        root: graphql.GraphQLObjectType,
        selection_set: graphql.SelectionSetNode,
        note: NoteField | None,
    ) -> Reached:
        """Find out what the operation, with these fields of the root, may use of the schema.

        The coordinates are of fields (``Todo.title``), of their arguments
        (``Query.todo(todoID:)``), and of input fields and enum values in literals
        (``TodoInput.title``, ``State.DONE``).

        Which fields are planned depends on the object types that values turn out to have. What must
        be known before any value comes is found by this walk, which takes all types that are
        possible at a place at once. Fields that are excluded whatever the variables are do not
        count. ``note`` is called for each field.
        """
        walk = _Reach(self._definition, self._fragments, self._condition, note)
        walk.selection_set(selection_set, frozenset([root.name]))
        return Reached(frozenset(walk.coordinates), walk.repeats)


class _Found(NamedTuple):
    """The fields of one name in several types.

    ``definitions`` are by coordinate; ``arguments`` are of the same types in all of them (§3.6);
    ``below`` has the object types that their values may have.
    """

    definitions: dict[str, graphql.GraphQLField]
    arguments: Mapping[str, graphql.GraphQLArgument]
    below: Types


class _Reach:
    """One walk over an operation, with all types that are possible at each place."""

    def __init__(
        self,
        definition: graphql.GraphQLSchema,
        fragments: Fragments,
        condition_of: Callable[[graphql.SelectionNode], Condition | None],
        note: NoteField | None,
    ) -> None:
        self._definition = definition
        self._fragments = fragments
        self._condition = condition_of
        self._note = note
        self._seen: set[tuple[int, Types]] = set()
        self._possible: dict[str, Types] = {}
        self._fields: dict[tuple[str, Types], _Found] = {}
        self._arguments: set[tuple[str, Types, str]] = set()
        self.coordinates: set[str] = set()
        self.repeats: dict[str, int] = {}

    def selection_set(self, selection_set: graphql.SelectionSetNode, types: Types) -> None:
        key = (id(selection_set), types)
        if not types or key in self._seen:
            return
        self._seen.add(key)
        for node in selection_set.selections:
            if self._condition(node) is None:
                continue
            if isinstance(node, graphql.FieldNode):
                self._field(node, types)
            elif (fragment := fragment_of(node, self._fragments)) is not None:
                condition = fragment.type_condition
                within = types
                if condition is not None:
                    within = types & self._possible_types(condition.name.value)
                self.selection_set(fragment.selection_set, within)

    def _field(self, node: graphql.FieldNode, types: Types) -> None:
        name = node.name.value
        if name == "__typename":
            return
        key = (name, types)
        is_new = key not in self._fields
        if is_new:
            self._fields[key] = self._find(name, types)
            self.coordinates.update(self._fields[key].definitions)
        found = self._fields[key]
        if self._note is not None and (is_new or node.arguments):
            for coordinate, field in found.definitions.items():
                self._note(coordinate, field, node)
        for argument in node.arguments or ():
            argument_name = argument.name.value
            for variable, times in Counter(variables_in(argument.value)).items():
                self.repeats[variable] = max(times, self.repeats.get(variable, 1))
            if (*key, argument_name) not in self._arguments:
                self._arguments.add((*key, argument_name))
                self.coordinates.update(f"{each}({argument_name}:)" for each in found.definitions)
            if argument_name in found.arguments:  # a valid document has no others
                value = graphql.value_from_ast_untyped(argument.value)
                self.coordinates.update(used_in(value, found.arguments[argument_name].type))
        if node.selection_set is not None:
            self.selection_set(node.selection_set, found.below)

    def _find(self, name: str, types: Types) -> _Found:
        """Find the field of a name in each of the types, some of which may lack it."""
        definitions: dict[str, graphql.GraphQLField] = {}
        for type_name in types:
            type_: Any = self._definition.type_map[type_name]
            field = type_.fields.get(name) or self._definition.get_field(type_, name)
            if field is not None:
                definitions[f"{type_name}.{name}"] = field
        named = {graphql.get_named_type(field.type).name for field in definitions.values()}
        below = frozenset[str]().union(*map(self._possible_types, named))
        arguments = next((field.args for field in definitions.values()), {})
        return _Found(definitions, arguments, below)

    def _possible_types(self, name: str) -> Types:
        if name not in self._possible:
            type_ = self._definition.get_type(name)
            possible: Types = frozenset()
            if graphql.is_abstract_type(type_):
                possible = frozenset(
                    each.name for each in self._definition.get_possible_types(type_)
                )
            elif graphql.is_object_type(type_):
                possible = frozenset([name])
            self._possible[name] = possible
        return self._possible[name]
