"""Text → a document that fits the schema, and one operation of it: the stages before planning."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLSyntaxError,
    Location,
    OperationDefinitionNode,
    SelectionSetNode,
    Source,
    SourceLocation,
    Token,
    value_from_ast_untyped,
)
from graphql.language.parser import Parser

from trunkline.compiler.authorization import Refusals
from trunkline.compiler.limits import Limits
from trunkline.compiler.selections import Fragments, fragment_of, fragments_of
from trunkline.compiler.validation import rules, validate
from trunkline.errors import (
    DocumentSyntaxError,
    LimitExceededError,
    OperationNotFoundError,
    ValidationError,
)
from trunkline.schema.bindings import Schema

__all__ = [
    "ChosenOperation",
    "ParsedDocument",
    "SourceText",
    "ValidDocument",
    "check_size",
    "choose_operation",
    "find_operations",
    "parse_document",
    "validate_document",
]

_LINE_END = re.compile(r"\r\n|[\n\r]")


@dataclass(frozen=True, slots=True)
class SourceText:
    """The text of a document, and what it is compiled for.

    ``operation_name`` chooses one of several operations; ``None`` means the only one.
    """

    schema: Schema
    text: str
    operation_name: str | None
    limits: Limits


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """A document that is correct GraphQL, whatever its schema."""

    source: SourceText
    document: DocumentNode


@dataclass(frozen=True, slots=True)
class ValidDocument:
    """A document that fits its schema."""

    source: SourceText
    document: DocumentNode


@dataclass(frozen=True, slots=True)
class ChosenOperation:
    """One operation of a document that fits the schema, with the document's fragments.

    ``source`` is what the document was read from, ``None`` if a program gave it as a syntax tree.
    ``refusals`` is set if the operation is compiled for callers who may not have all of it.
    """

    schema: Schema
    text: str
    limits: Limits
    node: OperationDefinitionNode
    fragments: Fragments
    source: SourceText | None = None
    refusals: Refusals | None = None

    def defaults(self) -> dict[str, Any]:
        """Return the defaults of variables by name, as in JSON."""
        return {
            each.variable.name.value: value_from_ast_untyped(each.default_value)
            for each in self.node.variable_definitions or ()
            if each.default_value
        }

    def without_fields(self) -> ChosenOperation:
        """Copy it without the operation's fields, which the copy does not keep alive.

        It stays as it is if it cannot be read again.
        """
        if self.source is None:
            return self
        node = OperationDefinitionNode(
            operation=self.node.operation,
            name=self.node.name,
            variable_definitions=self.node.variable_definitions,
            directives=self.node.directives,
            selection_set=SelectionSetNode(selections=()),
            loc=self.node.loc,
        )
        return replace(self, node=node)

    def reader(self) -> Callable[[], ChosenOperation]:
        """Return a function that reads the operation again, so that its syntax tree may go."""
        source, refusals = self.source, self.refusals
        if source is None:
            return lambda: self

        def read() -> ChosenOperation:
            document = parse_document(source).document
            return replace(choose_operation(ValidDocument(source, document)), refusals=refusals)

        return read


def parse_document(source: SourceText) -> ParsedDocument:
    """Parse the text (GraphQL §2).

    Raises ``LimitExceededError`` for too many characters or tokens, and ``DocumentSyntaxError``.
    """
    length, limits = len(source.text), source.limits
    if length > limits.characters:
        raise LimitExceededError.because(
            f"The document has {length} characters; this server allows {limits.characters}."
        )
    parser = _Parser(
        _IndexedSource(source.text),
        max_lexical_tokens=limits.tokens,
        allow_empty_selection_sets=False,
    )
    try:
        document = parser.parse_document()
    except GraphQLSyntaxError as error:
        if "Parsing aborted" in error.message:  # graphql-core gives no other sign of its limit
            raise LimitExceededError([error]) from None
        raise DocumentSyntaxError([error]) from None
    return ParsedDocument(source, document)


def check_size(parsed: ParsedDocument) -> ParsedDocument:
    """Raise ``LimitExceededError`` if an operation is too deep or too wide.

    Each fragment is measured once, so a document that doubles itself with every fragment costs no
    more than it is long. Cycles of fragments are left to validation.
    """
    document, limits = parsed.document, parsed.source.limits
    spread = "with every fragment spread out"
    _check("The document has {} definitions", len(document.definitions), limits.definitions)
    measure = _Measure(fragments_of(document))
    sizes = [measure.selection_set(node.selection_set) for node in find_operations(document, None)]
    _check("The document has {} directives", measure.directives, limits.directives)
    for size in sizes:
        _check("The operation is {} fields deep", size.depth, limits.depth)
        _check(f"The operation selects {{}} fields, {spread}", size.fields, limits.fields)
        _check(f"The operation has {{}} aliases, {spread}", size.aliases, limits.aliases)
    return parsed


def validate_document(parsed: ParsedDocument) -> ValidDocument:
    """Validate the document (GraphQL §5); raises ``ValidationError``."""
    source, limits = parsed.source, parsed.source.limits
    schema = source.schema
    errors = validate(
        schema.definition,
        parsed.document,
        rules(limits, has_introspection=schema.has_introspection),
        limits.errors,
        has_suggestions=schema.has_suggestions,
    )
    if errors:
        raise ValidationError(errors)
    return ValidDocument(source, parsed.document)


def choose_operation(valid: ValidDocument) -> ChosenOperation:
    """Choose the operation by its name, or the only one (GraphQL §6.1).

    Raises ``OperationNotFoundError``.
    """
    source, document = valid.source, valid.document
    found = find_operations(document, source.operation_name)
    if len(found) != 1:
        every = find_operations(document, None)
        named = ", ".join(node.name.value if node.name else "(without a name)" for node in every)
        message = "The document has no operation, only fragments."
        if every:
            problem = "The document has several operations; name one."
            if source.operation_name is not None:
                problem = f"The document has no operation {source.operation_name!r}."
            message = f"{problem} It has: {named}."
        raise OperationNotFoundError.because(message)
    fragments = fragments_of(document)
    return ChosenOperation(source.schema, source.text, source.limits, found[0], fragments, source)


def find_operations(document: DocumentNode, name: str | None) -> list[OperationDefinitionNode]:
    """Return the operations of a name, all of them for ``None``; ``""`` means no name."""
    return [
        node
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
        and (name is None or name == (node.name.value if node.name else ""))
    ]


class _Parser(Parser):
    """Makes syntax trees without tokens: these would be a quarter of a tree.

    And each token keeps all others and every node alive.
    """

    def loc(self, start_token: Token) -> Location:
        location = Location.__new__(Location)
        location.start = start_token.start
        location.end = self._lexer.last_token.end
        location.source = self._lexer.source
        return location


class _IndexedSource(Source):
    """A document's text that finds the line of a place by bisection, not from line 1 each time."""

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in _LINE_END.finditer(self.body))]

    def get_location(self, position: int) -> SourceLocation:
        line = bisect_right(self._line_starts, position)
        return SourceLocation(line, position + 1 - self._line_starts[line - 1])


class _Size(NamedTuple):
    """How deep a selection set is, and what it has after fragments are spread out."""

    depth: int
    fields: int
    aliases: int


class _Measure:
    """Measures selection sets: how deep, and how many fields."""

    def __init__(self, fragments: Fragments) -> None:
        self._fragments = fragments
        self._measured: dict[str, _Size] = {}
        self.directives = 0

    def selection_set(self, node: SelectionSetNode | None) -> _Size:
        depth = fields = aliases = 0
        for selection in node.selections if node else ():
            self.directives += len(selection.directives or ())
            if isinstance(selection, FieldNode):
                below, within, aliased = self.selection_set(selection.selection_set)
                below, within = below + 1, within + 1
                aliased += selection.alias is not None
            elif isinstance(selection, FragmentSpreadNode):
                below, within, aliased = self._spread(selection.name.value)
            else:
                fragment = fragment_of(selection, self._fragments)
                below, within, aliased = self.selection_set(
                    fragment.selection_set if fragment else None
                )
            depth, fields, aliases = max(depth, below), fields + within, aliases + aliased
        return _Size(depth, fields, aliases)

    def _spread(self, name: str) -> _Size:
        if name not in self._measured:
            self._measured[name] = _Size(0, 0, 0)  # what a cycle finds
            fragment = self._fragments.get(name)
            self._measured[name] = self.selection_set(fragment.selection_set if fragment else None)
        return self._measured[name]


def _check(sentence: str, count: int, allowed: int) -> None:
    if count > allowed:
        raise LimitExceededError.because(f"{sentence.format(count)}; this server allows {allowed}.")
