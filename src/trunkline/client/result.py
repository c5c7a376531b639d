"""What an operation gave, with whatever went wrong beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Result"]


@dataclass(frozen=True, slots=True)
class Result:
    """An answer as it came (GraphQL §7.1): ``data`` is ``None`` where nothing could be resolved.

    ``status`` is the HTTP status, ``retry_after`` the seconds to wait that the server named, if it
    did.
    """

    data: dict[str, Any] | None
    errors: tuple[Mapping[str, Any], ...] = ()
    extensions: Mapping[str, Any] = field(default_factory=dict[str, Any])
    status: int = 200
    retry_after: float | None = None
