"""Every test here twice: with the text of first executions, and with that of later ones."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Generator

import pytest
from tests.forms import form

__all__ = ["form"]


@pytest.fixture(autouse=True)
def _collect_what_graphql_core_leaves() -> Generator[None]:
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()
