"""Processes of others: a core of their own, and what they have spent."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["can_measure", "cpu_of_tree", "on_load_core", "on_server_core"]

CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def can_measure() -> bool:
    """Say whether this system tells what other processes have spent; if not, print that too."""
    if Path("/proc/self/task").exists():
        return True
    print("Servers are left out: what they spend is read from /proc, which only Linux has.")
    return False


@contextmanager
def on_server_core() -> Generator[None]:
    """Run the block, and the processes that it starts for good, on the last core."""
    with _pinned(CORES[-1:]):
        yield


@contextmanager
def on_load_core() -> Generator[None]:
    """Run the block on the cores that servers do not have."""
    with _pinned(CORES[:-1]):
        yield


@contextmanager
def _pinned(cores: list[int]) -> Generator[None]:
    """Keep to some cores for a while; nothing happens where there are none to choose from."""
    if not cores:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_of_tree(pid: int) -> float:
    """Return the CPU seconds of a process, its threads and its children, so far (Linux).

    Read to the nanosecond where the kernel keeps them so; the ticks of ``stat`` are 10 ms.
    """
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return _cpu_of(pid) + sum(cpu_of_tree(int(child)) for child in children)


def _cpu_of(pid: int) -> float:
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    nanoseconds = [int(thread.read_text(encoding="ascii").split()[0]) for thread in threads]
    if nanoseconds:
        return sum(nanoseconds) / 1e9
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
