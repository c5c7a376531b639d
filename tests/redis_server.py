"""A real Valkey or Redis, on a socket in a folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.waiting import PATIENCE, until

__all__ = ["RedisServer", "redis_server"]


@dataclass
class RedisServer:
    """A server that runs; ``url`` is for a `RedisStore`."""

    path: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"unix://{self.path}"

    @contextmanager
    def stopped(self) -> Generator[None]:
        """Let it respond to nothing for a while; it keeps what is sent to it."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)


@contextmanager
def redis_server() -> Generator[RedisServer]:
    """Start a server. Without one the test is left out, or fails in CI."""
    program = shutil.which("valkey-server") or shutil.which("redis-server")
    if program is None:
        message = "Redis is not installed: apt-get install redis-server"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    folder = Path(tempfile.mkdtemp(prefix="trunkline-redis-"))
    path = folder / "socket"
    options = ["--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(folder)]
    command = [str(program), *options, "--logfile", str(folder / "log")]
    try:
        with subprocess.Popen(command) as process:  # noqa: S603

            def answers() -> bool:
                assert process.poll() is None, "Redis does not start"
                with suppress(OSError), socket.socket(socket.AF_UNIX) as client:
                    client.settimeout(PATIENCE)
                    client.connect(str(path))
                    return True
                return False

            try:
                until(answers, "Redis does not start")
                yield RedisServer(path, process)
            finally:
                process.terminate()
                process.wait(PATIENCE)
    finally:
        shutil.rmtree(folder)
