"""Completing values (GraphQL §6.4.3) where the short test in compiled code does not suffice.

Compiled code tests the common case itself (``if type(title) is not str:``) and calls these for the
rest, so each of them may take its time.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable, Mapping, Sequence
from functools import partial
from inspect import isawaitable, iscoroutine
from typing import Any, NamedTuple
from uuid import UUID

from graphql import (
    GraphQLError,
    GraphQLLeafType,
    Undefined,
    VariableNode,
)
from graphql.pyutils import inspect

from trunkline.runtime.execution import Execution
from trunkline.runtime.positions import FieldFailure, Mark, NullError, mark_of
from trunkline.schema.models import lookup, member

__all__ = [
    "PlainLeaf",
    "TypeTable",
    "add_leaves",
    "getter",
    "leaf_completer",
    "lookup",
    "object_checker",
    "present",
    "refuse_null_condition",
    "reread",
    "to_list",
    "type_finder",
    "types_by_class",
]


_NO_LISTS = (str, bytes, bytearray, memoryview, Mapping)
_PLAIN = frozenset({str, int, float, bool, bytes, list, tuple, dict})
"""Classes of values that are there, no exceptions, and not to be awaited; asking costs more."""
_EXACT = 2**53  # up to which every integer is a float


def leaf_completer(type_: GraphQLLeafType, *, nullable: bool) -> Callable[[Any], Any]:
    """Make the function that turns a resolved value into the response's."""
    coerce = type_.coerce_output_value
    is_id = type_.name == "ID"
    is_text = is_id or type_.name == "String"
    is_float = type_.name == "Float"

    def complete(value: Any) -> Any:
        if is_text and value.__class__ is str:  # an object's word for its class, as in the text
            return value
        if is_id and type(value) is UUID:  # the commonest id that is not a string
            return str(value)
        if is_float and type(value) is int and -_EXACT <= value <= _EXACT:
            return float(value)
        if type(value) not in _PLAIN:
            if nullable and (value is None or value is Undefined):
                return None
            _check_value(value)
        try:
            result = coerce(value)
        except GraphQLError as error:  # a fault of the resolver, so callers do not see the message
            raise TypeError(error.message) from error
        if result is None or result is Undefined:
            raise TypeError(f"{type_} has no representation of the value {inspect(value)}.")
        return result

    return complete


def object_checker(type_name: str, model: type | None) -> Callable[[Any], Any]:
    """Make the function that returns an object's value, or raises if it cannot be one."""
    last: type | None = None  # the class of the last value, because lists are mostly of one class

    def check(value: Any) -> Any:
        nonlocal last
        if type(value) is last or value.__class__ is model:
            return value
        _check_value(value)
        if model is not None and not isinstance(value, model):
            raise TypeError(
                f"Expected {model.__qualname__} for {type_name}, got {type(value).__qualname__}."
            )
        last = type(value)
        return value

    return check


def to_list(values: Any) -> Iterable[Any]:
    """Accept any iterable except strings and mappings."""
    _check_value(values)
    if isinstance(values, Iterable) and not isinstance(values, _NO_LISTS):
        return values  # pyright: ignore[reportUnknownVariableType]
    if isinstance(values, AsyncIterable):
        raise TypeError("Expected a list, got an asynchronous iterable. Read it in the resolver.")
    raise TypeError(f"Expected a list, got {type(values).__qualname__}.")


def getter(parent: Any) -> Callable[[str, None], Any]:
    """Make the function that reads a parent of undeclared type: keys of mappings, or attributes."""
    return parent.get if isinstance(parent, Mapping) else partial(getattr, parent)


def present(**arguments: Any) -> dict[str, Any]:
    """Leave out the arguments that the request left out, so that a resolver's defaults hold."""
    return {name: value for name, value in arguments.items() if value is not Undefined}


def refuse_null_condition(value: Any, node: VariableNode) -> None:
    """Raise for a variable without a value where `@skip` or `@include` needs one (§3.13)."""
    if value is None:
        raise GraphQLError(
            f"Argument 'if' has invalid value: Expected variable '${node.name.value}' provided to"
            " non-null type 'Boolean!' not to be None.",
            node,
        )


def _check_value(value: Any) -> None:
    """Raise for a null where none may be, an exception that was returned, and an awaitable."""
    if type(value) in _PLAIN:
        return
    if value is None or value is Undefined:
        raise NullError
    if isinstance(value, Exception):
        raise value
    if isawaitable(value):
        if iscoroutine(value):
            value.close()  # otherwise Python warns that it was never awaited
        raise TypeError(
            "A resolver returned an awaitable, but its signature does not say so."
            " Make it `async def`, or annotate that it returns an Awaitable."
        )


# -- leaves, one by one ---------------------------------------------------------------------------
# A new document is executed so at first, because writing and compiling the text of a leaf costs
# more than reading it a hundred times. Later text reads a row of leaves under one `try`, and comes
# here when one of them failed.


class PlainLeaf(NamedTuple):
    """A scalar or an enum that an object itself has: how it is read, and completed.

    Values of exactly ``plain_type`` need no completing.
    """

    key: str
    read: Callable[[Any], Any]
    plain_type: type | None
    complete: Callable[[Any], Any]
    nullable: bool
    mark: Mark
    variable: str = ""  # holds its value in a row that is written out


def add_leaves(
    execution: Execution,
    entry: dict[str, Any],
    leaves: Sequence[PlainLeaf],
    parent: Any,
    *indices: int,
) -> None:
    """Put an object's leaves into its ``entry``."""
    for leaf in leaves:
        key, read, plain_type, complete, *_ = leaf
        try:
            value = read(parent)
            entry[key] = value if type(value) is plain_type else complete(value)
        except Exception as error:  # noqa: BLE001  # any exception is the field's error
            _fail(execution, leaf, FieldFailure(error, leaf.mark, indices))
            entry[key] = None


def reread(
    execution: Execution,
    error: Exception,
    leaves: Sequence[PlainLeaf],
    parent: Any,
    *indices: int,
) -> list[Any]:
    """Go on with a row of leaves, after one of them failed in the text that calls this.

    Those before it are not read again, because reading may run a program's code. They are in the
    variables of the text.
    """
    mark, failure = mark_of(error), execution.locate(error, *indices)
    traceback = error.__traceback__
    assert traceback is not None  # noqa: S101  # it was raised
    known: Mapping[str, Any] = traceback.tb_frame.f_locals
    has_failed = False
    values: list[Any] = []
    for leaf in leaves:
        value = None
        if leaf.mark is mark:
            has_failed = True
            _fail(execution, leaf, failure)
        elif not has_failed:
            value = known[leaf.variable]
        else:
            try:
                value = leaf.complete(leaf.read(parent))
            except Exception as other:  # noqa: BLE001  # as above
                _fail(execution, leaf, FieldFailure(other, leaf.mark, indices))
        values.append(value)
    return values


def _fail(execution: Execution, leaf: PlainLeaf, failure: FieldFailure) -> None:
    """Record an error if null is allowed; otherwise raise it to where null is."""
    if not leaf.nullable:
        raise failure
    execution.fail(failure)


# -- object types of interfaces and unions --------------------------------------------------------


def types_by_class(possible: Mapping[str, type | None]) -> dict[type, str]:
    """Return the object types by the class of their values, where that is of one type only."""
    return {
        model: name for name, model in possible.items() if model and not issubclass(model, dict)
    }


def type_finder(
    abstract: str,
    possible: Mapping[str, type | None],
    resolve_type: Callable[[Any], str | None] | None = None,
) -> Callable[[Any], str]:
    """Make the function that names the object type of a value.

    ``possible`` has the abstract type's object types and the class of each one's values, if that is
    known. It looks in turn at ``resolve_type``, the value's ``__typename``, and its class.
    """
    by_class = types_by_class(possible)

    def find(value: Any) -> str:
        class_ = value.__class__  # an object's word for its class, as in the text
        name = by_class.get(class_) if resolve_type is None else resolve_type(value)
        if name is None:
            _check_value(value)
            name = _type_name(value)
        if name is None:
            name = next((by_class[base] for base in class_.__mro__ if base in by_class), None)
        if name is None:
            raise TypeError(
                f"The object type of a value of {abstract} ({type(value).__qualname__}) is unknown."
                " Bind its class as a model, give it a '__typename', or add 'resolve_type' to the"
                f" resolvers of {abstract}."
            )
        if name not in possible:
            raise TypeError(
                f"A value of {abstract} ({type(value).__qualname__}) has the type {name!r}, which"
                f" is not an object type of {abstract}."
            )
        return name

    return find


class TypeTable(dict[type, Callable[..., Any]]):
    """The functions that complete objects of an abstract type, by the class of the value.

    ``classes`` has the object types of classes that tell it. ``find`` names that of any other
    value. ``functions`` are by object type; one that it lacks is made when it is called.
    """

    def __init__(
        self,
        find: Callable[[Any], str],
        classes: Mapping[type, str],
        functions: Mapping[str, Callable[..., Any]],
    ) -> None:
        super().__init__()
        self._find = find
        self._classes = classes
        self._functions = functions

    def __missing__(self, class_: type) -> Callable[..., Any]:
        name = self._classes.get(class_)
        if name is None:
            return self._complete_other
        if name in self._functions:
            self[class_] = self._functions[name]
        return self._functions[name]

    def _complete_other(self, execution: Execution, value: Any, *indices: int) -> Any:
        return self._functions[self._find(value)](execution, value, *indices)


def _type_name(value: Any) -> str | None:
    if isinstance(value, (dict, Mapping)):  # the former is found faster
        return value.get("__typename")  # pyright: ignore[reportUnknownVariableType]
    mangled = f"_{type(value).__name__}__typename"  # Python's name for it within a class
    return getattr(value, mangled, None) or member(value, "__typename") or None
