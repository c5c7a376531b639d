"""The client: calls another server's GraphQL API, and finds mistakes before the round trip.

``Client`` executes documents, ``gql`` reads one from text. How the bytes travel is the transport's
part, see ``trunkline.transport``. The rooms inside, from the outside in: ``client`` (the face),
``core`` (one call, without I/O), ``checks`` and ``variables`` (what is found before sending),
``schemas`` and ``introspection`` (where the schema comes from), ``flow`` (who does the I/O).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trunkline.client.client import Client
    from trunkline.client.document import Document, gql

__all__ = ["Client", "Document", "gql"]

_HOMES = {"Client": "client", "Document": "document", "gql": "document"}


def __getattr__(name: str) -> Any:
    """Import at first use: a transport lives below here too, and does without graphql-core."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
