"""The issuer that a test asks."""

from __future__ import annotations

import pytest
from tests.issuer.asking import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()
