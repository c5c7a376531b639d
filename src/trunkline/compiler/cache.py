"""The operations that a server has compiled, found by the raw text of the request."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeAlias, TypeVar

from graphql import GraphQLError

from trunkline.compiler.limits import Limits
from trunkline.compiler.operation import Operation, compile_operation
from trunkline.errors import RequestError
from trunkline.schema.bindings import Schema

__all__ = ["Operations"]

Key: TypeAlias = tuple[str, str | None]
Value = TypeVar("Value")


class Operations:
    """The operations of one schema: compiled when first asked for, kept while they are in use.

    Asked by text and operation name before anything is parsed, for parsing and validating cost a
    hundred times what executing does. Documents that were refused are kept apart, so that a flood
    of wrong ones cannot drive the good ones out. ``size`` is how many of each are kept.
    """

    def __init__(self, schema: Schema, limits: Limits | None = None, size: int = 1_000) -> None:
        self.schema = schema
        self._limits = limits or Limits()
        self._compiled = _LeastRecentlyUsed[Operation](size)
        self._refused = _LeastRecentlyUsed[RequestError](size)

    def get(self, text: str, operation_name: str | None = None) -> Operation:
        """Return the operation of a document; compile it if it is new.

        Raises the ``RequestError`` that says what is wrong with the document.
        """
        key = (text, operation_name)
        operation = self._compiled.get(key)
        if operation is not None:
            return operation
        refused = self._refused.get(key)
        if refused is not None:  # anew, for a traceback grows with every raise
            raise type(refused)(refused.errors)
        return self._compile(key)

    def _compile(self, key: Key) -> Operation:
        try:
            operation = compile_operation(self.schema, *key, self._limits)
        except RequestError as error:
            refused = type(error)([_bare(each) for each in error.errors])
            if sum(len(text or "") for text in key) <= self._limits.characters:
                self._refused.put(key, refused)
            raise type(error)(refused.errors) from None
        self._compiled.put(key, operation)
        return operation


def _bare(error: GraphQLError) -> GraphQLError:
    """Copy an error without the document's nodes and the way it came, which hold every token."""
    return GraphQLError(
        error.message,
        source=error.source,
        positions=error.positions,
        extensions=error.extensions,
    )


class _LeastRecentlyUsed(Generic[Value]):
    """A bounded mapping that forgets what was not asked for the longest time."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: OrderedDict[Key, Value] = OrderedDict()

    def get(self, key: Key) -> Value | None:
        value = self._entries.get(key)
        if value is not None:
            try:  # noqa: SIM105  # on every request's way; `suppress` costs more than the rest
                self._entries.move_to_end(key)
            except KeyError:  # another thread has just forgotten it
                pass
        return value

    def put(self, key: Key, value: Value) -> None:
        self._entries[key] = value
        while len(self._entries) > self._size:
            self._entries.popitem(last=False)
