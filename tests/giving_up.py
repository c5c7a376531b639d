"""What a test does without something that it needs of the machine."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest

__all__ = ["give_up", "program"]


def give_up(why: str) -> NoReturn:
    """Skip the test, or fail in CI, where everything must be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(why, pytrace=False)
    pytest.skip(why)


def program(*names: str, package: str, path: str | None = None) -> str:
    """Return the program that has one of the names; without one, give up."""
    found = next(filter(None, (shutil.which(name, path=path) for name in names)), None)
    return found or give_up(f"{names[0]} is not installed: apt-get install {package}")
