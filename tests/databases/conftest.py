"""A database in PostgreSQL for each module."""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.fixture(scope="module")
def postgresql(new_database: Callable[[], str]) -> str:
    """Give the URL of a database."""
    return new_database()
