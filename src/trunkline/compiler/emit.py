"""A plan → the text of a Python module.

The text has one function for the root and one for every object or list below it. Each is flat: a
function per level instead of loops within loops, for CPython's compiler has limits on nesting
(20 blocks, 100 indentations). All are synchronous; a field that is awaited is deferred.

What a request wrote never becomes text: its aliases and values are bound as objects, and the names
of functions and variables come from the schema.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from trunkline.compiler.comprehension import plain_items
from trunkline.compiler.fields import FieldEmitter
from trunkline.compiler.plan import (
    AbstractOf,
    FieldPlan,
    Leaf,
    ListOf,
    ObjectOf,
    OperationPlan,
    Shape,
)
from trunkline.compiler.scope import Binder, Scope
from trunkline.runtime.info import FieldFacts
from trunkline.runtime.marks import Mark, Marks
from trunkline.text.docstrings import docstring
from trunkline.text.literals import literal
from trunkline.text.source import Source

__all__ = ["COMPLETE", "ROOT", "SOURCE", "Emitted", "Form", "emit", "emit_object"]

ROOT = "OPERATION"
SOURCE = "SOURCE"
COMPLETE = "COMPLETE"


@dataclass(frozen=True, slots=True)
class Emitted:
    """A module's text, and the objects that it looks up by name."""

    text: str
    bound: dict[str, object]


@dataclass(frozen=True, slots=True)
class Form:
    """How much is written out.

    ``inline`` writes the leaves of objects out, in place of calls that read them one by one.
    ``table`` makes what has the functions for the objects of an abstract type; without it those of
    all types are written into the same module.
    """

    inline: bool
    table: Callable[[FieldPlan, AbstractOf, Mark, Form], object] | None


def emit(plan: OperationPlan, document_id: str, info: object, form: Form) -> Emitted:
    """Write the module of an operation; its root function is called ``OPERATION``.

    That of a subscription has a function ``SOURCE`` too, which gives the events. ``info`` is what
    introspection's resolvers are given as their second argument.
    """
    emitter = _ModuleEmitter(plan, info, form)
    return emitter.module(f"A {plan.kind}, compiled by Trunkline from {document_id}.")


def emit_object(  # noqa: PLR0913, PLR0917  # a value, what it is, and what it is written for
    plan: OperationPlan, info: object, form: Form, field: FieldPlan, shape: ObjectOf, mark: Mark
) -> Emitted:
    """Write a module whose function ``COMPLETE`` completes an abstract field's object."""
    return _ModuleEmitter(plan, info, form).object_module(field, shape, mark)


Kind: TypeAlias = Literal["value", "batch", "call"]
"""What a function does: complete a value; complete a batch's values; call a batch resolver."""


@dataclass(frozen=True, slots=True)
class _Function:
    """A function that is still to be written."""

    kind: Kind
    name: str
    field: FieldPlan
    shape: Shape
    mark: Mark


class _ModuleEmitter:
    def __init__(self, plan: OperationPlan, info: object, form: Form) -> None:
        self._plan = plan
        self._info = info
        self._form = form
        self._source = Source[Mark]()
        self._binder = Binder(plan.core)
        self._functions: deque[_Function] = deque()
        self._names: dict[tuple[str, int, str], str] = {}  # by kind, mark's id, type
        self._tables: list[tuple[str, dict[str, str]]] = []

    def module(self, title: str) -> Emitted:
        """Write an operation's module."""
        self._source.line(docstring(title))
        if self._plan.source is not None:
            self._stream(self._plan.source)
        self._root()
        return self._finished()

    def object_module(self, field: FieldPlan, shape: ObjectOf, mark: Mark) -> Emitted:
        """Write the module of one object type of an abstract field."""
        self._source.line(docstring(f"{field.coordinate} where it is of type {shape.type_name}."))
        name = self.complete(field, shape, mark, shape.type_name)
        return self._finished(f"{COMPLETE} = {name}")

    def _finished(self, last: str = "") -> Emitted:
        """Write the functions that are left, and what stands below them."""
        while self._functions:
            function = self._functions.popleft()
            self._blank_lines()
            self._function(function)
        for name, functions in self._tables:
            self._blank_lines()
            with self._source.block(f"{name} = {{"):
                for type_name, function_name in functions.items():
                    self._source.line(f"{literal(type_name)}: {function_name},")
            self._source.line("}")
        if last:
            self._blank_lines()
            self._source.line(last)
        bound = {**self._binder.bound, "MARKS": Marks(self._source.marks)}
        return Emitted(self._source.text(), bound)

    def _blank_lines(self) -> None:
        self._source.line()
        self._source.line()

    def complete(self, field: FieldPlan, shape: Shape, mark: Mark, type_name: str = "") -> str:
        """Return the name of the function that completes a value; it is written later.

        A field that stands in several places of the answer has one function for all of them.
        ``type_name`` tells the functions of an abstract type's objects apart.
        """
        return self._later("value", "complete", field, shape, mark, type_name)

    def batch(self, field: FieldPlan) -> tuple[str, str]:
        """Return the names of two functions: to call a batch resolver, to complete its values."""
        call = self._later("call", "batch", field, field.shape, field.mark)
        return call, self._later("batch", "complete", field, field.shape, field.mark)

    def _later(  # noqa: PLR0913, PLR0917  # a function's description, field by field
        self, kind: Kind, verb: str, field: FieldPlan, shape: Shape, mark: Mark, type_name: str = ""
    ) -> str:
        key = (kind, id(mark), type_name)  # the plan keeps the mark, and so its id its own
        name = self._names.get(key)
        if name is None:
            name = self._names[key] = self._binder.function(verb, field.coordinate, type_name)
            self._functions.append(_Function(kind, name, field, shape, mark))
        return name

    def _stream(self, field: FieldPlan) -> None:
        """Write the function that makes the source stream (GraphQL §6.2.3.1)."""
        parent = "execution.root_value" if self._plan.core else None
        scope = Scope(self._source, self._binder, (), parent)
        self._blank_lines()
        with self._source.block(f"def {SOURCE}(execution):"):
            self._source.line(docstring(field.coordinate))
            self._guarded(scope, field.mark, lambda: self._fields(scope).returned(field))

    def _root(self) -> None:
        plan, source = self._plan, self._source
        scope = Scope(source, self._binder, (), parent="root" if plan.core else None)
        serial = plan.kind == "mutation" and plan.is_async
        self._blank_lines()
        with source.block(f"def {ROOT}(execution):"):
            source.line(docstring(plan.root_type))
            if plan.core:
                source.line("root = execution.root_value")
            self._guarded(
                scope,
                plan.mark,
                lambda: self._fields(scope).root(plan.root, serial=serial),
            )

    def _function(self, function: _Function) -> None:
        shape = function.shape
        depth = function.mark.path.count(None)
        indices = tuple(f"i{number}" for number in range(depth))
        if function.kind == "call":
            self._call(function)
        elif function.kind == "batch":
            self._batch(function, indices)
        elif isinstance(shape, ListOf):
            with self._head(function, "values", *indices):
                self._list(function, shape, indices)
        else:
            with self._head(function, "value", *indices):
                self._single(function, indices)

    @contextmanager
    def _head(self, function: _Function, *parameters: str) -> Generator[None]:
        """Write a function's first lines, and indent what follows."""
        arguments = ["execution", *parameters]
        with self._source.call_block(f"def {function.name}(", arguments, "):"):
            self._source.line(docstring(f"{function.field.coordinate}: {function.field.type_text}"))
            yield

    def _call(self, function: _Function) -> None:
        with self._head(function, "parents"):
            scope = Scope(self._source, self._binder, (), parent="parents")
            self._fields(scope).returned(function.field)

    def _batch(self, function: _Function, indices: tuple[str, ...]) -> None:
        """Write the function that completes the values of a batch, each in its place."""
        field, shape, source = function.field, function.shape, self._source
        scope = Scope(source, self._binder, indices, parent="value")
        fields = self._fields(scope)
        place = f"target[{fields.key(field.key, field.name)}] = {{}}"
        item = ", ".join(("_", "target", *indices))
        with self._head(function, "items", "values"):
            if isinstance(shape, ObjectOf):
                fields.open_batches(shape.selection)
            with source.block(f"for ({item}), value in zip(items, values):"):
                source.mark(function.mark)
                with source.block("try:"):
                    if shape.nullable:
                        self._null_is("value", "continue")
                    if isinstance(shape, ObjectOf):
                        fields.check_object(shape, "value")
                        fields.selection(shape.selection, place)
                    else:
                        fields.complete(field, shape, function.mark, "value")
                        source.line(place.replace("{}", "value"))
                with source.block("except Exception as error:"):
                    source.call("execution.reject(", ["error", *scope.indices])

    def _single(self, function: _Function, indices: tuple[str, ...]) -> None:
        scope = Scope(self._source, self._binder, indices, parent="value")
        shape = function.shape
        fields = self._fields(scope)

        if isinstance(shape, ObjectOf):
            fields.open_batches(shape.selection)

        def body() -> None:
            if isinstance(shape, Leaf):
                fields.complete(function.field, shape, function.mark, "value")
                self._source.line("return value")
                return
            if shape.nullable:
                self._null_is("value", "return None")
            if isinstance(shape, AbstractOf):
                self._dispatch(function, shape, scope)
            elif isinstance(shape, ObjectOf):
                fields.check_object(shape, "value")
                fields.selection(shape.selection, "return {}")

        self._guarded(scope, function.mark, body)

    def _dispatch(self, function: _Function, shape: AbstractOf, scope: Scope) -> None:
        """Write the call of the function for the value's own type, found in a table."""
        table = self._table(function, shape)
        if shape.facts is not None:
            self._find_core_type(shape, shape.facts, table, scope)
        else:
            find = self._binder.find_type(shape.type_name, shape.find_type)
            self._source.line(f"complete = {table}[{find}(value)]")
        self._source.call("return complete(", ["execution", "value", *scope.indices])

    def _table(self, function: _Function, shape: AbstractOf) -> str:
        """Name the table of the functions for the objects of an abstract type."""
        field, mark = function.field, function.mark
        if self._form.table is not None:
            functions = self._form.table(field, shape, mark, self._form)
            return self._binder.constant("TYPES", functions)
        table = self._binder.table()
        written = {
            name: self.complete(field, shape.plan_object(name), mark, name) for name in shape.names
        }
        self._tables.append((table, written))
        return table

    def _find_core_type(
        self, shape: AbstractOf, facts: FieldFacts, table: str, scope: Scope
    ) -> None:
        """Write the search for a value's type where it may have to be awaited."""
        fields = self._fields(scope)
        find = self._binder.find_core_type(shape.type_name, shape.find_type)
        self._source.line(f"type_name = {find}(value, {fields.reader.info(facts)})")
        with self._source.block(f"if {self._binder.is_awaitable('type_name')}:"):
            place = self._binder.place_by_type()
            self._source.line(f"return {place}(type_name, value, {table})")
        self._source.line(f"complete = {table}[type_name]")

    def _null_is(self, variable: str, *statements: str) -> None:
        with self._source.block(f"if {variable} is None:"):
            for statement in statements:
                self._source.line(statement)

    def _list(self, function: _Function, shape: ListOf, indices: tuple[str, ...]) -> None:
        source = self._source
        scope = Scope(source, self._binder, (*indices, "len(result)"), parent="value")
        if shape.nullable:
            self._null_is("values", "return None")
        source.line("result = []")
        if isinstance(shape.item, ObjectOf):
            self._fields(scope).open_batches(shape.item.selection)

        def body() -> None:
            # in a scope of its own: the loop below uses the same names again
            again = Scope(source, self._binder, scope.indices, parent="value")
            plain = plain_items(shape, again) if self._form.inline else None
            if plain is not None:
                self._comprehension(shape, plain)
            with source.block("if type(values) is not list:"):
                self._to_list(function)
            with source.block("for value in values:"):
                source.mark(shape.mark)
                self._item(function, shape, scope)
            source.mark(function.mark)
            source.line("return result")

        self._guarded(scope, function.mark, body)

    def _comprehension(self, shape: ListOf, items: list[str]) -> None:
        """Write the list as it should be; where it is not, the loop below finds out."""
        assert isinstance(shape.item, ObjectOf)  # noqa: S101  # that is what makes it plain
        assert shape.item.model is not None  # noqa: S101  # as above
        source = self._source
        with source.block("if type(values) is list:"):
            with source.block("try:"):
                with source.block("plain = ["):
                    with source.block("{"):
                        for item in items:
                            source.line(item)
                    source.line("}")
                    source.line("for value in values")
                    model = self._binder.model(shape.item.type_name, shape.item.model)
                    source.line(f"if type(value) is {model}")
                source.line("]")
                with source.block("if len(plain) == len(values):"):
                    source.line("return plain")
            with source.block("except Exception:"):
                source.line("pass  # the loop below finds out what it was")

    def _to_list(self, function: _Function) -> None:
        """Write what takes a value as a list; graphql-core's may be there only later."""
        if not self._plan.core:
            self._source.line(f"values = {self._binder.runtime('to_list')}(values)")
            return
        self._source.line(f"values = {self._binder.core_list(function.field.coordinate)}(values)")
        with self._source.block(f"if type(values) is {self._binder.later()}:"):
            self._source.line(f"return values.then({function.name})")

    def _item(self, function: _Function, shape: ListOf, scope: Scope) -> None:
        item = shape.item
        fields = self._fields(scope)

        def body() -> None:
            if self._plan.core:
                key = "len(result)"
                place = (function.field, item, shape.mark, "value", "result", key)
                fields.complete_or_defer(*place)
                self._source.line("result.append(value)")
                return
            if isinstance(item, ObjectOf):
                fields.check_object(item, "value")
                fields.selection(item.selection, "result.append({})")
            else:
                fields.complete(function.field, item, shape.mark, "value")
                self._source.line("result.append(value)")

        if not item.nullable:
            body()
            return
        self._null_is("value", "result.append(None)", "continue")
        scope.attempt(body, "result.append(None)")

    def _guarded(self, scope: Scope, mark: Mark, body: Callable[[], Any]) -> None:
        """Write the body of a function, and what places the errors that leave it."""
        self._source.mark(mark)
        with self._source.block("try:"):
            body()
        with self._source.block("except Exception as error:"):
            self._source.call("raise execution.locate(", ["error", *scope.indices])

    def _fields(self, scope: Scope) -> FieldEmitter:
        return FieldEmitter(scope, self._info, self, inline=self._form.inline)
