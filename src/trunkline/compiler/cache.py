"""The compiled operations of a server, found by the raw text of a request."""

from __future__ import annotations

from typing import TypeAlias

from graphql import GraphQLError

from trunkline.bounded import BoundedMapping
from trunkline.compiler.limits import Limits
from trunkline.compiler.operation import Operation
from trunkline.compiler.pipeline import compile_operation
from trunkline.errors import RequestError
from trunkline.schema.bindings import Schema

__all__ = ["OperationCache"]

Key: TypeAlias = tuple[str, str | None]

_PLACES = 8  # places in the document that the response shows of one error
_MESSAGE_LENGTH = 1_000  # characters


class OperationCache:
    """The operations of one schema: compiled when they first come, kept while they are in use.

    They are looked up by text and operation name before anything is parsed, because parsing and
    validating cost a hundred times what executing does. Errors of wrong documents are kept apart,
    so that a flood of them cannot displace the good ones. ``size`` is how many of each are kept.
    """

    def __init__(self, schema: Schema, limits: Limits | None = None, size: int = 1_000) -> None:
        self.schema = schema
        self._limits = limits or Limits()
        self._operations = BoundedMapping[Key, Operation](size)
        self._errors = BoundedMapping[Key, RequestError](size)

    def get(self, text: str, operation_name: str | None = None) -> Operation:
        """Return the operation of a document; compile it if it is new.

        Raises the ``RequestError`` that says what is wrong with the document.
        """
        key = (text, operation_name)
        operation = self._operations.get(key)
        if operation is not None:
            return operation
        known = self._errors.get(key)
        if known is not None:  # a new exception, because a traceback grows with every raise
            raise type(known)(known.errors)
        try:
            operation = compile_operation(self.schema, *key, self._limits)
        except RequestError as error:
            # what a scalar's function raised for a literal, it may not raise the next time
            if any(each.original_error or each.__cause__ for each in error.errors):
                raise
            errors = [_without_nodes(each) for each in error.errors]
            if sum(len(text or "") for text in key) <= self._limits.characters:
                self._errors.put(key, type(error)(errors))
            raise type(error)(errors) from None
        self._operations.put(key, operation)
        return operation


def _without_nodes(error: GraphQLError) -> GraphQLError:
    """Copy an error without nodes and traceback, which keep every token of the document alive.

    Of its places it keeps the first few, and of its message the beginning: a circle of fragments
    has thousands of places, and its message names every fragment.
    """
    message = error.message
    return GraphQLError(
        message if len(message) <= _MESSAGE_LENGTH else message[:_MESSAGE_LENGTH] + "…",
        source=error.source,
        positions=list(error.positions or ())[:_PLACES] or None,
        extensions=error.extensions,
    )
