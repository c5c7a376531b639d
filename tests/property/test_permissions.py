"""Random documents and scopes, held against resolvers of graphql-core that ask for themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLResolveInfo,
    build_client_schema,
    execute_sync,
    get_introspection_query,
    parse,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.compiler.guarded import DEFINITION, SCHEMA, Query

from trunkline.compiler.pipeline import compile_operation
from trunkline.engine import run_sync


class Asking:
    """A middleware that refuses each field by itself, by the requirements of its coordinate."""

    def __init__(self, scopes: frozenset[str]) -> None:
        self._scopes = scopes

    def resolve(
        self, following: Any, source: Any, info: GraphQLResolveInfo[Any], **values: Any
    ) -> Any:
        requirements = SCHEMA.requirements
        coordinate = f"{info.parent_type.name}.{info.field_name}"
        demands = set(requirements.fields.get(coordinate, ()))
        for argument in info.field_nodes[0].arguments or ():
            demands |= requirements.arguments.get(f"{coordinate}({argument.name.value}:)", set())
        for name, value in values.items():
            type_ = info.parent_type.fields[info.field_name].args[name].type
            demands |= self._of_input(requirements.inputs, value, type_)
        if not all(each.is_met(self._scopes, frozenset()) for each in demands):
            raise GraphQLError("refused")
        return following(source, info, **values)

    def _of_input(self, inputs: Mapping[str, Any], value: Any, type_: Any) -> set[Any]:
        while hasattr(type_, "of_type"):
            type_ = type_.of_type
        found: set[Any] = set()
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                for name, inner in each.items():
                    found |= inputs.get(f"{type_.name}.{name}", set())
                    found |= self._of_input(inputs, inner, type_.fields[name].type)
        return found


SCOPES = ["dogs", "find", "owners", "pets", "chips", "vets", "root", "kinds", "prices", "drop"]
LEAVES = {
    "Cat": ["id", "owner", "lives"],
    "Dog": ["id", "owner", "chip"],
    "Vet": ["name"],
    "Node": ["id", "owner"],
    "Pet": ["id", "owner"],
    "Any": ["__typename"],
}
BELOW = {
    "Cat": {"vet": "Vet", "best": "Node"},
    "Dog": {"friend": "Pet"},
    "Vet": {"cats": "Cat"},
    "Pet": {"friend": "Pet"},
}
ON = {
    "Node": ["Cat", "Dog", "Pet", "Node"],
    "Any": ["Cat", "Dog", "Vet", "Node", "Pet"],
    "Pet": ["Dog", "Node"],
    "Cat": ["Node"],
    "Dog": ["Pet", "Node"],
    "Vet": ["Any"],
}


@st.composite
def selections(draw: st.DrawFn, type_name: str, depth: int = 0) -> str:
    parts = [draw(st.sampled_from(["__typename", *LEAVES[type_name]]))]
    if depth < 4:
        for name, below in BELOW.get(type_name, {}).items():
            if draw(st.booleans()):
                parts.append(f"{name} {draw(selections(below, depth + 1))}")
        if draw(st.booleans()):
            on = draw(st.sampled_from(ON[type_name]))
            parts.append(f"... on {on} {draw(selections(on, depth + 1))}")
    return "{ " + " ".join(parts) + " }"


ROOTS = {"node": "Node", "nodes": "Node", "any": "Any", "cat": "Cat", "dog": "Dog"}
FINDS = [
    "kind",
    'find(name: "a")',
    'find(secret: "a")',
    "find(where: {price: 1})",
    'find(where: {and: [{name: "a"}, {price: 1}]})',
    "find(where: $w)",
    "find(where: {and: [$v]})",
]
VALUES: list[dict[str, Any]] = [
    {"v": {"name": "a"}},
    {"v": {"price": 1}},
    {"w": {"price": 1}, "v": {}},
    {"w": {"and": [{"price": 1}]}, "v": {"and": {"name": "a"}}},
]


@st.composite
def documents(draw: st.DrawFn) -> str:
    parts = [
        f"r{number}: {root} {draw(selections(ROOTS[root]))}"
        for number, root in enumerate(draw(st.lists(st.sampled_from(list(ROOTS)), max_size=3)))
    ]
    finds = draw(st.lists(st.sampled_from(FINDS), min_size=1, max_size=3))
    parts += [f"f{number}: {find}" for number, find in enumerate(finds)]
    head = "query ($w: Where, $v: Where!)"
    return f"{head} {{ w: find(where: $w) v: find(where: {{and: [$v]}}) {' '.join(parts)} }}"


def positions(errors: Any) -> list[Any]:
    return sorted((error.path for error in errors), key=str)


@settings(max_examples=300, deadline=None)
@given(documents(), st.frozensets(st.sampled_from(SCOPES)), st.sampled_from(VALUES))
def test_the_same_is_refused_as_by_resolvers_that_ask_for_themselves(
    document: str, scopes: frozenset[str], values: dict[str, Any]
) -> None:
    operation = compile_operation(SCHEMA, document).for_caller(scopes, variables=values)
    ours = run_sync(operation, values)
    query = Query()
    root = {name: getattr(query, name)() for name in (*ROOTS, "kind")}
    root["find"] = lambda _info, **given: query.find(**given)
    theirs = execute_sync(
        DEFINITION,
        parse(document),
        root_value=root,
        variable_values=values,
        middleware=[Asking(scopes)],
        type_resolver=lambda value, *_: value["__typename"],
    )
    assert ours.data == theirs.data
    assert positions(ours.errors) == positions(theirs.errors or [])


@settings(max_examples=30, deadline=None)
@given(st.frozensets(st.sampled_from(SCOPES)))
def test_what_introspection_shows_is_a_schema_without_what_is_refused(
    scopes: frozenset[str],
) -> None:
    result = run_sync(compile_operation(SCHEMA, get_introspection_query()).for_caller(scopes), None)
    assert not result.errors
    shown = build_client_schema(result.data)  # type: ignore[arg-type]
    unmet = {each for each in SCHEMA.requirements.all if not each.is_met(scopes, frozenset())}
    for coordinate, demands in SCHEMA.requirements.fields.items():
        type_name, _, name = coordinate.partition(".")
        type_: Any = shown.type_map.get(type_name)
        if demands & unmet and type_ is not None and name in type_.fields:
            # an interface shows it, and its objects must have what it has
            assert any(name in each.fields for each in type_.interfaces)
    for coordinate, demands in SCHEMA.requirements.inputs.items():
        type_name, _, name = coordinate.partition(".")
        if demands & unmet and type_name in shown.type_map:
            assert name not in shown.type_map[type_name].fields  # type: ignore[attr-defined]
    for name, demands in SCHEMA.requirements.types.items():
        assert not (demands & unmet) or name not in shown.type_map
