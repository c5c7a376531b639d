"""A body is taken without a deadline if it is there, and awaited as ever if it is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from tests.server.calling import GONE, chunk

from trunkline.asgi.requests import ClientGone, HTTPProblem, read_body


def receiver(*messages: dict[str, Any], steps: int) -> Callable[[], Awaitable[Any]]:
    """Receive messages, each after so many turns of the loop; nothing after the last."""

    async def all_messages() -> AsyncIterator[dict[str, Any]]:
        for message in messages:
            for _ in range(steps):
                await asyncio.sleep(0)
            yield message
        await asyncio.Event().wait()

    iterator = all_messages()
    return lambda: anext(iterator)


@pytest.mark.parametrize("steps", [0, 1, 3])
async def test_a_body_is_read_whole(steps: int) -> None:
    assert await read_body({}, receiver(chunk(b"all"), steps=steps), 9, 5.0) == b"all"
    pieces = [chunk(b"a", more=True), chunk(b"", more=True), chunk(b"b")]
    assert await read_body({}, receiver(*pieces, steps=steps), 9, 5.0) == b"ab"


@pytest.mark.parametrize("steps", [0, 2])
async def test_what_ends_it_early(steps: int) -> None:
    with pytest.raises(ClientGone):
        await read_body({}, receiver(GONE, steps=steps), 9, 5.0)
    with pytest.raises(ClientGone):
        await read_body({}, receiver(chunk(b"a", more=True), GONE, steps=steps), 9, 5.0)
    with pytest.raises(HTTPProblem, match="larger than 2 bytes"):  # and not waited for more
        await read_body({}, receiver(chunk(b"abc", more=True), steps=steps), 2, 5.0)
    with pytest.raises(HTTPProblem, match=r"within 0\.02 s"):
        await read_body({}, receiver(chunk(b"a", more=True), steps=steps), 9, 0.02)


async def test_cancelling_reaches_what_receives() -> None:
    ends: list[str] = []

    async def receive() -> Any:
        try:
            await asyncio.sleep(0)
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            await asyncio.sleep(0)  # it may take its time
            ends.append("cancelled")
            raise

    task = asyncio.create_task(read_body({}, receive, 9, 5.0))
    for _ in range(3):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ends == ["cancelled"]


async def test_a_future_is_as_good_as_a_coroutine() -> None:
    async def late() -> Any:
        await asyncio.sleep(0)
        return chunk(b"later")

    assert await read_body({}, lambda: asyncio.ensure_future(late()), 9, 5.0) == b"later"
