"""The text of where a field's raw value comes from: a member of its parent, or a call."""

from __future__ import annotations

from keyword import iskeyword

from trunkline.compiler.plan import Built, Constant, Event, FieldPlan, Refused, Variable
from trunkline.compiler.scope import SHORT, Scope
from trunkline.runtime.info import FieldFacts
from trunkline.schema.bindings import (
    Attribute,
    CoreDefault,
    CoreResolver,
    Key,
    Lookup,
    Resolver,
)

__all__ = ["Reader"]


_ARGUMENT = 60  # characters of an argument that fit into a line wherever it stands


class Reader:
    """Writes how fields are read into a scope.

    ``info`` is what introspection's resolvers are given.
    """

    def __init__(self, scope: Scope, info: object) -> None:
        self._scope = scope
        self._info = info
        self._source = scope.source
        self._binder = scope.binder

    def read(self, field: FieldPlan) -> tuple[str, list[str]]:
        """Return the expression of a field's raw value: its head, and a call's arguments."""
        match field.binding:
            case Resolver():
                return self._resolver(field, field.binding)
            case CoreResolver(function):
                resolve = self._binder.resolver(field.coordinate, function)
                info = self.info(field.facts)
                parent = self._scope.parent or "None"
                return f"{resolve}(", [parent, info, *self.arguments(field)]
            case Event():
                return "execution.root_value", []
            case Refused(refuse):
                return f"{self._binder.refuser(field.coordinate, refuse)}(", []
            case _:
                return self._member_of(field)

    def _member_of(self, field: FieldPlan) -> tuple[str, list[str]]:
        """Return the expression of what the parent itself has."""
        parent = self._scope.parent
        match field.binding:
            case Attribute(name) if parent and not _is_short(name):
                return "getattr(", [parent, self._binder.text("NAME", name)]
            case Attribute(name) if parent:
                return f"{parent}.{name}", []
            case Key(name) if parent:
                return f"{parent}.get(", [self._binder.text("KEY", name)]
            case Lookup(names):
                return f"{self._binder.runtime('lookup')}(", [
                    parent or "None",
                    self._binder.text("NAMES", names),
                ]
            case CoreDefault(name):
                return "get(", [self._binder.text("KEY", name), "None"]
            case _:
                raise AssertionError(f"{field.coordinate}: {field.binding}")

    def info(self, facts: FieldFacts | None) -> str:
        """Write the ``info`` of a field, if there are facts to make it from; return its name."""
        if facts is None:
            return self._binder.info(self._info)
        arguments = [self._binder.facts(facts), "execution", *self._scope.indices]
        self._source.call(f"info = {self._binder.resolve_info()}(", arguments)
        return "info"

    def check_arguments(self, field: FieldPlan) -> None:
        """Write the check of arguments that nobody takes: wrong ones are errors all the same."""
        takes = isinstance(field.binding, (Resolver, CoreResolver, CoreDefault))
        if isinstance(field.arguments, Built) and not takes:
            build = self._binder.builder(field.arguments.build)
            self._source.line(f"{build}(execution.variables)")

    def _resolver(self, field: FieldPlan, binding: Resolver) -> tuple[str, list[str]]:
        arguments = self.arguments(field)
        if binding.takes_parent and not binding.method:
            arguments.insert(0, self._scope.parent or "None")
        if binding.context:
            arguments.append(f"{binding.context}=execution.context")
        if binding.selection and field.selection is not None:
            selection = self._binder.selection(field.selection)
            arguments.append(f"{binding.selection}={selection}")
        if binding.variables:
            arguments.append(f"{binding.variables}=execution.variables")
        if binding.caller:
            arguments.append(f"{binding.caller}=execution.caller")
        if binding.method:
            return f"{self._member(binding.method)}(", arguments
        resolve = self._binder.resolver(field.coordinate, binding.function)
        return f"{resolve}(", arguments

    def _member(self, name: str) -> str:
        """Write the parent's member of that name."""
        parent = self._scope.parent
        if _is_short(name):
            return f"{parent}.{name}"
        return f"getattr({parent}, {self._binder.text('NAME', name)})"

    def arguments(self, field: FieldPlan) -> list[str]:
        """Write the arguments that a field is called with."""
        if isinstance(field.arguments, Built):
            build = self._binder.builder(field.arguments.build)
            return [f"**{build}(execution.variables)"]
        sure: list[str] = []
        unsure: list[str] = []
        for name, argument in field.arguments.items():
            match argument:
                case Constant(value):
                    sure.append(self._keyword(name, self._binder.constant("CONSTANT", value)))
                case Variable(index, may_be_absent):
                    given = unsure if may_be_absent else sure
                    given.append(self._keyword(name, f"execution.variables[{index}]"))
        if unsure:
            sure.append(self._present(unsure))
        return sure

    def _present(self, unsure: list[str]) -> str:
        """Write those arguments that the request may leave out; in a statement if they are many."""
        head = f"{self._binder.runtime('present')}("
        flat = f"**{head}{', '.join(unsure)})"
        if len(flat) <= _ARGUMENT:
            return flat
        self._source.call(f"given = {head}", unsure)
        return "**given"

    def _keyword(self, name: str, value: str) -> str:
        """Write a keyword argument, also of a name that is too long or that Python has taken."""
        if iskeyword(name) or len(name) > SHORT:
            return f"**{{{self._binder.text('NAME', name)}: {value}}}"
        return f"{name}={value}"


def _is_short(name: str) -> bool:
    """Say whether a name can stand behind a dot, and in a line."""
    return not iskeyword(name) and len(name) <= SHORT
