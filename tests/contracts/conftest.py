"""The stores of registered documents: a file of SQLite, and a PostgreSQL for the tests here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.issuer.postgresql import database

TABLES = ("contracts", "rules", "unknown", "revision")


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    with database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of an empty store."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'documents.db'}"
    return request.getfixturevalue("postgresql")  # type: ignore[no-any-return]


@pytest.fixture
def postgresql(server: str) -> str:
    with psycopg.connect(server, autocommit=True) as connection:
        for table in TABLES:
            connection.execute(f"DROP TABLE IF EXISTS trunkline_{table}".encode())
    return server
