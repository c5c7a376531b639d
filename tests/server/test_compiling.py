"""Q-16: a long document is compiled beside the event loop, once for all who ask for it."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import Any

import pytest
from tests.server.calling import Endpoint, post
from tests.waiting import until

from trunkline.compiler import cache, operation
from trunkline.compiler.pipeline import compile_operation
from trunkline.text.loading import compile_module

LONG = "{ " + " ".join(f"a{number}: number(value: {number})" for number in range(100)) + " }"
WRONG = LONG.replace("a99: number", "a99: nope")
SHORT = "{ number(value: 1) }"


class Slow:
    """Compiling that lasts until it may end."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.has_begun = threading.Event()
        self.may_end = threading.Event()

    def compile(self, schema: Any, text: str, *rest: Any) -> Any:
        self.texts.append(text)
        if text != SHORT:
            self.has_begun.set()
            assert self.may_end.wait(60)
        return compile_operation(schema, text, *rest)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    slow = Slow()
    monkeypatch.setattr(cache, "compile_operation", slow.compile)
    return slow


@pytest.mark.parametrize("text", [LONG, WRONG])
async def test_q16_others_go_on_while_a_long_document_is_compiled(text: str, slow: Slow) -> None:
    app = Endpoint()
    asking = [asyncio.create_task(post(app, text)) for _ in range(5)]
    await asyncio.to_thread(slow.has_begun.wait, 60)
    assert (await post(app, SHORT)).data == {"number": 1}
    asking[0].cancel()  # who leaves does not end what the others wait for
    await asyncio.gather(asking[0], return_exceptions=True)
    slow.may_end.set()
    replies = await asyncio.gather(*asking[1:])
    assert sorted(slow.texts) == sorted([text, SHORT])
    for reply in replies:
        if text == WRONG:
            assert "Cannot query field 'nope'" in reply.error["message"]
        else:
            assert reply.data["a99"] == 99
    assert (await post(app, text)).body == replies[0].body
    assert len(slow.texts) == 2


async def test_q16_the_text_of_many_executions_is_compiled_beside_the_event_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded: list[str] = []

    def load(*given: Any) -> Any:
        loaded.append(threading.current_thread().name)
        return compile_module(*given)

    monkeypatch.setattr(operation, "compile_module", load)
    app = Endpoint()
    for _ in range(10):
        assert (await post(app, LONG)).data["a99"] == 99
    until(lambda: len(loaded) == 2, "the second text is not compiled")
    assert all(name.startswith("trunkline-compiling") for name in loaded)
    assert (await post(app, LONG)).data["a99"] == 99


async def test_q16_documents_of_callers_who_went_away_leave_nothing(slow: Slow) -> None:
    app = Endpoint()
    logged: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: logged.append(told["message"]))
    asking = [asyncio.create_task(post(app, f"{WRONG} # {number}")) for number in range(5)]
    await asyncio.to_thread(slow.has_begun.wait, 60)
    for task in asking:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    asking.clear()
    slow.may_end.set()
    assert (await post(app, LONG)).data["a99"] == 99
    gc.collect()
    assert len(slow.texts) == 2  # the one that had begun, and the last
    assert not logged
    assert not app._compilations._running
