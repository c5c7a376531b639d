"""Nothing."""

from todo.graph.types import Thing


def nothing() -> None: ...
