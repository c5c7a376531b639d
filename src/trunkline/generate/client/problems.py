"""What is wrong with a client's settings and documents: place, fact, remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from graphql import GraphQLError, Node, Source

__all__ = ["Problem", "Problems", "place_of"]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in one place: ``file:line:column``, or the name of a setting."""

    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


@dataclass(slots=True)
class Problems:
    """The errors found so far, after which no file is written, and the warnings."""

    errors: list[Problem] = field(default_factory=list[Problem])
    warnings: list[Problem] = field(default_factory=list[Problem])

    def error(self, place: str, text: str) -> None:
        """Add an error."""
        self.errors.append(Problem(place, text))

    def warn(self, place: str, text: str) -> None:
        """Add a warning."""
        self.warnings.append(Problem(place, text))

    def add(self, errors: Iterable[GraphQLError], remedy: str = "") -> None:
        """Add errors of graphql-core, each with the second place that it is about, if any."""
        for error in errors:
            places = list(dict.fromkeys(map(place_of, error.nodes or ())))
            if not places and error.source and error.locations:
                (location, *_) = error.locations
                places = [_place(error.source, location.line, location.column)]
            place, *others = places or ["the documents"]
            also = f" See also {others[0]}." if others else ""
            self.error(place, error.message + also + remedy)


def place_of(node: Node | None) -> str:
    """Return ``file:line:column`` of a node."""
    if node is None or node.loc is None:
        return "the schema"
    token = node.loc.start_token
    return _place(node.loc.source, token.line, token.column)


def _place(source: Source, line: int, column: int) -> str:
    offset = source.location_offset
    column += offset.column - 1 if line == 1 else 0
    return f"{source.name}:{line + offset.line - 1}:{column}"
