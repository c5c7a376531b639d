"""Documents at random that are made to cost: a small grammar over a schema's own names."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import graphql

__all__ = ["HostileDocuments"]

LONGEST = 64_000  # characters
DEEPEST = 30  # fields below fields


class HostileDocuments:
    """Draws documents: what is right and what is wrong, nested, repeated and long.

    Most of them repeat one piece hundreds of times, because that is what costs.
    """

    def __init__(self, schema: graphql.GraphQLSchema, chance: Random) -> None:
        self._schema = schema
        self._chance = chance
        self._types = [each for each in schema.type_map if not each.startswith("__")]
        self._count = 0

    def draw(self) -> str:
        """Return a document."""
        chance = self._chance
        self._count = 0
        root = self._schema.query_type
        parts = [f"query ({self._variables()}) " if chance.random() < 0.3 else "", "{ "]
        parts.append(self._repeated(lambda: self._selection(root, chance.choice((1, 2, 4, 8)))))
        parts.append(" } ")
        if chance.random() < 0.4:
            parts.append(self._repeated(self._fragment))
        text = "".join(parts)[:LONGEST]
        if chance.random() < 0.1:
            text = chance.choice("\n, #\ufeff") * chance.randint(1, LONGEST - len(text) + 1) + text
        return text

    def _repeated(self, piece: Callable[[], str]) -> str:
        """Repeat a piece; anew each time, or the same with other numbers."""
        chance = self._chance
        times = int(10 ** chance.uniform(0, 3.2))
        if chance.random() < 0.5:
            times = min(times, 60)
            return " ".join(piece() for _ in range(times))
        once = piece()
        times = min(times, LONGEST // (len(once) + 5) + 1)
        alias = chance.random() < 0.7 and once[:1].isalpha() and ":" not in once.split("{")[0]
        return " ".join(f"x{number}: {once}" if alias else once for number in range(times))

    def _selection(self, parent: object, depth: int) -> str:
        chance = self._chance
        match chance.randrange(12):
            case 0:
                return f"...F{chance.randrange(20)}"
            case 1:
                below = self._selection(parent, depth - 1) if depth > 0 else "__typename"
                return f"... {chance.choice(('', 'on ' + self._type()))} {{ {below} }}"
            case 2:
                return self._typo(chance.choice(["nope", *getattr(parent, "fields", ())]))
            case 3 if parent is self._schema.query_type:
                return self._introspection()
            case _:
                return self._field(parent, depth)

    def _field(self, parent: object, depth: int) -> str:
        chance = self._chance
        fields: dict[str, graphql.GraphQLField] = getattr(parent, "fields", {})
        if not fields or isinstance(parent, graphql.GraphQLInputObjectType):
            return "__typename"
        name = chance.choice(list(fields))
        field = fields[name]
        given = [
            f"{key}: {self._value(each.type, 3)}"
            for key, each in field.args.items()
            if graphql.is_required_argument(each) or chance.random() < 0.3
        ]
        if chance.random() < 0.05:
            given.append(self._repeated(lambda: f"{self._typo(name)}: {self._wrong_value(2)}"))
        text = name + (f"({' '.join(given)})" if given else "") + self._directives()
        type_ = graphql.get_named_type(field.type)
        if not graphql.is_composite_type(type_):
            return text
        if depth <= 0:
            return f"{text} {{ __typename }}"
        times = chance.choice((1, 1, 2, 5))
        below = " ".join(self._selection(type_, depth - 1) for _ in range(times))
        return f"{text} {{ {below} }}"

    def _introspection(self) -> str:
        inner = "name"
        for _ in range(self._chance.randint(1, 6)):
            name = self._chance.choice(
                ("fields", "type", "args", "ofType", "possibleTypes", "interfaces", "enumValues")
            )
            inner = f"name {name} {{ {inner} }}"
        outer = self._chance.choice(
            ("__schema { types {", f'__type(name: "{self._type()}") {{ x: __typename ... {{')
        )
        return f"{outer} {inner} }} }}"

    def _value(self, type_: object, depth: int) -> str:
        chance = self._chance
        if chance.random() < 0.1:
            return self._wrong_value(depth)
        type_ = graphql.get_nullable_type(type_)  # type: ignore[call-overload]
        if isinstance(type_, graphql.GraphQLList):
            count = int(10 ** chance.uniform(0, 2)) if depth > 1 else 1
            return "[" + " ".join(self._value(type_.of_type, depth - 1) for _ in range(count)) + "]"
        if isinstance(type_, graphql.GraphQLInputObjectType) and depth > 0:
            inner = (
                f"{key}: {self._value(each.type, depth - 1)}" for key, each in type_.fields.items()
            )
            return "{" + " ".join(inner) + "}"
        if isinstance(type_, graphql.GraphQLEnumType):
            return self._typo(chance.choice(list(type_.values)))
        if type_ is graphql.GraphQLInt:
            return str(chance.choice((1, 10, 100, 1_000, 10**9)))
        return chance.choice(("true", '"1"', "$v1"))

    def _wrong_value(self, depth: int) -> str:
        chance = self._chance
        length = int(10 ** chance.uniform(0, 3.5))
        texts = [
            "9" * length,
            '"' + chance.choice(("x", "\\u0041", "\\n")) * length + '"',
            '"""' + chance.choice(("x", "\n  x", '\\"""')) * length + '"""',
            "[" * DEEPEST + "]" * DEEPEST,
            f"$v{chance.randrange(300)}",
            self._typo("NOPE"),
        ]
        if depth > 0 and chance.random() < 0.3:
            key = self._typo("key")
            texts = [
                "[" + self._repeated(lambda: self._wrong_value(depth - 1)) + "]",
                "{" + self._repeated(lambda: f"{key}: {self._wrong_value(depth - 1)}") + "}",
            ]
        return chance.choice(texts)

    def _directives(self) -> str:
        chance = self._chance
        if chance.random() < 0.9:
            return ""
        name = chance.choice(("skip(if: true)", "include(if: $v1)", "nope", "nope(a: 1)"))
        return f" @{name}" * int(10 ** chance.uniform(0, 2.5))

    def _variables(self) -> str:
        return self._repeated(
            lambda: f"${self._typo('v')}: {self._type()} = {self._wrong_value(2)}"
        )

    def _fragment(self) -> str:
        name = self._type()
        selection = self._selection(self._schema.type_map.get(name), 3)
        return f"fragment F{self._chance.randrange(20)} on {name} {{ {selection} }}"

    def _type(self) -> str:
        return self._typo(self._chance.choice(self._types))

    def _typo(self, name: str) -> str:
        """Change a name a little, sometimes."""
        self._count += 1
        if self._chance.random() < 0.7:
            return name
        return self._chance.choice(
            (f"{name}{self._count}", name[:-1] + "_", name * 2, name[1:] + "a")
        )
