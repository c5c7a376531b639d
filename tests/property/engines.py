"""The two engines on the same request and data, and their answers in one form."""

from __future__ import annotations

import asyncio
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from inspect import Parameter, Signature
from keyword import iskeyword
from types import SimpleNamespace
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    NameNode,
    OperationDefinitionNode,
    build_schema,
    execute,
    is_input_object_type,
    is_object_type,
    is_required_argument,
    is_scalar_type,
    is_specified_scalar_type,
    parse,
)
from tests.property.data import FieldPlan, Plan, is_root, own_types
from tests.property.documents import Request
from tests.property.objects import key_of
from tests.property.scalars import bind_scalars
from tests.property.world import World

from trunkline.compiler.operation import Operation
from trunkline.compiler.pipeline import compile_operation
from trunkline.engine import run, run_sync
from trunkline.errors import VariablesError
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.scalars import guard_scalar
from trunkline.text.names import python_name, snake_case

__all__ = ["Answer", "Core", "Error", "Ours"]

_CONTEXT = "the context"


@dataclass(frozen=True, order=True)
class Error:
    """An error of an answer."""

    path: tuple[str, ...]  # indices as text too, so that errors can be sorted
    message: str
    locations: tuple[tuple[int, int], ...]
    extensions: str


@dataclass(frozen=True)
class Answer:
    """What an engine answers, and what it asked resolvers on the way."""

    data: Any
    errors: list[Error]
    calls: list[str]


def _answer(data: Any, errors: Sequence[GraphQLError] | None, calls: list[str]) -> Answer:
    return Answer(data, [_error(error) for error in errors or ()], calls)


def _error(error: GraphQLError) -> Error:
    return Error(
        tuple(map(str, error.path or ())),
        _in_our_words(error.message),
        tuple((place.line, place.column) for place in error.locations or ()),
        str(error.extensions or {}),
    )


_WORDS = (
    # graphql-core names the field, which the path names too; we name what came instead
    (re.compile(r"Expected Iterable, but did not find one for field '.*'\.", re.DOTALL), "no list"),
    (re.compile(r"Expected a list, got .*\."), "no list"),
    # graphql-core shows the call of its own function; we say what it means
    (re.compile(r"Expected `(\w+)\.coerce_output_value\(.*", re.DOTALL), r"\1 shows nothing"),
    (re.compile(r"(\w+) has no representation of the value .*", re.DOTALL), r"\1 shows nothing"),
    # graphql-core knows no models; the oracle is given `is_type_of` in their place
    (re.compile(r"Expected value of type '(\w+)' but got: .*", re.DOTALL), r"no \1"),
    (re.compile(r"Expected .* for (\w+), got .*\.", re.DOTALL), r"no \1"),
)
"""Messages that differ by design: both engines' become the words on the right."""


def _in_our_words(message: str) -> str:
    for pattern, words in _WORDS:
        if pattern.fullmatch(message):
            return pattern.sub(words, message)
    return message


# -- what both share ----------------------------------------------------------------------------


@dataclass
class _Shared:
    """A schema with its world; the calls that resolvers were asked in."""

    definition: GraphQLSchema
    plan: Plan
    world: World
    calls: list[str] = field(default_factory=list)

    def fields(self) -> Iterator[tuple[GraphQLObjectType, str, GraphQLField, FieldPlan]]:
        """Yield every field that somebody wrote."""
        for type_ in own_types(self.definition):
            if is_object_type(type_):
                for name, field_ in type_.fields.items():
                    yield type_, name, field_, self.plan.fields[f"{type_.name}.{name}"]

    def enter(self, coordinate: str, parent: object, arguments: dict[str, Any]) -> str:
        """Record a call; return its key."""
        is_from_root = coordinate.startswith(("Query.", "Mutation."))
        above = "" if is_from_root else key_of(parent)
        call = f"{above}/{coordinate}({_canonical(arguments)})"
        self.calls.append(call)
        return call

    async def give_way(self, coordinate: str, call: str) -> None:
        for _ in range(self.world.delay(coordinate, call)):
            await asyncio.sleep(0)


class _Instance:
    """A value of an input type that has a model."""

    def __init__(self, type_name: str, values: dict[str, Any]) -> None:
        self.type_name = type_name
        self.values = values


def _canonical(value: object) -> str:
    """Write a value that came as an argument so that only equal ones look equal."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k!r}: {_canonical(v)}" for k, v in sorted(value.items())) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_canonical, value)) + "]"
    if isinstance(value, _Instance):
        return f"{value.type_name}{_canonical(value.values)}"
    return f"{type(value).__name__} {value!r}"


def _build(sdl: str, plan: Plan) -> GraphQLSchema:
    definition = build_schema(sdl)
    bind_scalars(definition, plan.scalars)
    return definition


# -- graphql-core -------------------------------------------------------------------------------


class Core:
    """The oracle: graphql-core with resolvers of its own form for every field."""

    def __init__(self, sdl: str, plan: Plan) -> None:
        definition = _build(sdl, plan)
        self._shared = _Shared(definition, plan, World(definition, plan))
        for type_, name, field_, field_plan in self._shared.fields():
            field_.resolve = self._resolver(f"{type_.name}.{name}", field_plan)
        for type_ in own_types(definition):
            if is_scalar_type(type_) and not is_specified_scalar_type(type_):
                guard_scalar(type_)  # NaN is an error with us, by design
            elif is_object_type(type_) and type_.name in self._shared.world.objects.models:
                type_.is_type_of = self._is_type_of(type_)
            elif is_input_object_type(type_) and type_.name in plan.input_models:
                type_.out_type = self._constructor(type_.name)  # type: ignore[method-assign]

    @property
    def definition(self) -> GraphQLSchema:
        """The schema that is executed."""
        return self._shared.definition

    def _constructor(self, name: str) -> Any:
        return lambda values: _Instance(name, values)

    def _is_type_of(self, type_: GraphQLObjectType) -> Any:
        return lambda value, _info: self._shared.world.objects.accepts(type_, value)

    def _resolver(self, coordinate: str, plan: FieldPlan) -> Callable[..., Any]:
        shared, world = self._shared, self._shared.world

        def read(parent: object, _info: GraphQLResolveInfo[Any], /, **_arguments: Any) -> Any:
            return world.objects.read(coordinate, parent)

        def resolve(parent: object, _info: GraphQLResolveInfo[Any], /, **arguments: Any) -> Any:
            return world.value(coordinate, shared.enter(coordinate, parent, arguments), 0)

        async def resolve_later(
            parent: object, _info: GraphQLResolveInfo[Any], /, **arguments: Any
        ) -> Any:
            call = shared.enter(coordinate, parent, arguments)
            await shared.give_way(coordinate, call)
            return world.value(coordinate, call, 0)

        if not plan.has_resolver:
            return read
        return resolve if plan.delay is None else resolve_later

    def answer(self, request: Request, *, propagates: bool = True) -> Answer:
        """Execute a request; without propagation every error that there may be is met."""
        document = parse(request.text)
        if not propagates:
            document = _without_propagation(document)
        self._shared.calls.clear()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = asyncio.run(self._execute(document, request))
        return _answer(result.data, result.errors, list(self._shared.calls))

    async def _execute(self, document: DocumentNode, request: Request) -> ExecutionResult:
        result = execute(
            self._shared.definition,
            document,
            variable_values=request.variables,
            operation_name=request.operation_name,
        )
        return result if isinstance(result, ExecutionResult) else await result


def _without_propagation(document: DocumentNode) -> DocumentNode:
    name = NameNode(value="experimental_disableErrorPropagation")
    directive = DirectiveNode(name=name, arguments=())
    definitions = tuple(
        replace(node, directives=(*(node.directives or ()), directive))
        if isinstance(node, OperationDefinitionNode)
        else node
        for node in document.definitions
    )
    return replace(document, definitions=definitions)


# -- ours ---------------------------------------------------------------------------------------


class Ours:
    """The engine that is tested: resolvers in a namespace, and models."""

    def __init__(self, sdl: str, plan: Plan) -> None:
        definition = _build(sdl, plan)
        world = World(definition, plan)
        self._shared = _Shared(definition, plan, world)
        models = dict(world.objects.models)
        for type_ in own_types(definition):
            if is_input_object_type(type_) and type_.name in plan.input_models:
                models[type_.name] = _input_model(type_.name, list(type_.fields))
        self.schema = make_executable_schema(definition, self._resolvers(), models)

    def _resolvers(self) -> SimpleNamespace:
        resolvers = SimpleNamespace()
        for type_, name, field_, plan in self._shared.fields():
            if plan.has_resolver:
                group = vars(resolvers).setdefault(snake_case(type_.name), SimpleNamespace())
                resolver = self._resolver(type_, name, field_, plan)
                vars(group)[snake_case(name)] = resolver
        return resolvers

    def _resolver(
        self, type_: GraphQLObjectType, name: str, field_: GraphQLField, plan: FieldPlan
    ) -> Callable[..., Any]:
        shared = self._shared
        coordinate = f"{type_.name}.{name}"
        names = {python_name(argument): argument for argument in field_.args}
        takes_context = plan.takes_context and "context" not in names

        def enter(parents: tuple[Any, ...], arguments: dict[str, Any]) -> str:
            if takes_context:
                assert arguments.pop("context") == _CONTEXT
            own = {names[parameter]: value for parameter, value in arguments.items()}
            return shared.enter(coordinate, parents[0] if parents else None, own)

        def resolve(*parents: Any, **arguments: Any) -> Any:
            return shared.world.value(coordinate, enter(parents, arguments), 0)

        async def resolve_later(*parents: Any, **arguments: Any) -> Any:
            call = enter(parents, arguments)
            await shared.give_way(coordinate, call)
            return shared.world.value(coordinate, call, 0)

        resolver: Any = resolve if plan.delay is None else resolve_later
        parents = () if is_root(shared.definition, type_) else ("the_parent_object",)
        resolver.__signature__ = _signature(
            parents, field_, exact=plan.exact, takes_context=takes_context
        )
        return resolver  # type: ignore[no-any-return]

    def compile(self, request: Request) -> Operation:
        """Compile a request."""
        return compile_operation(self.schema, request.text, request.operation_name)

    def answer(self, request: Request) -> Answer:
        """Execute a request; nothing may be left that was not awaited."""
        return self.run(self.compile(request), request)

    def every_way(self, request: Request) -> tuple[tuple[Answer, list[str]], ...]:
        """Execute the short text of an operation, the long one, and that to JSON.

        Return what each read, too.
        """
        operation = self.compile(request)
        observed: list[tuple[Answer, list[str]]] = []
        for takes_json in (False, False, True):
            self._shared.world.reads.clear()
            answer = self.run(operation, request, takes_json=takes_json)
            observed.append((answer, list(self._shared.world.reads)))
            operation.inline()
        return tuple(observed)

    def run(self, operation: Operation, request: Request, *, takes_json: bool = False) -> Answer:
        """Execute an operation."""
        self._shared.calls.clear()
        try:
            with _no_warnings():
                running = run(operation, request.variables, _CONTEXT, takes_json=takes_json)
                result = asyncio.run(running)
        except VariablesError as error:
            return _answer(None, error.errors, [])
        return _answer(result.data, result.errors, list(self._shared.calls))

    def answer_at_once(self, request: Request) -> Answer:
        """Execute a request that awaits nothing."""
        operation = self.compile(request)
        self._shared.calls.clear()
        try:
            result = run_sync(operation, request.variables, _CONTEXT)
        except VariablesError as error:
            return _answer(None, error.errors, [])
        return _answer(result.data, result.errors, list(self._shared.calls))


@contextmanager
def _no_warnings() -> Iterator[None]:
    """Fail for a coroutine that nobody awaited here, not at the end of all examples."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    assert [str(warning.message) for warning in caught] == []


def _input_model(type_name: str, names: list[str]) -> type:
    known = {python_name(name): name for name in names}

    class Model(_Instance):
        def __init__(self, /, **values: Any) -> None:
            super().__init__(type_name, {known[name]: value for name, value in values.items()})

    return Model


def _signature(
    parents: tuple[str, ...], field_: GraphQLField, *, exact: bool, takes_context: bool
) -> Signature:
    parameters = [Parameter(name, Parameter.POSITIONAL_ONLY) for name in parents]
    if takes_context:
        parameters.append(Parameter("context", Parameter.KEYWORD_ONLY))
    names = {python_name(name): argument for name, argument in field_.args.items()}
    if exact and not any(iskeyword(name) for name in names):
        for name, argument in names.items():
            may_be_absent = argument.default is None and not is_required_argument(argument)
            default = None if may_be_absent else Parameter.empty
            parameters.append(Parameter(name, Parameter.KEYWORD_ONLY, default=default))
    else:
        parameters.append(Parameter("arguments", Parameter.VAR_KEYWORD))
    return Signature(parameters)
