"""Random requests that fit a schema: a document, the operation chosen of it, its variables.

Nearly all of them are valid as they are drawn. What makes documents invalid are fields that do
not merge: `_Keys` remembers for the whole document what each response key of a type stands for.

To widen: `_Writer.selection` has an entry per kind of selection; with abstract types a fragment's
type need only overlap with the one at hand (`_Writer.fits`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_non_null_type,
    is_object_type,
    is_required_argument,
    parse_type,
    type_from_ast,
)
from hypothesis import strategies as st
from tests.property.literals import MARKER, draw_json, draw_literal

__all__ = ["Request", "requests"]

_DEPTH = 5
_SELECTIONS = 40  # in a whole document


@dataclass(frozen=True)
class Request:
    """What a client sends."""

    text: str
    operation_name: str | None
    variables: dict[str, Any]


@dataclass
class _Uses:
    """What an operation or a fragment needs from outside."""

    variables: set[str] = field(default_factory=set)
    fragments: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class _Call:
    """A field with its alias and arguments, as it may stand in the document again."""

    text: str
    name: str
    arguments: str
    variables: frozenset[str]


@dataclass
class _Keys:
    """What each response key of a type stands for."""

    calls: dict[tuple[str, str], _Call] = field(default_factory=dict)

    def of(self, type_name: str) -> list[_Call]:
        return [call for (name, _), call in self.calls.items() if name == type_name]

    def claim(self, type_name: str, key: str, call: _Call) -> bool:
        known = self.calls.setdefault((type_name, key), call)
        return (known.name, known.arguments) == (call.name, call.arguments)


@dataclass
class _Variable:
    name: str
    type: str
    default: str | None

    def __str__(self) -> str:
        default = "" if self.default is None else f" = {self.default}"
        return f"${self.name}: {self.type}{default}"


@dataclass
class _Fragment:
    name: str
    type: GraphQLObjectType
    text: str = ""
    uses: _Uses = field(default_factory=_Uses)


@dataclass
class _Operation:
    kind: str
    name: str
    text: str
    uses: _Uses


@st.composite
def requests(draw: st.DrawFn, schema: GraphQLSchema) -> Request:
    """Draw a request to the schema."""
    return _Writer(draw, schema).request()


class _Writer:
    def __init__(self, draw: st.DrawFn, schema: GraphQLSchema) -> None:
        self._draw = draw
        self._schema = schema
        self._keys = _Keys()
        self._variables: dict[str, _Variable] = {}
        self._fragments: list[_Fragment] = []
        self._uses = _Uses()
        self._left = _SELECTIONS

    # -- the whole ------------------------------------------------------------------------------

    def request(self) -> Request:
        self._draw_fragments()
        operations = [self._operation(number) for number in range(self._draw(_OPERATIONS))]
        if len(operations) == 1 and self._draw(st.booleans()):
            operations[0].name = ""
        chosen = self._draw(st.sampled_from(operations))
        text = "\n".join([*map(self._head, operations), *self._fragment_texts(operations)])
        may_omit = len(operations) == 1 and (not chosen.name or self._draw(st.booleans()))
        return Request(text + "\n", None if may_omit else chosen.name, self._values(chosen))

    def _operation(self, number: int) -> _Operation:
        roots = {"query": self._schema.query_type, "mutation": self._schema.mutation_type}
        kind = self._draw(st.sampled_from([kind for kind, root in roots.items() if root]))
        root = roots[kind]
        assert root is not None
        self._uses = _Uses()
        text = self._selection_set(root, 0, "\n  ")
        return _Operation(kind, f"{MARKER}Op{number}", text, self._uses)

    def _head(self, operation: _Operation) -> str:
        declared = ", ".join(str(self._variables[name]) for name in self._needed(operation))
        declared = f"({declared})" if declared else ""
        return f"{operation.kind} {operation.name}{declared} {operation.text}"

    def _draw_fragments(self) -> None:
        """Draw the fragments, the last first, for each may spread those that come after it."""
        types = [
            type_
            for type_ in self._schema.type_map.values()
            if is_object_type(type_) and not type_.name.startswith("__")
        ]
        for number in range(self._draw(st.integers(0, 3))):
            self._uses = _Uses()
            type_ = self._draw(st.sampled_from(types))
            text = self._selection_set(type_, 2, " ")
            self._fragments.append(_Fragment(f"{MARKER}Fragment{number}", type_, text, self._uses))

    def _fragment_texts(self, operations: list[_Operation]) -> list[str]:
        reached = {name for operation in operations for name in self._reached(operation.uses)}
        return [
            f"fragment {fragment.name} on {fragment.type.name} {fragment.text}"
            for fragment in reversed(self._fragments)
            if fragment.name in reached
        ]

    def _reached(self, uses: _Uses) -> set[str]:
        names = set(uses.fragments)
        for fragment in reversed(self._fragments):  # what spreads comes before what is spread
            if fragment.name in names:
                names |= fragment.uses.fragments
        return names

    def _needed(self, operation: _Operation) -> list[str]:
        reached = self._reached(operation.uses)
        below = [f.uses.variables for f in self._fragments if f.name in reached]
        return sorted(operation.uses.variables.union(*below))

    # -- selections -----------------------------------------------------------------------------

    def _selection_set(self, type_: GraphQLObjectType, depth: int, between: str = " ") -> str:
        count = self._draw(st.integers(1, 5 if depth < 2 else 3))
        selections = [self.selection(type_, depth) for _ in range(count)]
        return "{" + between + between.join(selections) + " }"

    def selection(self, type_: GraphQLObjectType, depth: int) -> str:
        """Write a field, or a fragment."""
        self._left -= 1
        kind = self._draw(_KINDS) if self._left > 0 and depth < _DEPTH else "field"
        match kind:
            case "inline":
                condition = self._draw(st.sampled_from(("", f"on {type_.name}")))
                head = " ".join(filter(None, ("...", condition, self._directives())))
                return f"{head} {self._selection_set(type_, depth + 1)}"
            case "spread":
                fragments = [each for each in self._fragments if self.fits(each, type_)]
                if fragments:
                    name = self._draw(st.sampled_from(fragments)).name
                    self._uses.fragments.add(name)
                    return f"...{name} {self._directives()}".rstrip()
            case "again":
                calls = self._keys.of(type_.name)
                if calls:
                    return self._write(type_, self._draw(st.sampled_from(calls)), depth)
        return self._field(type_, depth)

    def fits(self, fragment: _Fragment, type_: GraphQLObjectType) -> bool:
        """Say whether the fragment may be spread in the type."""
        return fragment.type is type_

    def _field(self, type_: GraphQLObjectType, depth: int) -> str:
        names = [
            name
            for name, field_ in self._choices(type_)
            if is_leaf_type(get_named_type(field_.type)) or (depth < _DEPTH and self._left > 0)
        ]
        name = self._draw(st.sampled_from([*names, "__typename"]))
        call = self._call(type_, name)
        return self._write(type_, call, depth)

    def _choices(self, type_: GraphQLObjectType) -> list[tuple[str, GraphQLField]]:
        fields = list(type_.fields.items())
        if type_ is self._schema.query_type and self._draw(st.integers(0, 5)) == 5:
            for name in ("__schema", "__type"):
                meta = self._schema.get_field(type_, name)
                assert meta is not None
                fields.append((name, meta))
        return fields

    def _call(self, type_: GraphQLObjectType, name: str) -> _Call:
        definition = self._schema.get_field(type_, name)
        assert definition is not None
        outer, self._uses = self._uses, _Uses()
        arguments = self._arguments(definition)
        variables, self._uses = self._uses.variables, outer
        others = st.sampled_from([*type_.fields, "__typename"])
        wanted = self._draw(st.one_of(st.just(name), st.just(f"{MARKER}Alias"), others))
        key, number = wanted, 0
        while True:
            text = name if key == name else f"{key}: {name}"
            call = _Call(text, name, arguments, frozenset(variables))
            if self._keys.claim(type_.name, key, call):
                return call
            number += 1
            key = f"{MARKER}{number}"

    def _write(self, type_: GraphQLObjectType, call: _Call, depth: int) -> str:
        self._uses.variables |= call.variables
        definition = self._schema.get_field(type_, call.name)
        assert definition is not None
        named: Any = get_named_type(definition.type)
        below = "" if is_leaf_type(named) else self._selection_set(named, depth + 1)
        return " ".join(filter(None, (call.text + call.arguments, self._directives(), below)))

    def _directives(self) -> str:
        match self._draw(st.integers(0, 9)):
            case 7:
                return self._directive("skip")
            case 8:
                return self._directive("include")
            case 9:
                return f"{self._directive('include')} {self._directive('skip')}"
            case _:
                return ""

    def _directive(self, name: str) -> str:
        boolean = GraphQLNonNull(GraphQLBoolean)
        if self._draw(st.booleans()):
            return f"@{name}(if: ${self._variable(boolean, has_default=False)})"
        return f"@{name}(if: {draw_literal(self._draw, boolean)})"

    # -- arguments ------------------------------------------------------------------------------

    def _arguments(self, definition: GraphQLField) -> str:
        written = [
            f"{name}: {self._argument(argument)}"
            for name, argument in definition.args.items()
            if is_required_argument(argument) or self._draw(st.booleans())
        ]
        if len(written) > 1 and self._draw(st.booleans()):
            written.reverse()
        return f"({', '.join(written)})" if written else ""

    def _argument(self, argument: GraphQLArgument) -> str:
        return draw_literal(
            self._draw, argument.type, self._any_variable, has_default=argument.default is not None
        )

    def _any_variable(self, type_: Any, has_default: bool) -> str | None:  # noqa: FBT001
        if type_ is None:  # within a scalar of our own, where everything goes
            type_ = self._schema.type_map.get("Int") or self._schema.type_map["String"]
        return self._variable(type_, has_default=has_default)

    def _variable(self, type_: Any, *, has_default: bool) -> str:
        """Give a variable that may stand where the type is wanted: a known one, or a new one."""
        wanted = str(type_)
        known = [v for v in self._variables.values() if v.type in {wanted, f"{wanted}!"}]
        if self._draw(st.booleans()) and known:
            name = self._draw(st.sampled_from(known)).name
        else:
            name = f"{MARKER}Variable{len(self._variables)}"
            self._variables[name] = self._new_variable(name, type_, has_default=has_default)
        self._uses.variables.add(name)
        return name

    def _new_variable(self, name: str, type_: Any, *, has_default: bool) -> _Variable:
        """Declare a variable: of the type, of a stricter one, or with a default of a laxer one."""
        if not is_non_null_type(type_):
            stricter = self._draw(st.integers(0, 3)) == 3
            if stricter:
                return _Variable(name, f"{type_}!", None)
            default = self._draw(st.integers(0, 2)) == 2
            literal = draw_literal(self._draw, type_) if default else None
            return _Variable(name, str(type_), literal)
        match self._draw(st.integers(0, 3)):
            case 2:
                return _Variable(name, str(type_), draw_literal(self._draw, type_))
            case 3:  # null is refused when it comes
                return _Variable(name, str(type_.of_type), draw_literal(self._draw, type_))
        nullable = has_default and self._draw(st.booleans())
        return _Variable(name, str(type_.of_type if nullable else type_), None)

    def _values(self, operation: _Operation) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name in self._needed(operation):
            variable = self._variables[name]
            type_ = type_from_ast(self._schema, parse_type(variable.type))
            may_be_absent = variable.default is not None or not is_non_null_type(type_)
            if may_be_absent and self._draw(st.integers(0, 2)) == 2:
                continue
            values[name] = draw_json(self._draw, type_)
            if self._draw(st.integers(0, 60)) == 60:
                values[name] = self._draw(_WRONG)
        return values


_OPERATIONS = st.sampled_from((1, 1, 1, 1, 2, 3))
_KINDS = st.sampled_from(("field",) * 5 + ("inline", "spread", "spread", "again", "again"))
_WRONG = st.sampled_from((None, {}, [], "", 2**31, 0.5, [[None]], {MARKER: None}, True))
