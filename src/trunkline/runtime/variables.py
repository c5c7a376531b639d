"""Variables: from what came over the wire to what resolvers get (GraphQL §6.1.2)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLSchema,
    Undefined,
    VariableDefinitionNode,
    is_non_null_type,
)
from graphql.execution.get_variable_signature import (
    GraphQLVariableSignature,
    get_variable_signature,
)
from graphql.execution.values import VariableValues, VariableValueSource

from trunkline.errors import ValidationError, VariablesError
from trunkline.runtime.coercion import (
    Allowance,
    Coerce,
    Coercions,
    TooDeepError,
    exact_type,
    nests,
)
from trunkline.runtime.literals import Literals, MisfitError, default_builder
from trunkline.runtime.misfits import explain, refusal, too_deep

__all__ = ["MAX_ERRORS", "MAX_VALUES", "Variables"]

MAX_ERRORS = 50
"""How many wrong values one answer lists."""

MAX_VALUES = 100_000
"""How many values the variables of one request may have, unless the program says otherwise."""


@dataclass(frozen=True, slots=True)
class _Variable:
    """One variable; ``coerce`` takes ``Undefined`` where it is absent."""

    signature: GraphQLVariableSignature
    node: VariableDefinitionNode
    coerce: Coerce


_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Variables:
    """The variables of one operation: their types and defaults, known before any value comes.

    ``names`` are in the order of the operation, which is that of `coerce`; ``literals`` makes
    functions of literals that have these variables in them. ``most`` is the number of values that
    one request's may have, items of lists and fields of input objects counted.
    """

    def __init__(
        self,
        definition: GraphQLSchema,
        nodes: Sequence[VariableDefinitionNode],
        most: int = MAX_VALUES,
    ) -> None:
        self._definition = definition
        self._most = most
        coercions = Coercions()
        self._variables = [_variable(definition, node, coercions) for node in nodes]
        self._signatures = [variable.signature for variable in self._variables]
        self.names = [signature.name for signature in self._signatures]
        self._table = [
            (variable.signature.name, exact_type(variable.signature.type), variable.coerce)
            for variable in self._variables
        ]
        self._single = self._table[0][:2] if len(self._table) == 1 else None
        # of types whose values have none within nothing is counted, so one will do for all requests
        self._allowance = (
            None if any(nests(each.type) for each in self._signatures) else Allowance(0)
        )
        indices = {name: index for index, name in enumerate(self.names)}
        self.literals = Literals(indices, self._only)

    def coerce(self, provided: Mapping[str, Any] | None) -> list[Any]:
        """Return the values in the order of the operation, ``Undefined`` for an absent one.

        After them comes what was provided, which `literals` may need. Raises ``VariablesError``
        with every value that does not fit, or where there are more than allowed. Names that the
        operation does not declare are ignored.
        """
        if not self._table:
            return []
        values = provided or _NOTHING
        if self._single is not None:  # one id, mostly: the commonest request there is
            value = values.get(self._single[0])
            if type(value) is self._single[1]:
                return [value, values]
        allowance = self._allowance or Allowance(self._most)
        try:
            coerced = [
                value
                if type(value := values.get(name, Undefined)) is exact
                else coerce(value, 0, allowance)
                for name, exact, coerce in self._table
            ]
        except VariablesError:
            raise
        except (MisfitError, RecursionError):
            raise self._error(values) from None
        except Exception as error:  # an input model's own, who refuses a value that fits the type
            raise self._error(values) from error
        coerced.append(values)
        return coerced

    def _only(self, names: set[str]) -> Callable[[Sequence[Any]], VariableValues]:
        """Make what gives some variables as they were provided: custom scalars see those."""
        return partial(self.sources, names=names)

    def sources(
        self, values: Sequence[Any], names: Collection[str] | None = None
    ) -> VariableValues:
        """Return what `coerce` returned, all or some of it, as graphql-core's functions want it."""
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
        """Say what is wrong with every variable."""
        errors: list[GraphQLError] = []
        for variable in self._variables:
            value = provided.get(variable.signature.name, Undefined)
            errors += self._mistakes(variable, value, MAX_ERRORS - len(errors))
            if len(errors) > MAX_ERRORS:
                break
        return VariablesError(errors)

    def _mistakes(self, variable: _Variable, value: Any, most: int) -> list[GraphQLError]:
        """Let graphql-core, which explains better than it is fast, say what is wrong."""
        try:
            variable.coerce(value, 0, Allowance(self._most))
        except VariablesError:
            raise
        except (TooDeepError, RecursionError):
            return [too_deep()]
        except MisfitError as misfit:
            signature = variable.signature
            mistakes = explain(self._definition, variable.node, signature, value, most)
            return mistakes or [refusal(signature, variable.node, misfit)]
        except Exception as error:  # noqa: BLE001  # a model's
            return [refusal(variable.signature, variable.node, error)]
        return []


def _variable(
    definition: GraphQLSchema, node: VariableDefinitionNode, coercions: Coercions
) -> _Variable:
    signature = get_variable_signature(definition, node)
    if isinstance(signature, GraphQLError):  # validation has seen it before
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
