"""The names of a module that is being written, and of the function in it that is.

Globals and locals come from one place: neither is ever given a name that the other has, so a local
never hides a global.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy, deepcopy
from inspect import isawaitable
from types import GeneratorType
from typing import Any, NamedTuple

from graphql import GraphQLLeafType, is_enum_type

from trunkline.compiler.dialect import Dialect
from trunkline.compiler.inline import IDS, InlineLeaf
from trunkline.runtime.positions import Condition, Mark, holds
from trunkline.text.literals import literal
from trunkline.text.names import Names, snake_case
from trunkline.text.source import Source

__all__ = ["LOCAL", "PLACE", "SHORT", "TYPE", "CallText", "FunctionScope", "ModuleNamespace"]

# Characters of a schema's name that a name in the text keeps, so that no line gets too long.
LOCAL = 18
TYPE = 14
_FIELD = 16
_OPERANDS = 4  # of a condition that is written out
SHORT = 30  # characters up to which a name stands in the text as a string

PLACE = "place"
"""The parameter of functions that equal selections share: the mark of the field at hand."""

_MODULE_NAMES = frozenset({"COMPLETE", "MARKS", "OPERATION", "SOURCE"})
_FUNCTION_NAMES = frozenset(
    {"arguments", "awaitable", "entry", "error", "execution", "get", "given", "parents"}
    | {"place", "places", "plain", "result", "root", "target", "type_name", "value", "values"}
)
_INFO = frozenset({"info"})  # a global for our resolvers, a local in the graphql-core dialect


class CallText(NamedTuple):
    """The expression of a call, which may be written over several lines."""

    function: str
    arguments: list[str]


class ModuleNamespace:
    """The globals of a module: functions that it defines, and objects that are ``bound`` to it."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self._names = Names(_MODULE_NAMES | _FUNCTION_NAMES)
        self._globals: set[str] = set()
        self._locals: set[str] = set()
        self._once: dict[object, str] = {}
        self.bound: dict[str, object] = {}

    def give(self, wanted: str) -> str:
        """Give a name to a global: ``wanted``, with a number behind it if that is taken."""
        name = self._names.give(wanted)
        while name in self._locals:
            name = self._names.give(wanted)
        self._globals.add(name)
        return name

    def give_local(self, names: Names, wanted: str) -> str:
        """Give a name to a local of the function that has these names."""
        name = names.give(wanted)
        while name in self._globals:
            name = names.give(wanted)
        self._locals.add(name)
        return name

    def function(self, verb: str, coordinate: str, type_name: str = "") -> str:
        """Give a name to a function that the module defines for a coordinate's values.

        ``verb`` is what it does with them; ``type_name`` is the object type's if the field is of an
        abstract type.
        """
        suffix = f"_{snake_case(type_name)[:TYPE]}" if type_name else ""
        return self.give(f"{verb}_{_identifier(coordinate)}{suffix}")

    def bind(self, wanted: str, value: object) -> str:
        """Bind an object to the module; return its name."""
        name = self.give(wanted)
        self.bound[name] = value
        return name

    def bind_once(self, key: object, wanted: str, make: Callable[[], object]) -> str:
        """Bind an object to the module, unless there is one for this key already."""
        if key not in self._once:
            self._once[key] = self.bind(wanted, make())
        return self._once[key]

    def bind_for(self, verb: str, coordinate: str, function: object) -> str:
        """Bind the function that does something for a coordinate."""
        key, wanted = (verb, coordinate, id(function)), f"{verb}_{_identifier(coordinate)}"
        return self.bind_once(key, wanted, lambda: function)

    def runtime(self, function: Callable[..., Any] | type) -> str:
        """Bind a function or class of the runtime under its own name."""
        name = function.__name__
        return self.bind_once(name, name, lambda: function)

    def text(self, wanted: str, value: str | tuple[str, ...]) -> str:
        """Write a name of the schema's, or several: as text, or bound if that is long."""
        written = literal(value)
        if len(written) <= SHORT:
            return written
        return self.bind_once(("text", value), wanted, lambda: value)

    def mark(self, mark: Mark) -> str:
        """Bind a position."""
        return self.bind_once(id(mark), "MARK", lambda: mark)

    def model(self, type_name: str, model: type) -> str:
        """Bind the class of a type's values."""
        wanted = type_name if type_name[0].isupper() else f"Model_{type_name}"
        return self.bind_once(("model", type_name), wanted[:TYPE], lambda: model)

    def leaf(self, type_: GraphQLLeafType, *, nullable: bool) -> str:
        """Bind the function that completes a scalar or an enum."""
        return self.bind_once(
            ("leaf", type_.name, nullable),
            "complete_" + type_.name[:TYPE] + ("_or_null" if nullable else ""),
            lambda: self.dialect.leaf_completer(type_, nullable=nullable),
        )

    def completer(self, type_: GraphQLLeafType, *, nullable: bool) -> Callable[[Any], Any]:
        """Return the function that completes a scalar or an enum, which is bound."""
        complete: Callable[[Any], Any] = self.bound[self.leaf(type_, nullable=nullable)]  # type: ignore[assignment]
        return complete

    def inline_leaf(
        self, type_: GraphQLLeafType, variable: str, declared: type | None = None
    ) -> InlineLeaf | None:
        """Write how the common value of a scalar or an enum in a variable is completed, if it is.

        ``declared`` is the class of an id, as the model declares it. What the expressions name is
        bound.
        """
        leaf = IDS[declared] if declared else self.dialect.inline_leaf(type_)
        if leaf is None:
            return None
        class_, uses = leaf.class_, leaf.uses
        name = class_.__name__
        if class_.__module__ != "builtins":
            wanted = type_.name[:TYPE] if is_enum_type(type_) else name
            name = self.bind_once(("class", class_), wanted, lambda: class_)
        names = [variable, name]
        if uses is not None:
            wanted = "NAMES" if is_enum_type(type_) else getattr(uses, "__name__", "write")
            names.append(self.bind_once(("uses", id(uses)), wanted, lambda: uses))
        return leaf._replace(
            other=tuple(test.format(*names) for test in leaf.other),
            written=leaf.written.format(*names),
            unlike=leaf.unlike and tuple(test.format(*names) for test in leaf.unlike),
            of_int=leaf.of_int.format(*names),
        )

    def is_awaitable(self, variable: str) -> str:
        """Write the test whether a value is awaited."""
        test = self.dialect.is_awaitable
        if test is None:
            return f'hasattr({variable}, "__await__")'
        return f"{self.bind_once('is_awaitable', 'is_awaitable', lambda: test)}({variable})"

    def is_generator_awaitable(self, variable: str) -> str:
        """Write the test whether a value is a coroutine of ``types.coroutine``."""
        generator = self.bind_once("Generator", "Generator", lambda: GeneratorType)
        return f"type({variable}) is {generator} and {self.runtime(isawaitable)}({variable})"


class FunctionScope:
    """One function that is being written.

    ``indices`` are the expressions that give the indices of the lists above the position at hand,
    behind ``place`` if equal selections share the function;
    ``parent`` is the variable that holds the object whose fields are read, ``None`` at the root;
    ``depth`` is the number of objects between that and the one that the function is about.
    """

    def __init__(
        self,
        source: Source[Mark],
        module: ModuleNamespace,
        indices: tuple[str, ...],
        parent: str | None,
    ) -> None:
        self.source = source
        self.module = module
        self.indices = indices
        self.parent = parent
        self.depth = 0
        self._begin = source.length
        self._names = Names(_FUNCTION_NAMES | _INFO | set(indices))
        self.batches: dict[int, str] = {}  # what takes parents, by the mark's id
        self.together = False  # whether a list's items are added to these at its end

    @property
    def is_in_list(self) -> bool:
        """Whether the position at hand is below a list."""
        return bool(self.indices) and self.indices[-1] != PLACE

    @property
    def lines(self) -> int:
        """The number of lines that the function has so far."""
        return self.source.length - self._begin

    def below(self, parent: str) -> FunctionScope:
        """Return the scope for the fields of an object that the function itself completes."""
        scope = copy(self)
        scope.parent = parent
        scope.depth += 1
        return scope

    def branch(self) -> FunctionScope:
        """Return the scope for one of several branches, which may have the same variables."""
        scope = copy(self)
        scope._names = deepcopy(self._names)  # noqa: SLF001  # of the same class
        return scope

    def local(self, wanted: str, suffix: str = "") -> str:
        """Give a name to a variable of the function."""
        name = snake_case(wanted)[: LOCAL - len(suffix)] + suffix
        return self.module.give_local(self._names, name)

    def write(self, before: str, expression: str | CallText) -> None:
        """Write a statement: ``before``, and an expression."""
        if isinstance(expression, str):
            self.source.line(before + expression)
        else:
            self.source.call(f"{before}{expression.function}(", expression.arguments)

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
        if len(condition) > _OPERANDS:
            bound = self.module.bind_once(condition, "CONDITION", lambda: condition)
            return [f"{self.module.runtime(holds)}({bound}, execution.variables)"]
        return [
            f"execution.variables[{index}]" if wanted else f"not execution.variables[{index}]"
            for index, wanted in sorted(condition)
        ]


def _identifier(coordinate: str) -> str:
    type_name, _, name = coordinate.partition(".")
    return f"{snake_case(type_name)[:TYPE]}_{snake_case(name)[:_FIELD]}"
