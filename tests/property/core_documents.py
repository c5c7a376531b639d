"""Random documents for the schema of `core_world.py`."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLSchema, get_named_type, is_leaf_type, is_union_type
from hypothesis import strategies as st

__all__ = ["documents"]

_DEPTH = 4
_FRAGMENTS = ("Cat", "Dog", "Node", "Found")
_OVERLAP = {"Cat": ("Cat", "Node", "Found"), "Dog": ("Dog", "Node", "Found")}
_ANY = ("Cat", "Dog", "Node", "Found")
_DIRECTIVES = (
    "",
    "",
    "",
    "",
    " @include(if: $yes)",
    " @skip(if: $no)",
    " @include(if: $no)",
    " @skip(if: $yes)",
)
_ARGUMENTS = ("", "(n: 2)", "(n: $n)", "(i: {})", "(i: {n: $n, m: [$n]})", "(i: $i)")
_HEAD = "($yes: Boolean! = true, $no: Boolean! = false, $n: Int = 7, $i: Input)"


@st.composite
def documents(draw: st.DrawFn, schema: GraphQLSchema) -> str:
    """Draw a document with one operation."""
    kind = draw(st.sampled_from(("query", "query", "query", "mutation", "subscription")))
    root = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}[kind]
    writer = _Writer(draw, schema)
    if kind == "subscription":
        name = draw(st.sampled_from(list(schema.type_map[root].fields)))  # type: ignore[attr-defined]
        operation = "{ " + writer.field(root, name, 0, "") + " }"
    else:
        operation = writer.selections(root, 0)
    fragments = [
        f"fragment On{name} on {name} {_Writer(draw, schema, spreads=False).selections(name, 2)}"
        for name in _FRAGMENTS
    ]
    used = [text for text in fragments if f"...{text.split()[1]}" in operation]
    return "\n".join([f"{kind} Operation{_HEAD} {operation}", *used])


class _Writer:
    def __init__(self, draw: st.DrawFn, schema: GraphQLSchema, *, spreads: bool = True) -> None:
        self._draw = draw
        self._schema = schema
        self._spreads = spreads
        self._left = 25

    def selections(self, type_name: str, depth: int) -> str:
        count = self._draw(st.integers(1, 4 if depth else 5))
        return "{ " + " ".join(self._selection(type_name, depth) for _ in range(count)) + " }"

    def _selection(self, type_name: str, depth: int) -> str:
        directive = self._draw(st.sampled_from(_DIRECTIVES))
        type_: Any = self._schema.type_map[type_name]
        self._left -= 1
        is_deep = depth >= _DEPTH or self._left <= 0
        kind = self._draw(st.integers(0, 5))
        if kind >= 4 and not is_deep and not type_name.endswith(("y", "n")):
            on = self._draw(st.sampled_from(_OVERLAP.get(type_name, _ANY)))
            if kind == 5 and self._spreads:
                return f"...On{on}{directive}"
            return f"... on {on}{directive} {self.selections(on, depth + 1)}"
        fields = {} if is_union_type(type_) else type_.fields
        names = [
            n for n, f in fields.items() if not is_deep or is_leaf_type(get_named_type(f.type))
        ]
        name = self._draw(st.sampled_from(["__typename", *names, *names]))
        return self.field(type_name, name, depth, directive)

    def field(self, type_name: str, name: str, depth: int, directive: str) -> str:
        if name == "__typename":
            return f"__typename{directive}"
        field = self._schema.type_map[type_name].fields[name]  # type: ignore[attr-defined]
        number = self._draw(st.integers(0, len(_ARGUMENTS) - 1)) if field.args else 0
        alias = f"{name}_{number}: {name}{_ARGUMENTS[number]}" if number else name
        named = get_named_type(field.type)
        below = "" if is_leaf_type(named) else " " + self.selections(named.name, depth + 1)
        return f"{alias}{directive}{below}"
