"""Pass 1, continued: documents, in files and in Python source, parsed and checked by the schema."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import graphql

from trunkline.client.building import load_schema
from trunkline.client.checks import DeprecationRule
from trunkline.generate.client.problems import Problems, place_of
from trunkline.protocol.documents import OperationKind

__all__ = [
    "CheckedDocuments",
    "DocumentSource",
    "NamedOperation",
    "check_documents",
    "marked_documents",
]


@dataclass(frozen=True, slots=True)
class DocumentSource:
    """The text of a document, with the name of its file and the place of its first character."""

    name: str
    text: str
    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class NamedOperation:
    """An operation that has a name and is valid.

    ``catches`` tells whether its method returns errors. ``description`` is the text above it.
    """

    node: graphql.OperationDefinitionNode
    name: str
    catches: bool
    description: str

    @property
    def kind(self) -> OperationKind:
        """Whether it is a query, a mutation or a subscription."""
        return self.node.operation.value


@dataclass(frozen=True, slots=True)
class CheckedDocuments:
    """All operations, in the order of the documents, and all fragments by name."""

    operations: Sequence[NamedOperation]
    fragments: Mapping[str, graphql.FragmentDefinitionNode]


# A file of fragments is for other files to use. We say more about missing names.
_OTHER_RULES = (graphql.NoUnusedFragmentsRule, graphql.LoneAnonymousOperationRule)
_RULES = tuple(rule for rule in graphql.specified_rules if rule not in _OTHER_RULES)
_MAX_ERRORS = 1000
_CATCH = (
    "@catch belongs on an operation, as `@catch` (its method returns errors beside the data) or"
    " `@catch(to: THROW)` (its method raises them)"
)


def marked_documents(text: str, name: str, problems: Problems) -> Iterator[DocumentSource]:
    """Find the documents that Python source marks by ``gql("…")``, without running it.

    Documents with an unnamed operation are left out: they are for the dynamic client. An f-string
    within the call is an error, because its text is known only when the program runs; variables
    are passed over.
    """
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        problems.error(f"{name}:{error.lineno}:{error.offset}", f"This is not Python: {error.msg}.")
        return
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="gql") | ast.Attribute(attr="gql"), args=[argument, *_]):
                line, column = argument.lineno, argument.col_offset + 1
            case _:
                continue
        match argument:
            case ast.JoinedStr():
                problems.error(
                    f"{name}:{line}:{column}",
                    "An f-string is not known before the program runs. Write the document as one"
                    " plain string, with variables for what changes.",
                )
            case ast.Constant(value=str(document)) if _is_named(document):
                quotes = 3 if "\n" in document else 1
                yield DocumentSource(name, document, line, column + quotes)
            case _:
                pass


def _is_named(text: str) -> bool:
    """Tell whether all operations have names. A document that does not parse counts as named."""
    try:
        definitions = graphql.parse(text, no_location=True).definitions
    except graphql.GraphQLError:
        return True  # the generator reports it
    return all(
        each.name for each in definitions if isinstance(each, graphql.OperationDefinitionNode)
    )


def check_documents(
    schema: graphql.GraphQLSchema,
    sources: Iterable[DocumentSource],
    problems: Problems,
    *,
    catch: bool,
    are_named: bool = True,
) -> CheckedDocuments:
    """Parse and validate all documents together, because they share their fragments.

    ``catch`` is what operations do with errors if they do not choose for themselves. Operations
    must have names if ``are_named`` is true. Mistakes and
    deprecated fields are added to ``problems``. The schema is taken as valid: a client cannot
    correct its server.
    """
    definitions = [each for source in sources for each in _definitions(source, problems)]
    reads_catch = schema.get_directive("catch") is None  # else the directive is the server's
    operations = [
        _operation(each, problems, catch=catch, reads_catch=reads_catch)
        for each in definitions
        if isinstance(each, graphql.OperationDefinitionNode)
    ]
    for operation in operations if are_named else ():
        if operation.node.name is None:
            kind = operation.node.operation.value
            text = f"This {kind} has no name. Give it one: its method gets the same name."
            problems.error(place_of(operation.node), text)
    others = [each for each in definitions if not isinstance(each, graphql.OperationDefinitionNode)]
    document = graphql.DocumentNode(definitions=(*(each.node for each in operations), *others))
    if document.definitions and not problems.errors:
        assumed = load_schema(schema)
        for error in graphql.validate(assumed, document, _RULES, max_errors=_MAX_ERRORS):
            if error.message == "Unknown directive '@catch'." and error.nodes:
                problems.error(place_of(error.nodes[0]), f"{_CATCH}, nowhere else.")
            else:
                problems.add([error])
        if not problems.errors:
            rules = (DeprecationRule,)
            for error in graphql.validate(assumed, document, rules, max_errors=_MAX_ERRORS):
                problems.warn(place_of(next(iter(error.nodes or ()), None)), error.message)
    fragments = [each for each in others if isinstance(each, graphql.FragmentDefinitionNode)]
    return CheckedDocuments(operations, {each.name.value: each for each in fragments})


def _definitions(source: DocumentSource, problems: Problems) -> Sequence[graphql.DefinitionNode]:
    """Parse one source. Files of comments and schemas among the documents are passed over."""
    place = graphql.SourceLocation(source.line, source.column)
    try:
        text = graphql.Source(source.text, source.name, place)
        definitions = graphql.parse(text, allow_empty_selection_sets=False).definitions
    except graphql.GraphQLError as error:
        lines = (line.strip() for line in source.text.splitlines())
        if any(line and not line.startswith("#") for line in lines):
            problems.add([error])
        return ()
    has_documents = any(isinstance(each, graphql.ExecutableDefinitionNode) for each in definitions)
    return definitions if has_documents else ()


def _operation(
    node: graphql.OperationDefinitionNode, problems: Problems, *, catch: bool, reads_catch: bool
) -> NamedOperation:
    """Read what an operation tells the generator, and take it out of what the server gets."""
    description = node.description.value if node.description else _comment_above(node)
    directives = list(node.directives or ())
    for directive in directives if reads_catch else ():
        if directive.name.value == "catch":
            arguments = {each.name.value: each.value for each in directive.arguments or ()}
            to = arguments.pop("to", graphql.EnumValueNode(value="RESULT"))
            choice = to.value if isinstance(to, graphql.EnumValueNode) else ""
            if arguments or choice not in {"RESULT", "THROW"}:
                written = graphql.print_ast(directive)
                problems.error(place_of(directive), f"{_CATCH}, not as `{written}`.")
            catch = choice == "RESULT"
            node = replace(node, directives=tuple(d for d in directives if d is not directive))
    name = node.name.value if node.name else "Unnamed"
    return NamedOperation(node, name, catch, description)


def _comment_above(node: graphql.OperationDefinitionNode) -> str:
    lines: list[str] = []
    if node.loc:
        for line in reversed(node.loc.source.body[: node.loc.start].split("\n")[:-1]):
            if not line.lstrip().startswith("#"):
                break
            lines.insert(0, line.lstrip().removeprefix("#").removeprefix(" "))
    return "\n".join(lines).strip()
