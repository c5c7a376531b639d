"""The directives of a schema → the functions that implement them, found and checked at start."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from inspect import Parameter
from typing import Any

from graphql import GraphQLDirective, GraphQLSchema, is_specified_directive

from trunkline.schema.bindings import DirectiveFunction
from trunkline.schema.directives import (
    AROUND_FIELDS,
    AROUND_OPERATIONS,
    IN_DOCUMENTS,
    KNOWN_DIRECTIVES,
    ON_VALUES,
    runtime_places,
)
from trunkline.schema.names import PythonNames
from trunkline.schema.signatures import (
    Parameters,
    describe,
    misfits,
    parameters_of,
    returns_awaitable,
    same_names,
)

__all__ = ["find_functions", "proceeds"]

_PLACES = 3  # as many places as one message names

_GIVEN = (
    (AROUND_FIELDS, frozenset({"parent", "context", "selection", "caller"}), "around a field"),
    (AROUND_OPERATIONS, frozenset({"context", "operation", "caller"}), "around an operation"),
    (ON_VALUES, frozenset[str](), "for a value that comes in"),
)
"""What a directive's function may take besides its arguments, by where it stands."""

_GIVEN_ANYWHERE = frozenset[str]().union(*(given for _, given, _ in _GIVEN))
_BY_NAME_TOO = Parameter.POSITIONAL_OR_KEYWORD


def find_functions(
    definition: GraphQLSchema,
    implementation: object,
    metadata: Collection[str],
    *,
    names: PythonNames,
    mistakes: list[str],
) -> dict[str, DirectiveFunction]:
    """Return the functions of a schema's own directives by name, and add to the ``mistakes``.

    ``implementation`` has a method for each; ``metadata`` are the coordinates (``@cost``) of those
    that do nothing at run time.
    """
    own = [
        each
        for each in definition.directives
        if not is_specified_directive(each)
        and each.name not in KNOWN_DIRECTIVES
        and f"@{each.name}" not in metadata
    ]
    finder = _Finder(own, implementation, names, mistakes)
    if own:
        finder.note_places(definition)
    return dict(finder.functions())


class _Finder:
    def __init__(
        self,
        own: list[GraphQLDirective],
        implementation: object,
        names: PythonNames,
        mistakes: list[str],
    ) -> None:
        self._own = own
        self._implementation = implementation
        self._names = names
        self._mistakes = mistakes
        self._places: dict[str, list[tuple[str, bool]]] = {}

    def note_places(self, definition: GraphQLSchema) -> None:
        """Note where directives stand, and whether for a value."""
        for coordinate, takes_value, node in runtime_places(definition):
            self._places.setdefault(node.name.value, []).append((coordinate, takes_value))

    def functions(self) -> Iterator[tuple[str, DirectiveFunction]]:
        """Yield the functions by their directives' names; one that lacks is a mistake."""
        if isinstance(self._implementation, type):
            name = self._implementation.__name__
            self._mistakes.append(f"directives: {name} is a class; give an instance: {name}(…).")
            return
        runnable = {each.name: each for each in self._own if _may_run(each)}
        methods = {name: self._names.of(f"@{name}", name) for name in runnable}
        self._mistakes += same_names("directives:", methods, "method")
        for name, directive in runnable.items():
            function = getattr(self._implementation, methods[name], None)
            if callable(function):
                yield name, self._function(directive, function)
            elif name in self._places or IN_DOCUMENTS & frozenset(directive.locations):
                self._mistakes.append(self._missing(name))

    def _missing(self, name: str) -> str:
        places = [coordinate for coordinate, _ in self._places.get(name, ())]
        if places:
            more = f" and {len(places) - _PLACES} more" if len(places) > _PLACES else ""
            where = f"It stands at {', '.join(places[:_PLACES])}{more}."
        else:
            where = "Documents may use it."
        method = self._names.of(f"@{name}", name)
        if self._implementation is None:
            remedy = f"Give directives= an object with a method {method!r}"
        else:
            remedy = f"Add a method {method!r} to {type(self._implementation).__name__}"
        return (
            f"@{name}: no function implements it. {where} {remedy}, or name '@{name}' in metadata="
            " if it is to do nothing when a request comes."
        )

    def _function(self, directive: GraphQLDirective, function: Any) -> DirectiveFunction:
        """Describe a function, and say what keeps it from being called."""
        coordinate = f"@{directive.name}"
        arguments = {
            name: self._names.of(f"{coordinate}({name}:)", name) for name in directive.args
        }
        self._mistakes += same_names(f"{coordinate}: the arguments", arguments, "parameter")
        for name, argument in directive.args.items():
            argument.out_name = arguments[name]
        parameters = parameters_of(function)
        first = next(iter(parameters.values()), None) if parameters else None
        if parameters and first and first.kind in {first.POSITIONAL_ONLY, _BY_NAME_TOO}:
            del parameters[first.name]
        found = DirectiveFunction(
            directive,
            function,
            is_async=returns_awaitable(function),
            takes=_GIVEN_ANYWHERE & frozenset(parameters or ()) - frozenset(arguments.values()),
        )
        place = describe(function, "the function")
        if parameters is not None and (first is None or first.kind is first.KEYWORD_ONLY):
            what = "proceed" if proceeds(directive) else "value"
            self._mistakes.append(f"{coordinate}: {place} lacks a first parameter, for {what!r}.")
        for mistake in self._misfits(found, parameters, arguments):
            self._mistakes.append(f"{coordinate}: {place} {mistake}")
        return found

    def _misfits(
        self, found: DirectiveFunction, parameters: Parameters | None, arguments: dict[str, str]
    ) -> Iterator[str]:
        if parameters is not None:
            yield from misfits(
                parameters,
                found.directive.args,
                arguments,
                found.takes,
                absent="the directive has no argument for",
                who="whoever uses it",
            )
        locations = frozenset(found.directive.locations)
        for kind, given, where in _GIVEN:
            for name in sorted(found.takes - given) if kind & locations else ():
                yield f"takes {name!r}, of which nothing is known {where}."
        if AROUND_OPERATIONS & locations and not found.is_async:
            yield "is around operations, which are awaited. Make it an 'async def'."
        is_on_values = any(on_value for _, on_value in self._places.get(found.directive.name, ()))
        if found.is_async and (is_on_values or not proceeds(found.directive)):
            yield "is awaited, and values that come in are taken without waiting. Make it a 'def'."


def _may_run(directive: GraphQLDirective) -> bool:
    return bool((AROUND_FIELDS | AROUND_OPERATIONS | ON_VALUES) & frozenset(directive.locations))


def proceeds(directive: GraphQLDirective) -> bool:
    """Say whether a directive's function is given ``proceed``: not if values are all it is for."""
    return bool((AROUND_FIELDS | AROUND_OPERATIONS) & frozenset(directive.locations))
