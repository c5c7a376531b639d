"""A child process does not use what is its parent's."""

from __future__ import annotations

import os
import threading
import traceback
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from tests.client.serving import QUERY, TODOS, Todos

from trunkline import Client
from trunkline.client.transports.httpx2 import HTTPX2Transport
from trunkline.client.transports.pyreqwest import PyreqwestTransport
from trunkline.client.transports.requests import RequestsHTTPTransport
from trunkline.flow.single_flight import SingleFlight

BLOCKING: list[Any] = [RequestsHTTPTransport, HTTPX2Transport]


def in_a_child(work: Callable[[], bool]) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that threads are running
        child = os.fork()
    if child == 0:
        done = False
        try:
            done = work()
        except BaseException:  # noqa: BLE001  # the child ends here, whatever it is
            traceback.print_exc()
        finally:
            os._exit(0 if done else 1)
    return os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize("transport", BLOCKING)
def test_a_child_has_connections_of_its_own(transport: Any, server: Todos) -> None:
    with Client(transport(server.url)) as client:
        assert client.execute(QUERY) == TODOS
        assert in_a_child(lambda: client.execute(QUERY) == TODOS)
        assert client.execute(QUERY) == TODOS
    assert server.connections == 2


def test_a_child_is_told_where_the_library_cannot_follow(server: Todos) -> None:
    with Client(PyreqwestTransport(server.url)) as client:
        client.execute(QUERY)

        def refused() -> bool:
            with pytest.raises(RuntimeError, match=r"before fork\(\)"):
                client.execute(QUERY)
            return True

        assert in_a_child(refused)


def test_what_a_thread_of_the_parent_had_in_hand_does_not_stop_a_child() -> None:
    flight = SingleFlight()
    begun, end = threading.Event(), threading.Event()

    def work() -> Any:
        begun.set()
        end.wait()
        yield from ()

    def lead() -> None:
        for _ in flight.run(work):
            pass

    thread = threading.Thread(target=lead)
    thread.start()
    begun.wait()

    def nothing() -> Any:
        yield from ()

    def fly() -> bool:
        return list(flight.run(nothing)) == []

    try:
        assert in_a_child(fly)
    finally:
        end.set()
        thread.join()
