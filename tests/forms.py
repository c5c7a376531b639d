"""A fixture that has every test of a folder run with both texts of an operation."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from trunkline.compiler import operation

__all__ = ["form"]


@pytest.fixture(autouse=True, params=["first", "often"], scope="module")
def form(request: pytest.FixtureRequest) -> Iterator[str]:
    """Let operations be compiled as for their first executions, or as for all that follow."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operation, "_FIRST_RUNS", 0 if request.param == "often" else 1_000_000)
        yield request.param
