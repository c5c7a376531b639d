"""An ASGI application behind a real uvicorn, in a thread, on a free port of this machine."""

from __future__ import annotations

import socket
import time
from collections.abc import Generator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import uvicorn

__all__ = ["serving"]

SECONDS = 10.0  # what it may take to start and to stop


@contextmanager
def serving(app: Any, port: int = 0, /, **config: Any) -> Generator[int]:
    """Serve as long as the ``with`` statement lasts; ``config`` is uvicorn's. Gives the port."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, **config))
    with socket.create_server(("127.0.0.1", port)) as listening:
        thread = Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        try:
            wait_for(server, thread)
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(SECONDS)
        assert not thread.is_alive(), "the server does not stop"


def wait_for(server: uvicorn.Server, thread: Thread) -> None:
    deadline = time.monotonic() + SECONDS
    while not server.started:
        assert thread.is_alive(), "the server does not start"
        assert time.monotonic() < deadline
        time.sleep(0.01)
