"""A body is taken without a deadline if it is there, and awaited as ever if it is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from tests.server.calling import GONE, chunk

from trunkline.asgi.requests import BodyReader, ClientGone, HTTPProblem


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
    assert await BodyReader(9, 5.0).read({}, receiver(chunk(b"all"), steps=steps)) == b"all"
    pieces = [chunk(b"a", more=True), chunk(b"", more=True), chunk(b"b")]
    assert await BodyReader(9, 5.0).read({}, receiver(*pieces, steps=steps)) == b"ab"


@pytest.mark.parametrize("steps", [0, 2])
async def test_what_ends_it_early(steps: int) -> None:
    with pytest.raises(ClientGone):
        await BodyReader(9, 5.0).read({}, receiver(GONE, steps=steps))
    with pytest.raises(ClientGone):
        await BodyReader(9, 5.0).read({}, receiver(chunk(b"a", more=True), GONE, steps=steps))
    with pytest.raises(HTTPProblem, match="larger than 2 bytes"):  # and not waited for more
        await BodyReader(2, 5.0).read({}, receiver(chunk(b"abc", more=True), steps=steps))
    with pytest.raises(HTTPProblem, match=r"within 0\.02 s"):
        await BodyReader(9, 0.02).read({}, receiver(chunk(b"a", more=True), steps=steps))


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

    task = asyncio.create_task(BodyReader(9, 5.0).read({}, receive))
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

    assert await BodyReader(9, 5.0).read({}, lambda: asyncio.ensure_future(late())) == b"later"


async def test_T_04_unfinished_bodies_have_a_bound_together() -> None:  # noqa: N802
    reader = BodyReader(1_000, 30.0)
    most = chunk(b" " * 999, more=True)
    waiting = [asyncio.create_task(reader.read({}, receiver(most, steps=0))) for _ in range(32)]
    await asyncio.sleep(0)
    with pytest.raises(HTTPProblem, match="too many bodies") as refused:
        await reader.read({}, receiver(most, chunk(b""), steps=0))
    assert refused.value.status == 503
    assert refused.value.headers == ((b"retry-after", b"1"),)
    whole = chunk(b" " * 1_000)  # this one waits for nothing, and takes no room from others
    assert len(await reader.read({}, receiver(whole, steps=0))) == 1_000
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    pieces = (chunk(b" " * 500, more=True), chunk(b" " * 500))
    for _ in range(50):  # bodies that ended, well or not, take no room
        assert len(await reader.read({}, receiver(*pieces, steps=0))) == 1_000
        with pytest.raises(HTTPProblem, match="larger"):
            await reader.read({}, receiver(most, most, steps=0))
