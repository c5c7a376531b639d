"""GraphQL Yoga on Node: a peer that nobody here wrote."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from tests.node import running

__all__ = ["Yoga", "yoga"]


@dataclass(frozen=True, slots=True)
class Yoga:
    """The running server."""

    port: int

    @property
    def apq(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphql"

    @property
    def registered(self) -> str:
        return f"http://127.0.0.1:{self.port}/registered"

    def seen(self) -> list[str]:
        """Return the method and URL of each request since this was asked last."""
        with urlopen(f"http://127.0.0.1:{self.port}/seen") as answer:  # ours
            seen: list[str] = json.load(answer)
        return seen


@contextmanager
def yoga() -> Generator[Yoga]:
    """Start the server. Where it cannot be had tests are skipped, or fail in CI."""
    with running(Path(__file__).parent / "yoga" / "server.mjs") as port:
        yield Yoga(int(port))
