"""How many connections a transport keeps, and for how long."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEFAULT_POOL", "Pool"]


@dataclass(frozen=True, slots=True)
class Pool:
    """The limits of a transport's connections.

    ``connections`` at most at a time. One that was idle for ``idle_seconds`` is not used again:
    servers close theirs after 5 seconds and more (uvicorn after 5), and a request that meets a
    closing connection is lost, so the client is the first to close.
    """

    connections: int = 100
    idle_seconds: float = 4.0


DEFAULT_POOL = Pool()
