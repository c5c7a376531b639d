"""Documents at random: each gets a response, and none is an exception of ours.

What they cost is measured by ``python -m benchmarks.hostile``, which ``make fuzz`` runs.
"""

from __future__ import annotations

from random import Random

import pytest
from benchmarks.hostile_documents import LONGEST, HostileDocuments
from tests.compiler.library import library
from tests.server.calling import post

from trunkline.server import GraphQL, OperationEvent

SCHEMA = library()


def test_the_same_seed_draws_the_same_documents() -> None:
    once, again = (HostileDocuments(SCHEMA.definition, Random(1)) for _ in range(2))  # noqa: S311
    drawn = [once.draw() for _ in range(20)]
    assert [again.draw() for _ in range(20)] == drawn
    assert len(set(drawn)) > 15
    assert all(len(text) <= LONGEST + 1 for text in drawn)


@pytest.mark.parametrize("seed", range(5))
async def test_q16_a_document_at_random_gets_a_response(seed: int) -> None:
    events: list[OperationEvent] = []
    endpoint = GraphQL(SCHEMA, auth=None, sinks=[events.append])
    documents = HostileDocuments(SCHEMA.definition, Random(seed))  # noqa: S311  # no secret
    for _ in range(8):
        reply = await post(endpoint, documents.draw())
        assert reply.status in {200, 294, 400, 422}
        assert len(reply.json.get("errors", [])) <= 101
        assert len(reply.body) < 3_000_000
    assert all(event.status != 500 for event in events)
