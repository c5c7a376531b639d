"""Variables and arguments: from what came over the wire to what resolvers get (GraphQL §6.1, §6.4).

Values that do not fit are only found here; graphql-core says what is wrong with them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

from graphql import (
    DirectiveNode,
    FieldNode,
    GraphQLDirective,
    GraphQLError,
    GraphQLField,
    GraphQLSchema,
    Undefined,
    VariableDefinitionNode,
    is_non_null_type,
    is_required_argument,
)
from graphql.execution.get_variable_signature import (
    GraphQLVariableSignature,
    get_variable_signature,
)
from graphql.execution.values import (
    VariableValues,
    VariableValueSource,
    get_argument_values,
    get_variable_values,
)
from graphql.pyutils import print_path_list
from graphql.utilities import validate_input_value

from trunkline.errors import ValidationError, VariablesError
from trunkline.runtime.coercion import (
    Allowance,
    Coerce,
    Coercions,
    TooDeepError,
    exact_type,
    nests,
)
from trunkline.runtime.literals import (
    Build,
    Literals,
    MisfitError,
    default_builder,
    values_within,
)
from trunkline.runtime.positions import Condition, holds
from trunkline.schema.refusals import InputRefusedError
from trunkline.schema.scalars import UnreadableError, unreadable

__all__ = [
    "MAX_ERRORS",
    "MAX_VALUES",
    "Variables",
    "argument_builder",
    "first_argument_builder",
]

MAX_ERRORS = 50
"""How many wrong values one response lists."""

MAX_VALUES = 100_000
"""How many values the variables of one request may have, unless the program sets another limit."""


@dataclass(frozen=True, slots=True)
class _Variable:
    """One variable; ``coerce`` takes ``Undefined`` if it is absent."""

    signature: GraphQLVariableSignature
    node: VariableDefinitionNode
    coerce: Coerce


_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Variables:
    """The variables of one operation: their types and defaults, known before any value comes.

    ``names`` are in the order of the operation, as the values of `coerce` are; ``types`` has their
    types by name, as a document writes them; ``single`` is the name of the only variable, and the
    type in Python of values that need no coercion, if there is one. ``literals`` makes functions of
    literals that contain these variables. ``most`` is the number of values that the variables of
    one request may have, with items of lists and fields of input objects. Messages name similar
    names if ``has_suggestions``. ``repeats`` says how often a variable stands in the literal of one
    argument: so often its values count.
    """

    def __init__(
        self,
        definition: GraphQLSchema,
        nodes: Sequence[VariableDefinitionNode],
        most: int = MAX_VALUES,
        *,
        has_suggestions: bool = True,
    ) -> None:
        self._definition = definition
        self._most = most
        self._has_suggestions = has_suggestions
        coercions = Coercions()
        self._variables = [_variable(definition, node, coercions) for node in nodes]
        self._signatures = [variable.signature for variable in self._variables]
        self.names = [signature.name for signature in self._signatures]
        self.types = {signature.name: str(signature.type) for signature in self._signatures}
        self.repeats: Mapping[str, int] = _NOTHING
        self._table = [
            (variable.signature.name, exact_type(variable.signature.type), variable.coerce)
            for variable in self._variables
        ]
        self.single = _single(self._signatures)
        # nothing is counted in values of flat types, so one allowance serves all requests
        self._allowance = (
            None if any(nests(each.type) for each in self._signatures) else Allowance(0)
        )
        indices = {name: index for index, name in enumerate(self.names)}
        # custom scalars get the variables in their literals as they were provided
        self.literals = Literals(indices, lambda names: partial(self.sources, names=names))

    def coerce(self, provided: Mapping[str, Any] | None) -> list[Any]:
        """Return the values in the order of the operation, ``Undefined`` for an absent one.

        The last item is what was provided, which `literals` may need. Names that the operation does
        not declare are ignored. Raises ``VariablesError`` with every value that does not fit, or
        if there are more values than allowed.
        """
        if not self._table:
            return []
        values = provided or _NOTHING
        allowance = self._allowance or Allowance(self._most)
        try:
            coerced = [
                value
                if type(value := values.get(name, Undefined)) is exact
                else coerce(value, 0, allowance)
                for name, exact, coerce in self._table
            ]
            if self.repeats and self._allowance is None:
                self._count_repeats(values, allowance)
        except VariablesError:
            raise
        except (MisfitError, RecursionError):
            raise self._error(values) from None
        except Exception as error:  # noqa: BLE001  # of an input's class that refuses what fits
            cause = getattr(error, "original_error", None) or error
            explained = self._error(values)
            if not explained.errors:  # it would not do so again
                explained = VariablesError([UnreadableError("A variable", cause)])
            raise explained from cause
        coerced.append(values)
        return coerced

    def _count_repeats(self, provided: Mapping[str, Any], allowance: Allowance) -> None:
        """Count the values of variables that stand several times in a literal.

        What a resolver gets is small in memory, as it is the same list each time, but not for a
        resolver that reads it.
        """
        for variable in self._variables:
            times = self.repeats.get(variable.signature.name, 1)
            value = provided.get(variable.signature.name, Undefined)
            default = variable.node.default_value
            if times > 1 and isinstance(value, (list, dict, tuple)):
                left = allowance.left
                allowance.spend_within(value)
                allowance.spend((left - allowance.left) * (times - 2))
            elif times > 1 and value is Undefined and default:
                allowance.spend(sum(1 for _ in values_within(default)) * (times - 1))

    def sources(
        self, values: Sequence[Any], names: Collection[str] | None = None
    ) -> VariableValues:
        """Return what `coerce` returned, all or some of it, as graphql-core's functions take it."""
        coerced = dict(zip(self.names, values, strict=False))
        provided: Mapping[str, Any] = values[-1] if values else _NOTHING
        wanted = [each for each in self._signatures if names is None or each.name in names]
        return VariableValues(
            {
                each.name: VariableValueSource(each, provided.get(each.name, Undefined))
                for each in wanted
            },
            {
                each.name: coerced[each.name]
                for each in wanted
                if coerced[each.name] is not Undefined
            },
        )

    def _error(self, provided: Mapping[str, Any]) -> VariablesError:
        """Return an error that says what is wrong with every variable."""
        errors: list[GraphQLError] = []
        for variable in self._variables:
            value = provided.get(variable.signature.name, Undefined)
            errors += self._explain(variable, value, MAX_ERRORS - len(errors))
            if len(errors) > MAX_ERRORS:
                break
        return VariablesError(errors)

    def _explain(self, variable: _Variable, value: Any, most: int) -> list[GraphQLError]:
        """List the mistakes in a value: ``most``, and one to say that there are more."""
        signature, node = variable.signature, variable.node
        try:
            variable.coerce(value, 0, Allowance(self._most))
        except VariablesError:
            raise
        except (TooDeepError, RecursionError):
            return [GraphQLError("Variable values are nested too deeply.")]
        except MisfitError as misfit:
            if value is Undefined:
                errors = get_variable_values(self._definition, [node], {}, most)
            else:
                errors = _input_errors(
                    node, signature, value, most, has_suggestions=self._has_suggestions
                )
            explained = errors if isinstance(errors, list) else []
            return explained or _rejections(signature, node, misfit)
        except Exception as error:  # noqa: BLE001  # of an input's class, or of a directive
            return _rejections(signature, node, error)
        return []


def _single(signatures: Sequence[GraphQLVariableSignature]) -> tuple[str, type[Any]] | None:
    """Return the name of the only variable, and the type of its values that need no coercion.

    Those of ``int`` need none if they have at most 31 bits.
    """
    if len(signatures) != 1:
        return None
    only = signatures[0]
    exact = int if str(only.type).removesuffix("!") == "Int" else exact_type(only.type)
    return (only.name, exact) if exact else None


def _variable(
    definition: GraphQLSchema, node: VariableDefinitionNode, coercions: Coercions
) -> _Variable:
    signature = get_variable_signature(definition, node)
    if isinstance(signature, GraphQLError):  # only if the document was not validated
        raise ValidationError([signature])
    default = default_builder(signature)
    required = is_non_null_type(signature.type)
    coerce_value = coercions.of(signature.type)

    def coerce(value: Any, depth: int, allowance: Allowance) -> Any:
        if value is not Undefined:
            return coerce_value(value, depth, allowance)
        if default is not None:
            return default(())
        if required:
            raise MisfitError
        return Undefined

    return _Variable(signature, node, coerce)


def _input_errors(
    node: VariableDefinitionNode,
    signature: GraphQLVariableSignature,
    value: Any,
    most: int,
    *,
    has_suggestions: bool,
) -> list[GraphQLError]:
    """List the mistakes in a value that does not fit, as ``get_variable_values`` does.

    That function would coerce the value first, at length and for nothing.
    """
    mistakes: list[GraphQLError] = []

    def on_error(error: GraphQLError, path: list[str | int]) -> None:
        if len(mistakes) >= most:
            raise GraphQLError(
                "Too many errors processing variables, error limit reached. Execution aborted."
            )
        place = f"Variable '${signature.name}' has invalid value{print_path_list(path)}"
        mistakes.append(GraphQLError(f"{place}: {error.message}", node, original_error=error))

    try:
        validate_input_value(value, signature.type, on_error, not has_suggestions)
    except GraphQLError as too_many:
        mistakes.append(too_many)
    return mistakes


def _rejections(
    signature: GraphQLVariableSignature, node: VariableDefinitionNode, error: Exception
) -> list[GraphQLError]:
    """Return the errors for a value that the class of an input, or a directive, refuses.

    What was not raised for callers is the cause only, which callers do not see.
    """
    if isinstance(error, InputRefusedError):
        return [
            GraphQLError(
                f"Variable '${signature.name}' {reason}",
                node,
                original_error=error.cause,
                extensions=error.extensions,
            )
            for reason in error.placed()
        ]
    message = f"Variable '${signature.name}' has a value that {signature.type} does not accept."
    cause: Any = error.__cause__ if isinstance(error, MisfitError) else error
    return [GraphQLError(message, node, original_error=cause, extensions={})]


class _Argument(NamedTuple):
    """An argument of a call; ``build`` is ``None`` if the document does not give it."""

    name: str
    parameter: str
    build: Build | None
    default: Build | None
    is_required: bool

    def value(self, values: Sequence[Any]) -> Any:
        """Return the argument's value, ``Undefined`` if it has none."""
        value = self.build(values) if self.build else Undefined
        if value is Undefined and self.default:
            value = self.default(values)
        if value is Undefined and self.is_required:
            raise MisfitError
        return value


def argument_builder(
    definition: GraphQLField | GraphQLDirective,
    node: FieldNode | DirectiveNode,
    variables: Variables,
) -> Callable[[Sequence[Any]], dict[str, Any]]:
    """Make the function that builds the arguments of a field, or a directive, for each call.

    Lists and input objects are built for each call, because a resolver may change its arguments;
    those of defaults too, which graphql-core makes once for all. The function takes what
    `Variables.coerce` returned, and raises the ``GraphQLError`` of an argument that does not fit.
    """
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    arguments: list[_Argument] = []
    for name, argument in definition.args.items():
        default = default_builder(argument)
        build_value = None
        if name in given:
            build_value = variables.literals.build(
                given[name], argument.type, has_default=default is not None
            )
        required = is_required_argument(argument)
        parameter = argument.out_name or name
        arguments.append(_Argument(name, parameter, build_value, default, required))

    def build(values: Sequence[Any]) -> dict[str, Any]:
        built: dict[str, Any] = {}
        name, fault = "", None
        try:
            for argument in arguments:
                name = argument.name
                value = argument.value(values)
                if value is not Undefined:
                    built[argument.parameter] = value
        except MisfitError as misfit:  # graphql-core says why
            fault = misfit.__cause__
        except InputRefusedError as refused:
            raise refused.of_argument(name) from refused.cause
        else:
            return built
        return _explain_arguments(definition, node, variables.sources(values), fault)

    return build


def first_argument_builder(
    definition: GraphQLField | GraphQLDirective,
    uses: Iterable[tuple[Condition, FieldNode | DirectiveNode]],
    variables: Variables,
) -> Callable[[Sequence[Any]], dict[str, Any] | None]:
    """Make the function that builds the arguments of the first of several uses that takes part.

    Each use has the condition under which it does so. The function returns ``None`` if none does.
    """
    builders: list[tuple[Condition, Callable[[Sequence[Any]], dict[str, Any]]]] = []
    for condition, node in uses:
        if any(condition.issuperset(earlier) for earlier, _ in builders):
            continue  # one of these comes first
        build = argument_builder(definition, node, variables)
        if not condition and not builders:
            return build
        builders.append((condition, build))

    def build_first(values: Sequence[Any]) -> dict[str, Any] | None:
        for condition, build in builders:
            if holds(condition, values):
                return build(values)
        return None

    return build_first


def _explain_arguments(
    definition: GraphQLField | GraphQLDirective,
    node: FieldNode | DirectiveNode,
    sources: VariableValues,
    fault: BaseException | None,
) -> dict[str, Any]:
    """Raise what graphql-core says of arguments that do not fit; return them if they do now.

    ``fault`` is what kept a default from being read, if that is not its value.
    """
    try:
        return get_argument_values(definition, node, sources)
    except GraphQLError as error:
        if isinstance(fault, UnreadableError) and fault.original_error is not None:
            fault = UnreadableError("", fault.original_error, error.message, error.nodes)
        raise fault or unreadable(error) or error from None
    except TypeError:  # of a default within an input object
        if fault is None:
            raise
        raise fault from None
