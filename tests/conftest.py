"""Random examples are the same in every run, so a commit that passes goes on passing.

`make fuzz` looks for new ones.
"""

from __future__ import annotations

import gc
import os

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True)
if "TRUNKLINE_FUZZ_EXAMPLES" not in os.environ:
    settings.load_profile("repeatable")


def pytest_collection_finish() -> None:
    gc.freeze()  # many tests collect garbage; modules and tests are none
