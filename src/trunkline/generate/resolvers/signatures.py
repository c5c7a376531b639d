"""Adapting a resolver that people wrote to what the schema wants of it now."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from trunkline.generate.resolvers.annotations import Meaning, meaning, same, wanted_meaning
from trunkline.generate.resolvers.assignable import is_assignable
from trunkline.generate.resolvers.bindings import dotted
from trunkline.generate.resolvers.misfits import (
    Function,
    arguments_of,
    misfits,
    parent_name,
    surplus,
    uses,
)
from trunkline.generate.resolvers.package import PythonClass
from trunkline.generate.resolvers.parameters import Item, ParameterList, read_parameters
from trunkline.generate.resolvers.stubs import parameter
from trunkline.generate.resolvers.wanted import Expression, Parameter, WantedMethod

__all__ = ["Adaptation", "has_changed"]


def has_changed(wanted: WantedMethod, previous: WantedMethod) -> bool:
    """Say whether the schema changed a resolver's signature since it was generated last."""
    now, before = ({p.name: p for p in m.parameters} for m in (wanted, previous))
    return (
        list(now) != list(before)
        or any(not _same_parameter(now[name], before[name]) for name in now)
        or not _same_type(wanted.returns, previous.returns)
        or not _same_parent(wanted.parent, previous.parent)
    )


def _same_type(one: Expression | None, other: Expression | None) -> bool:
    return same(_meaning_of(one), _meaning_of(other))


def _meaning_of(wanted: Expression | None) -> Meaning | None:
    return None if wanted is None else wanted_meaning(wanted)


def _same_parent(one: Parameter | None, other: Parameter | None) -> bool:
    return _same_type(_annotation(one), _annotation(other))


def _annotation(of: Parameter | None) -> Expression | None:
    return None if of is None else of.annotation


def _same_parameter(one: Parameter, other: Parameter) -> bool:
    return _same_type(one.annotation, other.annotation) and _same_type(one.default, other.default)


@dataclass(slots=True)
class Adaptation:
    """What becomes of one function.

    ``done`` says what was changed, ``left`` what people have to change themselves.
    """

    owner: PythonClass
    function: Function
    wanted: WantedMethod
    previous: WantedMethod | None
    done: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    _longer_by: int = 0

    def make(self) -> None:
        """Adapt what is as it was generated, and tell what is not."""
        if not self._fits:
            self._adapt()
        told = {each.partition(" ")[0] for each in (*self.done, *self.left)}
        self.left += misfits(self.function, self.wanted, told)

    def _adapt(self) -> None:
        parameters = read_parameters(self.owner.file, self.function)
        if parameters is None:
            self._cannot()
            return
        items = self._items(parameters)
        returns = self._returns()
        is_same = items == list(parameters.items)
        if is_same or (_is_valid(items) and parameters.rewrite(items, self._longer_by)):
            self._write_returns(returns)
        else:
            self._cannot()

    @property
    def _fits(self) -> bool:
        """Whether there is nothing to do: no argument is new, and the schema is what it was."""
        mine = arguments_of(self.function)
        has_all = all(each.name in mine for each in self.wanted.parameters)
        return has_all and not (self.previous and has_changed(self.wanted, self.previous))

    def _cannot(self) -> None:
        if self.done or (self.previous and has_changed(self.wanted, self.previous)):
            self.left.append("its parameters are others now")
        self.done.clear()

    def _items(self, parameters: ParameterList) -> list[Item]:
        gone = {name for name in self._gone() if self._may_go(name, parameters)}
        stays = [item for item in parameters.items if item.name not in gone]
        items = [self._adapted(item) for item in stays]
        new = self._new()
        if items and items[-1].text == "*" and not new:
            items.pop()
        return [*items, *self._by_name(items, new), *new]

    # what the schema has no longer

    def _gone(self) -> Iterator[str]:
        names = {each.name for each in self.wanted.parameters}
        mine = arguments_of(self.function)
        for each in self.previous.parameters if self.previous else ():
            if each.name not in names and each.name in mine:
                yield each.name

    def _may_go(self, name: str, parameters: ParameterList) -> bool:
        item = next(each for each in parameters.items if each.name == name)
        was = self._was(name)
        is_ours = was is not None and self._is_ours(name, was) and not item.has_comment
        if was is None or not is_ours or uses(self.function, name):
            self.left.append(surplus(self.function, name))
            return False
        self.done.append(f"{name} removed")
        self._abandon(was.annotation, was.default)
        return True

    def _was(self, name: str) -> Parameter | None:
        every = self.previous.parameters if self.previous else ()
        return next((each for each in every if each.name == name), None)

    def _is_ours(self, name: str, was: Parameter) -> bool:
        annotation, default = arguments_of(self.function)[name]
        return (annotation is None or self._means(annotation, was.annotation)) and self._means(
            default, was.default
        )

    def _means(self, mine: ast.expr | None, ours: Expression | None) -> bool:
        bindings = self.owner.home.imports.bindings
        return same(None if mine is None else meaning(mine, bindings), _meaning_of(ours))

    # what the schema has in another way

    def _adapted(self, item: Item) -> Item:
        wanted = self._wanted(item.name)
        known = arguments_of(self.function).get(item.name)
        if wanted is None or known is None:
            return item
        was = self._was(item.name)
        if item.name == parent_name(self.function, self.wanted):
            was = self.previous.parent if self.previous else None
        annotation = self._choice(item.name, known[0], wanted.annotation, _annotation(was))
        default = self._default(item.name, known[1], wanted.default, was)
        if annotation is None and default is None:
            return item
        if "#" in item.text or "\n" in item.text:
            self.left.append(f"{item.name} is {_plain(wanted)}")
            return item
        return item.with_text(self._rewritten(item.name, known, annotation, default))

    def _wanted(self, name: str) -> Parameter | None:
        if name and name == parent_name(self.function, self.wanted):
            return None if self._is_other_kind else self.wanted.parent
        return next((each for each in self.wanted.parameters if each.name == name), None)

    @property
    def _is_other_kind(self) -> bool:
        """Whether one parent is wanted and a list of them taken, or the other way round."""
        decorators = self.function.decorator_list
        return self.wanted.is_batch != any(self._is_batch(each) for each in decorators)

    def _is_batch(self, decorator: ast.expr) -> bool:
        origin = self.owner.home.imports.bindings.origin(dotted(decorator))
        return origin.rpartition(".")[2] == "batch"

    def _choice(
        self, what: str, mine: ast.expr | None, now: Expression, was: Expression | None
    ) -> str | None:
        """Return the new annotation, where there is to be another one."""
        if mine is None or was is None or _same_type(now, was) or self._means(mine, now):
            return None
        if self._means(mine, was) and "#" not in self.owner.file.source(mine):
            self.done.append(f"{what} is {now.text}")
            self._abandon(was)
            return self.owner.home.imports.write(now, self.owner.members, is_annotation=True)
        self.left.append(f"{what} is {now.text}")
        return None

    def _abandon(self, *expressions: Expression | None) -> None:
        """Note what we had imported for expressions that go."""
        for expression in filter(None, expressions):
            self.owner.home.imports.abandoned |= {each.origin for each in expression.imports}

    def _default(
        self, name: str, mine: ast.expr | None, now: Expression | None, was: Parameter | None
    ) -> str | None:
        """Return the new default, where there is to be another one; empty for none."""
        if was is None or _same_type(now, was.default) or self._means(mine, now):
            return None
        text = now.text if now else "required"
        if self._means(mine, was.default):
            self.done.append(f"{name} is {text} by default" if now else f"{name} is required")
            self._abandon(was.default)
            return self.owner.home.imports.write(now, self.owner.members) if now else ""
        self.left.append(f"{name} is {text} by default" if now else f"{name} is required")
        return None

    def _rewritten(
        self,
        name: str,
        known: tuple[ast.expr | None, ast.expr | None],
        annotation: str | None,
        default: str | None,
    ) -> str:
        source = self.owner.file.source
        annotated = annotation or (source(known[0]) if known[0] else "")
        value = default if default is not None else (source(known[1]) if known[1] else "")
        text = f"{name}: {annotated}" if annotated else name
        equals = " = " if annotated else "="
        return f"{text}{equals}{value}" if value else text

    # what the schema has now

    def _new(self) -> list[Item]:
        if self.function.args.kwarg:
            return []
        mine = arguments_of(self.function)
        new = [each for each in self.wanted.parameters if each.name not in mine]
        self.done += [f"{each.name} added" for each in new]
        return [Item(self._parameter(each)) for each in new]

    def _by_name(self, items: list[Item], new: list[Item]) -> list[Item]:
        """Return the ``*`` before what is new, unless people take arguments by position."""
        if not new or any(item.text.startswith("*") for item in items):
            return []
        names = {each.name for each in self.wanted.parameters}
        is_by_position = any(item.name in names for item in items)
        return [] if is_by_position and _is_valid([*items, *new]) else [Item("*")]

    def _parameter(self, wanted: Parameter) -> str:
        return parameter(wanted, self._write)

    def _write(self, expression: Expression, *, is_annotation: bool) -> str:
        imports, members = self.owner.home.imports, self.owner.members
        return imports.write(expression, members, is_annotation=is_annotation)

    # what it returns

    def _returns(self) -> str | None:
        mine = self.function.returns
        was = self.previous.returns if self.previous else None
        if self._is_other_kind and self.previous:
            if has_changed(self.wanted, self.previous):
                kind = "a batch resolver" if self.wanted.is_batch else "no batch resolver"
                self.left.append(f"it is {kind}")
            return None
        bindings = self.owner.home.imports.bindings
        if mine and is_assignable(mine, bindings, self.wanted.returns):
            return None
        new = self._choice("what it returns", mine, self.wanted.returns, was)
        if mine and new is not None:
            self._longer_by = len(new) - len(self.owner.file.source(mine))
        return new

    def _write_returns(self, text: str | None) -> None:
        file, mine = self.owner.file, self.function.returns
        if mine and text is not None:
            file.replace(file.begin(mine), file.end(mine), text)


def _plain(wanted: Parameter) -> str:
    return wanted.annotation.text + (f" = {wanted.default.text}" if wanted.default else "")


def _is_valid(items: list[Item]) -> bool:
    try:
        ast.parse(f"def _({', '.join(item.text for item in items)}): ...")
    except SyntaxError:
        return False
    return True
