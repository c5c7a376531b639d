"""Every test here twice: with the text of first executions, and with that of later ones."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Generator, Iterator

import pytest

from trunkline.compiler import operation


@pytest.fixture(autouse=True, params=["first", "often"], scope="module")
def form(request: pytest.FixtureRequest) -> Iterator[str]:
    """Let operations be compiled as for their first executions, or as for all that follow."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operation, "_FIRST_RUNS", 0 if request.param == "often" else 1_000_000)
        yield request.param


@pytest.fixture(autouse=True)
def _collect_what_graphql_core_leaves() -> Generator[None]:
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()
