"""Directives of a schema as functions: found and checked at start, and put where they stand.

`find_functions` finds the function of each directive. `place_directives` puts the functions around
fields, and lets the values of arguments and input types go through them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from graphql import (
    DirectiveNode,
    GraphQLDirective,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLSchema,
    get_argument_values,
    is_input_object_type,
    is_introspection_type,
    is_object_type,
    is_specified_directive,
)

from trunkline.schema.bindings import Binding, DirectedField, DirectiveFunction, DirectiveUse
from trunkline.schema.directives import (
    AROUND_FIELDS,
    AROUND_OPERATIONS,
    IN_DOCUMENTS,
    ON_VALUES,
    applied_to,
    around_field,
    is_known,
    on_argument,
    runtime_places,
)
from trunkline.schema.names import PythonNames
from trunkline.schema.refusals import InputRefusedError
from trunkline.schema.scalars import UnreadableError
from trunkline.schema.signatures import (
    describe,
    misfits,
    parameters_of,
    returns_awaitable,
    same_names,
)

__all__ = ["find_functions", "place_directives"]

_Check = Callable[[Any], Any]

_PLACES = 3  # one message names at most so many places

_GIVEN = (
    (AROUND_FIELDS, frozenset({"parent", "context", "selection", "caller"}), "around a field"),
    (AROUND_OPERATIONS, frozenset({"context", "operation", "caller"}), "around an operation"),
    (ON_VALUES, frozenset[str](), "for a value that comes in"),
)
"""What a directive's function may take besides its arguments, by where the directive stands."""

_GIVEN_ANYWHERE = frozenset[str]().union(*(given for _, given, _ in _GIVEN))


# -- the functions --------------------------------------------------------------------------------


def find_functions(
    definition: GraphQLSchema,
    implementation: object,
    metadata: Collection[str],
    *,
    names: PythonNames,
    mistakes: list[str],
) -> dict[str, DirectiveFunction]:
    """Return the functions of a schema's own directives by name, and add to the ``mistakes``.

    ``implementation`` has a method for each. ``metadata`` are the coordinates (``@cost``) of those
    that do nothing at run time.
    """
    own = {
        each.name: each
        for each in definition.directives
        if not is_specified_directive(each)
        and not is_known(each)
        and f"@{each.name}" not in metadata
        and (AROUND_FIELDS | AROUND_OPERATIONS | ON_VALUES) & frozenset(each.locations)
    }
    if isinstance(implementation, type):
        name = implementation.__name__
        mistakes.append(f"directives: {name} is a class. Give an instance: {name}(…).")
        return {}
    methods = {name: names.of(f"@{name}", name) for name in own}
    mistakes += same_names("directives:", methods, "method")
    places: dict[str, dict[str, bool]] = {}  # by directive, by coordinate: whether it is a value
    for coordinate, is_value, node in runtime_places(definition) if own else ():
        places.setdefault(node.name.value, {})[coordinate] = is_value
    found: dict[str, DirectiveFunction] = {}
    for name, directive in own.items():
        function = getattr(implementation, methods[name], None)
        where = places.get(name, {})
        if callable(function):
            found[name] = _check_function(
                directive, function, names, mistakes, is_on_values=any(where.values())
            )
        elif where or IN_DOCUMENTS & frozenset(directive.locations):
            mistakes.append(_no_function(name, methods[name], implementation, list(where)))
    return found


def _no_function(name: str, method: str, implementation: object, places: list[str]) -> str:
    where = "Documents may use it."
    if places:
        more = f" and {len(places) - _PLACES} more" if len(places) > _PLACES else ""
        where = f"It stands at {', '.join(places[:_PLACES])}{more}."
    if implementation is None:
        remedy = f"Give directives= an object with a method {method!r}"
    else:
        remedy = f"Add a method {method!r} to {type(implementation).__name__}"
    return (
        f"@{name}: no function implements it. {where} {remedy}, or name '@{name}' in metadata="
        " if it does nothing at run time."
    )


def _check_function(
    directive: GraphQLDirective,
    function: Any,
    names: PythonNames,
    mistakes: list[str],
    *,
    is_on_values: bool,
) -> DirectiveFunction:
    """Describe a directive's function, and add each reason why it cannot be called.

    ``is_on_values`` says whether the directive stands at a value that comes in.
    """
    coordinate = f"@{directive.name}"
    arguments = {name: names.of(f"{coordinate}({name}:)", name) for name in directive.args}
    mistakes += same_names(f"{coordinate}: the arguments", arguments, "parameter")
    for name, argument in directive.args.items():
        argument.out_name = arguments[name]
    parameters = parameters_of(function)
    first = next(iter(parameters.values()), None) if parameters else None
    if parameters and first and first.kind in {first.POSITIONAL_ONLY, first.POSITIONAL_OR_KEYWORD}:
        del parameters[first.name]
    takes = _GIVEN_ANYWHERE & frozenset(parameters or ()) - frozenset(arguments.values())
    is_async = returns_awaitable(function)
    locations = frozenset(directive.locations)
    wrong: list[str] = []
    if parameters is not None:
        if first is None or first.kind is first.KEYWORD_ONLY:
            what = "proceed" if _proceeds(directive) else "value"
            wrong.append(f"lacks a first parameter, for {what!r}.")
        absent = "the directive has no argument for"
        who = "uses of the directive"
        wrong += misfits(parameters, directive.args, arguments, takes, absent=absent, who=who)
    for kind, given, where in _GIVEN:
        unknown = sorted(takes - given) if kind & locations else ()
        wrong += (f"takes {name!r}, which is not known {where}." for name in unknown)
    if AROUND_OPERATIONS & locations and not is_async:
        wrong.append("is around operations, which are awaited. Make it an 'async def'.")
    if is_async and (is_on_values or not _proceeds(directive)):
        wrong.append("is awaited, but values that come in are not. Make it a 'def'.")
    place = f"{coordinate}: {describe(function, 'the function')}"
    mistakes += (f"{place} {each}" for each in wrong)
    return DirectiveFunction(directive, function, is_async, takes)


def _proceeds(directive: GraphQLDirective) -> bool:
    """Say whether the function takes ``proceed``: it does not if it is only for values."""
    return bool((AROUND_FIELDS | AROUND_OPERATIONS) & frozenset(directive.locations))


# -- where they stand -----------------------------------------------------------------------------


def place_directives(
    definition: GraphQLSchema,
    functions: Mapping[str, DirectiveFunction],
    bindings: Mapping[str, Binding],
    input_resolvers: Mapping[str, Callable[[Any], Any]],
    mistakes: list[str],
) -> dict[str, DirectedField]:
    """Let values of input types go through directives. Return the fields that have directives.

    These are by coordinate, as are the ``input_resolvers``, through which a value goes after the
    directives. Adds to the ``mistakes``.
    """
    found: dict[str, DirectedField] = {}
    placer = _Placer(functions, mistakes)
    types = list(definition.type_map.values()) if functions or input_resolvers else []
    for type_ in types:  # inputs first: they are part of the arguments of directives
        if is_input_object_type(type_):
            checks: dict[str, _Check] = {}
            for name, field in type_.fields.items():
                coordinate = f"{type_.name}.{name}"
                more = input_resolvers.get(coordinate)
                placer.add_check(checks, name, applied_to(field), coordinate, more)
            placer.add_check(checks, "", applied_to(type_), type_.name)
            _check_input(type_, checks, checks.pop("", None))
    for type_ in types:
        if is_object_type(type_) and not is_introspection_type(type_):
            for name, field in type_.fields.items():
                coordinate = f"{type_.name}.{name}"
                if coordinate not in bindings:  # there was a mistake
                    continue
                around = placer.functions_at(around_field(type_, name), coordinate)
                uses = [DirectiveUse(*each) for each in around]
                checks = {}
                for argument, taken in field.args.items():
                    nodes = on_argument(type_, name, argument)
                    place = f"{coordinate}({argument}:)"
                    placer.add_check(checks, taken.out_name or argument, nodes, place)
                if uses or checks:
                    found[coordinate] = DirectedField(bindings[coordinate], uses, checks)
    return found


class _Placer:
    """Finds the functions of applied directives, and coerces their arguments once for each node."""

    def __init__(self, functions: Mapping[str, DirectiveFunction], mistakes: list[str]) -> None:
        self._functions = functions
        self._mistakes = mistakes
        self._arguments: dict[int, Mapping[str, Any] | None] = {}

    def functions_at(
        self, nodes: Iterable[DirectiveNode], place: str
    ) -> Iterator[tuple[DirectiveFunction, Mapping[str, Any]]]:
        """Yield the functions of directives in their order, with their arguments."""
        for node in nodes:
            function = self._functions.get(node.name.value)
            if function is None:
                continue
            if id(node) not in self._arguments:
                self._arguments[id(node)] = None
                try:
                    self._arguments[id(node)] = get_argument_values(function.directive, node)
                except Exception as error:  # noqa: BLE001  # also those of an input model
                    message = error.message if isinstance(error, GraphQLError) else str(error)
                    self._mistakes.append(f"{place}: @{node.name.value}: {message}")
            arguments = self._arguments[id(node)]
            if arguments is not None:
                yield function, arguments

    def add_check(
        self,
        checks: dict[str, _Check],
        key: str,
        nodes: Iterable[DirectiveNode],
        place: str,
        more: _Check | None = None,
    ) -> None:
        """Add the function that a value goes through, if any directive stands there.

        Last it goes through ``more``.
        """
        steps: list[tuple[_Check, bool]] = [
            (partial(each.function, **arguments), _proceeds(each.directive))
            for each, arguments in self.functions_at(nodes, place)
        ]
        if more is not None:
            steps.append((more, False))

        def check(value: Any) -> Any:
            for function, takes_proceed in steps:
                value = function(partial(_identity, value) if takes_proceed else value)
            return value

        if steps:
            checks[key] = check


def _identity(value: Any) -> Any:
    return value


def _check_input(
    type_: GraphQLInputObjectType, fields: Mapping[str, _Check], whole: _Check | None
) -> None:
    """Let values of an input type go through functions: those of its ``fields``, then ``whole``.

    A function returns the value to use, or raises a ``GraphQLError``. Null is not checked.
    """
    if not (fields or whole):
        return
    make = None if type_.out_type is GraphQLInputObjectType.out_type else type_.out_type
    checks = [(name, type_.fields[name].out_name or name, check) for name, check in fields.items()]

    def run_check(check: _Check, value: Any, within: list[str | int]) -> Any:
        try:
            return check(value)
        except GraphQLError as error:
            raise InputRefusedError.because_of(error, within) from error
        except RecursionError:
            raise
        except Exception as error:
            raise UnreadableError(type_.name, error) from error

    def check_and_make(value: dict[str, Any]) -> Any:
        for name, out_name, check in checks:
            if value.get(out_name) is not None:
                value[out_name] = run_check(check, value[out_name], [name])
        made = make(value) if make else value
        return run_check(whole, made, []) if whole else made

    type_.out_type = check_and_make  # type: ignore[method-assign]  # graphql-core's own hook
