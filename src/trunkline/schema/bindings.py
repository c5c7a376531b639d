"""How each field gets its value: the data that the compiler reads.

`make_executable_schema` makes a `Schema` with one binding for each field.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Protocol, TypeAlias, TypeVar

from graphql import GraphQLDirective, GraphQLSchema

from trunkline.schema.caching import CacheRules, declared_caching
from trunkline.schema.costs import Costs
from trunkline.schema.directives import elements_of
from trunkline.schema.requirements import Requirements, declared_requirements

__all__ = [
    "Attribute",
    "Binding",
    "CoreConventions",
    "CoreDefault",
    "CoreResolver",
    "DirectedField",
    "DirectiveFunction",
    "DirectiveUse",
    "Key",
    "ListOf",
    "Lookup",
    "Measure",
    "Resolved",
    "Resolver",
    "ResolverMiddleware",
    "Schema",
    "Streamed",
    "TypeResolver",
    "batch",
    "is_batch",
]

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Resolved: TypeAlias = T | Awaitable[T]
"""What a resolver returns: a value, or an awaitable of one if it is an ``async def``."""

Streamed: TypeAlias = AsyncIterable[T] | Awaitable[AsyncIterable[T]]
"""What a subscription's resolver returns: one value after the other."""

ResolverMiddleware: TypeAlias = Callable[[str, Callable[..., Any]], Callable[..., Any]]
"""Takes a field's coordinate and its resolver. Returns the resolver, or what calls it."""


class ListOf(Protocol[T_co]):
    """What a resolver may return for a list: any collection except a string.

    A list, a tuple or a set, also of objects of a subclass. A `str` is a sequence of `str`, so
    ``return name`` would pass where ``return [name]`` was meant. But `str.__contains__` takes only
    strings, so a `str` does not fit this protocol.
    """

    def __iter__(self) -> Iterator[T_co]:
        """Iterate over the items."""
        ...

    def __len__(self) -> int:
        """Return the number of items."""
        ...

    def __contains__(self, item: object, /) -> bool:
        """Say whether the collection has an item."""
        ...


@dataclass(frozen=True, slots=True)
class Attribute:
    """The value is an attribute or a property of the parent object.

    ``id_class`` is the class of an id that the model declares as ``int`` or ``UUID``. ``is_code``
    if reading the attribute runs code of the program.
    """

    name: str
    id_class: type | None = None
    is_code: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """The value stands under a key of the parent, a mapping. A missing key is null."""

    name: str


@dataclass(frozen=True, slots=True)
class Lookup:
    """For parents of undeclared type, and rows: read a key, or an attribute.

    ``names`` are tried in order. If a mapping has none of them, the value is null; of anything
    else, it is an error that names the ``coordinate``.
    """

    coordinate: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resolver:
    """The value is what a function returns.

    - ``is_async``: what it returns is awaited.
    - ``takes_parent``: its first positional parameter is the parent object.
    - ``is_batch``: that parameter is the list of all parents of a level.
    - ``context``, ``selection``, ``variables`` and ``caller``: the parameters for the request's
      context, the selection below the field, the values of the operation's variables, and the
      caller; ``None`` if it has none.
    - ``method``: the name of the function if it is a method of the parent, and called through it.
    - ``arguments``: for each argument of the field, the name of its parameter.
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

    def callable(self) -> Callable[..., Any]:
        """Return a function that takes the parent first, also for a method."""
        name = self.method
        if name is None:
            return self.function

        @wraps(self.function)
        def call(parent: Any, **arguments: Any) -> Any:
            return getattr(parent, name)(**arguments)

        return call


@dataclass(frozen=True, slots=True)
class CoreResolver:
    """A function in graphql-core's form: ``(parent, info, **arguments)``.

    The introspection fields (GraphQL §4) have such functions. Those of a schema written for
    graphql-core may return an awaitable or a value, which is known only when they return.
    """

    function: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class CoreDefault:
    """What graphql-core does without a resolver: a key or an attribute, called if it can be."""

    name: str


Binding: TypeAlias = Attribute | Key | Lookup | Resolver | CoreResolver | CoreDefault

Measure: TypeAlias = Callable[[tuple[tuple[str, str], ...], Binding], Binding]
"""Takes a field's place in an operation, and its binding. Returns a binding that is measured.

The place has the response keys from the root on, each with the coordinate of its field.
"""

TypeResolver: TypeAlias = Callable[[Any], str | None]
"""Returns the name of the object type of an interface's or a union's value."""

_BATCH = "__trunkline_batch__"


def batch(resolver: F) -> F:
    """Mark a resolver as one for all parents of a level.

    It takes a list of parents instead of one, and returns (or yields, or awaits) a value or an
    exception for each of them, in their order. So a list of any length costs one call and one
    query, instead of one for each parent.
    """
    setattr(resolver, _BATCH, True)
    return resolver


def is_batch(resolver: object) -> bool:
    """Say whether a function or method was marked as ``batch``."""
    return getattr(resolver, _BATCH, False) is True


@dataclass(frozen=True, slots=True)
class CoreConventions:
    """How a schema is executed that was written for graphql-core's executor.

    - ``field_resolver``, ``type_resolver`` and ``subscribe_resolver`` are used where the schema has
      no function.
    - ``wrap`` puts the middleware around a resolver.
    - ``is_awaitable`` and ``is_async_iterable`` tell which values are awaited, and which are lists
      that are awaited.
    - ``is_leaf`` tells what a custom scalar may give.
    """

    field_resolver: Callable[..., Any]
    type_resolver: Callable[..., Any]
    subscribe_resolver: Callable[..., Any]
    wrap: Callable[[Callable[..., Any]], Callable[..., Any]]
    is_awaitable: Callable[[Any], bool]
    is_async_iterable: Callable[[Any], bool]
    is_leaf: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class DirectiveFunction:
    """A directive of the schema as a function.

    ``takes`` has those of ``parent``, ``context``, ``selection``, ``caller`` and ``operation`` for
    which the function has a parameter.
    """

    directive: GraphQLDirective
    function: Callable[..., Any]
    is_async: bool
    takes: frozenset[str]


@dataclass(frozen=True, slots=True)
class DirectiveUse:
    """A directive around a field: its function, and the arguments of this use.

    ``arguments`` are by the names of parameters. If they depend on the operation's variables, they
    are a function of those, which returns ``None`` if the directive is skipped.
    """

    directive: DirectiveFunction
    arguments: Mapping[str, Any] | Callable[[Sequence[Any]], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class DirectedField:
    """A field with directives in the schema.

    ``uses`` are around what ``binding`` gives, the first outermost. ``checks`` are the functions
    that arguments go through before, by parameter.
    """

    binding: Binding
    uses: Sequence[DirectiveUse] = ()
    checks: Mapping[str, Callable[[Any], Any]] = field(
        default_factory=dict[str, Callable[[Any], Any]]
    )


@dataclass(frozen=True, slots=True, eq=False)
class Schema:
    """A schema that can be executed.

    - ``definition`` is the type system.
    - ``bindings`` has an entry for each coordinate of an object type's field (``Todo.title``). It
      includes the directives of the field.
    - ``models`` has the class of an object type's values, where it is known.
    - ``type_resolvers`` has, for interfaces and unions, the function that names the object type of
      a value, where there is one.
    - ``directives`` has the functions of the schema's directives, by name.
    - ``directed`` has the fields with directives in the schema, by coordinate.
    - ``core`` is set if the schema's own functions are called as graphql-core calls them. There are
      no bindings then.
    - ``costs`` is what the schema and the program declare that fields cost.
    - ``whole`` is set if ``definition`` is what some callers see of it. Values of the other types
      are null to them.
    - ``has_introspection`` and ``has_suggestions`` say whether a document may ask for the schema,
      and whether messages about documents name similar names.
    - ``measure`` is put around the bindings of an operation's fields.
    - ``requirements`` is what the directives of the definition declare that callers need. What
      callers see of a schema requires nothing more.
    - ``caching`` is what the whole definition declares about caches, ``None`` if that is nothing.
    - ``declared`` is what the directives of the whole definition require.
    - ``deprecated`` are the coordinates of what the definition deprecates.
    """

    definition: GraphQLSchema
    bindings: Mapping[str, Binding]
    models: Mapping[str, type]
    type_resolvers: Mapping[str, TypeResolver] = field(default_factory=dict[str, "TypeResolver"])
    directives: Mapping[str, DirectiveFunction] = field(
        default_factory=dict[str, DirectiveFunction]
    )
    directed: Mapping[str, DirectedField] = field(default_factory=dict[str, DirectedField])
    core: CoreConventions | None = None
    costs: Costs = Costs()  # noqa: RUF009  # frozen
    whole: GraphQLSchema | None = None
    has_introspection: bool = True
    has_suggestions: bool = True
    measure: Measure | None = None
    requirements: Requirements = field(init=False)
    caching: CacheRules | None = field(init=False)
    declared: Requirements = field(init=False)
    deprecated: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """Read what the schema declares, so that no maker of a schema can forget it."""
        whole = self.whole or self.definition
        declared = declared_requirements(whole)
        private = frozenset(
            coordinate
            for coordinate, binding in self.bindings.items()
            if isinstance(binding, Resolver) and binding.caller is not None
        )
        object.__setattr__(self, "requirements", Requirements() if self.whole else declared)
        object.__setattr__(self, "caching", declared_caching(whole, declared, private))
        object.__setattr__(self, "declared", declared)
        deprecated = (
            coordinate
            for coordinate, element in elements_of(self.definition)
            if getattr(element, "deprecation_reason", None) is not None
        )
        object.__setattr__(self, "deprecated", frozenset(deprecated))
