"""One call: what is asked, within which time, and what its caller chose for it alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple

from trunkline.client.transports.rules import check_headers
from trunkline.flow.calls import Deadline
from trunkline.protocol.documents import RegisteredDocument
from trunkline.protocol.multipart import FilePart

__all__ = ["Batched", "Call", "CallOptions", "Form"]


class Form(Enum):
    """How a request names its document."""

    TEXT = auto()
    HASH = auto()
    """By ``extensions.persistedQuery`` (Apollo's automatic persisted queries)."""
    HASH_AND_TEXT = auto()
    ID = auto()
    """By ``documentId`` (GraphQL over HTTP, Persisted Documents)."""


@dataclass(frozen=True, slots=True)
class CallOptions:
    """What a caller chooses for one call.

    ``timeout`` is how many seconds it may take, retries included, instead of the client's.
    ``headers`` go with it, over the client's. ``idempotency_key`` is the same for calls that must
    have one effect together; with it a mutation is repeated like a query, since the server promises
    to do it once (the header ``Idempotency-Key``).
    """

    timeout: float | None = None
    headers: Mapping[str, str] | None = field(default=None, repr=False)  # credentials, perhaps
    idempotency_key: str | None = None

    def sent(self) -> dict[str, str]:
        """Return the headers that these options add. Raises ``ValueError``."""
        headers = dict(self.headers or {})
        if self.idempotency_key is not None:
            headers["idempotency-key"] = self.idempotency_key
        return check_headers(headers)


class Batched(NamedTuple):
    """One operation of a batch."""

    document: RegisteredDocument
    variables: bytes


class Call:
    """One call under way. ``variables`` is a JSON object, or empty bytes where there are none.

    ``batch`` has the operations of a call for several; its document then stands for them all.
    """

    __slots__ = (
        "attempts",
        "batch",
        "by_get",
        "deadline",
        "document",
        "files",
        "form",
        "headers",
        "repeatable",
        "variables",
    )

    def __init__(  # noqa: PLR0913, PLR0917  # what a call is made of
        self,
        document: RegisteredDocument,
        variables: bytes,
        deadline: Deadline | None,
        options: CallOptions | None,
        files: Sequence[FilePart] = (),
        batch: Sequence[Batched] = (),
    ) -> None:
        self.document = document
        self.variables = variables
        self.deadline = deadline
        self.files = files
        self.batch = batch
        self.headers = options.sent() if options else None
        self.attempts = 0
        self.form = Form.TEXT
        self.by_get = False
        keyed = options is not None and options.idempotency_key is not None
        self.repeatable = document.kind == "query" or keyed
