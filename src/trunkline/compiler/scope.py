"""Where text is being written: the names of the module and of the function at hand."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from graphql import GraphQLLeafType
from graphql.pyutils import is_awaitable

from trunkline.runtime import values
from trunkline.runtime.core import core_leaf_completer, core_list, place_by_type
from trunkline.runtime.info import FieldFacts, ResolveInfo
from trunkline.runtime.leaves import add_leaves, reread
from trunkline.runtime.marks import Condition, Mark
from trunkline.runtime.selection import Selection
from trunkline.runtime.values import completed_later, leaf_completer, object_checker
from trunkline.runtime.work import Later
from trunkline.schema.bindings import CoreConventions
from trunkline.text.literals import literal
from trunkline.text.names import Names, snake_case
from trunkline.text.source import Source

__all__ = ["Binder", "Scope"]

# Characters of a schema's name that a name in the text keeps, so that no line gets too long.
LOCAL = 18
_FIELD = 16
_TYPE = 14
SHORT = 30  # characters up to which a name stands in the text as a string


class Binder:
    """The globals of the emitted module: functions it defines, objects that it looks up.

    Their names have a capital letter, or match ``_GLOBAL``; those of local variables do neither.
    So no local variable ever hides a global one.

    ``core`` is there where the schema was written for graphql-core.
    """

    def __init__(self, core: CoreConventions | None = None) -> None:
        self._core = core
        self._names = Names({"COMPLETE", "MARKS", "OPERATION", "SOURCE"})
        self._given: dict[object, str] = {}
        self.bound: dict[str, object] = {}

    def function(self, verb: str, coordinate: str, type_name: str = "") -> str:
        """Give a name to a function that the module defines for a coordinate's values.

        ``verb`` is what it does with them; ``type_name`` is the object type's where the field is
        of an abstract type.
        """
        suffix = f"_{snake_case(type_name)[:_TYPE]}" if type_name else ""
        return self._names.give(f"{verb}_{_identifier(coordinate)}{suffix}")

    def resolver(self, coordinate: str, function: object) -> str:
        """Give the name of the function that resolves a coordinate."""
        name = "resolve_" + _identifier(coordinate)
        return self._once(("resolve", coordinate, id(function)), name, function)

    def refuser(self, coordinate: str, function: object) -> str:
        """Give the name of the function that refuses a coordinate."""
        return self._bind("refuse_" + _identifier(coordinate), function)

    def builder(self, function: object) -> str:
        """Give a name to a function that builds arguments."""
        return self._bind("build_arguments", function)

    def text(self, wanted: str, value: str | tuple[str, ...]) -> str:
        """Write a name of the schema's, or several: as text, or bound where that is long."""
        written = literal(value)
        return written if len(written) <= SHORT else self._once(("text", value), wanted, value)

    def constant(self, wanted: str, value: object) -> str:
        """Give a name to a constant; ``wanted`` in capitals."""
        return self._bind(wanted, value)

    def selection(self, selection: Selection) -> str:
        """Write what is wanted below a field: a constant, unless it depends on variables."""
        name = self._once(("selection", id(selection)), "SELECTION", selection)
        return f"{name}.given(execution.variables)" if selection.is_conditional else name

    def mark(self, mark: Mark) -> str:
        """Give the name of a position."""
        return self._once(("mark", id(mark)), "MARK", mark)

    def info(self, info: object) -> str:
        """Give the name of what graphql-core's resolvers take as their second argument."""
        return self._once("info", "info", info)

    def model(self, type_name: str, model: type) -> str:
        """Give the name of the class of a type's values."""
        wanted = type_name if type_name[0].isupper() else f"Model_{type_name}"
        return self._once(("model", type_name), wanted[:_TYPE], model)

    def leaf(self, type_: GraphQLLeafType, *, nullable: bool) -> str:
        """Give the name of the function that completes a scalar or an enum."""
        name = "complete_" + type_.name[:_TYPE] + ("_or_null" if nullable else "")
        key = ("leaf", type_.name, nullable)
        if key not in self._given:
            make = core_leaf_completer if self._core else leaf_completer
            self._given[key] = self._bind(name, make(type_, nullable=nullable))
        return self._given[key]

    def later_leaf(self, type_: GraphQLLeafType, *, nullable: bool) -> str:
        """Give the name of the function that completes a scalar or an enum that was awaited.

        It is called as those are that the module defines.
        """
        name = "finish_" + type_.name[:_TYPE] + ("_or_null" if nullable else "")
        key = ("later leaf", type_.name, nullable)
        if key not in self._given:
            complete: Any = self.bound[self.leaf(type_, nullable=nullable)]
            self._given[key] = self._bind(name, completed_later(complete))
        return self._given[key]

    def check(self, type_name: str, model: type | None) -> str:
        """Give the name of the function that checks an object's value."""
        name = "check_" + type_name[:_TYPE]
        return self._once(("check", type_name), name, object_checker(type_name, model))

    def find_type(self, type_name: str, find: object) -> str:
        """Give the name of the function that names the object type of a value."""
        name = "find_type_" + type_name[:_TYPE]
        return self._once(("find", type_name), name, find)

    def find_core_type(self, type_name: str, find: object) -> str:
        """Give a name to a function that names the object type of one field's values."""
        return self._bind("find_type_" + type_name[:_TYPE], find)

    def facts(self, facts: FieldFacts) -> str:
        """Give the name of what the ``info`` of a field is made from."""
        return self._once(("facts", id(facts)), "FIELD", facts)

    def resolve_info(self) -> str:
        """Give the name of the class of ``info``."""
        return self._once("ResolveInfo", "ResolveInfo", ResolveInfo)

    def later(self) -> str:
        """Give the name of the class of what stands in for values that are not there yet."""
        return self._once("Later", "Later", Later)

    def place_by_type(self) -> str:
        """Give the name of the function that leaves a value for later whose type is awaited."""
        return self._once("place_by_type", "place_by_type", place_by_type)

    def core_list(self, coordinate: str) -> str:
        """Give the name of the function that takes what graphql-core takes for a list."""
        assert self._core is not None  # noqa: S101  # it is asked for there alone
        to_list = core_list(coordinate, self._core.is_async_iterable)
        return self._once(("list", coordinate), "to_list", to_list)

    def is_awaitable(self, variable: str) -> str:
        """Write the test whether a value is awaited."""
        if self._core is None or self._core.is_awaitable is is_awaitable:
            return f'hasattr({variable}, "__await__")'
        return f"{self._once('is_awaitable', 'is_awaitable', self._core.is_awaitable)}({variable})"

    def booleans(self) -> str:
        """Give the name of a mapping that has the two booleans and nothing else."""
        return self._once("BOOLEANS", "BOOLEANS", {True: True, False: False})

    def leaves_adder(self) -> str:
        """Give the name of the function that reads leaves one by one."""
        return self._once("add_leaves", "add_leaves", add_leaves)

    def rereader(self) -> str:
        """Give the name of the function that reads leaves again of which one has failed."""
        return self._once("reread", "reread", reread)

    def table(self) -> str:
        """Give a name to a table that the module defines at its end."""
        return self._names.give("TYPES")

    def runtime(self, name: str) -> str:
        """Give the name of a function of `runtime/values.py`."""
        return self._once(name, name, getattr(values, name))

    def _once(self, key: object, wanted: str, value: object) -> str:
        if key not in self._given:
            self._given[key] = self._bind(wanted, value)
        return self._given[key]

    def _bind(self, wanted: str, value: object) -> str:
        name = self._names.give(wanted)
        self.bound[name] = value
        return name


_GLOBAL = re.compile(
    r"(batch|build|check|complete|find|finish|place|refuse|resolve)_"
    r"|(add_leaves|getter|is_awaitable|lookup|present|reread|to_list)(_\d+)?$"
)


class Scope:
    """One function in the making.

    ``indices`` are the expressions that give the indices of the lists above the position at hand;
    ``parent`` is the variable that holds the object whose fields are read, ``None`` at the root.
    """

    _RESERVED = frozenset(
        {
            "arguments",
            "awaitable",
            "entry",
            "error",
            "execution",
            "get",
            "given",
            "info",
            "items",
            "parents",
        }
        | {"plain", "result", "root", "target", "type_name", "value", "values", "_"}
    )

    def __init__(
        self, source: Source[Mark], binder: Binder, indices: tuple[str, ...], parent: str | None
    ) -> None:
        self.source = source
        self.binder = binder
        self.indices = indices
        self.parent = parent
        self._names = Names(Scope._RESERVED | set(indices))
        self.batches: dict[int, str] = {}  # the lists that take parents, by the mark's id

    def local(self, wanted: str, suffix: str = "") -> str:
        """Give a name to a variable of the function."""
        name = snake_case(wanted)[: LOCAL - len(suffix)] + suffix
        return self._names.give(f"{name}_value" if _GLOBAL.match(name) else name)

    def attempt(self, body: Callable[[], Any], otherwise: str | None = None) -> None:
        """Write ``body`` so that an error in it is recorded, and ``otherwise`` done instead."""
        with self.source.block("try:"):
            body()
        with self.source.block("except Exception as error:"):
            self.source.call("execution.fail(", ["error", *self.indices])
            if otherwise is not None:
                self.source.line(otherwise)

    def condition(self, condition: Condition) -> list[str]:
        """Write what must hold for a field to be included, as operands of ``and``."""
        return [
            f"execution.variables[{index}]" if wanted else f"not execution.variables[{index}]"
            for index, wanted in sorted(condition)
        ]


def _identifier(coordinate: str) -> str:
    type_name, _, name = coordinate.partition(".")
    return f"{snake_case(type_name)[:_TYPE]}_{snake_case(name)[:_FIELD]}"
