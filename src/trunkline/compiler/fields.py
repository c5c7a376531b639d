"""The text of one object's fields: read or resolve, complete, put in the answer."""

from __future__ import annotations

from keyword import iskeyword
from typing import Protocol

from trunkline.compiler.plan import (
    Built,
    Constant,
    FieldPlan,
    Leaf,
    ObjectOf,
    Selected,
    SelectionPlan,
    Shape,
    TypeName,
    Variable,
)
from trunkline.compiler.scope import Scope
from trunkline.runtime.marks import Mark
from trunkline.schema.bindings import Attribute, CoreResolver, Key, Lookup, Resolver
from trunkline.text.literals import literal

__all__ = ["FieldEmitter"]

_PYTHON_TYPES = {"String": "str", "ID": "str", "Boolean": "bool", "Int": "int", "Float": "float"}
"""The Python type of a scalar's value that needs no conversion."""

_RANGES = {"Int": "{0}.bit_length() > 31", "Float": "{0} - {0} != 0.0"}
"""Where the value counts too: more than 32 bits; infinite, for infinity less infinity is no number
(the smallest Int, which has 32 bits, is let pass by the function that is called then)."""


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

    ``info`` is what resolvers in graphql-core's form are given; ``functions`` names the module's
    other functions.
    """

    def __init__(self, scope: Scope, info: object, functions: Functions) -> None:
        self._scope = scope
        self._info = info
        self._source = scope.source
        self._binder = scope.binder
        self._functions = functions

    # -- the object -----------------------------------------------------------------------------

    def root(self, selection: SelectionPlan, *, serial: bool) -> None:
        """Write the root fields; a mutation that awaits gives way after each of them."""
        if not serial:
            self.selection(selection, "return {}")
            return
        self._refuse_nulls(selection)
        self._source.line("entry = execution.data = {}")
        for selected in selection.fields:
            self._into_entry(selected)
            self._source.line("yield  # the next field waits until this one is done")

    def selection(self, selection: SelectionPlan, use: str) -> None:
        """Write an object's fields, and ``use`` with the object in place of the braces."""
        self._refuse_nulls(selection)
        if any(s.condition or _is_later(s.field) for s in selection.fields):
            self._source.line("entry = {}")
            for selected in selection.fields:
                self._into_entry(selected)
            self._source.line(use.replace("{}", "entry"))
            return
        fields = [selected.field for selected in selection.fields]
        self._literal([(self.key(f.key, f.name), self._value(f)) for f in fields], use)

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
        if _is_batch(field):
            self._add_to_batch(field, key)
        elif _is_later(field):
            self._defer(field, key)
        else:
            self._source.line(f"entry[{key}] = {self._value(field)}")

    # -- one field ------------------------------------------------------------------------------

    def _value(self, field: FieldPlan) -> str:
        """Write the statements that give a field's value; return the expression that holds it."""
        if isinstance(field.binding, TypeName):
            return self._binder.text("TYPE", field.binding.name)
        self._source.mark(field.mark)
        variable = self._scope.local(field.name)

        def read_and_complete() -> None:
            self._check_arguments(field)
            head, arguments = self._read(field)
            if head.endswith("("):
                self._source.call(f"{variable} = {head}", arguments)
            else:
                self._source.line(f"{variable} = {head}")
            self.complete(field, field.shape, field.mark, variable)

        if field.shape.nullable:
            self._scope.attempt(read_and_complete, f"{variable} = None")
        else:
            read_and_complete()
        return variable

    def _read(self, field: FieldPlan) -> tuple[str, list[str]]:
        """Return the expression of a field's raw value: its head, and a call's arguments."""
        binding, parent = field.binding, self._scope.parent
        match binding:
            case Attribute(name) if parent and iskeyword(name):
                return "getattr(", [parent, literal(name)]
            case Attribute(name) if parent:
                return f"{parent}.{name}", []
            case Key(name) if parent:
                return f"{parent}.get(", [self._binder.text("KEY", name)]
            case Lookup(names):
                return f"{self._binder.runtime('lookup')}(", [
                    parent or "None",
                    self._binder.text("NAMES", names),
                ]
            case Resolver():
                return self._resolver(field, binding)
            case CoreResolver(function):
                resolve = self._binder.resolver(field.coordinate, function)
                info = self._binder.info(self._info)
                return f"{resolve}(", [parent or "None", info, *self._arguments(field)]
            case _:
                raise AssertionError(f"{field.coordinate}: {binding}")

    def _check_arguments(self, field: FieldPlan) -> None:
        """Write the check of arguments that nobody takes: wrong ones are errors all the same."""
        takes = isinstance(field.binding, (Resolver, CoreResolver))
        if isinstance(field.arguments, Built) and not takes:
            build = self._binder.builder(field.arguments.build)
            self._source.line(f"{build}(execution.variables)")

    def _resolver(self, field: FieldPlan, binding: Resolver) -> tuple[str, list[str]]:
        arguments = self._arguments(field)
        if binding.takes_parent:
            arguments.insert(0, self._scope.parent or "None")
        if binding.context:
            arguments.append(f"{binding.context}=execution.context")
        resolve = self._binder.resolver(field.coordinate, binding.function)
        return f"{resolve}(", arguments

    def _arguments(self, field: FieldPlan) -> list[str]:
        if isinstance(field.arguments, Built):
            build = self._binder.builder(field.arguments.build)
            return [f"**{build}(execution.variables)"]
        sure: list[str] = []
        unsure: list[str] = []
        for name, argument in field.arguments.items():
            match argument:
                case Constant(value):
                    sure.append(_keyword(name, self._binder.constant("CONSTANT", value)))
                case Variable(index, may_be_absent):
                    given = unsure if may_be_absent else sure
                    given.append(_keyword(name, f"execution.variables[{index}]"))
        if unsure:
            sure.append(f"**{self._binder.runtime('present')}({', '.join(unsure)})")
        return sure

    def _defer(self, field: FieldPlan, key: str) -> None:
        """Write a field that is awaited: call its resolver now, complete its value later."""
        self._source.mark(field.mark)
        self._source.line(f"entry[{key}] = None")
        complete = self._functions.complete(field, field.shape, field.mark)
        mark = self._binder.constant("MARK", field.mark)

        def defer() -> None:
            head, arguments = self._read(field)
            self._source.call("awaitable = " + head, arguments)
            self._source.call(
                "execution.agenda.defer(",
                ["awaitable", complete, "entry", key, mark, *self._scope.indices],
            )

        if field.shape.nullable:
            self._scope.attempt(defer)
        else:
            defer()

    def open_batches(self, selection: SelectionPlan) -> None:
        """Write the lists that take the parents of a selection's batch fields."""
        for selected in selection.fields:
            field = selected.field
            if not _is_batch(field) or id(field.mark) in self._scope.batches:
                continue
            name = self._scope.local(field.name, "_parents")
            self._scope.batches[id(field.mark)] = name
            call, complete = self._functions.batch(field)
            mark = self._binder.constant("MARK", field.mark)
            self._source.call(f"{name} = execution.agenda.batch(", [call, complete, mark])

    def _add_to_batch(self, field: FieldPlan, key: str) -> None:
        parents = self._scope.batches[id(field.mark)]
        self._source.line(f"entry[{key}] = None")
        item = ", ".join([self._scope.parent or "None", "entry", *self._scope.indices])
        self._source.call(f"{parents}.append(", [f"({item})"])

    def call_batch(self, field: FieldPlan) -> None:
        """Write the call of a batch resolver."""
        head, arguments = self._read(field)
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
        name = shape.type.name
        complete = self._binder.leaf(shape.type, nullable=shape.nullable)
        python_type = _PYTHON_TYPES.get(name)
        if python_type is None:
            self._source.call(f"{variable} = {complete}(", [variable])
            return
        is_other = f"type({variable}) is not {python_type}"
        if name in _RANGES:
            test = self._source.any_of([is_other, _RANGES[name].format(variable)])
        elif shape.nullable:
            test = self._source.all_of([f"{variable} is not None", is_other])
        else:
            test = self._source.all_of([is_other])
        with test:
            self._source.call(f"{variable} = {complete}(", [variable])


def _keyword(name: str, value: str) -> str:
    """Write a keyword argument, also of a name that Python has taken (graphql-core's resolvers)."""
    return f"**{{{literal(name)}: {value}}}" if iskeyword(name) else f"{name}={value}"


def _is_batch(field: FieldPlan) -> bool:
    return isinstance(field.binding, Resolver) and field.binding.is_batch


def _is_later(field: FieldPlan) -> bool:
    """Say whether the value is there only after the function that leaves a place for it."""
    binding = field.binding
    return isinstance(binding, Resolver) and (binding.is_async or binding.is_batch)
