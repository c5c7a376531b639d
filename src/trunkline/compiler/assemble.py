"""A plan → functions that run: its text written, compiled, and written anew when that pays.

Compiling a line of text costs what executing it a few hundred times does. So what is executed for
the first time gets short text, which has its leaves read one by one; what comes again gets text in
which every leaf is written out. Of interfaces and unions, an object type gets its functions when
its first value comes.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable
from typing import Any
from weakref import finalize

from trunkline.compiler.emit import COMPLETE, Emitted, Form, emit, emit_object
from trunkline.compiler.plan import AbstractOf, FieldPlan, OperationPlan
from trunkline.runtime.marks import Mark
from trunkline.text.loading import load_module

__all__ = ["Assembler"]


class Assembler:
    """Makes the functions of one operation.

    ``document_id`` stands at the head of the text; ``info`` is what introspection's resolvers are
    given; ``name`` is the beginning of the modules' file names.
    """

    def __init__(self, plan: OperationPlan, document_id: str, info: object, name: str) -> None:
        self._plan = plan
        self._id = document_id
        self._info = info
        self._name = name
        self._file_names: list[str] = []
        # where a traceback was shown, `linecache` has kept the text
        finalize(self, _forget, self._file_names).atexit = False

    def functions(self, *, inline: bool) -> dict[str, Any]:
        """Compile the operation; return its functions by name.

        ``inline`` writes every leaf out.
        """
        form = Form(inline, self._table)
        return self._load(emit(self._plan, self._id, self._info, form))

    def whole(self) -> Emitted:
        """Write the whole operation, with every type that its values may have."""
        return emit(self._plan, self._id, self._info, Form(inline=True, table=None))

    def _table(self, field: FieldPlan, shape: AbstractOf, mark: Mark, form: Form) -> _Functions:
        """Make the table of the functions that complete an abstract type's objects."""

        def make(type_name: str) -> Callable[..., Any]:
            planned = shape.plan_object(type_name)
            emitted = emit_object(self._plan, self._info, form, field, planned, mark)
            complete: Callable[..., Any] = self._load(emitted)[COMPLETE]
            return complete

        return _Functions(make)

    def _load(self, emitted: Emitted) -> dict[str, Any]:
        number = len(self._file_names)
        file_name = f"{self._name}-{number}.py" if number else f"{self._name}.py"
        self._file_names.append(file_name)
        return vars(load_module(file_name, emitted.text, emitted.bound))


class _Functions(dict[str, Callable[..., Any]]):
    """Functions by object type, each made when it is first asked for."""

    def __init__(self, make: Callable[[str], Callable[..., Any]]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, type_name: str) -> Callable[..., Any]:
        function = self[type_name] = self._make(type_name)
        return function


def _forget(file_names: list[str]) -> None:
    for file_name in file_names:
        linecache.cache.pop(file_name, None)
