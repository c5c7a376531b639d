"""The compiled operations of a server, found by the raw text of a request."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from sys import getsizeof
from typing import Protocol, TypeAlias, TypeVar

from graphql import GraphQLError

from trunkline.bounded import BoundedMapping
from trunkline.compiler.limits import Limits
from trunkline.compiler.operation import Operation
from trunkline.compiler.pipeline import compile_operation
from trunkline.errors import RequestError
from trunkline.schema.bindings import Schema

__all__ = ["KeptOperations", "OperationCache"]

Key: TypeAlias = tuple[str, str | None]
AnyKey = TypeVar("AnyKey")
Kept = TypeVar("Kept", bound="Weighty")

_SEEN = 10_000  # documents that were met once and had no room
_ERRORS = 16  # the part of the memory that errors may take
_ERROR = 1_000  # bytes of an error, without its message
_PLACES = 8  # places in the document that the response shows of one error
_MESSAGE_LENGTH = 1_000  # characters


class Weighty(Protocol):
    """What knows how many bytes it takes."""

    @property
    def weight(self) -> int: ...


class KeptOperations(BoundedMapping[AnyKey, Kept]):
    """What was compiled, up to ``memory`` bytes.

    When it is full, what comes for the first time is only noted, and kept when it comes again. So
    thousands of documents that come once displace nothing.
    """

    def __init__(self, memory: int) -> None:
        super().__init__(memory, lambda _, operation: operation.weight)
        self._seen = BoundedMapping[int, bool](_SEEN)

    def admit(self, key: AnyKey, kept: Kept) -> None:
        """Keep what was compiled, if there is room or it came before."""
        if kept.weight <= self.room or self._seen.get(hash(key)):
            self.put(key, kept)
        else:
            self._seen.put(hash(key), True)  # noqa: FBT003  # a set of what is there


class OperationCache:
    """The operations of one schema: compiled when they first come, kept while they are in use.

    They are looked up by text and operation name before anything is parsed, because parsing and
    validating cost a hundred times what executing does. Errors of wrong documents are kept apart,
    so that a flood of them cannot displace the good ones.

    ``registered`` are the operations that are kept whatever comes, by text and name.
    """

    def __init__(self, schema: Schema, limits: Limits | None = None) -> None:
        self.schema = schema
        self.limits = limits or Limits()
        memory = self.limits.memory
        self._operations = KeptOperations[Key, Operation](memory)
        self.registered: Mapping[str, Mapping[str | None, Operation]] = {}
        self._errors = BoundedMapping[Key, RequestError](memory // _ERRORS, _weigh_error)

    def recall(self, text: str, operation_name: str | None = None) -> Operation | None:
        """Return the operation of a document, ``None`` if it is not compiled.

        Raises the ``RequestError`` that is known of a wrong document.
        """
        registered = self.registered.get(text)
        if registered is not None and operation_name in registered:
            return registered[operation_name]
        key = (text, operation_name)
        operation = self._operations.get(key)
        if operation is None:
            known = self._errors.get(key)
            if known is not None:  # a new exception, because a traceback grows with every raise
                again = type(known)(known.errors)
                again.operation = known.operation
                raise again
        return operation

    def get(self, text: str, operation_name: str | None = None) -> Operation:
        """Return the operation of a document; compile it if it is new.

        Raises the ``RequestError`` that says what is wrong with the document.
        """
        operation = self.recall(text, operation_name)
        if operation is not None:
            return operation
        key = (text, operation_name)
        try:
            operation = compile_operation(self.schema, *key, self.limits)
        except RequestError as error:
            # what a scalar's function raised for a literal, it may not raise the next time
            if any(each.original_error or each.__cause__ for each in error.errors):
                raise
            errors = [_without_nodes(each) for each in error.errors]
            known, again = type(error)(errors), type(error)(errors)
            known.operation = again.operation = error.operation
            if sum(len(text or "") for text in key) <= self.limits.characters:
                self._errors.put(key, known)
            again.made_in = error.made_in
            raise again from None
        self._operations.admit(key, operation)
        operation.call_when_grown(partial(self._operations.weigh_again, key))
        return operation


def _weigh_error(key: Key, error: RequestError) -> int:
    texts = sum(getsizeof(text) for text in key)
    return texts + sum(_ERROR + getsizeof(each.message) for each in error.errors)


def _without_nodes(error: GraphQLError) -> GraphQLError:
    """Copy an error without nodes and traceback, which keep every token of the document alive.

    Of its places it keeps the first few, and of its message the beginning: a circle of fragments
    has thousands of places, and its message names every fragment.
    """
    message = error.message
    copy = GraphQLError(
        message if len(message) <= _MESSAGE_LENGTH else message[:_MESSAGE_LENGTH] + "…",
        source=error.source,
        extensions=error.extensions,
    )
    # the constructor would look for them in the whole document again
    copy.positions = list(error.positions or ())[:_PLACES] or None
    copy.locations = (error.locations or [])[:_PLACES] or None
    return copy
