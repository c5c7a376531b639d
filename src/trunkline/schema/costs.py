"""What fields cost: `@cost`, `@listSize`, and the functions of the program.

The directives mean what they mean in IBM's specification of cost directives, which Apollo
Federation uses too. A schema may have directives of these names with other arguments; they are its
own, and mean nothing here.

A field costs its weight, which is 1 unless something else is declared. A list costs the weight of
its items' type and what is selected of them as often as it is long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from math import ceil
from typing import Any, TypeAlias

import graphql
from msgspec import Struct
from msgspec.structs import replace

from trunkline.errors import SchemaError
from trunkline.schema.directives import applied_to, elements_of, is_known
from trunkline.schema.names import unknown_coordinates

__all__ = ["CostFunction", "Costs", "FieldCost", "declared_costs"]

CostFunction: TypeAlias = Callable[[int, Mapping[str, Any]], int]
"""Returns what a field costs.

Takes what is selected of one object of the field, and the field's arguments: by their names in the
schema, as in JSON, with the schema's defaults.
"""


class FieldCost(Struct, frozen=True):
    """What one field costs.

    - ``weight``: of the field itself.
    - ``sizes``: the arguments that say how long the list is, as paths into input objects. ``None``
      stands for the usual names.
    - ``assumed``: how long the list is if no argument says so.
    - ``sized_fields``: the fields below that are this long, if it is not the field itself.
    - ``needs_size``: whether a request must give exactly one of the ``sizes``.
    - ``function``: says what the field costs instead.
    """

    weight: int = 1
    sizes: tuple[tuple[str, ...], ...] | None = None
    assumed: int | None = None
    sized_fields: frozenset[str] = frozenset()
    needs_size: bool = False
    function: CostFunction | None = None


class Costs(Struct, frozen=True, eq=False):
    """What a schema declares, by coordinate. What is not declared has no entry.

    ``fields`` has ``Query.books``. ``weights`` has what else has a weight: types (``Book``),
    arguments (``Query.books(like:)``) and input fields (``BookInput.title``). ``introspection`` has
    the lengths of introspection's lists (``__Type.fields``).
    """

    fields: dict[str, FieldCost] = {}
    weights: dict[str, int] = {}
    introspection: dict[str, float] = {}


def declared_costs(
    definition: graphql.GraphQLSchema, functions: Mapping[str, int | CostFunction] | None = None
) -> Costs:
    """Read what a schema declares that its fields cost.

    ``functions`` has weights and functions by the coordinate of a field; they replace ``@cost``.
    Raises ``SchemaError`` for an unknown coordinate, a weight that is not a number from 0, and a
    size that is not an argument.
    """
    found = Costs(introspection=_introspection_lengths(definition))
    mistakes = [
        *_read_directives(definition, found),
        *unknown_coordinates("costs", definition, functions or ()),
    ]
    for coordinate, given in (functions or {}).items():
        cost = found.fields.get(coordinate, FieldCost())
        weight = _weight(given)
        if "." not in coordinate or "(" in coordinate:
            mistakes.append(f"costs: {coordinate} is not a field.")
        elif callable(given):
            found.fields[coordinate] = replace(cost, function=given)
        elif weight is None:
            mistakes.append(f"costs: {coordinate} must have a number from 0, or a function.")
        else:
            found.fields[coordinate] = replace(cost, weight=weight)
    if mistakes:
        raise SchemaError("\n".join(mistakes))
    return found


def _introspection_lengths(definition: graphql.GraphQLSchema) -> dict[str, float]:
    """Return how long the lists of introspection are, in the mean of the objects that have them.

    So all of them together are as long as they are in truth. ``ofType`` counts as a list, because
    few types have one.
    """
    types: list[Any] = list(definition.type_map.values())
    composite = [each for each in types if hasattr(each, "fields")]
    inputs = [each.fields if graphql.is_input_object_type(each) else () for each in composite]
    outputs = [() if graphql.is_input_object_type(each) else each.fields for each in composite]
    fields: list[Any] = [each for type_ in composite for each in type_.fields.values()]
    arguments = [each.args for each in fields if isinstance(each, graphql.GraphQLField)]
    typed = [*fields, *(each for several in arguments for each in several.values())]
    wrappers = sum(_wrappers(each.type) for each in typed)
    abstract = filter(graphql.is_abstract_type, types)

    def mean(lists: Iterable[Sized], count: int = len(types)) -> float:
        return sum(map(len, lists)) / max(count, 1)

    return {
        "__Schema.types": len(types),
        "__Schema.directives": len(definition.directives),
        "__Type.fields": mean(outputs),
        "__Type.inputFields": mean(inputs),
        "__Type.interfaces": mean(getattr(each, "interfaces", ()) for each in types),
        "__Type.enumValues": mean(getattr(each, "values", ()) for each in types),
        "__Type.possibleTypes": mean(map(definition.get_possible_types, abstract)),
        "__Type.ofType": wrappers / (len(typed) + wrappers),
        "__Field.args": mean(arguments, len(arguments)),
        "__Directive.args": mean(
            (each.args for each in definition.directives), len(definition.directives)
        ),
    }


def _wrappers(type_: Any) -> int:
    return 1 + _wrappers(type_.of_type) if graphql.is_wrapping_type(type_) else 0


def _read_directives(definition: graphql.GraphQLSchema, found: Costs) -> Iterator[str]:
    """Add what the directives of a schema declare, and yield a message for each mistake."""
    known = {each.name for each in definition.directives if is_known(each)} & {"cost", "listSize"}
    for coordinate, element in elements_of(definition) if known else ():
        for directive in applied_to(element):
            name = directive.name.value
            given: dict[str, Any] = {
                each.name.value: graphql.value_from_ast_untyped(each.value)
                for each in directive.arguments or ()
            }
            cost = found.fields.get(coordinate, FieldCost())
            if name == "listSize" and name in known:
                yield from _wrong_sizes(coordinate, element, given)
                found.fields[coordinate] = _with_size(cost, given)
            elif name == "cost" and name in known:
                weight = _weight(given.get("weight"))
                if weight is None:
                    yield f"{coordinate}: the weight of @cost must be a number from 0."
                elif isinstance(element, graphql.GraphQLField):
                    found.fields[coordinate] = replace(cost, weight=weight)
                else:
                    found.weights[coordinate] = weight


def _weight(given: object) -> int | None:
    """Return a weight, rounded up; ``None`` if it is not one. IBM's are strings."""
    try:
        weight = ceil(float(given)) if isinstance(given, (str, int, float)) else -1
    except (ValueError, OverflowError):
        return None
    return weight if weight >= 0 else None


def _with_size(cost: FieldCost, given: Mapping[str, Any]) -> FieldCost:
    sizes = given.get("slicingArguments")
    return replace(
        cost,
        sizes=tuple(tuple(each.split(".")) for each in _listed(sizes or ())),
        assumed=given.get("assumedSize"),
        sized_fields=frozenset(_listed(given.get("sizedFields") or ())),
        needs_size=bool(sizes) and given.get("requireOneSlicingArgument", True) is True,
    )


def _wrong_sizes(coordinate: str, field: Any, given: Mapping[str, Any]) -> Iterator[str]:
    """Yield a message for each size of ``@listSize`` that the field lacks."""
    for path in _listed(given.get("slicingArguments") or ()):
        elements: Mapping[str, Any] = field.args
        for name in path.split("."):
            if name not in elements:
                yield f"{coordinate}: @listSize names {path!r}, which is not an argument of it."
                break
            elements = getattr(graphql.get_named_type(elements[name].type), "fields", {})
    below: Mapping[str, Any] = getattr(graphql.get_named_type(field.type), "fields", {})
    for name in _listed(given.get("sizedFields") or ()):
        if name not in below:
            yield f"{coordinate}: @listSize names {name!r}, which is not a field of its type."


def _listed(given: Any) -> list[Any]:
    """Return a list; GraphQL lets one thing stand for a list of it (§3.11)."""
    return [given] if isinstance(given, str) else list(given)
