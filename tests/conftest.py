"""What holds for all tests.

Random examples are the same in every run, so a commit that passes goes on passing; `make fuzz`
looks for new ones. Tests that run mypy share what it knows of the libraries.
"""

from __future__ import annotations

import gc
import os
from pathlib import Path

from hypothesis import HealthCheck, settings

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
