"""A plan → functions that run: its text is written, loaded, and written again when that pays.

Compiling a line of text costs as much as executing it a few hundred times. So an operation that is
new gets short text, which reads its leaves one by one; an operation that comes again gets text in
which every leaf is written out. Of interfaces and unions, an object type gets its functions when
its first value comes.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from weakref import finalize

from trunkline.compiler.emit import COMPLETE, ModuleText, ModuleWriter
from trunkline.compiler.plan import AbstractShape, FieldPlan
from trunkline.compiler.planner import PlannedOperation
from trunkline.runtime.positions import Mark
from trunkline.text.loading import load_module

__all__ = ["Assembler", "WrittenOperation", "write_operation"]

_NAME_LENGTH = 40  # characters of an operation's name in the file name of its module


@dataclass(frozen=True, slots=True)
class WrittenOperation:
    """An operation with the text for its first executions."""

    assembler: Assembler
    module: ModuleText


def write_operation(planned: PlannedOperation) -> WrittenOperation:
    """Write the text of an operation's first executions."""
    assembler = Assembler(planned)
    return WrittenOperation(assembler, assembler.write(inline=False))


class Assembler:
    """Writes and loads the modules of one operation."""

    def __init__(self, planned: PlannedOperation) -> None:
        self.planned = planned
        # graphql-core's names are letters, digits and underscores: they make good file names
        plan, digest = planned.plan, planned.id.partition(":")[2]
        self._name = f"{(plan.name or plan.kind)[:_NAME_LENGTH]}-{digest[:12]}"
        self._file_names: list[str] = []
        # `linecache` keeps the text of a file that a traceback has shown
        finalize(self, _forget, self._file_names).atexit = False

    def write(self, *, inline: bool) -> ModuleText:
        """Write the operation's module; ``inline`` writes every leaf out."""
        return self._writer(inline=inline).operation_module()

    def whole(self, *, inline: bool = True) -> ModuleText:
        """Write the operation's module with every type that its values may have."""
        return ModuleWriter(self.planned, inline=inline, make_table=None).operation_module()

    def load(self, module: ModuleText) -> dict[str, Any]:
        """Load a module; return its functions by name."""
        number = len(self._file_names)
        file_name = f"{self._name}-{number}.py" if number else f"{self._name}.py"
        self._file_names.append(file_name)
        return vars(load_module(file_name, module.text, module.bound))

    def _writer(self, *, inline: bool) -> ModuleWriter:
        """Return the writer of a module in which abstract types are completed by a table."""

        def make_table(field: FieldPlan, shape: AbstractShape, mark: Mark) -> object:
            def make(type_name: str) -> Callable[..., Any]:
                planned = self.planned.planner.plan_object(shape, type_name)
                module = self._writer(inline=inline).object_module(field, planned, mark)
                complete: Callable[..., Any] = self.load(module)[COMPLETE]
                return complete

            return _Functions(make)

        return ModuleWriter(self.planned, inline=inline, make_table=make_table)


class _Functions(dict[str, Callable[..., Any]]):
    """Functions by object type, each made when it is first looked up."""

    def __init__(self, make: Callable[[str], Callable[..., Any]]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, type_name: str) -> Callable[..., Any]:
        function = self[type_name] = self._make(type_name)
        return function


def _forget(file_names: list[str]) -> None:
    for file_name in file_names:
        linecache.cache.pop(file_name, None)
