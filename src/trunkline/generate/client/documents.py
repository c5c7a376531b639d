"""Documents → operations and fragments that fit the schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from graphql import (
    DefinitionNode,
    DirectiveNode,
    DocumentNode,
    EnumValueNode,
    ExecutableDefinitionNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    LoneAnonymousOperationRule,
    NoDeprecatedCustomRule,
    NoUnusedFragmentsRule,
    OperationDefinitionNode,
    Source,
    SourceLocation,
    parse,
    print_ast,
    specified_rules,
    validate,
)

from trunkline.generate.client.messages import Messages, place_of

__all__ = ["CheckedOperation", "DocumentSource", "Documents", "check_documents"]


@dataclass(frozen=True, slots=True)
class DocumentSource:
    """The text of a document, and where it stands: its file, and its first character's place."""

    name: str
    text: str
    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class CheckedOperation:
    """An operation that has a name and fits the schema.

    ``catches`` says whether its errors are returned, ``description`` what people wrote above it.
    """

    node: OperationDefinitionNode
    name: str
    catches: bool
    description: str


@dataclass(frozen=True, slots=True)
class Documents:
    """All operations, in the order of the documents, and all fragments by name."""

    operations: Sequence[CheckedOperation]
    fragments: Mapping[str, FragmentDefinitionNode]


# A file of fragments is for others to use, and of missing names we say more.
_NOT_OURS = (NoUnusedFragmentsRule, LoneAnonymousOperationRule)
_RULES = tuple(rule for rule in specified_rules if rule not in _NOT_OURS)
_MANY = 1000


def check_documents(
    schema: GraphQLSchema, sources: Iterable[DocumentSource], messages: Messages, *, catch: bool
) -> Documents:
    """Parse and validate all documents together, for they share their fragments.

    ``catch`` is what operations do with errors that do not choose for themselves. What is wrong
    goes to ``messages``, deprecated fields as warnings.
    """
    definitions = [d for source in sources for d in _parsed(source, messages)]
    own = schema.get_directive("catch") is None
    operations = [
        _operation(d, messages, catch=catch, own_directive=own)
        for d in definitions
        if isinstance(d, OperationDefinitionNode)
    ]
    others = [d for d in definitions if not isinstance(d, OperationDefinitionNode)]
    nodes = [operation.node for operation in operations]
    if not messages.errors:
        _validate(schema, DocumentNode(definitions=(*nodes, *others)), messages)
    fragments = {d.name.value: d for d in others if isinstance(d, FragmentDefinitionNode)}
    return Documents(operations, fragments)


def _parsed(source: DocumentSource, messages: Messages) -> Sequence[DefinitionNode]:
    place = SourceLocation(source.line, source.column)
    try:
        text = Source(source.text, source.name, place)
        definitions = parse(text, allow_empty_selection_sets=False).definitions
    except GraphQLError as error:
        if not _is_blank(source.text):
            messages.add([error])
        return ()
    is_schema = not any(isinstance(each, ExecutableDefinitionNode) for each in definitions)
    return () if is_schema else definitions  # a schema may lie among the documents


def _is_blank(text: str) -> bool:
    return all(not line.strip() or line.lstrip().startswith("#") for line in text.splitlines())


_CATCH = (
    "@catch stands on an operation, as `@catch` (its method returns errors beside the data) or"
    " `@catch(to: THROW)` (it raises them)"
)


def _validate(schema: GraphQLSchema, document: DocumentNode, messages: Messages) -> None:
    """Check against the schema, which is taken as valid: a client cannot mend its server's."""
    if not document.definitions:
        return
    kwargs = schema.to_kwargs()
    kwargs["assume_valid"] = True
    taken = GraphQLSchema(**kwargs)
    for error in validate(taken, document, _RULES, max_errors=_MANY):
        if error.message == "Unknown directive '@catch'." and error.nodes:
            messages.error(place_of(error.nodes[0]), f"{_CATCH}, nowhere else.")
        else:
            messages.add([error])
    if not messages.errors:
        rules = (NoDeprecatedCustomRule,)
        messages.add_warnings(validate(taken, document, rules, max_errors=_MANY))


def _operation(
    node: OperationDefinitionNode, messages: Messages, *, catch: bool, own_directive: bool
) -> CheckedOperation:
    """Read what an operation says to the generator, and take it out of what the server gets."""
    if node.name is None:
        messages.error(
            place_of(node),
            f"This {node.operation.value} has no name. Give it one: the method is called by it.",
        )
    catches = catch
    directives = list(node.directives or ())
    for directive in directives if own_directive else ():
        if directive.name.value == "catch":
            catches = _catches(directive, messages)
            node = replace(node, directives=tuple(d for d in directives if d is not directive))
    name = node.name.value if node.name else "Unnamed"
    return CheckedOperation(node, name, catches, _description(node))


def _catches(directive: DirectiveNode, messages: Messages) -> bool:
    arguments = {each.name.value: each.value for each in directive.arguments or ()}
    to = arguments.pop("to", None)
    value = to.value if isinstance(to, EnumValueNode) else "RESULT" if to is None else ""
    if arguments or value not in {"RESULT", "THROW"}:
        messages.error(place_of(directive), f"{_CATCH}, not as `{print_ast(directive)}`.")
    return value == "RESULT"


def _description(node: OperationDefinitionNode) -> str:
    """Return the description of an operation, or the comment right above it."""
    if node.description:
        return node.description.value
    lines: list[str] = []
    if node.loc:
        for line in reversed(node.loc.source.body[: node.loc.start].split("\n")[:-1]):
            if not line.lstrip().startswith("#"):
                break
            lines.insert(0, line.lstrip().removeprefix("#").removeprefix(" "))
    return "\n".join(lines).strip()
