"""One PostgreSQL for the tests of this folder, with a database for each module."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import psycopg
import pytest
from tests.issuer.postgresql import database


@pytest.fixture(scope="session")
def new_database() -> Iterator[Callable[[], str]]:
    """Give what makes a database, and returns its URL."""
    numbers = count(1)
    with database() as url:

        def make() -> str:
            name = f"database_{next(numbers)}"
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}".encode())
            return url.replace("/postgres?", f"/{name}?")

        yield make


@pytest.fixture(scope="module")
def postgresql(new_database: Callable[[], str]) -> str:
    """Give the URL of a database."""
    return new_database()
