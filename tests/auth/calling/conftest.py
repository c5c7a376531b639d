"""What the credentials' flows reach, and a clock that is set by hand."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from tests.auth.calling.world import World


class Clock:
    """Both clocks, which go together."""

    def __init__(self) -> None:
        self.now = 1000.0

    def forward(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    both = SimpleNamespace(monotonic=lambda: clock.now, time=lambda: clock.now + 1e9)
    for name in ("authentication", "cache", "credentials", "tokens"):
        monkeypatch.setattr(f"trunkline.auth.calling.{name}.time", both)
    return clock
