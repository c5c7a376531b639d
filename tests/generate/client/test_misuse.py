"""What is said of documents and options that are wrong, as a file beside each case.

``UPDATE_CORPUS=1 pytest tests/generate/client`` writes the files anew; read what changed.
"""

from __future__ import annotations

import os

import pytest
from tests.generate.client.cases import Case, cases


@pytest.mark.parametrize("case", cases("misuse"), ids=lambda case: case.name)
def test_what_is_wrong_is_told(case: Case) -> None:
    path = case.folder / "messages.txt"
    if os.environ.get("UPDATE_CORPUS"):
        path.write_text(case.told(), encoding="utf-8")
    assert case.generate().files == {}
    assert case.told() == path.read_text(encoding="utf-8")
