"""A schema in graphql-core's form whose resolvers answer by chance, the same for both engines.

What a field gives depends on a seed and on the way from the root to it, never on when it is asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from inspect import CORO_CLOSED, getcoroutinestate
from random import Random
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_ast_schema,
    build_schema,
    is_abstract_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    parse,
)

__all__ = ["SDL", "Behavior", "World", "field_type"]

SDL = """
interface Node { id: ID! next: Node others: [Node!] strict: Node! }
union Found = Cat | Dog
type Cat implements Node {
  id: ID! next: Node others: [Node!] strict: Node!
  lives(n: Int! = 1, i: Input): Int friend: Dog friends: [Dog!]! matrix: [[Int!]] found: Found
}
type Dog implements Node {
  id: ID! next: Node others: [Node!] strict: Node!
  name: String barks(n: Int! = 1, i: Input): Boolean! mother: Cat founds: [Found]
}
input Input { n: Int! = 3, m: [Int!] }
type Query { next: Node others: [Node!] strict: Node! friend: Dog found: Found founds: [Found]
  lives(n: Int! = 1, i: Input): Int matrix: [[Int!]] }
type Mutation { friend: Dog strict: Node! founds: [Found] lives(n: Int! = 1, i: Input): Int }
type Subscription { friend: Dog strict: Node! founds: [Found] lives(n: Int! = 1, i: Input): Int }
"""
"""Fields of the same name have the same type, and so may be merged wherever they meet."""

_DOCUMENT = parse(SDL)
_TYPES = {
    name: field_.type
    for type_ in build_schema(SDL).type_map.values()
    if is_object_type(type_) and not type_.name.startswith("__")
    for name, field_ in type_.fields.items()
}


def field_type(name: str) -> Any:
    """Return the type of all fields of a name."""
    return _TYPES[name]


@dataclass(frozen=True)
class Behavior:
    """How resolvers answer; shares are from 0 to 1."""

    seed: int
    awaited: float
    failing: float
    has_resolvers: float
    tasks: float  # of what is awaited
    types: str  # how object types are told apart: typename, resolve_type or is_type_of


@dataclass
class World:
    """A schema of its own, and the calls that its resolvers were asked in."""

    behavior: Behavior
    calls: list[str] = field(default_factory=list)
    _begun: list[Coroutine[Any, Any, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.schema = self._build()

    def _build(self) -> GraphQLSchema:
        schema = build_ast_schema(_DOCUMENT, assume_valid_sdl=True)
        for type_ in schema.type_map.values():
            if is_object_type(type_) and not type_.name.startswith("__"):
                for name, field_ in type_.fields.items():
                    if self._chance(type_.name, name).random() < self.behavior.has_resolvers:
                        field_.resolve = self._resolve
                    if type_.name == "Subscription":
                        field_.subscribe = self._subscribe
                if self.behavior.types == "is_type_of" and type_.name in {"Cat", "Dog"}:
                    type_.is_type_of = self._is_type_of(type_.name)
            elif is_abstract_type(type_) and self.behavior.types == "resolve_type":
                type_.resolve_type = self._resolve_type
        return schema

    def _chance(self, *key: object) -> Random:
        return Random(f"{self.behavior.seed} {key}")  # noqa: S311

    # -- resolvers ------------------------------------------------------------------------------

    def _resolve(self, parent: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        return self.called(parent.key, info, arguments)

    def called(self, key: str, info: GraphQLResolveInfo[Any], arguments: dict[str, Any]) -> Any:
        """Answer a call of a resolver, or of what stands under a parent's name."""
        nodes = [node.loc and node.loc.start for node in info.field_nodes]
        self.calls.append(
            f"{info.parent_type}.{info.field_name}: {info.return_type} at {info.path.as_list()}"
            f" of {nodes} with {arguments} of {sorted(info.variable_values.coerced.items())}"
            f" in {info.operation.operation.value} {info.context} {sorted(info.fragments)}"
        )
        return self.value(f"{key}.{info.field_name}{arguments}", info.return_type)

    def value(self, key: str, type_: Any) -> Any:
        """Make a value, or an awaitable of it; raise, or return, an exception."""
        return self._perhaps_later(key, lambda: self._make(key, type_))

    def _perhaps_later(self, key: str, make: Any) -> Any:
        chance = self._chance("later", key)
        if chance.random() >= self.behavior.awaited:
            return make()

        async def later() -> Any:
            for _ in range(chance.randrange(3)):
                await asyncio.sleep(0)
            return make()

        self._begun.append(later())
        if chance.random() < self.behavior.tasks:
            return asyncio.ensure_future(self._begun[-1])
        return self._begun[-1]

    def close(self) -> int:
        """Close the awaitables that nobody has awaited to their end; say how many they are."""
        left = [each for each in self._begun if getcoroutinestate(each) != CORO_CLOSED]
        for each in left:
            each.close()
        return len(left)

    def _make(self, key: str, type_: Any, *, is_item: bool = False) -> Any:
        chance = self._chance("value", key)
        if chance.random() < self.behavior.failing:
            match chance.randrange(6):
                case 0 if not is_item:
                    raise RuntimeError(f"raised at {key}")
                case 3 if not is_item:
                    raise CodedError(key)
                case 4:
                    return GraphQLError(f"told at {key}", extensions={"at": key})
                case 1:
                    return ValueError(f"returned at {key}")
                case 2:
                    return None
                case _:
                    return Odd()
        if is_non_null_type(type_):
            type_ = type_.of_type
        elif chance.random() < 0.1:
            return None
        return self._right(key, type_, chance)

    def _right(self, key: str, type_: Any, chance: Random) -> Any:
        if is_list_type(type_):
            return self._list(key, type_.of_type, chance)
        match type_.name:
            case "Int" | "ID":
                return chance.randrange(100)
            case "Boolean":
                return chance.random() < 0.5
            case "String":
                return f"text {chance.randrange(100)}"
        name = type_.name if is_object_type(type_) else chance.choice(("Cat", "Dog"))
        form = ParentMapping if chance.random() < 0.5 else Parent
        return form(self, key, name)

    def _list(self, key: str, item_type: Any, chance: Random) -> Any:
        keys = [f"{key}[{index}]" for index in range(chance.randrange(4))]
        fails = chance.random() < self.behavior.failing / 4

        def item(item_key: str) -> Any:
            return self._perhaps_later(
                item_key, lambda: self._make(item_key, item_type, is_item=True)
            )

        def generate() -> Iterator[Any]:
            yield from map(item, keys)
            if fails:
                raise LookupError(f"no more at {key}")

        async def generate_later() -> AsyncIterator[Any]:
            values = generate()
            await asyncio.sleep(0)
            for value in values:
                yield value
                await asyncio.sleep(0)

        if self.behavior.awaited and chance.random() < 0.2:
            return generate_later()
        if fails or chance.random() < 0.3:
            return generate()
        return chance.choice((list, tuple))(map(item, keys))

    # -- types ----------------------------------------------------------------------------------

    def _resolve_type(self, value: Any, _info: object, _type: object) -> Any:
        return self._perhaps_later(f"type {_key(value)}", lambda: self.type_name(value))

    def type_name(self, value: Any) -> Any:
        """Name the type of a value; now and then wrongly."""
        chance = self._chance("type", _key(value))
        if chance.random() < self.behavior.failing / 2:
            return chance.choice(("Nothing", "Query", "Int", None, 5))
        return getattr(value, "type_name", "Cat")

    def _is_type_of(self, name: str) -> Any:
        def is_type_of(value: Any, _info: object) -> Any:
            key = f"is {name} {_key(value)}"
            return self._perhaps_later(key, lambda: getattr(value, "type_name", None) == name)

        return is_type_of

    # -- subscriptions --------------------------------------------------------------------------

    def _subscribe(self, _root: object, info: GraphQLResolveInfo[Any], **_arguments: Any) -> Any:
        def start() -> Any:
            chance = self._chance("stream", info.field_name)
            if chance.random() < self.behavior.failing / 2:
                raise RuntimeError("no stream")
            return self._events(chance.randrange(4))

        return self._perhaps_later(f"stream {info.field_name}", start)

    async def _events(self, count: int) -> AsyncIterator[Any]:
        for number in range(count):
            await asyncio.sleep(0)
            yield Parent(self, f"event {number}", "Subscription")


def _key(value: Any) -> str:
    return getattr(value, "key", type(value).__name__)


class CodedError(Exception):
    """An exception that has itself what callers see of it."""

    def __init__(self, key: str) -> None:
        super().__init__("not for callers")
        self.message = f"coded at {key}"
        self.extensions = {"code": key}


class Odd:
    """A value that fits no type."""

    def __repr__(self) -> str:
        return "odd"


class Parent:
    """An object whose fields are attributes, some of which are functions."""

    def __init__(self, world: World, key: str, type_name: str) -> None:
        self.world = world
        self.key = key
        self.type_name = type_name

    def __getattr__(self, name: str) -> Any:
        if name == "__typename" and self.world.behavior.types == "typename":
            return self.world.type_name(self)
        if name not in _TYPES:
            raise AttributeError(name)
        key = f"{self.key}.{name}"
        if self.world._chance("method", key).random() < 0.5:
            return lambda info, **arguments: self.world.called(self.key, info, arguments)
        return self.world.value(key, _TYPES[name])


class ParentMapping(Mapping[str, Any]):
    """The same as a mapping."""

    def __init__(self, world: World, key: str, type_name: str) -> None:
        self._parent = Parent(world, key, type_name)
        self.key = key
        self.type_name = type_name

    def __getitem__(self, name: str) -> Any:
        try:
            return getattr(self._parent, name)
        except AttributeError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(_TYPES)

    def __len__(self) -> int:
        return len(_TYPES)
