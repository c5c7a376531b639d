"""The text of a field's raw value: a member of its parent, or a call."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from operator import attrgetter, methodcaller
from typing import Any

from trunkline.compiler.authorization import refuser
from trunkline.compiler.namespace import SHORT, CallText, FunctionScope
from trunkline.compiler.plan import BuiltArguments, Constant, Event, FieldPlan, Refused, Variable
from trunkline.runtime.graphql_core import FieldInfo, ResolveInfo
from trunkline.runtime.values import lookup, present
from trunkline.runtime.variables import Variables, first_argument_builder
from trunkline.schema.bindings import (
    Attribute,
    CoreDefault,
    CoreResolver,
    Key,
    Lookup,
    Resolver,
)
from trunkline.text.names import is_name

__all__ = ["FieldReader", "is_short", "program_code"]

_ARGUMENT = 60  # characters of an argument that fit into a line wherever it stands


def program_code(field: FieldPlan) -> tuple[str, Callable[[Any], Any]] | None:
    """Return the program's code that gives a field's value for its parent, and its name.

    ``None`` if no such code gives it, or if that takes more than the parent.
    """
    match field.binding:
        case Attribute(name, is_code=True):
            return name, attrgetter(name)
        case Resolver(
            is_async=False,
            is_batch=False,
            takes_parent=True,
            context=None,
            selection=None,
            variables=None,
            caller=None,
        ) if not isinstance(field.arguments, BuiltArguments):
            given = field.arguments
            constants = {n: each.value for n, each in given.items() if isinstance(each, Constant)}
            if len(constants) < len(given):
                return None
            if field.binding.method:
                return field.coordinate, methodcaller(field.binding.method, **constants)
            return field.coordinate, partial(field.binding.function, **constants)
        case _:
            return None


class FieldReader:
    """Writes how fields are read into a function. ``variables`` are the operation's."""

    def __init__(self, scope: FunctionScope, variables: Variables) -> None:
        self._scope = scope
        self._source = scope.source
        self._module = scope.module
        self._variables = variables

    def read_into(self, variable: str, field: FieldPlan) -> None:
        """Write what reads a field's raw value into a variable."""
        parent = self._scope.parent
        if not isinstance(field.binding, Lookup) or parent is None:
            self._scope.write(f"{variable} = ", self.read(field))
            return
        with self._source.block(f"if type({parent}) is dict:"):  # most parents without a model are
            *others, last = (self._module.text("KEY", name) for name in field.binding.names)
            self._scope.write(f"{variable} = ", CallText(f"{parent}.get", [last]))
            for name in reversed(others):
                arguments = [name, variable]
                self._scope.write(f"{variable} = ", CallText(f"{parent}.get", arguments))
        with self._source.block("else:"):
            self._scope.write(f"{variable} = ", self.read(field))

    def read(self, field: FieldPlan) -> str | CallText:
        """Return the expression of a field's raw value."""
        module, parent = self._module, self._scope.parent
        match field.binding:
            case Resolver():
                return self._call_resolver(field, field.binding)
            case CoreResolver(function):
                resolve = module.bind_for("resolve", field.coordinate, function)
                info = self.info(field.info)
                return CallText(resolve, [parent or "None", info, *self.arguments(field)])
            case Event():
                return "execution.root_value"
            case Refused(requirements, more):
                refuse = refuser(field.coordinate, requirements)
                given = [f"execution.variables[{index}]" for index in more]
                return CallText(module.bind_for("refuse", field.coordinate, refuse), given)
            case _:
                return self._member(field)

    def _member(self, field: FieldPlan) -> str | CallText:
        """Return the expression of what the parent itself has."""
        module, parent = self._module, self._scope.parent
        match field.binding:
            case Attribute(name) if parent and not is_short(name):
                return CallText("getattr", [parent, module.text("NAME", name)])
            case Attribute(name) if parent:
                return f"{parent}.{name}"
            case Key(name) if parent:
                return CallText(f"{parent}.get", [module.text("KEY", name)])
            case Lookup(coordinate, names):
                given = [module.text("NAMES", names), module.text("COORDINATE", coordinate)]
                return CallText(module.runtime(lookup), [parent or "None", *given])
            case CoreDefault(name):
                return CallText("get", [module.text("KEY", name), "None"])
            case _:
                raise AssertionError(f"{field.coordinate}: {field.binding}")

    def info(self, info: FieldInfo | None) -> str:
        """Write the ``info`` of a field; return its name."""
        module = self._module
        if info is None:  # only introspection's resolvers take it in our dialect
            return module.bind_once("info", "info", lambda: module.dialect.introspection_info)
        field = module.bind_once(("info", id(info)), "FIELD", lambda: info)
        call = CallText(module.runtime(ResolveInfo), [field, "execution", *self._scope.indices])
        self._scope.write("info = ", call)
        return "info"

    def check_arguments(self, field: FieldPlan) -> None:
        """Write the check of arguments that no resolver takes: wrong ones are still errors."""
        takes = isinstance(field.binding, (Resolver, CoreResolver, CoreDefault))
        if isinstance(field.arguments, BuiltArguments) and not takes:
            self._source.line(self.built(field.arguments))

    def built(self, arguments: BuiltArguments) -> str:
        """Write the call that builds the arguments of a field."""

        def make() -> object:
            uses = [(each.condition, each.node) for each in arguments.fields]
            return first_argument_builder(arguments.definition, uses, self._variables)

        build = self._module.bind_once(("arguments", id(arguments)), "build_arguments", make)
        return f"{build}(execution.variables)"

    def _call_resolver(self, field: FieldPlan, binding: Resolver) -> CallText:
        arguments = self.arguments(field)
        if binding.takes_parent and not binding.method:
            arguments.insert(0, self._scope.parent or "None")
        if binding.context:
            arguments.append(f"{binding.context}=execution.context")
        selection = field.selection
        if binding.selection and selection is not None:
            key = ("selection", id(selection))
            name = self._module.bind_once(key, "SELECTION", lambda: selection)
            if selection.is_conditional:
                name = f"{name}.given(execution.variables)"
            arguments.append(f"{binding.selection}={name}")
        if binding.variables:
            arguments.append(f"{binding.variables}=execution.variables")
        if binding.caller:
            arguments.append(f"{binding.caller}=execution.caller")
        if not binding.method:
            resolve = self._module.bind_for("resolve", field.coordinate, binding.function)
            return CallText(resolve, arguments)
        parent = self._scope.parent
        if is_short(binding.method):
            return CallText(f"{parent}.{binding.method}", arguments)
        name = self._module.text("NAME", binding.method)
        return CallText(f"getattr({parent}, {name})", arguments)

    def arguments(self, field: FieldPlan) -> list[str]:
        """Write the arguments that a field is called with."""
        if isinstance(field.arguments, BuiltArguments):
            return [f"**{self.built(field.arguments)}"]
        keywords: list[str] = []
        unsure: list[int] = []  # the places of those that may be absent
        for name, argument in field.arguments.items():
            match argument:
                case Constant(value):
                    text = self._module.bind("CONSTANT", value)
                case Variable(index, may_be_absent):
                    text = f"execution.variables[{index}]"
                    if may_be_absent:
                        unsure.append(len(keywords))
            keywords.append(self._keyword(name, text))
        if unsure:
            # What is between them stays there: a resolver of any arguments sees their order.
            among = slice(unsure[0], unsure[-1] + 1)
            call = CallText(self._module.runtime(present), keywords[among])
            flat = f"**{call.function}({', '.join(keywords[among])})"
            if len(flat) > _ARGUMENT:  # many of them stand in a statement before
                self._scope.write("given = ", call)
                flat = "**given"
            keywords[among] = [flat]
        return keywords

    def _keyword(self, name: str, value: str) -> str:
        """Write a keyword argument, also of a name that is too long or that Python has taken."""
        if not is_short(name):
            return f"**{{{self._module.text('NAME', name)}: {value}}}"
        return f"{name}={value}"


def is_short(name: str) -> bool:
    """Return whether a name can stand behind a dot, and in a line."""
    return is_name(name) and len(name) <= SHORT
