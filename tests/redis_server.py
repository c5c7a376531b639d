"""A real Valkey or Redis, on a socket in a folder of its own."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.load import free_port
from redis import Redis
from tests.giving_up import program
from tests.waiting import PATIENCE, until

__all__ = ["RedisServer", "redis_cluster", "redis_sentinel", "redis_server"]


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
def redis_server(*settings: str, is_sentinel: bool = False) -> Generator[RedisServer]:
    """Start a server. Without one the test is left out, or fails in CI."""
    folder = Path(tempfile.mkdtemp(prefix="trunkline-redis-"))
    path = folder / "socket"
    usual = ["bind 127.0.0.1", "port 0", f"unixsocket {path}", 'save ""', f"dir {folder}"]
    configuration = folder / "conf"  # which sentinels write to
    configuration.write_text("\n".join([*usual, f"logfile {folder}/log", *settings]))
    found = program("valkey-server", "redis-server", package="redis-server")
    command = [found, str(configuration), *(["--sentinel"] if is_sentinel else [])]
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


@contextmanager
def redis_cluster() -> Generator[int]:
    """Start a cluster of two nodes, each with half of the slots; give the port of one."""
    ports, buses = [free_port(), free_port()], [free_port(), free_port()]
    with ExitStack() as running:
        nodes: list[Any] = []  # redis-py has no types for these commands
        for port, bus in zip(ports, buses, strict=True):
            settings = ["cluster-enabled yes", f"port {port}", f"cluster-port {bus}"]
            server = running.enter_context(redis_server(*settings))
            nodes.append(running.enter_context(Redis(unix_socket_path=str(server.path))))
        for number, (node, first) in enumerate(zip(nodes, [0, 8192], strict=True), 1):
            node.execute_command("CLUSTER ADDSLOTSRANGE", first, first + 8191)
            node.execute_command("CLUSTER SET-CONFIG-EPOCH", number)
        nodes[0].execute_command("CLUSTER MEET", "127.0.0.1", ports[1], buses[1])

        def know_each_other() -> bool:
            states = [node.execute_command("CLUSTER INFO") for node in nodes]
            return all(each["cluster_state"] == "ok" for each in states) and all(
                each["cluster_slots_ok"] == "16384" for each in states
            )

        until(know_each_other, "the nodes of the cluster do not find each other")
        yield ports[0]


@contextmanager
def redis_sentinel() -> Generator[int]:
    """Start a server, and a sentinel that calls it ``cache``; give the sentinel's port."""
    port, master = free_port(), free_port()
    watched = f"sentinel monitor cache 127.0.0.1 {master} 1"
    with redis_server(f"port {master}"), redis_server(f"port {port}", watched, is_sentinel=True):
        yield port
