"""The text of one object's fields: read or resolve, complete, put in the response."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from itertools import repeat
from typing import NamedTuple, Protocol

from trunkline.compiler.inline import InlineLeaf, runs_code
from trunkline.compiler.leaves import (
    ANY_WIDTH,
    ROW,
    Row,
    describe_leaf,
    is_plain,
    key_text,
    rows,
)
from trunkline.compiler.namespace import PLACE, TYPE, CallText, FunctionScope
from trunkline.compiler.plan import (
    AbstractShape,
    BuiltArguments,
    FieldPlan,
    LeafShape,
    ListShape,
    ObjectShape,
    PlacedField,
    Refused,
    SelectionPlan,
    Shape,
    TypeName,
    fields_of,
)
from trunkline.compiler.reading import FieldReader, program_code
from trunkline.runtime.positions import Mark, NoRoomError
from trunkline.runtime.values import (
    PlainLeaf,
    add_leaves,
    getter,
    object_checker,
    refuse_null_condition,
    reread,
)
from trunkline.runtime.variables import Variables
from trunkline.runtime.work import Later
from trunkline.schema.bindings import Attribute, CoreDefault

__all__ = ["APPEND", "RETURN", "FieldWriter", "Functions", "Into"]


_ITEM = 12  # columns before the fields of a list's items
# Within the object that a function is about, other objects are written out: how deep, of how many
# fields, and up to how many lines of the function, which Python compiles in one go.
_NESTED = 2
_PART = 20
_LINES = 300


class Into(NamedTuple):
    """A statement that takes an object: what stands before it, and behind it."""

    before: str
    after: str = ""


RETURN = Into("return ")
APPEND = Into("result.append(", ")")


class Functions(Protocol):
    """The functions of the module at hand, which are written later."""

    def complete(self, field: FieldPlan, shape: Shape, mark: Mark) -> str:
        """Name the function that completes a value."""
        ...

    def finish(self, field: FieldPlan, shape: LeafShape) -> str:
        """Name the function that completes a leaf's value that was awaited."""
        ...

    def table(self, field: FieldPlan, shape: AbstractShape, mark: Mark) -> str:
        """Name the table of the functions for the objects of an abstract type."""
        ...

    def batch(self, field: FieldPlan) -> tuple[str, str]:
        """Name the functions that call a batch resolver and complete its values."""
        ...

    def fill(self, part: SelectionPlan, scope: FunctionScope, *, serial: bool) -> str:
        """Name the function that writes a part of a wide object's fields; ``scope`` calls it."""
        ...


class FieldWriter:
    """Writes the fields of a selection into a function.

    ``variables`` are the operation's; ``functions`` names the module's other functions; ``inline``
    means that leaves are written out.
    """

    def __init__(
        self, scope: FunctionScope, variables: Variables, functions: Functions, *, inline: bool
    ) -> None:
        self._inline = inline
        self._scope = scope
        self._variables = variables
        self._reader = FieldReader(scope, variables)
        self._source = scope.source
        self._module = scope.module
        self._functions = functions
        self._repeated: set[str] = set()  # keys that stand in several places of the object

    # -- the object -----------------------------------------------------------------------------

    def root(self, selection: SelectionPlan, *, serial: bool) -> None:
        """Write the root fields; a mutation that awaits pauses after each of them."""
        if not serial:
            self.selection(selection, RETURN)
            return
        self._refuse_nulls(selection)
        self._source.line("entry = execution.data = {}")
        if not selection.fields:
            self._source.line("yield")  # so that the function is a generator
        self._into_entry(selection, serial=True)

    def selection(self, selection: SelectionPlan, into: Into) -> None:
        """Write an object's fields, and the statement that takes the object."""
        self._refuse_nulls(selection)
        if self._is_wide(selection) or any(map(self._needs_entry, selection.fields)):
            self._source.line("entry = {}")
            self._into_entry(selection)
            self._source.line(f"{into.before}entry{into.after}")
            return
        self._prepare(selection)
        values: list[tuple[str, str]] = []
        later: list[tuple[FieldPlan, str]] = []
        for row in rows(selection, self._width()):
            variables = self._row(row) if len(row) > 1 else [self._value(row[0].field)]
            keys = [key_text(placed.field, self._scope) for placed in row]
            values += zip(keys, variables, strict=True)
            field = row[0].field
            if field.is_later and not (field.is_batch and self._scope.together):
                later.append((field, keys[0]))
        if not later:
            self._dict(values, into)
            return
        self._dict(values, Into("entry = "))
        for field, key in later:
            self._leave_for_later(field, key)
        self._source.line(f"{into.before}entry{into.after}")

    def _into_entry(self, selection: SelectionPlan, *, serial: bool = False) -> None:
        """Write an object's fields, each into its place; those of a wide object by calls."""
        if not self._is_wide(selection):
            self.fill(selection, serial=serial)
            return
        parent = [self._scope.parent] if self._scope.parent else []
        most = self._module.dialect.widest
        for begin in range(0, len(selection.fields), most):
            part = SelectionPlan([], selection.fields[begin : begin + most])
            fill = self._functions.fill(part, self._scope, serial=serial)
            before = "yield from " if serial else ""
            self._source.call(
                f"{before}{fill}(", ["execution", "entry", *parent, *self._scope.indices]
            )

    def _is_wide(self, selection: SelectionPlan) -> bool:
        return len(selection.fields) > self._module.dialect.widest

    def fill(self, selection: SelectionPlan, *, serial: bool) -> None:
        """Write fields into ``entry``, which is there."""
        self._prepare(selection)
        if serial:
            for placed in selection.fields:
                self._place(placed)
                self._source.line("yield  # the next field waits until this one is done")
            return
        self._repeated = {placed.field.key for placed in selection.fields if placed.again}
        for row in rows(selection, self._width() if self._inline else ANY_WIDTH):
            if self._inline or not is_plain(row[0]):
                for placed in row:
                    self._place(placed)
            else:
                call = CallText(self._module.runtime(add_leaves), ["entry", self._leaves(row)])
                self._call_for_row("", call)

    def _refuse_nulls(self, selection: SelectionPlan) -> None:
        """Write the tests of what `@skip` and `@include` are told by variables."""
        for index, node, condition in selection.unsure:
            name = self._module.bind("VARIABLE", node)
            refuse = self._module.runtime(refuse_null_condition)
            call = f"{refuse}(execution.variables[{index}], {name})"
            tests = self._scope.condition(condition)
            if not tests:
                self._source.line(call)
                continue
            with self._source.all_of(tests):
                self._source.line(call)

    def _prepare(self, selection: SelectionPlan) -> None:
        """Write what fields need that are looked up in an object of undeclared type."""
        if any(isinstance(placed.field.binding, CoreDefault) for placed in selection.fields):
            self._source.line(f"get = {self._module.runtime(getter)}({self._scope.parent})")

    def _width(self) -> int:
        """Return how many characters the names in a row may have, as deep as the text is now."""
        return ROW - max(0, self._source.indentation - _ITEM)

    def _needs_entry(self, placed: PlacedField) -> bool:
        """Return whether the object must be there before the field's value is."""
        is_row = not self._inline and is_plain(placed)
        return bool(placed.condition) or placed.field.may_be_later or is_row

    def _row(self, row: Row) -> list[str]:
        """Write several plain leaves under one `try`; return the variables that hold them."""
        variables = [self._scope.local(placed.field.name) for placed in row]

        def read_and_complete() -> None:
            for placed, variable in zip(row, variables, strict=True):
                self._read_and_complete(placed.field, variable)

        if not any(placed.field.shape.nullable for placed in row):
            read_and_complete()
            return variables
        with self._source.block("try:"):
            read_and_complete()
        with self._source.block("except Exception as error:"):
            leaves = self._leaves(row, variables)
            call = CallText(self._module.runtime(reread), ["error", leaves])
            self._call_for_row(f"{', '.join(variables)} = ", call)
        return variables

    def _call_for_row(self, before: str, call: CallText) -> None:
        parent = self._scope.parent or "None"
        arguments = ["execution", *call.arguments, parent, *self._scope.indices]
        self._scope.write(before, CallText(call.function, arguments))

    def _leaves(self, row: Row, variables: Iterable[str] = repeat("")) -> str:
        """Bind the description of a row; ``variables`` hold its values, if it is written out."""

        def describe(field: FieldPlan, variable: str) -> PlainLeaf:
            shape = field.shape
            assert isinstance(shape, LeafShape)  # noqa: S101  # a row has plain leaves only
            complete = self._module.completer(shape.type, nullable=shape.nullable)
            return describe_leaf(field, complete, variable)

        fields = (placed.field for placed in row)
        return self._module.bind("LEAVES", tuple(map(describe, fields, variables)))

    def take_room(self, count: str) -> None:
        """Write what bounds the response; inline, because a call costs more than a short list."""
        self._source.line(f"execution.room -= {count}")
        with self._source.block("if execution.room < 0:"):
            self._source.line(f"raise {self._module.runtime(NoRoomError)}")

    def _is_part(self, field: FieldPlan, shape: ObjectShape) -> bool:
        """Return whether an object is written out where the one around it is, in a list's loop.

        Else it has a function.
        """
        selection = shape.selection
        return (
            self._inline
            and field.shared is None
            and self._scope.is_in_list
            and self._scope.depth < _NESTED
            and self._scope.lines < _LINES
            and len(selection.fields) <= _PART
            and field.key not in self._repeated
            and not self._module.dialect.values_may_wait
            and not selection.unsure
            and not any(
                self._needs_entry(placed) or placed.field.is_later for placed in selection.fields
            )
        )

    def _write_part(self, shape: ObjectShape, variable: str) -> None:
        within = FieldWriter(
            self._scope.below(variable), self._variables, self._functions, inline=True
        )
        is_there = f"if {variable} is not None:"
        with self._source.block(is_there) if shape.nullable else nullcontext():
            self._check_object(shape, variable)
            self.take_room(str(fields_of(shape)))
            within.selection(shape.selection, Into(f"{variable} = "))

    def _check_object(self, shape: ObjectShape, variable: str) -> None:
        """Write the test that a value can be an object of its type."""
        check = self._module.bind_once(
            ("check", shape.type_name),
            "check_" + shape.type_name[:TYPE],
            lambda: object_checker(shape.type_name, shape.model),
        )
        call = f"{variable} = {check}({variable})"
        if shape.model is None:
            self._source.line(call)
            return
        model = self._module.model(shape.type_name, shape.model)
        with self._source.block(f"if {variable}.__class__ is not {model}:"):
            self._source.line(call)

    def _dict(self, values: list[tuple[str, str]], into: Into) -> None:
        """Write an object as a literal."""
        if not values:
            self._source.line(f"{into.before}{{}}{into.after}")
        elif into.after:
            with self._source.block(into.before):
                self._dict(values, Into(""))
            self._source.line(into.after)
        else:
            with self._source.block(into.before + "{"):
                for key, value in values:
                    self._source.line(f"{key}: {value},")
            self._source.line("}")

    def _place(self, placed: PlacedField) -> None:
        """Write a field whose place depends on variables, or whose value may be awaited."""
        key = key_text(placed.field, self._scope)
        tests = self._scope.condition(placed.condition)
        if placed.again:
            tests.append(f"{key} not in entry")
        if tests:
            with self._source.all_of(tests):
                self._store(placed.field, key)
        else:
            self._store(placed.field, key)

    def _store(self, field: FieldPlan, key: str) -> None:
        if field.may_be_later:
            self._read_or_defer(field, key)
            return
        self._source.line(f"entry[{key}] = {self._value(field)}")
        if field.is_later:
            self._leave_for_later(field, key)

    def _leave_for_later(self, field: FieldPlan, key: str) -> None:
        if not field.is_batch:
            self._defer(field, key)
            return
        parents = self._scope.batches[id(field.mark)]
        indices = [each for each in self._scope.indices if each != PLACE]
        item = [self._scope.parent or "None", "entry", *indices]
        self._source.call(f"{parents}.flat += (", item)  # as a method call, it would take longer

    def open_batches(self, selection: SelectionPlan, *, together: bool = False) -> None:
        """Write what takes the parents of a selection's batch fields.

        ``together`` if all items of a list are parents, and none comes under a condition. The
        functions that fill in a wide object's fields have their own.
        """
        if self._is_wide(selection):
            return
        for placed in selection.fields:
            field = placed.field
            if not field.is_batch or id(field.mark) in self._scope.batches:
                continue
            name = self._scope.local(field.name, "_batch")
            self._scope.batches[id(field.mark)] = name
            call, complete = self._functions.batch(field)
            mark, indices = self._position(field, field.mark)
            place = [self._module.mark(mark), *indices[: mark.shared is not None]]
            self._source.call(f"{name} = execution.agenda.batch(", [call, complete, *place])
        needs_entry = any(map(self._needs_entry, selection.fields))
        self._scope.together = together and bool(self._scope.batches) and not needs_entry

    def add_together(self) -> None:
        """Write what gives a list's items to the batches of their fields."""
        indices = [each for each in self._scope.indices[:-1] if each != PLACE]
        for batch in self._scope.batches.values():
            self._source.call(f"{batch}.add_list(", ["values", "result", *indices])

    def _position(self, field: FieldPlan, mark: Mark) -> tuple[Mark, list[str]]:
        """Return the mark of a value's functions, and the indices that they are called with."""
        indices = [*self._scope.indices]
        if field.shared is None or mark is not field.mark:
            return mark, indices
        return field.shared, [self._module.mark(mark), *indices]

    # -- one field ------------------------------------------------------------------------------

    def _value(self, field: FieldPlan) -> str:
        """Write the statements that give a field's value; return the expression that holds it."""
        if isinstance(field.binding, TypeName):
            return self._module.text("TYPE", field.binding.name)
        if field.is_later:
            return "None"  # until the value is there
        variable = self._scope.local(field.name)
        if not field.shape.nullable:
            self._read_and_complete(field, variable)
            return variable
        self._source.mark(field.mark)
        self._scope.attempt(lambda: self._read_and_complete(field, variable), f"{variable} = None")
        return variable

    def _read_and_complete(self, field: FieldPlan, variable: str) -> None:
        self._source.mark(field.mark)
        self._reader.check_arguments(field)
        code = program_code(field)

        def read() -> None:
            self._reader.read_into(variable, field)

        if code is not None:
            self._ask(variable, *code, self._scope.parent or "None", read)
        else:
            read()
        if not isinstance(field.binding, Refused):  # which gives no value
            self.complete(field, field.shape, field.mark, variable)

    def _defer(self, field: FieldPlan, key: str) -> None:
        """Write a field that is awaited: call its resolver now, complete its value later."""
        self._source.mark(field.mark)
        mark, indices = self._position(field, field.mark)
        complete = self._completer(field, field.shape, mark)
        place = [self._module.mark(mark), *indices]

        def defer() -> None:
            self._scope.write("awaitable = ", self._reader.read(field))
            arguments = ["awaitable", complete, "entry", key, *place]
            self._source.call("execution.agenda.defer(", arguments)

        if field.shape.nullable:
            self._scope.attempt(defer)
        else:
            defer()

    def _read_or_defer(self, field: FieldPlan, key: str) -> None:
        """Write a field of the graphql-core dialect, whose value may turn out to be awaited."""
        self._source.mark(field.mark)
        variable = self._scope.local(field.name)

        def read_and_place() -> None:
            if isinstance(field.binding, CoreDefault) and isinstance(
                field.arguments, BuiltArguments
            ):
                self._source.line(f"arguments = {self._reader.built(field.arguments)}")
            self._scope.write(f"{variable} = ", self._reader.read(field))
            self.complete_or_defer(field, field.shape, field.mark, variable, "entry", key)

        if field.shape.nullable:
            self._scope.attempt(read_and_place, f"{variable} = None")
        else:
            read_and_place()
        self._source.line(f"entry[{key}] = {variable}")

    def complete_or_defer(  # noqa: PLR0913, PLR0917  # a value, what it is, and where it goes
        self, field: FieldPlan, shape: Shape, mark: Mark, variable: str, entry: str, key: str
    ) -> None:
        """Write what makes the raw value in a variable the response's, or leaves it for later."""
        self._unless_plain(
            shape,
            variable,
            lambda: self._call_and_place(field, shape, mark, variable, entry, key),
        )

    def _call_and_place(  # noqa: PLR0913, PLR0917  # as above
        self, field: FieldPlan, shape: Shape, mark: Mark, variable: str, entry: str, key: str
    ) -> None:
        if isinstance(field.binding, CoreDefault) and entry == "entry":
            with self._source.block(f"if callable({variable}):"):
                arguments = ["**arguments"]
                info = self._reader.info(field.info)
                if not isinstance(field.arguments, BuiltArguments):
                    arguments = self._reader.arguments(field)
                self._source.call(f"{variable} = {variable}(", [info, *arguments])
        below, indices = self._position(field, mark)
        place = [entry, key, self._module.mark(below), *indices]
        tests = [self._module.is_awaitable(variable)]
        if self._module.dialect.is_awaitable is None and not isinstance(shape, ListShape):
            tests.append(self._module.is_generator_awaitable(variable))
        with self._source.any_of(tests):
            complete = self._completer(field, shape, below)
            call = f"{variable} = execution.agenda.defer("
            self._source.call(call, [variable, complete, *place])
        with self._source.block("else:"):
            self._call_completer(field, shape, mark, variable)
            if isinstance(shape, (AbstractShape, ListShape)):
                with self._source.block(f"if type({variable}) is {self._module.runtime(Later)}:"):
                    call = f"{variable} = execution.agenda.place("
                    self._source.call(call, [variable, *place])

    def _completer(self, field: FieldPlan, shape: Shape, mark: Mark) -> str:
        """Name the function that completes a value later."""
        if isinstance(shape, LeafShape):
            return self._functions.finish(field, shape)
        return self._functions.complete(field, shape, mark)

    def value(self, field: FieldPlan, shape: Shape, mark: Mark, into: Into) -> None:
        """Write what completes the variable ``value``, and the statement that takes the result."""
        if isinstance(shape, ObjectShape):
            self._check_object(shape, "value")
            self.selection(shape.selection, into)
        else:
            self.complete(field, shape, mark, "value")
            self._source.line(f"{into.before}value{into.after}")

    def complete(self, field: FieldPlan, shape: Shape, mark: Mark, variable: str) -> None:
        """Write what turns the raw value in a variable into the response's."""
        if isinstance(shape, ObjectShape) and self._is_part(field, shape):
            self._write_part(shape, variable)
            return
        self._unless_plain(
            shape,
            variable,
            lambda: self._call_completer(field, shape, mark, variable),
            field.binding.id_class if isinstance(field.binding, Attribute) else None,
        )

    def _call_completer(self, field: FieldPlan, shape: Shape, mark: Mark, variable: str) -> None:
        arguments = [variable]
        if isinstance(shape, LeafShape):
            complete = self._module.leaf(shape.type, nullable=shape.nullable)
        else:
            below, indices = self._position(field, mark)
            if isinstance(shape, AbstractShape) and not self._module.dialect.values_may_wait:
                table = self._functions.table(field, shape, below)
                complete = f"{table}[{variable}.__class__]"
            else:
                complete = self._functions.complete(field, shape, below)
            arguments = ["execution", variable, *indices]

        def call() -> None:
            self._source.call(f"{variable} = {complete}(", arguments)

        if isinstance(shape, LeafShape) and runs_code(shape.type):
            function = self._module.bound[complete]
            self._ask(variable, shape.type.name, function, variable, call)
        else:
            call()

    def _ask(
        self, variable: str, what: str, function: object, argument: str, call: Callable[[], None]
    ) -> None:
        """Write a call of the program's code, which native code may have made before a doubt."""
        if not self._inline or not self._scope.is_in_list or self._module.dialect.values_may_wait:
            call()
            return
        with self._source.block("if execution.given:"):
            ask = self._module.bind("ASK", function)
            arguments = [self._module.text("WHAT", what), ask, argument]
            self._source.call(f"{variable} = execution.ask(", arguments)
        with self._source.block("else:"):
            call()

    def _unless_plain(
        self,
        shape: Shape,
        variable: str,
        otherwise: Callable[[], None],
        id_class: type | None = None,
    ) -> None:
        """Write what completes the common value of a leaf; ``otherwise`` completes any other.

        ``id_class`` is the class that an id is expected to be of.
        """
        source = self._source
        is_there = f"{variable} is not None"
        if not isinstance(shape, LeafShape):
            is_null = shape.nullable and isinstance(shape, AbstractShape)
            with source.block(f"if {is_there}:") if is_null else nullcontext():
                otherwise()
            return
        leaf = self._module.inline_leaf(shape.type, variable, id_class)
        if shape.nullable and leaf is not None and len(leaf.other) == 1 and not leaf.written:
            with source.all_of([is_there, *leaf.other]):
                self._of_int(leaf, variable, otherwise)
            return
        with source.block(f"if {is_there}:") if shape.nullable else nullcontext():
            if leaf is None:
                otherwise()
                return
            with source.any_of([*leaf.other]):
                self._of_int(leaf, variable, otherwise)
            if not leaf.written:
                return
            tests = ["not execution.takes_json", *(leaf.unlike or ())]
            with source.block("else:") if leaf.unlike is None else source.any_of(tests, "elif"):
                source.line(f"{variable} = {leaf.written}")

    def _of_int(self, leaf: InlineLeaf, variable: str, otherwise: Callable[[], None]) -> None:
        if not leaf.of_int:
            otherwise()
            return
        with self._source.block(f"if type({variable}) is int:"):
            self._source.line(f"{variable} = {leaf.of_int}")
        with self._source.block("else:"):
            otherwise()
