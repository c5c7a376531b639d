"""Documents that are made to cost: each is refused for what it is, and the next one served.

What they cost is measured in ``benchmarks/hostile.py``.
"""

from __future__ import annotations

import pytest
from benchmarks.hostile import DOCUMENTS
from tests.compiler.library import library

from trunkline.compiler.cache import OperationCache
from trunkline.engine import run_sync
from trunkline.errors import RequestError

REFUSED = {
    "Q-01 fields 190 deep": "192 fields deep; this server allows 32",
    "Q-02 a circle of 100 fragments": "Cannot spread fragment 'F0' within itself",
    "Q-03 2,400 aliases": "more than 5000 tokens",
    "Q-03 1,600 aliases": "selects 1600 fields",
    "Q-05 fragments that double 25 times": "selects 100663295 fields",
    "Q-06 __typename 4,900 times": "selects 4900 fields",
    "Q-07 one alias, 400 different arguments": "Validation aborted.",
    "Q-07 300 fragments of one field": "has 301 definitions; this server allows 200",
    "Q-08 10,000 directives": "more than 5000 tokens",
    "Q-09 @include with 300 variables": "Validation aborted.",
    "Q-12 introspection in circles": "Maximum introspection depth exceeded",
    "Q-17 a name of 50,000 characters": "Cannot query field 'aaa",
    "Q-17 a million characters": "1000009 characters; this server allows 65536",
}


def test_the_table_is_whole() -> None:
    assert set(REFUSED) == set(DOCUMENTS)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_hostile_document_is_refused(name: str) -> None:
    operations = OperationCache(library())
    with pytest.raises(RequestError) as caught:
        operations.get(DOCUMENTS[name])
    assert REFUSED[name] in str(caught.value)
    assert run_sync(operations.get("{ count }"), None).data == {"count": 2}


def test_the_echo_of_a_long_name_is_bounded() -> None:
    with pytest.raises(RequestError) as caught:
        OperationCache(library()).get(DOCUMENTS["Q-17 a name of 50,000 characters"])
    assert all(len(error.message) < 60_000 for error in caught.value.errors)
