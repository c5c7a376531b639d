"""A plan → the text of a Python module.

The text has one function for the root and one for each object or list below it. Each is flat: a
function per level instead of loops within loops, because CPython's compiler limits nesting (20
blocks, 100 indentations). All are synchronous; a field that is awaited is deferred.

What a request wrote never becomes text: its aliases and values are bound as objects, and the names
of functions and variables come from the schema.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeAlias

from trunkline.compiler.dialect import GraphQLCoreDialect
from trunkline.compiler.fields import APPEND, RETURN, FieldWriter, Into
from trunkline.compiler.leaves import key_text
from trunkline.compiler.namespace import PLACE, TYPE, FunctionScope, ModuleNamespace
from trunkline.compiler.plan import (
    AbstractShape,
    FieldPlan,
    LeafShape,
    ListShape,
    ObjectShape,
    Refused,
    SelectionPlan,
    Shape,
    fields_of,
)
from trunkline.compiler.planner import PlannedOperation
from trunkline.compiler.reading import FieldReader
from trunkline.compiler.walk import Walk, walk_of
from trunkline.runtime.graphql_core import place_by_type
from trunkline.runtime.leaf_lists import LEAVES, list_checker
from trunkline.runtime.positions import Mark, Marks
from trunkline.runtime.work import Later, close_rest
from trunkline.text.literals import docstring, literal
from trunkline.text.names import snake_case
from trunkline.text.source import Source

__all__ = ["COMPLETE", "ROOT", "SOURCE", "MakeTable", "ModuleText", "ModuleWriter"]

ROOT = "OPERATION"
SOURCE = "SOURCE"
COMPLETE = "COMPLETE"

# Bytes that an object and a position take in a loaded module, measured.
_OBJECT = 400
_MARK = 200
_SHORT = 30  # items of a list of leaves, up to which a loop costs less than a call that checks them

MakeTable: TypeAlias = Callable[[FieldPlan, AbstractShape, Mark], Mapping[str, Callable[..., Any]]]
"""Makes the mapping that has, by object type, the functions for an abstract type's objects."""


@dataclass(frozen=True, slots=True)
class ModuleText:
    """A module's text, and the objects that it refers to by name.

    ``walks`` wrap the functions of lists that native code may write, by name. ``weight`` estimates
    the bytes that it takes when it is loaded, beside its text.
    """

    text: str
    bound: dict[str, object]
    walks: dict[str, Walk]
    weight: int


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


class ModuleWriter:
    """Writes one module: a queue of functions, each of which may need further ones.

    ``inline`` writes the leaves of objects out, in place of calls that read them one by one.
    Without ``make_table`` the functions for all types of abstract fields are written into the same
    module.
    """

    def __init__(
        self, planned: PlannedOperation, *, inline: bool, make_table: MakeTable | None
    ) -> None:
        self._planned = planned
        self._plan = planned.plan
        self._dialect = planned.planner.dialect
        self._inline = inline
        self._make_table = make_table
        self._source = Source[Mark]()
        self._module = ModuleNamespace(self._dialect)
        self._functions: deque[Callable[[], None]] = deque()
        self._walks: dict[str, Walk] = {}
        self._names: dict[tuple[str, int, str], str] = {}  # by kind, mark's id, type
        self._tables: dict[int, str] = {}  # by mark's id
        self._whole_tables: dict[str, tuple[str, dict[str, str]]] = {}

    def operation_module(self) -> ModuleText:
        """Write an operation's module; its root function is called ``OPERATION``.

        That of a subscription also has a function ``SOURCE``, which gives the events.
        """
        plan, source = self._plan, self._source
        source.line(docstring(f"A {plan.kind}, compiled by Trunkline from {self._planned.id}."))
        starts_at_root = self._dialect.values_may_wait  # where root fields have a parent
        if plan.source is not None:  # the function that makes the source stream (GraphQL §6.2.3.1)
            field = plan.source
            scope = self._scope((), "execution.root_value" if starts_at_root else None)
            self._blank_lines()
            with source.block(f"def {SOURCE}(execution):"):
                source.line(docstring(field.coordinate))
                self._guarded(scope, field.mark, lambda: self._source_stream(scope, field))
        scope = self._scope((), "root" if starts_at_root else None)
        serial = plan.kind == "mutation" and plan.is_async
        self._blank_lines()
        with source.block(f"def {ROOT}(execution):"):
            source.line(docstring(plan.root_type))
            if starts_at_root:
                source.line("root = execution.root_value")
            fields = self._fields(scope)
            self._guarded(scope, plan.mark, lambda: fields.root(plan.root, serial=serial))
        return self._finish()

    def _source_stream(self, scope: FunctionScope, field: FieldPlan) -> None:
        """Write the return of a source stream, or the refusal if a variable's value is refused."""
        fields = self._plan.root.fields
        refused = [each.field for each in fields[1:] if isinstance(each.field.binding, Refused)]
        tests = scope.condition(fields[0].condition) if refused else []
        with self._source.all_of(tests) if tests else nullcontext():
            self._return_read(scope, field)
        for each in refused:
            self._return_read(scope, each)

    def object_module(self, field: FieldPlan, shape: ObjectShape, mark: Mark) -> ModuleText:
        """Write a module whose function ``COMPLETE`` completes an abstract field's object."""
        title = f"{field.coordinate} where it is of type {shape.type_name}."
        self._source.line(docstring(title))
        name = self.complete(field, shape, mark, shape.type_name)
        return self._finish(f"{COMPLETE} = {name}")

    def _finish(self, last: str = "") -> ModuleText:
        """Write the functions that are left, and what stands below them."""
        while self._functions:
            write = self._functions.popleft()
            self._blank_lines()
            write()
        for name, (type_name, functions) in self._whole_tables.items():
            self._blank_lines()
            table_of = partial(self._dialect.type_table, type_name)
            with self._source.block(f"{name} = {self._module.bind('table_of', table_of)}("):
                with self._source.block("{"):
                    for each, function_name in functions.items():
                        self._source.line(f"{literal(each)}: {function_name},")
                self._source.line("}")
            self._source.line(")")
        if last:
            self._blank_lines()
            self._source.line(last)
        bound = {**self._module.bound, "MARKS": Marks(self._source.marks)}
        text, marks = self._source.text(), len(self._source.marks)
        objects = sum(len(each) if type(each) is tuple else 1 for each in bound.values())
        return ModuleText(text, bound, self._walks, _OBJECT * objects + _MARK * marks)

    def _blank_lines(self) -> None:
        self._source.line()
        self._source.line()

    def _scope(self, indices: tuple[str, ...], parent: str | None) -> FunctionScope:
        return FunctionScope(self._source, self._module, indices, parent)

    def _fields(self, scope: FunctionScope) -> FieldWriter:
        return FieldWriter(scope, self._planned.variables, self, inline=self._inline)

    def complete(self, field: FieldPlan, shape: Shape, mark: Mark, type_name: str = "") -> str:
        """Return the name of the function that completes a value; it is written later.

        A field that stands in several places of the response has one function for all of them.
        ``type_name`` tells the functions of an abstract type's objects apart.
        """
        return self._later("value", "complete", field, shape, mark, type_name)

    def finish(self, field: FieldPlan, shape: LeafShape) -> str:
        """Return the name of the function that completes the awaited values of a type's leaves.

        The work that was awaited knows where its error belongs.
        """
        key = ("finish", int(shape.nullable), shape.type.name)
        name = self._names.get(key)
        if name is None:
            suffix = "_or_null" if shape.nullable else ""
            name = self._module.give(f"finish_{shape.type.name[:TYPE]}{suffix}")
            self._names[key] = name
            self._functions.append(partial(self._finish_leaf, name, field, shape))
        return name

    def _finish_leaf(self, name: str, field: FieldPlan, shape: LeafShape) -> None:
        """Write a function that completes awaited values of a scalar or an enum."""
        with self._source.block(f"def {name}(execution, value, *indices):"):
            self._source.line(docstring(shape.type.name + ("" if shape.nullable else "!")))
            self._fields(self._scope((), "value")).value(field, shape, field.mark, RETURN)

    def batch(self, field: FieldPlan) -> tuple[str, str]:
        """Return the names of two functions: to call a batch resolver, to complete its values."""
        shape, mark = field.shape, field.mark
        call = self._later("call", "batch", field, shape, mark)
        return call, self._later("batch", "complete", field, shape, field.shared or mark)

    def _later(  # noqa: PLR0913, PLR0917  # a function's description, field by field
        self, kind: Kind, verb: str, field: FieldPlan, shape: Shape, mark: Mark, type_name: str = ""
    ) -> str:
        key = (kind, id(mark), type_name)  # the plan keeps the mark, so its id stays its own
        name = self._names.get(key)
        if name is None:
            name = self._names[key] = self._module.function(verb, field.coordinate, type_name)
            function = _Function(kind, name, field, shape, mark)
            self._functions.append(partial(self._function, function))
        return name

    def fill(self, part: SelectionPlan, scope: FunctionScope, *, serial: bool) -> str:
        """Return the name of the function that writes a part of a wide object's fields."""
        field = part.fields[0].field
        type_name = field.coordinate.partition(".")[0]
        name = self._module.give(f"fill_{snake_case(type_name)[:TYPE]}")
        numbered = len(scope.indices) - (PLACE in scope.indices)
        parameters = _indices(numbered, has_place=PLACE in scope.indices)

        def write() -> None:
            own = self._scope(parameters, scope.parent)
            parent = [scope.parent] if scope.parent else []
            fields = self._fields(own)
            arguments = ["execution", "entry", *parent, *parameters]
            with self._source.call_block(f"def {name}(", arguments, "):"):
                self._source.line(docstring(f"{type_name}: {len(part.fields)} of its fields"))
                fields.open_batches(part)
                self._guarded(own, field.mark, lambda: fields.fill(part, serial=serial))

        self._functions.append(write)
        return name

    def _function(self, function: _Function) -> None:
        shape = function.shape
        mark = function.mark
        indices = _indices(mark.index_count, has_place=mark.shared is not None)
        if function.kind == "call":
            with self._head(function, "parents"):
                self._return_read(self._scope((), "parents"), function.field)
        elif function.kind == "batch":
            self._batch(function, indices)
        elif isinstance(shape, ListShape):
            walk = None
            if self._inline:
                walk = walk_of(self._planned, shape, function.mark, self.batch)
            if walk is not None:
                self._walks[function.name] = walk
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

    def _return_read(self, scope: FunctionScope, field: FieldPlan) -> None:
        """Write the return of what a resolver gives: a batch, or a stream of events."""
        scope.write("return ", FieldReader(scope, self._planned.variables).read(field))

    def _batch(self, function: _Function, indices: tuple[str, ...]) -> None:
        """Write the function that completes the values of a batch, each in its place."""
        field, shape, source = function.field, function.shape, self._source
        scope = self._scope(indices, "value")
        fields = self._fields(scope)
        is_field = function.mark.path or not function.mark.shared
        key = key_text(field, scope) if is_field else f"{PLACE}.path[-1]"
        place = f"target[{key}] = "
        given = [PLACE] if function.mark.shared else []
        place_and_value = ", ".join(("target", *indices[len(given) :], "value"))
        with self._head(function, "places", *given):
            if isinstance(shape, ObjectShape):
                fields.open_batches(shape.selection)
            with source.block(f"for {place_and_value} in places:"):
                source.mark(function.mark)
                with source.block("try:"):
                    if shape.nullable and isinstance(shape, ObjectShape):
                        self._null_is("value", "continue")
                    fields.value(field, shape, function.mark, Into(place))
                with source.block("except Exception as error:"):
                    source.call("execution.reject(", ["error", *scope.indices])

    def _single(self, function: _Function, indices: tuple[str, ...]) -> None:
        shape = function.shape
        scope = self._scope(indices, "value")
        fields = self._fields(scope)
        if isinstance(shape, ObjectShape):
            fields.open_batches(shape.selection)

        def body() -> None:
            if isinstance(shape, AbstractShape) and isinstance(self._dialect, GraphQLCoreDialect):
                self._dispatch(function, shape, scope, self._dialect)
                return
            if isinstance(shape, ObjectShape):
                if shape.nullable:
                    self._null_is("value", "return None")
                if scope.is_in_list:  # else there is one
                    fields.take_room(str(fields_of(shape)))
            fields.value(function.field, shape, function.mark, RETURN)

        self._guarded(scope, function.mark, body)

    def _dispatch(
        self,
        function: _Function,
        shape: AbstractShape,
        scope: FunctionScope,
        dialect: GraphQLCoreDialect,
    ) -> None:
        """Write the call of the function for the type that graphql-core's functions find."""
        module, source = self._module, self._source
        if shape.nullable:
            self._null_is("value", "return None")
        table = self.table(function.field, shape, function.mark)
        finder = dialect.type_finder(shape.type_name, function.mark.coordinate)
        find = module.bind("find_type_" + shape.type_name[:TYPE], finder)
        info = FieldReader(scope, self._planned.variables).info(shape.position.info)
        source.line(f"type_name = {find}(value, {info})")
        with source.block("if not isinstance(type_name, str):"):
            place = module.runtime(place_by_type)
            source.line(f"return {place}(type_name, value, {table})")
        source.line(f"complete = {table}[type_name]")
        source.call("return complete(", ["execution", "value", *scope.indices])

    def table(self, field: FieldPlan, shape: AbstractShape, mark: Mark) -> str:
        """Name the table of the functions for the objects of an abstract type."""
        name = self._tables.get(id(mark))
        if name is not None:
            return name
        dialect, type_name = self._dialect, shape.type_name
        name = self._tables[id(mark)] = self._module.give("TYPES")
        if self._make_table is not None:
            functions = self._make_table(field, shape, mark)
            self._module.bound[name] = dialect.type_table(type_name, functions)
            return name
        plan_object = self._planned.planner.plan_object
        self._whole_tables[name] = (
            type_name,
            {
                each: self.complete(field, plan_object(shape, each), mark, each)
                for each in shape.names
            },
        )
        return name

    def _null_is(self, variable: str, *statements: str) -> None:
        with self._source.block(f"if {variable} is None:"):
            for statement in statements:
                self._source.line(statement)

    def _list(self, function: _Function, shape: ListShape, indices: tuple[str, ...]) -> None:
        source = self._source
        scope = self._scope((*indices, "len(result)"), "value")
        if shape.nullable:
            self._null_is("values", "return None")
        source.line("result = []")
        fields = self._fields(scope)
        if isinstance(shape.item, ObjectShape):
            fields.open_batches(shape.item.selection, together=not shape.item.nullable)
        known = self._known(shape.item)
        for object_ in known.values():
            fields.open_batches(object_.selection)
        least = min(map(fields_of, known.values()), default=1)
        items = f"{least} * len(result)" if least > 1 else "len(result)"
        more = scope.local("more") if known else ""
        if more:
            source.line(f"{more} = {-least}")  # a value that is not a list has no objects

        def body() -> None:
            self._measure(function, shape, fields)
            self._items(function, shape, scope, more)
            source.mark(function.mark)
            if more:
                fields.take_room(f"{items} + {more}")
            if scope.together:
                fields.add_together()
            source.line("return result")

        # the object that failed is not in the result
        cleanup = f"execution.room -= {items} + {least} + {more}" if more else ""
        if self._dialect.values_may_wait:
            cleanup = f"{self._module.runtime(close_rest)}(values, len(result))"
        self._guarded(scope, function.mark, body, cleanup)

    def _measure(self, function: _Function, shape: ListShape, fields: FieldWriter) -> None:
        """Write what makes sure that a value is a list, and takes the room of its items."""
        source, may_wait = self._source, self._dialect.values_may_wait
        item = shape.item
        # in graphql-core's dialect a function completes each object, and counts its fields
        counts = not (may_wait and isinstance(item, ObjectShape))
        weight = fields_of(item)
        if counts:
            with source.block("if type(values) is list:"):
                fields.take_room(f"{weight} * len(values)" if weight > 1 else "len(values)")
                if self._inline and not may_wait:
                    self._check_leaves(shape)
        with source.block("else:" if counts else "if type(values) is not list:"):
            key = ("list", function.field.coordinate if may_wait else "")
            make = self._dialect.list_converter(function.field.coordinate)
            to_list = self._module.bind_once(key, "to_list", lambda: make)
            source.line(f"values = {to_list}(values)")
            if may_wait:
                with source.block(f"if type(values) is {self._module.runtime(Later)}:"):
                    source.line(f"return values.then({function.name})")
            if counts:
                source.line(f"values = execution.measured(values, {weight})")

    def _check_leaves(self, shape: ListShape) -> None:
        """Write the return of a list of leaves that one call finds to be plain."""
        lists = [shape]
        while isinstance(item := lists[-1].item, ListShape):
            lists.append(item)
        if not isinstance(item, LeafShape) or item.type.name not in LEAVES:
            return
        type_: Any = LEAVES[item.type.name]
        for each in reversed(lists):
            item_type = type_ | None if each.item.nullable else type_
            type_ = list[item_type]  # type: ignore[valid-type]  # it is made for msgspec
        make = partial(list_checker, type_, len(lists))
        check = self._module.bind_once(("check", str(type_)), "check_leaves", make)
        is_long = f"if len(values) > {_SHORT}:"
        with self._source.block(is_long) if len(lists) == 1 else nullcontext():
            self._source.line(f"plain = {check}(execution, values)")
            with self._source.block("if plain is not None:"):
                self._source.line("return plain")

    def _known(self, shape: Shape) -> Mapping[type, ObjectShape]:
        """Return the objects of an abstract type that are written out in the loop of its list."""
        if isinstance(shape, AbstractShape) and self._inline and not self._dialect.values_may_wait:
            return self._planned.planner.known_objects(shape)
        return {}

    def _items(
        self, function: _Function, shape: ListShape, scope: FunctionScope, more: str
    ) -> None:
        """Write the loop over the items of a list."""
        source = self._source
        if more:
            source.line(f"{more} = 0")
        if scope.together:  # reading an item may change the list
            source.line("values = [*values]")
        with source.block("for value in values:"):
            source.mark(shape.mark)
            self._item(function, shape, scope, more)

    def _item(self, function: _Function, shape: ListShape, scope: FunctionScope, more: str) -> None:
        item = shape.item
        fields = self._fields(scope)

        def body() -> None:
            if isinstance(item, AbstractShape) and more:
                self._known_item(function, item, shape.mark, scope, more)
                return
            if not self._dialect.values_may_wait:
                fields.value(function.field, item, shape.mark, APPEND)
                return
            place = ("result", "len(result)")
            fields.complete_or_defer(function.field, item, shape.mark, "value", *place)
            self._source.line("result.append(value)")

        if not item.nullable:
            body()
            return
        if self._dialect.values_may_wait or isinstance(item, ObjectShape):
            self._null_is("value", "result.append(None)", "continue")
        scope.attempt(body, "result.append(None)")

    def _known_item(
        self,
        function: _Function,
        shape: AbstractShape,
        mark: Mark,
        scope: FunctionScope,
        more: str,
    ) -> None:
        """Write an object of an abstract type: by its class, and by a call for other classes.

        At its end the list takes room for items as if all were of the type with the fewest fields.
        The variable ``more`` is what has to be added to that: nothing for each item costs least.
        """
        variable, test = scope.local("class"), "if"
        known = self._known(shape)
        least = min(map(fields_of, known.values()))
        self._source.line(f"{variable} = value.__class__")
        for class_, object_ in known.items():
            model = self._module.model(object_.type_name, class_)
            with self._source.block(f"{test} {variable} is {model}:"):
                if fields_of(object_) > least:
                    self._source.line(f"{more} += {fields_of(object_) - least}")
                self._fields(scope.branch()).selection(object_.selection, APPEND)
            self._source.mark(mark)
            test = "elif"
        with self._source.block("else:"):
            self._source.line(f"{more} -= {least}")
            self._fields(scope).value(function.field, shape, mark, APPEND)

    def _guarded(
        self, scope: FunctionScope, mark: Mark, body: Callable[[], Any], cleanup: str = ""
    ) -> None:
        """Write the body of a function, and what cleans up and places the errors that leave it."""
        self._source.mark(mark)
        with self._source.block("try:"):
            body()
        with self._source.block("except Exception as error:"):
            if cleanup:
                self._source.line(cleanup)
            self._source.call("raise execution.locate(", ["error", *scope.indices])


def _indices(count: int, *, has_place: bool) -> tuple[str, ...]:
    """Name the parameters that give a value's place, and the indices of the lists above it."""
    indices = tuple(f"i{number}" for number in range(count))
    return (PLACE, *indices) if has_place else indices
