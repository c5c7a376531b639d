"""A PostgreSQL for the tests here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.issuer.postgresql import database

TABLES = (
    "by_operation",
    "by_client",
    "clients",
    "operations",
    "coordinates",
    "variables",
    "schemas",
    "slow",
    "writers",
)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    with database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of an empty store."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'usage.db'}"
    url: str = request.getfixturevalue("server")
    with psycopg.connect(url, autocommit=True) as connection:
        for table in ("trunkline_usage", *(f"trunkline_usage_{each}" for each in TABLES)):
            connection.execute(f"DROP TABLE IF EXISTS {table}".encode())
    return url
