"""What compiling costs, counted rather than timed."""

from __future__ import annotations

import gc
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import trunkline

__all__ = ["lines_run", "megabytes", "milliseconds"]

_OURS = str(Path(trunkline.__file__).parent)


def lines_run(action: Callable[[], object]) -> int:
    """Count the lines of Trunkline's own code that an action runs."""
    count = 0

    def trace(frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal count
        if event == "call" and not frame.f_code.co_filename.startswith(_OURS):
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        action()
    finally:
        sys.settrace(before)
    return count


def megabytes(action: Callable[[], object]) -> float:
    """Measure how much memory an action has at its height beyond what there was before."""
    gc.collect()
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def milliseconds(action: Callable[[], object], enough: float) -> float:
    """Measure an action's processor time: the least of five runs, or the first that is enough."""
    least = float("inf")
    for _ in range(5):
        begin = time.process_time()
        action()
        least = min(least, (time.process_time() - begin) * 1000)
        if least <= enough:
            break
    return least
