"""Contestants in a process of Node: graphql-jit and JSON.stringify (`peers/node/jit.js`)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.queries import Query
from benchmarks.race import Spent

__all__ = ["JITProcess", "graphql_jit"]

SCRIPT = Path(__file__).parent / "peers" / "node" / "jit.js"


@dataclass(frozen=True, slots=True)
class JITProcess:
    """The process; its queries are contestants."""

    process: subprocess.Popen[str]

    def query(self, query: Query) -> InJIT:
        """Return the contestant for a query."""
        return InJIT(self, query)

    def call(self, query: Query, times: int) -> dict[str, Any]:
        """Let the process execute a query so many times; return its report."""
        assert self.process.stdin and self.process.stdout  # noqa: S101, PT018  # pipes
        line = {"query": query.text, "variables": query.variables, "count": times}
        self.process.stdin.write(f"{json.dumps(line)}\n")
        self.process.stdin.flush()
        report: dict[str, Any] = json.loads(self.process.stdout.readline())
        return report


@dataclass(frozen=True, slots=True)
class InJIT:
    """A query that the process executes."""

    process: JITProcess
    query: Query

    def answer(self) -> bytes | None:  # as `Contestant` says
        answer: str = self.process.call(self.query, 1)["answer"]
        return answer.encode()

    def spend(self, times: int) -> Spent:  # as `Contestant` says
        report = self.process.call(self.query, times)
        return Spent(report["cpu"], report["wall"])


@contextmanager
def graphql_jit(node: Path) -> Generator[JITProcess]:
    command = [str(node), str(SCRIPT)]
    with subprocess.Popen(  # noqa: S603  # ours
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield JITProcess(process)  # which ends when its standard input does
