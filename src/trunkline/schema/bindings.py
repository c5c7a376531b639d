"""How a field gets its value."""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, TypeVar

from graphql import GraphQLDirective, GraphQLSchema

from trunkline.schema.requirements import Requirements, declared_requirements

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

Resolved: TypeAlias = T | Awaitable[T]
"""What a resolver returns: a value, or, where it is an ``async def``, what gives one."""

T_co = TypeVar("T_co", covariant=True)


class ListOf(Protocol[T_co]):
    """What a resolver may return for a list: any collection but a text.

    A list, a tuple or a set, also of a subclass's objects. That a `str` is a sequence of `str` is
    how ``return name`` slips through where ``return [name]`` was meant; its `__contains__` takes
    nothing but text, and so it is none of these.
    """

    def __iter__(self) -> Iterator[T_co]:
        """Go through the items."""
        ...

    def __len__(self) -> int:
        """Return how many there are."""
        ...

    def __contains__(self, item: object, /) -> bool:
        """Say whether something is among them."""
        ...


Streamed: TypeAlias = AsyncIterable[T] | Awaitable[AsyncIterable[T]]
"""What a subscription's resolver returns: one value after the other."""

__all__ = [
    "Attribute",
    "Binding",
    "CoreConventions",
    "CoreDefault",
    "CoreResolver",
    "Directed",
    "DirectiveFunction",
    "Key",
    "ListOf",
    "Lookup",
    "Resolved",
    "Resolver",
    "Schema",
    "Streamed",
    "TypeResolver",
    "Use",
    "batch",
    "is_batch",
]


@dataclass(frozen=True, slots=True)
class Attribute:
    """The value is an attribute or property of the parent object."""

    name: str


@dataclass(frozen=True, slots=True)
class Key:
    """The value stands under a key of the parent, a mapping; a missing key is null."""

    name: str


@dataclass(frozen=True, slots=True)
class Lookup:
    """Nobody said what the parent is: a key if it is a mapping, else an attribute.

    ``names`` are tried in turn; nothing found is null.
    """

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resolver:
    """The value is what a function returns.

    ``arguments`` gives, for each argument of the schema, the name of the function's parameter;
    ``takes_parent`` says that the parent object is the first positional one, or, where it
    ``is_batch``, a list of all parents of the level; ``context`` is the parameter that takes the
    request's context, ``selection`` the one that takes what is wanted below, ``variables`` the one
    that takes the values of the operation's variables, and ``caller`` the one that takes who calls,
    if any do. ``method`` is there where the function is a method of the parent, and called through
    it.
    """

    function: Callable[..., Any]
    is_async: bool
    takes_parent: bool
    is_batch: bool = False
    context: str | None = None
    selection: str | None = None
    variables: str | None = None
    caller: str | None = None
    method: str | None = None
    arguments: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class CoreResolver:
    """A function in graphql-core's form: ``(parent, info, **arguments)``.

    The introspection fields (GraphQL §4) are resolved by such functions. Nobody says beforehand
    whether those of a schema that was written for graphql-core return awaitables.
    """

    function: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class CoreDefault:
    """What graphql-core does without a resolver: a key or an attribute, called if it can be."""

    name: str


_BATCH = "__trunkline_batch__"


def batch(resolver: F) -> F:
    """Mark a resolver as one for all parents of a level.

    It takes a list of parents in place of one, and returns (or yields, or awaits) a value, or an
    exception, for each of them in their order. So a list of any width costs one call, and one
    query, where its parents would cost one each.
    """
    setattr(resolver, _BATCH, True)
    return resolver


def is_batch(resolver: object) -> bool:
    """Say whether a function or method was marked as ``batch``."""
    return getattr(resolver, _BATCH, False) is True


TypeResolver: TypeAlias = Callable[[Any], str | None]

Binding: TypeAlias = Attribute | Key | Lookup | Resolver | CoreResolver | CoreDefault


@dataclass(frozen=True, slots=True)
class CoreConventions:
    """How a schema is executed that was written for graphql-core's executor.

    ``field_resolver``, ``type_resolver`` and ``subscribe_resolver`` stand in where the schema has
    no function of its own; ``wrap`` puts the middleware around a resolver; ``is_awaitable`` and
    ``is_async_iterable`` tell which values are awaited, and which are lists that are awaited.
    """

    field_resolver: Callable[..., Any]
    type_resolver: Callable[..., Any]
    subscribe_resolver: Callable[..., Any]
    wrap: Callable[[Callable[..., Any]], Callable[..., Any]]
    is_awaitable: Callable[[Any], bool]
    is_async_iterable: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class DirectiveFunction:
    """A directive of the schema as a function.

    ``takes`` are those of ``parent``, ``context``, ``selection`` and ``operation`` for which it has
    a parameter.
    """

    directive: GraphQLDirective
    function: Callable[..., Any]
    is_async: bool
    takes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Use:
    """A directive around a field: its function, and what that is given.

    ``arguments`` are by the names of its parameters; where they depend on the operation's variables
    they are made by a function of those, which gives ``None`` where the directive takes no part.
    """

    directive: DirectiveFunction
    arguments: Mapping[str, Any] | Callable[[Sequence[Any]], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Directed:
    """A field with directives in the schema: ``uses`` are around what ``binding`` gives.

    The first is outermost. ``checks`` are what arguments go through before, by parameter.
    """

    binding: Binding
    uses: Sequence[Use] = ()
    checks: Mapping[str, Callable[[Any], Any]] = field(
        default_factory=dict[str, Callable[[Any], Any]]
    )


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema that can be executed.

    ``definition`` is the type system; ``bindings`` has an entry per coordinate of an object type's
    field (``Todo.title``); ``models`` says which class an object type's values have, where that is
    known; ``type_resolvers`` has, for interfaces and unions that have one, the function that names
    the object type of a value. ``directives`` are the functions of the schema's directives
    by name, and ``directed`` has the fields that have some in the schema: their bindings have all
    of it in them. ``core`` is there where the schema's own functions are to be called as
    graphql-core calls them; there are no bindings then. ``requirements`` are what callers must
    have, as the directives of the definition say.
    """

    definition: GraphQLSchema
    bindings: Mapping[str, Binding]
    models: Mapping[str, type]
    type_resolvers: Mapping[str, TypeResolver] = field(default_factory=dict[str, "TypeResolver"])
    directives: Mapping[str, DirectiveFunction] = field(
        default_factory=dict[str, DirectiveFunction]
    )
    directed: Mapping[str, Directed] = field(default_factory=dict[str, Directed])
    core: CoreConventions | None = None
    requirements: Requirements = field(init=False)

    def __post_init__(self) -> None:
        """Read what the schema requires of callers; so that no maker of a schema can forget it."""
        object.__setattr__(self, "requirements", declared_requirements(self.definition))
