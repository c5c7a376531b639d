"""A contract: the documents that one client registered for one of its versions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

from msgspec import Struct

__all__ = [
    "Audience",
    "Contract",
    "ContractState",
    "UnknownDocument",
    "UnknownRule",
    "check_names",
    "is_client",
    "unregistered",
]

ContractState: TypeAlias = Literal["active", "retired", "expired"]
"""Whether the documents of a contract are served.

- ``active``: they are.
- ``retired``: somebody ended the contract.
- ``expired``: none of them was used for so long that the server stopped serving them. Publishing
  the version again makes it active.
"""

UnknownRule: TypeAlias = Literal["allow", "log", "only"]
"""What happens with the documents that a client did not register.

- ``allow``: they run.
- ``log``: they run, and each is logged once.
- ``only``: they are refused; the client may send only registered ones.
"""

_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")
_LONGEST_CLIENT = 128
_LISTED = 5  # ids that a message names


class Audience(Struct, frozen=True):
    """Whom the schema is shown to, when the documents of a contract are checked and compiled.

    - ``scopes``: of the token; ``None`` if there is none.
    - ``policies``: those of the schema that hold.
    - ``is_told``: whether it may ask for the schema.
    """

    scopes: frozenset[str] | None = None
    policies: frozenset[str] = frozenset()
    is_told: bool = True


class Contract(Struct, frozen=True, kw_only=True):
    """The documents of one client at one version. They never change.

    - ``client`` and ``version``: together its name, ``billing@2.3.1``.
    - ``documents``: texts by id.
    - ``audience``: who published it; ``None`` stands for somebody who may have the whole schema.
    - ``is_proven``: whether the client was proven by its token, and did not just say its name.
    - ``published``, ``used``, ``retired``: when, in seconds since 1970. ``used`` is the last time,
      to the minute.
    - ``checked``: the schema for which the documents were checked last.
    """

    client: str
    version: str
    documents: dict[str, str]
    audience: Audience | None = None
    is_proven: bool = True
    published: float = 0.0
    used: float = 0.0
    retired: float | None = None
    checked: str = ""

    @property
    def name(self) -> str:
        """The client and the version, as commands and messages write them."""
        return f"{self.client}@{self.version}"

    def state(self, now: float, unused_days: float) -> ContractState:
        """Return the state at a time, if a contract expires after so many days without use."""
        if self.retired is not None:
            return "retired"
        return "expired" if now - self.used > unused_days * 86_400 else "active"

    def conflict(self, there: Contract) -> str | None:
        """Return why this cannot be published where there is a contract of the same name."""
        if there.documents != self.documents:
            return (
                f"{self.name} is published already, with other documents; a version never changes."
                f" This manifest {_difference(there.documents, self.documents)}: publish it under"
                " another version."
            )
        if there.is_proven < self.is_proven:
            return f"{self.name} was published without a token: choose another version."
        if there.retired is not None:
            return f"{self.name} is retired: publish the documents under another version."
        return None


def _difference(old: Mapping[str, str], new: Mapping[str, str]) -> str:
    changed = {id_ for id_ in old.keys() & new.keys() if old[id_] != new[id_]}
    told: list[str] = []
    for verb, ids in (
        ("adds", new.keys() - old.keys()),
        ("leaves out", old.keys() - new.keys()),
        ("changes", changed),
    ):
        if ids:
            listed = ", ".join([*sorted(ids)[:_LISTED], *(["…"] if len(ids) > _LISTED else [])])
            told.append(f"{verb} {len(ids)} ({listed})")
    return ", ".join(told)


class UnknownDocument(Struct):
    """A document that a client sent and did not register, and how often it was sent.

    ``first`` and ``last`` are in seconds since 1970.
    """

    client: str
    id: str
    text: str
    count: int
    first: float
    last: float


def unregistered(
    unknown: Iterable[UnknownDocument], contracts: Iterable[Contract]
) -> list[UnknownDocument]:
    """Return the documents whose texts none of the contracts has."""
    texts = {text for each in contracts for text in each.documents.values()}
    return [each for each in unknown if each.text not in texts]


def is_client(name: str) -> bool:
    """Tell whether a client with this name can have contracts."""
    return 0 < len(name) <= _LONGEST_CLIENT and name.isprintable()


def check_names(client: str, version: str) -> None:
    """Raise ``ValueError`` if a contract cannot have these names."""
    if not is_client(client):
        raise ValueError(
            f"The name of a client must be 1 to {_LONGEST_CLIENT} printable characters."
        )
    if not _VERSION.fullmatch(version):
        raise ValueError(
            f"{version!r} is not a version: use 1 to 64 letters, digits and . _ + - only, beginning"
            " with a letter or a digit, such as 2.3.1."
        )
