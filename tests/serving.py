"""An ASGI application behind a real uvicorn, in a thread, on a free port of this machine."""

from __future__ import annotations

import socket
from collections.abc import Generator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import uvicorn
from tests.waiting import PATIENCE, until

__all__ = ["serving"]


@contextmanager
def serving(app: Any, port: int = 0, /, **config: Any) -> Generator[int]:
    """Serve as long as the ``with`` statement lasts; ``config`` is uvicorn's. Gives the port."""
    options: dict[str, Any] = {"log_config": None, "access_log": False, **config}
    server = uvicorn.Server(uvicorn.Config(app, **options))
    with socket.create_server(("127.0.0.1", port)) as listening:
        thread = Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        try:
            until(lambda: server.started or not thread.is_alive(), "the server does not start")
            assert server.started, "the server does not start"
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(PATIENCE)
        assert not thread.is_alive(), "the server does not stop"
