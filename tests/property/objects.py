"""The objects of a schema, each type's in a form of its own.

Nobody tells the engine what these are, so it looks fields up by name:

    object       an object that makes an attribute's value when it is asked
    mapping      a mapping that makes a key's value when it is asked
    dict         a dict

And these are the models of their types:

    keys         ``dict``
    typed        a ``TypedDict``
    properties   a class whose properties make their values when they are asked
    attributes   a class whose attributes are there
    derived      the same, and the objects are instances of a class derived from it
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any, TypeAlias, TypedDict

from graphql import GraphQLObjectType, GraphQLSchema, is_object_type
from tests.property.data import Plan, ambiguous, own_types

from trunkline.text.names import snake_case

__all__ = ["Objects", "key_of"]

Values: TypeAlias = Callable[[str, str, int], Any]

_DEPTH = 2  # of objects that are built at once, one in another
_KEY = "\0key"  # where an object keeps its key; no GraphQL name


class Objects:
    """Makes the objects of a schema. ``values`` gives the fields' values (`World.value`)."""

    def __init__(self, definition: GraphQLSchema, plan: Plan, values: Values) -> None:
        self._plan = plan
        self._values = values
        self._types = [type_ for type_ in own_types(definition) if is_object_type(type_)]
        self._members = {type_.name: self._members_of(type_) for type_ in self._types}
        self.models = {
            type_.name: model for type_ in self._types if (model := self._model(type_)) is not None
        }

    def _members_of(self, type_: GraphQLObjectType) -> dict[str, str]:
        """Give each field's attribute or key: its name, as it is or as Python's."""
        chance = Random(f"{self._plan.seed} {type_.name}")  # noqa: S311
        as_is = ambiguous(type_) or self._plan.forms[type_.name] == "keys"
        return {
            name: name if as_is or chance.random() < 0.5 else snake_case(name)
            for name in type_.fields
        }

    def _model(self, type_: GraphQLObjectType) -> type | None:
        members = self._members[type_.name]
        match self._plan.forms[type_.name]:
            case "keys":
                return dict
            case "typed":
                return TypedDict("Model", dict.fromkeys(members.values(), object))  # type: ignore[operator, no-any-return]
            case "properties":
                return type("Model", (), {m: self._property(type_, n) for n, m in members.items()})
            case "attributes" | "derived":
                return type("Model", (), {"__annotations__": dict.fromkeys(members.values(), "")})
        return None

    def _property(self, type_: GraphQLObjectType, name: str) -> property:
        return property(lambda value: self._values(f"{type_.name}.{name}", key_of(value) + name, 0))

    def accepts(self, type_: GraphQLObjectType, value: object) -> bool:
        """Say whether the value may stand for an object of the type."""
        model = self.models.get(type_.name, object)
        return isinstance(value, dict if self._plan.forms[type_.name] == "typed" else model)

    def read(self, coordinate: str, value: Any) -> Any:
        """Read a field of an object; of anything, where nobody told what the objects are."""
        type_name, name = coordinate.split(".")
        member = self._members[type_name][name]
        if type_name in self.models:
            return value.get(member) if isinstance(value, dict) else getattr(value, member)
        for wanted in (name, snake_case(name)):
            if isinstance(value, Mapping):
                if wanted in value:
                    return value[wanted]
            elif hasattr(value, wanted):
                return getattr(value, wanted)
        return None

    def make(self, type_: GraphQLObjectType, key: str, depth: int) -> Any:
        """Make an object."""
        members = self._members[type_.name]

        def value(member: str) -> Any:
            name = next(name for name, own in members.items() if own == member)
            return self._values(f"{type_.name}.{name}", key + name, 0)

        match self._plan.forms[type_.name]:
            case "object":
                return _Asked(key, frozenset(members.values()), value)
            case "mapping":
                return _AskedMapping(key, frozenset(members.values()), value)
            case "dict" | "keys" | "typed":
                return {_KEY: key, **self._at_once(type_, key, depth)}
        model = self.models[type_.name]
        if self._plan.forms[type_.name] == "derived":
            model = type("Derived", (model,), {})
        made = model()
        vars(made)[_KEY] = key
        if self._plan.forms[type_.name] != "properties":
            vars(made).update(self._at_once(type_, key, depth))
        return made

    def _at_once(self, type_: GraphQLObjectType, key: str, depth: int) -> dict[str, Any]:
        """Make an object's values now; none of objects where it would be too deep."""
        return {
            member: self._values(f"{type_.name}.{name}", key + name, depth + 1)
            if depth < _DEPTH
            else None
            for name, member in self._members[type_.name].items()
            if not self._plan.fields[f"{type_.name}.{name}"].has_resolver
        }


def key_of(value: object) -> str:
    """Return what tells an object from all others, or of what kind a strange value is."""
    if isinstance(value, _Asked | _AskedMapping):
        return value._Asked__key
    own = value if isinstance(value, dict) else getattr(value, "__dict__", {})
    return str(own.get(_KEY, type(value).__name__))


class _Asked:
    """An object that makes an attribute's value when it is asked."""

    __slots__ = ("__key", "__members", "__value")

    def __init__(self, key: str, members: frozenset[str], value: Callable[[str], Any]) -> None:
        self.__key = key
        self.__members = members
        self.__value = value

    def __getattr__(self, name: str) -> Any:
        if name not in self.__members:
            raise AttributeError(name)
        return self.__value(name)


class _AskedMapping(Mapping[str, Any]):
    """A mapping that makes a key's value when it is asked."""

    def __init__(self, key: str, members: frozenset[str], value: Callable[[str], Any]) -> None:
        self._Asked__key = key
        self._members = members
        self._value = value

    def __contains__(self, name: object) -> bool:
        return name in self._members

    def __getitem__(self, name: str) -> Any:
        if name not in self._members:
            raise KeyError(name)
        return self._value(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)
