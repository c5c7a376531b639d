"""Contestants in a process of their own, which executes what is written to its standard input.

`peers/node/jit.js` says what the lines are.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.race import Spent

__all__ = ["InPeer", "PeerProcess", "graphql_jit", "peer_process"]

SCRIPT = Path(__file__).parent / "peers" / "node" / "jit.js"


@dataclass(frozen=True, slots=True)
class PeerProcess:
    """The process; its queries are contestants."""

    process: subprocess.Popen[str]

    def query(self, text: str, variables: dict[str, Any]) -> InPeer:
        """Return the contestant for a query."""
        return InPeer(self, text, variables)

    def call(self, text: str, variables: dict[str, Any], times: int) -> dict[str, Any]:
        """Let the process execute a query so many times; return its report."""
        assert self.process.stdin and self.process.stdout  # noqa: S101, PT018  # pipes
        line = {"query": text, "variables": variables, "count": times}
        self.process.stdin.write(f"{json.dumps(line)}\n")
        self.process.stdin.flush()
        report: dict[str, Any] = json.loads(self.process.stdout.readline())
        return report


@dataclass(frozen=True, slots=True)
class InPeer:
    """A query that the process executes."""

    process: PeerProcess
    text: str
    variables: dict[str, Any]

    def answer(self) -> bytes | None:  # noqa: D102  # as `Contestant` says
        answer: str = self.process.call(self.text, self.variables, 1)["answer"]
        return answer.encode()

    def spend(self, times: int) -> Spent:  # noqa: D102  # as `Contestant` says
        report = self.process.call(self.text, self.variables, times)
        return Spent(report["cpu"], report["wall"])


@contextmanager
def peer_process(*command: str | Path) -> Generator[PeerProcess]:
    with subprocess.Popen(  # noqa: S603  # ours
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield PeerProcess(process)  # which ends when its standard input does


@contextmanager
def graphql_jit(node: Path, schema: str = "todos") -> Generator[PeerProcess]:
    with peer_process(node, SCRIPT, f"./{schema}.js") as process:
        yield process
