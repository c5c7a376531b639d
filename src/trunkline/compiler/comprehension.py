"""The text of a list whose objects have plain leaves only: one comprehension, for the good case.

It takes for granted that every value is what the schema says, in expressions that fail where one is
not: ``"" + title``, of what is declared as ``str``, is the string itself, or an error. Whatever
fails, the loop that is written below the comprehension starts anew and finds out. So a list as it
should be costs little more than one that somebody wrote by hand and checks nothing.
"""

from __future__ import annotations

import inspect
from keyword import iskeyword
from typing import Any, NamedTuple, TypeAlias

from trunkline.compiler.plan import FieldPlan, Leaf, ListOf, ObjectOf, TypeName
from trunkline.compiler.scope import SHORT, Binder, Scope
from trunkline.schema.bindings import Attribute
from trunkline.text.source import INDENT, WIDTH

__all__ = ["plain_items"]


class _Conditional(NamedTuple):
    """``good`` if every one of the ``tests`` holds, ``otherwise`` if not."""

    good: str
    tests: list[str]
    otherwise: str


_Expression: TypeAlias = str | _Conditional

_DEPTH = 6  # indentations that a line of an item has


def plain_items(shape: ListOf, scope: Scope) -> list[str] | None:
    """Write the keys and values of a list's objects, a line each.

    ``None`` where the list is not of that kind.
    """
    item = shape.item
    if not isinstance(item, ObjectOf) or item.model is None or item.selection.unsure:
        return None
    lines: list[str] = []
    for selected in item.selection.fields:
        value = None if selected.condition else _value(selected.field, item.model, scope)
        if value is None:
            return None
        lines += _item(_key(selected.field, scope.binder), value)
    return lines if lines and all(map(_fits, lines)) else None


def _item(key: str, value: _Expression) -> list[str]:
    """Write a key and its value: on one line if it fits, else broken where ruff would."""
    if isinstance(value, str):
        return [f"{key}: {value},"]
    flat = f"{key}: {value.good} if {' and '.join(value.tests)} else {value.otherwise},"
    if _fits(flat):
        return [flat]
    flat = "if " + " and ".join(value.tests)
    first, *others = value.tests
    broken = [flat] if _fits(flat) else [f"if {first}", *(f"and {other}" for other in others)]
    return [f"{key}: {value.good}", *broken, f"else {value.otherwise},"]


def _fits(line: str) -> bool:
    return len(INDENT) * _DEPTH + len(line) <= WIDTH


def _key(field: FieldPlan, binder: Binder) -> str:
    aliased = field.key != field.name
    return binder.constant("ALIAS", field.key) if aliased else binder.text("KEY", field.key)


def _value(field: FieldPlan, model: type, scope: Scope) -> _Expression | None:
    """Write an expression of a field's value that fails, or completes it, where it must be."""
    if isinstance(field.binding, TypeName):
        return scope.binder.text("TYPE", field.binding.name)
    shape = field.shape
    if not (
        isinstance(field.binding, Attribute) and isinstance(shape, Leaf) and not field.arguments
    ):
        return None
    name = field.binding.name
    if iskeyword(name) or len(name) > SHORT:
        return None
    read = f"value.{name}"
    if shape.type.name in {"String", "ID"} and _is_declared(model, name, "str"):
        return _text(read, shape, scope, name)
    if shape.type.name == "Boolean" and _is_declared(model, name, "bool") and not shape.nullable:
        return f"{scope.binder.booleans()}[{read}]"
    return _checked(read, shape, scope, name)


def _text(read: str, shape: Leaf, scope: Scope, name: str) -> _Expression:
    if not shape.nullable:
        return f'"" + {read}'
    variable = scope.local(name)
    return _Conditional("None", [f"({variable} := {read}) is None"], f'"" + {variable}')


def _checked(read: str, shape: Leaf, scope: Scope, name: str) -> _Expression:
    """Write a value that its completer takes over where it is not as it should be."""
    complete = scope.binder.leaf(shape.type, nullable=shape.nullable)
    variable = scope.local(name)
    match shape.type.name:
        case "Int":
            tests = [f"type({variable} := {read}) is int", f"{variable}.bit_length() < 32"]
        case "String" | "ID":
            tests = [f"type({variable} := {read}) is str"]
        case "Float":
            tests = [f"type({variable} := {read}) is float", f"{variable} - {variable} == 0.0"]
        case "Boolean":
            tests = [f"type({variable} := {read}) is bool"]
        case _:
            return f"{complete}({read})"
    return _Conditional(variable, tests, f"{complete}({variable})")


def _is_declared(model: type, name: str, wanted: str) -> bool:
    """Say whether a class declares that its attribute is a ``str``, or a ``bool``.

    Only then is it taken for one: what looks like a string may be a proxy that adds itself to one.
    """
    for base in model.__mro__:
        declared: Any = inspect.get_annotations(base).get(name)
        found = base.__dict__.get(name)
        if declared is None and isinstance(found, property):
            declared = inspect.get_annotations(found.fget).get("return") if found.fget else None
        if declared is not None:
            text = declared.__name__ if isinstance(declared, type) else str(declared)
            return text == wanted or text.endswith(f"Mapped[{wanted}]")
    return False
