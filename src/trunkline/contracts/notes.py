"""What a process has to note in the store: which documents were used, and which are unknown."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from trunkline.bounded import BoundedMapping
from trunkline.contracts.contract import UnknownDocument
from trunkline.observe.operations import name_and_version

__all__ = ["Notes"]

_MOST_USES = 100_000  # ids
_UNKNOWN = 4_000_000  # bytes of unknown documents
_WITHOUT_TEXT = 500  # bytes of one of them, without its text


class Notes:
    """What happened since the store was written last."""

    def __init__(self) -> None:
        self._used: set[tuple[str, str | None, str]] = set()
        self._unknown = BoundedMapping[tuple[str, str], UnknownDocument](
            _UNKNOWN, weigh=lambda _, document: _WITHOUT_TEXT + len(document.text)
        )

    def add_use(self, name: str, client: str | None, document_id: str) -> None:
        """Note that a client used a document; ``client`` is what it calls itself."""
        if len(self._used) < _MOST_USES:
            self._used.add((name, client, document_id))

    def add_unknown(self, name: str, document_id: str, text: str) -> None:
        """Note that a client sent a document that it has not registered."""
        now = time.time()
        document = self._unknown.get((name, document_id))
        if document is None:
            document = UnknownDocument(name, document_id, text, 0, now, now)
            self._unknown.put((name, document_id), document)
        document.count += 1
        document.last = now

    def versions(self, having: Callable[[str, str], Sequence[str]]) -> set[tuple[str, str]]:
        """Return the clients, each with a version whose documents were used.

        ``having`` returns the versions of a client that have a document. All of them were used if
        the client does not say which one it is.
        """
        found: set[tuple[str, str]] = set()
        for name, client, id_ in list(self._used):  # a request may be adding its own just now
            versions, (_, said) = having(name, id_), name_and_version(client)
            found.update((name, each) for each in ((said,) if said in versions else versions))
        return found

    def unknown(self) -> list[UnknownDocument]:
        """Return the documents that clients sent and had not registered."""
        return list(self._unknown.values())
