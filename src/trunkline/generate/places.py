"""Where something is written, as messages tell it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Place", "place_in_schema", "shown_path"]


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{shown_path(Path(self.file))}:{self.line}"


def shown_path(path: Path) -> str:
    """Return a path as people write it from where they are."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)


def place_in_schema(element: Any) -> Place:
    """Return where a type, a field or the like is written in the schema."""
    node = element.ast_node or next(iter(getattr(element, "extension_ast_nodes", ())), None)
    if node is None or node.loc is None:
        return Place("the schema", 0)
    return Place(node.loc.source.name, node.name.loc.start_token.line)  # not its description's
