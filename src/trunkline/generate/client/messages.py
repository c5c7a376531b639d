"""What the generator has to say: where, what is wrong, what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from graphql import GraphQLError, Node, Source

__all__ = ["Message", "Messages", "place_of"]


@dataclass(frozen=True, slots=True)
class Message:
    """One sentence about one place, ``file:line:column`` or the name of an option."""

    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


@dataclass(slots=True)
class Messages:
    """What was found so far: errors, after which nothing is written, and warnings."""

    errors: list[Message] = field(default_factory=list[Message])
    warnings: list[Message] = field(default_factory=list[Message])

    def error(self, place: str, text: str) -> None:
        """Say that something is wrong."""
        self.errors.append(Message(place, text))

    def warn(self, place: str, text: str) -> None:
        """Say that something will be."""
        self.warnings.append(Message(place, text))

    def add(self, errors: Iterable[GraphQLError]) -> None:
        """Take over what graphql-core found wrong."""
        self.errors.extend(Message(_place(error), _text(error)) for error in errors)

    def add_warnings(self, errors: Iterable[GraphQLError]) -> None:
        """Take over what graphql-core found, as warnings."""
        self.warnings.extend(Message(_place(error), error.message) for error in errors)


def place_of(node: Node) -> str:
    """Return ``file:line:column`` of a node."""
    if node.loc is None:
        return "the schema"
    token = node.loc.start_token
    return _written(node.loc.source, token.line, token.column)


def _place(error: GraphQLError) -> str:
    if error.nodes:
        return place_of(error.nodes[0])
    if error.source and error.locations:
        place = next(iter(error.locations))
        return _written(error.source, place.line, place.column)
    return "the documents"


def _text(error: GraphQLError) -> str:
    """Return what is wrong, and the other place where it takes two."""
    places = [place_of(node) for node in error.nodes or ()]
    others = [place for place in places if place != places[0]]
    return f"{error.message} See also {others[0]}." if others else error.message


def _written(source: Source, line: int, column: int) -> str:
    offset = source.location_offset
    column += offset.column - 1 if line == 1 else 0
    return f"{source.name}:{line + offset.line - 1}:{column}"
