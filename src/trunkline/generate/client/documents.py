"""Pass 1, continued: documents, in files and in Python source, parsed and checked by the schema."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import graphql

from trunkline.client.building import load_schema
from trunkline.client.checks import DeprecationRule, rules_without
from trunkline.client.client_directives import without_client_directives
from trunkline.generate.client.problems import Problems, place_of
from trunkline.protocol.documents import OperationKind

__all__ = [
    "CheckedDocuments",
    "DocumentSource",
    "NamedOperation",
    "check_documents",
    "marked_documents",
    "reached_fragments",
    "spreads",
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

    ``key`` is its name, with its kind where operations of two kinds have the same name. ``catches``
    tells whether its method returns errors. ``description`` is the text above it.
    """

    node: graphql.OperationDefinitionNode
    name: str
    key: str
    catches: bool
    description: str

    @property
    def kind(self) -> OperationKind:
        """Whether it is a query, a mutation or a subscription."""
        return self.node.operation.value


@dataclass(frozen=True, slots=True)
class CheckedDocuments:
    """All operations, in the order of the documents, and the fragments that they use, by name."""

    operations: Sequence[NamedOperation]
    fragments: Mapping[str, graphql.FragmentDefinitionNode]


# A file of fragments is for other files to use. We say more about missing names.
_OTHER_RULES = ("NoUnusedFragmentsRule", "LoneAnonymousOperationRule")
_KINDS: Sequence[OperationKind] = ("query", "mutation", "subscription")
# Types are made of the fields.
_NEEDED = (graphql.FieldsOnCorrectTypeRule, graphql.ScalarLeafsRule)
_REMEDIES = {
    "Unknown directive ": " If it is for the client alone, add it to 'client_directives'.",
    "Fields '": " If the server takes it as it is, add 'OverlappingFieldsCanBeMergedRule' to"
    " 'ignore_rules'.",
}
_MAX_ERRORS = 1000
_CATCH = (
    "@catch belongs on an operation, as `@catch` (its method returns errors beside the data) or"
    " `@catch(to: THROW)` (its method raises them)"
)


def marked_documents(text: str, name: str, problems: Problems) -> Iterator[DocumentSource]:
    """Find the documents that Python source marks by ``gql("…")``, without running it.

    Documents with an unnamed operation are left out: they are for the dynamic client. An f-string
    within the call is an error, because its text is known only when the program runs. So are other
    expressions, which are warnings, because they may be for the dynamic client, too.
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
            case ast.Constant(value=str()):
                pass
            case _:
                problems.warn(
                    f"{name}:{line}:{column}",
                    f"`{ast.unparse(node)}` is left out: its text is known only when the program"
                    " runs. To generate a method for it, write the document as one plain string.",
                )


def _is_named(text: str) -> bool:
    """Tell whether all operations have names. A document that does not parse counts as named."""
    try:
        definitions = graphql.parse(text, no_location=True).definitions
    except graphql.GraphQLError:
        return True  # the generator reports it
    return all(
        each.name for each in definitions if isinstance(each, graphql.OperationDefinitionNode)
    )


def check_documents(  # noqa: PLR0913  # all but the first three by name
    schema: graphql.GraphQLSchema,
    sources: Iterable[DocumentSource],
    problems: Problems,
    *,
    catch: bool,
    are_named: bool = True,
    ignore_rules: Collection[str] = (),
    client_directives: Collection[str] = (),
) -> CheckedDocuments:
    """Parse and validate all documents together, because they share their fragments.

    ``catch`` is what operations do with errors if they do not choose for themselves. Operations
    must have names if ``are_named`` is true. ``ignore_rules`` names validation rules that are left
    out, ``client_directives`` directives that are not sent. Mistakes and deprecated fields are
    added to ``problems``; a mistake in a fragment that no operation uses is a warning. The schema
    is taken as valid: a client cannot correct its server.
    """
    try:
        rules = rules_without({*_OTHER_RULES, *ignore_rules}, _NEEDED)
        rules = [each for each in rules if each is not graphql.UniqueOperationNamesRule]
    except ValueError as error:
        problems.error("ignore_rules", str(error))
        rules = []
    definitions = _each_once(each for source in sources for each in _definitions(source, problems))
    if client_directives:
        definitions = _without_client_directives(definitions, client_directives, problems)
    _check_names(definitions, problems)
    reads_catch = schema.get_directive("catch") is None  # else the directive is the server's
    operations = _with_keys(
        [
            _operation(each, problems, catch=catch, reads_catch=reads_catch)
            for each in definitions
            if isinstance(each, graphql.OperationDefinitionNode)
        ]
    )
    for operation in operations if are_named else ():
        if operation.node.name is None:
            kind = operation.node.operation.value
            text = f"This {kind} has no name. Give it one: its method gets the same name."
            problems.error(place_of(operation.node), text)
    nodes = [each.node for each in operations]
    others = [each for each in definitions if not isinstance(each, graphql.OperationDefinitionNode)]
    fragments = [each for each in others if isinstance(each, graphql.FragmentDefinitionNode)]
    used = reached_fragments(nodes, {each.name.value: each for each in fragments})
    unused = [each for each in fragments if each.name.value not in used]
    others = [each for each in others if all(each is not one for one in unused)]
    if not problems.errors:
        _add_mistakes(schema, [*nodes, *others], [*used.values(), *unused], rules, problems)
    return CheckedDocuments(operations, used)


def _add_mistakes(
    schema: graphql.GraphQLSchema,
    definitions: Sequence[graphql.DefinitionNode],
    fragments: Sequence[graphql.DefinitionNode],
    rules: Sequence[type[graphql.ASTValidationRule]],
    problems: Problems,
) -> None:
    """Validate the ``definitions`` that operations use; then all ``fragments``, for warnings."""
    assumed = load_schema(schema)

    def validate(
        definitions: Sequence[graphql.DefinitionNode], by: Sequence[type[graphql.ASTValidationRule]]
    ) -> Sequence[graphql.GraphQLError]:
        document = graphql.DocumentNode(definitions=tuple(definitions))
        return graphql.validate(assumed, document, by, max_errors=_MAX_ERRORS)

    for error in validate(definitions, rules):
        if error.message == "Unknown directive '@catch'." and error.nodes:
            problems.error(place_of(error.nodes[0]), f"{_CATCH}, nowhere else.")
        else:
            remedies = (
                text for start, text in _REMEDIES.items() if error.message.startswith(start)
            )
            problems.add([error], "".join(remedies))
    if problems.errors:
        return
    for error in validate(definitions, [DeprecationRule]):
        problems.warn(place_of(next(iter(error.nodes or ()), None)), error.message)
    for error in validate(fragments, rules):
        text = f"{error.message} No operation uses this fragment."
        problems.warn(place_of(next(iter(error.nodes or ()), None)), text)


def _with_keys(operations: Sequence[NamedOperation]) -> Sequence[NamedOperation]:
    """Tell operations of two kinds apart that have the same name, in files of their own.

    The query keeps its name as it is, or else the mutation.
    """
    first: dict[str, OperationKind] = {}
    for each in sorted(operations, key=lambda each: _KINDS.index(each.kind)):
        first.setdefault(each.name, each.kind)
    return [
        each if each.kind == first[each.name] else replace(each, key=f"{each.name} {each.kind}")
        for each in operations
    ]


def _without_client_directives(
    definitions: Iterable[graphql.DefinitionNode], names: Collection[str], problems: Problems
) -> Sequence[graphql.DefinitionNode]:
    """Take out what is not sent. An operation of which nothing is left is a warning."""
    whole = graphql.DocumentNode(definitions=tuple(definitions))
    kept: list[graphql.DefinitionNode] = []
    for each in without_client_directives(whole, names).definitions:
        if isinstance(each, graphql.OperationDefinitionNode) and not each.selection_set.selections:
            text = "All of this operation is for the client alone, so no method is made for it."
            problems.warn(place_of(each), text)
        else:
            kept.append(each)
    return kept


def _check_names(definitions: Iterable[graphql.DefinitionNode], problems: Problems) -> None:
    """Check that operations of one kind, and fragments, have names of their own in all files."""
    found: dict[tuple[str, str], graphql.NameNode] = {}
    for each in definitions:
        match each:
            case graphql.OperationDefinitionNode(name=graphql.NameNode() as name):
                kind = each.operation.value
            case graphql.FragmentDefinitionNode(name=name):
                kind = "fragment"
            case _:
                continue
        first = found.setdefault((kind, name.value), name)
        if first is not name:
            problems.error(
                place_of(name),
                f"There can be only one {kind} named '{name.value}' in the documents of a client."
                f" See also {place_of(first)}. Rename one, or generate two clients.",
            )


def _each_once(
    definitions: Iterable[graphql.DefinitionNode],
) -> Sequence[graphql.DefinitionNode]:
    """Leave out what was defined before with the same words: files bring their fragments along."""
    kept: dict[str, list[graphql.DefinitionNode]] = {}
    for each in definitions:
        name = getattr(each, "name", None)
        same = kept.setdefault(name.value if name else "", [])
        if name is None or all(graphql.print_ast(each) != graphql.print_ast(one) for one in same):
            same.append(each)
    return [each for same in kept.values() for each in same]


def reached_fragments(
    nodes: Iterable[graphql.OperationDefinitionNode],
    fragments: Mapping[str, graphql.FragmentDefinitionNode],
) -> dict[str, graphql.FragmentDefinitionNode]:
    """Return the fragments that operations use, by name, in the order in which they are met."""
    reached: dict[str, graphql.FragmentDefinitionNode] = {}

    def reach(node: graphql.SelectionSetNode) -> None:
        for name in spreads(node.selections):
            if name in fragments and name not in reached:
                reached[name] = fragments[name]
                reach(fragments[name].selection_set)

    for each in nodes:
        reach(each.selection_set)
    return reached


def spreads(nodes: Iterable[graphql.SelectionNode]) -> Iterator[str]:
    """Yield the names of the fragments that are spread within selections, in their order."""
    for node in nodes:
        if isinstance(node, graphql.FragmentSpreadNode):
            yield node.name.value
        elif isinstance(node, (graphql.FieldNode, graphql.InlineFragmentNode)):
            yield from spreads(node.selection_set.selections if node.selection_set else ())


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
    return NamedOperation(node, name, name, catch, description)


def _comment_above(node: graphql.OperationDefinitionNode) -> str:
    lines: list[str] = []
    if node.loc:
        for line in reversed(node.loc.source.body[: node.loc.start].split("\n")[:-1]):
            if not line.lstrip().startswith("#"):
                break
            lines.insert(0, line.lstrip().removeprefix("#").removeprefix(" "))
    return "\n".join(lines).strip()
