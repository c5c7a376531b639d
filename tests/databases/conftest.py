"""One PostgreSQL for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.issuer.postgresql import database


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """Give the URL of a database."""
    with database() as url:
        yield url
