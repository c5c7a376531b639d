"""What holds for all tests.

Random examples are the same in every run, so a commit that passes goes on passing; `make fuzz`
looks for new ones. Tests that run mypy share what it knows of the libraries, and tests that need
PostgreSQL share one server.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from tests import postgresql

# A busy machine may take any time for an example.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
settings.register_profile("repeatable", derandomize=True)
if "TRUNKLINE_FUZZ_EXAMPLES" not in os.environ:
    settings.load_profile("repeatable")

# One for each process, because two at a time must not write to it.
os.environ["MYPY_CACHE_DIR"] = str(
    Path(__file__).parents[1] / ".cache" / "mypy" / os.environ.get("PYTEST_XDIST_WORKER", "alone")
)


def pytest_collection_finish() -> None:
    gc.freeze()  # many tests collect garbage; modules and tests are none


@pytest.fixture(scope="session")
def new_database() -> Iterator[Callable[[], str]]:
    """Give a function that makes a database in PostgreSQL, and returns its URL."""
    numbers = count(1)
    with postgresql.database() as url:

        def make() -> str:
            name = f"database_{next(numbers)}"
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}".encode())
            return url.replace("/postgres?", f"/{name}?")

        yield make
