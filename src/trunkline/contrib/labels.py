"""The labels of metrics, which are bounded whatever strangers send."""

from __future__ import annotations

from trunkline.observe.operations import OperationEvent, name_and_version
from trunkline.printable import printable

__all__ = [
    "BUCKETS",
    "LabelNames",
    "PairNames",
    "client_label",
    "operation_label",
]

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""The bounds of a histogram of durations, in seconds."""

_OTHER = "(other)"
"""The label of names that come too late. No operation can have a name in brackets."""


_OURS = frozenset({"(anonymous)", "(unregistered)", "(publication)", "(schema)", "(unknown)"})


class LabelNames:
    """The names that are labels; those that come later share one. Our own always have room."""

    def __init__(self, most: int) -> None:
        self._most = most + len(_OURS)
        self._known: set[str] = set(_OURS)

    def label(self, name: str) -> str:
        """Return a name's label."""
        if name not in self._known:
            if len(self._known) >= self._most:
                return _OTHER
            self._known.add(name)
        return printable(name)


class PairNames:
    """The names of operations with those of the clients that ask for them.

    A registered document has few clients, so there are about as many pairs as operations: twice as
    many are labels. Of later ones the client is "(other)". Our own names always have room.
    """

    def __init__(self, operations: int, clients: int) -> None:
        self._operations = LabelNames(operations)
        self._clients = LabelNames(clients)
        self._most = 2 * operations
        self._known: set[tuple[str, str]] = set()

    def labels(self, operation: str, client: str, *others: str) -> tuple[str, ...]:
        """Return the labels of an operation and of its client, and others as they are."""
        pair = self._operations.label(operation), self._clients.label(client)
        if operation not in _OURS and client not in _OURS and pair not in self._known:
            if len(self._known) >= self._most:
                return pair[0], _OTHER, *others
            self._known.add(pair)
        return *pair, *others


def operation_label(event: OperationEvent) -> str:
    """Return the name of an operation, if its document is registered."""
    if event.registered:
        return event.operation_name or "(anonymous)"
    kind = event.name.removeprefix("graphql.")
    return "(unregistered)" if kind == "request" else f"({kind})"


def client_label(event: OperationEvent) -> str:
    """Return the name of a client, if a token proves it, or if it registered the document."""
    client = event.client_id
    if client is None and event.registered:
        client, _ = name_and_version(event.client)
    return client or "(unknown)"
