"""One request to both engines: ours, and graphql-core as the measure of what is right."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, NamedTuple

from graphql import ExecutionResult, GraphQLError, GraphQLSchema, build_schema, execute, parse

from trunkline import engine
from trunkline.compiler.limits import Limits
from trunkline.compiler.operation import Operation
from trunkline.compiler.pipeline import compile_operation
from trunkline.errors import VariablesError
from trunkline.schema.executable import make_executable_schema
from trunkline.text.names import python_name

__all__ = ["Answer", "Both", "Error", "answer"]


class Error(NamedTuple):
    """An error of an answer, whole save its extensions."""

    message: str
    path: list[str | int] | None
    locations: list[tuple[int, int]]


class Answer(NamedTuple):
    """An answer; ``data`` as the text that goes over the wire, so that order and type count."""

    data: str
    errors: list[Error]


def answer(data: str, *errors: tuple[str, list[str | int] | None, list[tuple[int, int]]]) -> Answer:
    """Say what an answer should be."""
    return Answer(data, [Error(*error) for error in errors])


class Both:
    """A schema for both engines, whose resolvers are given by coordinate.

    Those of root fields take the field's arguments, the others their parent before them. Root
    fields that have none are null.
    """

    def __init__(
        self,
        sdl: str,
        resolvers: Mapping[str, Callable[..., Any]],
        models: Mapping[str, type] | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.core = build_schema(sdl)
        self._limits = limits
        groups: dict[str, SimpleNamespace] = {}
        for coordinate, function in {**_nothing(self.core), **resolvers}.items():
            type_name, _, name = coordinate.partition(".")
            group = groups.setdefault(python_name(type_name), SimpleNamespace())
            setattr(group, python_name(name), function)
            _give_core(self.core, type_name, name, function)
        metadata = [f"@{directive.name}" for directive in self.core.directives]
        self.schema = make_executable_schema(
            build_schema(sdl), SimpleNamespace(**groups), models, metadata=metadata
        )

    def compile(self, text: str, operation_name: str | None = None) -> Operation:
        """Compile one operation of a document."""
        return compile_operation(self.schema, text, operation_name, self._limits)

    def ours(
        self, text: str, variables: dict[str, Any] | None = None, operation_name: str | None = None
    ) -> Answer:
        """Ask our engine alone, where graphql-core does something else on purpose."""
        operation = self.compile(text, operation_name)
        try:
            result = asyncio.run(engine.run(operation, variables))
        except VariablesError as error:
            return _answer(None, list(error.errors))
        return _answer(result.data, result.errors)

    def check(
        self, text: str, variables: dict[str, Any] | None = None, operation_name: str | None = None
    ) -> Answer:
        """Ask both engines, fail where they differ, and return what both say."""
        ours = self.ours(text, variables, operation_name)
        theirs = self.theirs(text, variables, operation_name)
        assert ours == theirs
        return ours

    def theirs(
        self, text: str, variables: dict[str, Any] | None = None, operation_name: str | None = None
    ) -> Answer:
        """Ask graphql-core."""

        async def run() -> ExecutionResult:
            document = parse(text)
            result = execute(
                self.core, document, variable_values=variables, operation_name=operation_name
            )
            return result if isinstance(result, ExecutionResult) else await result

        result = asyncio.run(run())
        return _answer(result.data, result.errors or [])


def _nothing(schema: GraphQLSchema) -> dict[str, Callable[..., None]]:
    roots = [schema.query_type, schema.mutation_type]
    return {
        f"{root.name}.{name}": lambda **_arguments: None
        for root in roots
        if root
        for name in root.fields
    }


def _give_core(
    schema: GraphQLSchema, type_name: str, name: str, function: Callable[..., Any]
) -> None:
    type_: Any = schema.type_map[type_name]
    if type_ in {schema.query_type, schema.mutation_type}:
        type_.fields[name].resolve = lambda _root, _info, **given: function(**_named(given))
    else:
        type_.fields[name].resolve = lambda parent, _info, **given: function(
            parent, **_named(given)
        )


def _named(arguments: dict[str, Any]) -> dict[str, Any]:
    return {python_name(name): value for name, value in arguments.items()}


def _answer(data: Any, errors: list[GraphQLError]) -> Answer:
    return Answer(
        json.dumps(data),
        [
            Error(
                error.message,
                None if error.path is None else list(error.path),
                [(place.line, place.column) for place in error.locations or ()],
            )
            for error in errors
        ],
    )
