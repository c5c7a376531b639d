"""The text of one object's fields: read or resolve, complete, put in the answer."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Protocol

from trunkline.compiler.plan import (
    AbstractOf,
    Built,
    FieldPlan,
    Leaf,
    ListOf,
    ObjectOf,
    Refused,
    Selected,
    SelectionPlan,
    Shape,
    TypeName,
)
from trunkline.compiler.reading import Reader
from trunkline.compiler.rows import (
    ANY_WIDTH,
    PYTHON_TYPES,
    RANGES,
    ROW,
    Row,
    describe_leaf,
    is_plain,
    rows,
)
from trunkline.compiler.scope import Scope
from trunkline.runtime.leaves import PlainLeaf
from trunkline.runtime.marks import Mark
from trunkline.schema.bindings import (
    CoreDefault,
)

__all__ = ["FieldEmitter"]


class Functions(Protocol):
    """The functions of the module at hand, which are written later."""

    def complete(self, field: FieldPlan, shape: Shape, mark: Mark) -> str:
        """Name the function that completes a value."""
        ...

    def batch(self, field: FieldPlan) -> tuple[str, str]:
        """Name the functions that call a batch resolver and complete its values."""
        ...


class FieldEmitter:
    """Writes the fields of a selection into a scope.

    ``info`` is what introspection's resolvers are given; ``functions`` names the module's other
    functions; ``inline`` says that leaves are written out.
    """

    def __init__(self, scope: Scope, info: object, functions: Functions, *, inline: bool) -> None:
        self._inline = inline
        self._scope = scope
        self.reader = Reader(scope, info)
        self._source = scope.source
        self._binder = scope.binder
        self._functions = functions

    # -- the object -----------------------------------------------------------------------------

    def root(self, selection: SelectionPlan, *, serial: bool) -> None:
        """Write the root fields; a mutation that awaits gives way after each of them."""
        if not serial:
            self.selection(selection, "return {}")
            return
        self._prepare(selection)
        self._source.line("entry = execution.data = {}")
        if not selection.fields:
            self._source.line("yield")  # the function is a generator all the same
        for selected in selection.fields:
            self._into_entry(selected)
            self._source.line("yield  # the next field waits until this one is done")

    def selection(self, selection: SelectionPlan, use: str) -> None:
        """Write an object's fields, and ``use`` with the object in place of the braces."""
        self._prepare(selection)
        if any(self._needs_entry(selected) for selected in selection.fields):
            self._source.line("entry = {}")
            for row in rows(selection, ROW if self._inline else ANY_WIDTH):
                self._row_into_entry(row)
            self._source.line(use.replace("{}", "entry"))
            return
        values: list[tuple[str, str]] = []
        later: list[tuple[FieldPlan, str]] = []
        for row in rows(selection, ROW):
            variables = self._row(row) if len(row) > 1 else [self._value(row[0].field)]
            keys = [self.key(selected.field.key, selected.field.name) for selected in row]
            values += zip(keys, variables, strict=True)
            if row[0].field.is_later:
                later.append((row[0].field, keys[0]))
        self._literal(values, "entry = {}" if later else use)
        for field, key in later:
            self._leave_for_later(field, key)
        if later:
            self._source.line(use.replace("{}", "entry"))

    def _prepare(self, selection: SelectionPlan) -> None:
        """Write what comes before an object's fields."""
        self._refuse_nulls(selection)
        if any(isinstance(selected.field.binding, CoreDefault) for selected in selection.fields):
            getter = self._binder.runtime("getter")
            self._source.line(f"get = {getter}({self._scope.parent})")

    def _needs_entry(self, selected: Selected) -> bool:
        """Say whether the object must be there before the field's value is."""
        is_row = not self._inline and is_plain(selected)
        return bool(selected.condition) or selected.field.may_be_later or is_row

    def _row_into_entry(self, row: Row) -> None:
        if self._inline or not is_plain(row[0]):
            for selected in row:
                self._into_entry(selected)
            return
        arguments = ["execution", "entry", self._leaves(row), self._scope.parent or "None"]
        add_leaves = self._binder.leaves_adder()
        self._source.call(f"{add_leaves}(", [*arguments, *self._scope.indices])

    def _row(self, row: Row) -> list[str]:
        """Write several plain leaves under one `try`; return the variables that hold them."""
        variables = [self._scope.local(selected.field.name) for selected in row]

        def read_and_complete() -> None:
            for selected, variable in zip(row, variables, strict=True):
                self._read_and_complete(selected.field, variable)

        if not any(selected.field.shape.nullable for selected in row):
            read_and_complete()
            return variables
        with self._source.block("try:"):
            read_and_complete()
        with self._source.block("except Exception as error:"):
            arguments = ["execution", "error", self._leaves(row), self._scope.parent or "None"]
            call = f"{', '.join(variables)} = {self._binder.rereader()}("
            self._source.call(call, [*arguments, *self._scope.indices])
        return variables

    def _leaves(self, row: Row) -> str:
        """Bind the description of a row."""
        return self._binder.constant("LEAVES", tuple(self._plain_leaf(each.field) for each in row))

    def _plain_leaf(self, field: FieldPlan) -> PlainLeaf:
        shape = field.shape
        assert isinstance(shape, Leaf)  # noqa: S101  # that is what makes it one
        complete: Any = self._binder.bound[self._binder.leaf(shape.type, nullable=shape.nullable)]
        return describe_leaf(field, complete)

    def _refuse_nulls(self, selection: SelectionPlan) -> None:
        """Write what refuses a null that decides whether a field is included."""
        refuse = "refuse_null_condition"
        for index, node, condition in selection.unsure:
            name = self._binder.constant("VARIABLE", node)
            call = f"{self._binder.runtime(refuse)}(execution.variables[{index}], {name})"
            tests = self._scope.condition(condition)
            if not tests:
                self._source.line(call)
                continue
            with self._source.all_of(tests):
                self._source.line(call)

    def check_object(self, shape: ObjectOf, variable: str) -> None:
        """Write the test that a value can be an object of its type."""
        check = self._binder.check(shape.type_name, shape.model)
        call = f"{variable} = {check}({variable})"
        if shape.model is None:
            self._source.line(call)
            return
        model = self._binder.model(shape.type_name, shape.model)
        with self._source.block(f"if type({variable}) is not {model}:"):
            self._source.line(call)

    def key(self, key: str, name: str) -> str:
        """Write a response key: the schema's own names as text, a request's aliases bound."""
        if key != name:
            return self._binder.constant("ALIAS", key)
        return self._binder.text("KEY", key)

    def _literal(self, values: list[tuple[str, str]], use: str) -> None:
        before, after = use.split("{}")
        nested = before.endswith("(")
        if not values:
            self._source.line(before + "{}" + after)
            return
        if nested:
            with self._source.block(before):
                self._dict(values)
            self._source.line(after)
        else:
            self._dict(values, before)

    def _dict(self, values: list[tuple[str, str]], before: str = "") -> None:
        with self._source.block(before + "{"):
            for key, value in values:
                self._source.line(f"{key}: {value},")
        self._source.line("}")

    def _into_entry(self, selected: Selected) -> None:
        """Write a field whose place in the answer depends on variables, or whose value on time."""
        field = selected.field
        key = self.key(field.key, field.name)
        tests = self._scope.condition(selected.condition)
        if selected.again:
            tests.append(f"{key} not in entry")
        if tests:
            with self._source.all_of(tests):
                self._store(field, key)
        else:
            self._store(field, key)

    def _store(self, field: FieldPlan, key: str) -> None:
        if field.may_be_later:
            self._complete_or_defer(field, key)
            return
        self._source.line(f"entry[{key}] = {self._value(field)}")
        if field.is_later:
            self._leave_for_later(field, key)

    def _leave_for_later(self, field: FieldPlan, key: str) -> None:
        if field.is_batch:
            self._add_to_batch(field)
        else:
            self._defer(field, key)

    # -- one field ------------------------------------------------------------------------------

    def _value(self, field: FieldPlan) -> str:
        """Write the statements that give a field's value; return the expression that holds it."""
        if isinstance(field.binding, TypeName):
            return self._binder.text("TYPE", field.binding.name)
        if field.is_later:
            return "None"  # what stands in the place until then
        variable = self._scope.local(field.name)
        if not field.shape.nullable:
            self._read_and_complete(field, variable)
            return variable
        self._source.mark(field.mark)
        self._scope.attempt(lambda: self._read_and_complete(field, variable), f"{variable} = None")
        return variable

    def _read_and_complete(self, field: FieldPlan, variable: str) -> None:
        self._source.mark(field.mark)
        self.reader.check_arguments(field)
        head, arguments = self.reader.read(field)
        if head.endswith("("):
            self._source.call(f"{variable} = {head}", arguments)
        else:
            self._source.line(f"{variable} = {head}")
        if isinstance(field.binding, Refused):
            return  # there is no value
        self.complete(field, field.shape, field.mark, variable)

    def _defer(self, field: FieldPlan, key: str) -> None:
        """Write a field that is awaited: call its resolver now, complete its value later."""
        self._source.mark(field.mark)
        complete = self._completer(field, field.shape, field.mark)
        mark = self._binder.mark(field.mark)

        def defer() -> None:
            head, arguments = self.reader.read(field)
            self._source.call("awaitable = " + head, arguments)
            self._source.call(
                "execution.agenda.defer(",
                ["awaitable", complete, "entry", key, mark, *self._scope.indices],
            )

        if field.shape.nullable:
            self._scope.attempt(defer)
        else:
            defer()

    def _completer(self, field: FieldPlan, shape: Shape, mark: Mark) -> str:
        """Name what completes a value that is there later."""
        if isinstance(shape, Leaf):
            return self._binder.later_leaf(shape.type, nullable=shape.nullable)
        return self._functions.complete(field, shape, mark)

    def _complete_or_defer(self, field: FieldPlan, key: str) -> None:
        """Write a field of graphql-core's, whose value tells only now whether it is awaited."""
        self._source.mark(field.mark)
        variable = self._scope.local(field.name)

        def read_and_place() -> None:
            if isinstance(field.binding, CoreDefault) and isinstance(field.arguments, Built):
                build = self._binder.builder(field.arguments.build)
                self._source.line(f"arguments = {build}(execution.variables)")
            head, arguments = self.reader.read(field)
            self._source.call(f"{variable} = {head}", arguments)
            self.complete_or_defer(field, field.shape, field.mark, variable, "entry", key)

        if field.shape.nullable:
            self._scope.attempt(read_and_place, f"{variable} = None")
        else:
            read_and_place()
        self._source.line(f"entry[{key}] = {variable}")

    def complete_or_defer(  # noqa: PLR0913, PLR0917  # a value, what it is, and where it goes
        self, field: FieldPlan, shape: Shape, mark: Mark, variable: str, entry: str, key: str
    ) -> None:
        """Write what makes the raw value in a variable the answer's, or leaves it for later."""
        if isinstance(shape, Leaf) and shape.type.name in PYTHON_TYPES:
            with self._unless_plain(shape, variable):
                self._call_and_place(field, shape, mark, variable, entry, key)
        else:
            self._call_and_place(field, shape, mark, variable, entry, key)

    def _call_and_place(  # noqa: PLR0913, PLR0917  # as above
        self, field: FieldPlan, shape: Shape, mark: Mark, variable: str, entry: str, key: str
    ) -> None:
        if isinstance(field.binding, CoreDefault) and entry == "entry":
            with self._source.block(f"if callable({variable}):"):
                self._call_default(field, variable)
        place = [entry, key, self._binder.mark(mark), *self._scope.indices]
        with self._source.block(f"if {self._binder.is_awaitable(variable)}:"):
            complete = self._completer(field, shape, mark)
            call = f"{variable} = execution.agenda.defer("
            self._source.call(call, [variable, complete, *place])
        with self._source.block("else:"):
            self._complete_called(field, shape, mark, variable)
            if isinstance(shape, (AbstractOf, ListOf)):
                with self._source.block(f"if type({variable}) is {self._binder.later()}:"):
                    call = f"{variable} = execution.agenda.place("
                    self._source.call(call, [variable, *place])

    def _call_default(self, field: FieldPlan, variable: str) -> None:
        """Write the call of what the default resolver found, with the arguments of the field."""
        info = self.reader.info(field.facts)
        if isinstance(field.arguments, Built):
            self._source.line(f"{variable} = {variable}({info}, **arguments)")
        else:
            self._source.call(f"{variable} = {variable}(", [info, *self.reader.arguments(field)])

    def _complete_called(self, field: FieldPlan, shape: Shape, mark: Mark, variable: str) -> None:
        if isinstance(shape, Leaf):
            complete = self._binder.leaf(shape.type, nullable=shape.nullable)
            self._source.call(f"{variable} = {complete}(", [variable])
        else:
            self.complete(field, shape, mark, variable)

    def open_batches(self, selection: SelectionPlan) -> None:
        """Write the lists that take the parents of a selection's batch fields."""
        for selected in selection.fields:
            field = selected.field
            if not field.is_batch or id(field.mark) in self._scope.batches:
                continue
            name = self._scope.local(field.name, "_parents")
            self._scope.batches[id(field.mark)] = name
            call, complete = self._functions.batch(field)
            mark = self._binder.mark(field.mark)
            self._source.call(f"{name} = execution.agenda.batch(", [call, complete, mark])

    def _add_to_batch(self, field: FieldPlan) -> None:
        parents = self._scope.batches[id(field.mark)]
        item = ", ".join([self._scope.parent or "None", "entry", *self._scope.indices])
        self._source.call(f"{parents}.extend(", [f"({item})"])

    def returned(self, field: FieldPlan) -> None:
        """Write the return of what a resolver gives: a batch, or a stream of events."""
        head, arguments = self.reader.read(field)
        self._source.call(f"return {head}", arguments)

    # -- its value ------------------------------------------------------------------------------

    def complete(self, field: FieldPlan, shape: Shape, mark: Mark, variable: str) -> None:
        """Write what turns the raw value in a variable into the answer's."""
        if isinstance(shape, Leaf):
            self._leaf(shape, variable)
            return
        complete = self._functions.complete(field, shape, mark)
        self._source.call(
            f"{variable} = {complete}(", ["execution", variable, *self._scope.indices]
        )

    def _leaf(self, shape: Leaf, variable: str) -> None:
        complete = self._binder.leaf(shape.type, nullable=shape.nullable)
        if shape.type.name not in PYTHON_TYPES:
            self._source.call(f"{variable} = {complete}(", [variable])
            return
        with self._unless_plain(shape, variable):
            self._source.call(f"{variable} = {complete}(", [variable])

    def _unless_plain(self, shape: Leaf, variable: str) -> AbstractContextManager[None]:
        """Open a block that is entered where a value is not what the response shows already."""
        name = shape.type.name
        is_other = f"type({variable}) is not {PYTHON_TYPES[name].__name__}"
        if name in RANGES:
            return self._source.any_of([is_other, RANGES[name].format(variable)])
        if shape.nullable:
            return self._source.all_of([f"{variable} is not None", is_other])
        return self._source.all_of([is_other])
