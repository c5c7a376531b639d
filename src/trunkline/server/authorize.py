"""What a caller may have, decided before anything is executed.

`SchemaViews` gives callers the schema as they see it; then what they may not have does not exist.
`AuthorizationCheck` is for servers that tell what is refused.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import replace
from inspect import isawaitable
from typing import Any, Literal, TypeAlias

from graphql import GraphQLError

from trunkline.auth.verifying.caller import Caller
from trunkline.bounded import BoundedMapping
from trunkline.compiler.authorization import missing_scopes, unauthorized
from trunkline.compiler.cache import OperationCache
from trunkline.compiler.limits import Limits
from trunkline.compiler.operation import Operation
from trunkline.contracts.contract import Audience
from trunkline.errors import OperationRefusedError, RequestError
from trunkline.runtime.resume import in_task
from trunkline.schema.bindings import Schema
from trunkline.schema.requirements import NOTHING, RequirementSet, policies_in
from trunkline.schema.visibility import visible_schema

__all__ = ["AuthorizationCheck", "DecidePolicies", "MayIntrospect", "Refuse", "SchemaViews"]

_DECISIONS = 256  # sets of scopes and policies whose view is remembered
_VIEWS = 16  # views that are kept, each with operations of its own
_UNSEEN = re.compile(
    r"Cannot query field '(?P<field>\w+)' on type '(?P<type>\w+)'"
    r"|Unknown argument '(?P<argument>\w+)' on field '(?P<of>\w+\.\w+)'"
    r"|value of type '(?P<object>\w+)!?' not to include unknown field '(?P<input>\w+)'"
)
_SHARE = 4  # the part of the memory that the operations of one view may take

DecidePolicies: TypeAlias = Callable[
    [Caller | None, frozenset[str]], Collection[str] | Awaitable[Collection[str]]
]
"""Returns, once per operation, which of the policies hold for its caller; may be ``async``."""

Refuse: TypeAlias = Literal["hidden", "fields", "request"]
"""What happens if a caller may not have a field.

- ``hidden``: the field does not exist for the caller.
- ``fields``: the field is null, and its error names what the caller lacks.
- ``request``: the request is refused, and the errors name what the caller lacks.
"""

MayIntrospect: TypeAlias = bool | Callable[[Caller | None], bool]
"""Whether callers may ask for the schema; a function decides for each caller."""


class SchemaViews:
    """The operations of a schema, for each caller with the schema as the caller sees it.

    A view is a schema without what its callers may not have. Callers who may have the same share a
    view. It has its own operations, which go with it. ``whole`` is that of callers who may have
    everything.
    """

    def __init__(
        self,
        schema: Schema,
        limits: Limits,
        *,
        policies: DecidePolicies | None,
        refuse: Refuse,
        introspection: MayIntrospect,
    ) -> None:
        if refuse not in {"hidden", "fields", "request"}:
            raise ValueError(f"refuse must be 'hidden', 'fields' or 'request', not {refuse!r}.")
        requirements = schema.requirements.all
        self._hidden = requirements if refuse == "hidden" else NOTHING
        self._names = policies_in(self._hidden)
        if requirements and not self._hidden:  # they would name what a caller may not see
            schema = replace(schema, has_suggestions=False)
        self._schema = schema
        self._limits = replace(limits, memory=limits.memory // _SHARE)
        self._policies = policies
        self._introspection = introspection
        self.whole = OperationCache(schema, limits)
        self._untold = OperationCache(_untold(schema), limits)
        self.is_one = not self._hidden and introspection is True
        self._views = BoundedMapping[tuple[RequirementSet, bool], OperationCache](_VIEWS)
        self._kept: dict[tuple[RequirementSet, bool], OperationCache] = {}
        self._unmet = BoundedMapping[tuple[Any, ...], RequirementSet](_DECISIONS)

    async def of(self, caller: Caller | None) -> OperationCache:
        """Return the operations that a caller may have."""
        return self.seen_by(await self.audience(caller))

    async def audience(self, caller: Caller | None) -> Audience:
        """Return what decides about a caller's view."""
        may_ask = self._introspection
        is_told = may_ask if isinstance(may_ask, bool) else may_ask(caller)
        holding = self._names and self._names & await decide(self._policies, caller, self._names)
        return Audience(None if caller is None else caller.scopes, holding, is_told)

    def withheld_from(self, caller: Caller | None, error: RequestError) -> str | None:
        """Return what a wrong request names that exists, and what its caller needs to see it."""
        if not self._hidden:
            return None
        scopes = None if caller is None else caller.scopes
        declared = self._schema.requirements
        for each in error.errors:
            if found := _UNSEEN.search(each.message):
                named = found.groupdict()
                coordinates = {
                    f"{named['type']}.{named['field']}": declared.fields,
                    f"{named['of']}({named['argument']}:)": declared.arguments,
                    f"{named['object']}.{named['input']}": declared.inputs,
                }
                for coordinate, required in coordinates.items():
                    unmet = frozenset(
                        needed
                        for needed in required.get(coordinate, NOTHING)
                        if not needed.is_met(scopes, frozenset())
                    )
                    if unmet:
                        return unauthorized(coordinate, unmet).message
        return None

    def keep(self, audiences: Iterable[Audience | None]) -> None:
        """Keep the views of these audiences whatever comes, and no others."""
        known = ((self._key(each), self.seen_by(each)) for each in audiences if each)
        self._kept = dict(known)

    def seen_by(self, audience: Audience | None) -> OperationCache:
        """Return the view of an audience; that of the whole schema for ``None``."""
        if audience is None:
            return self.whole
        key = unmet, is_told = self._key(audience)
        if not unmet:
            return self.whole if is_told else self._untold
        view = self._kept.get(key) or self._views.get(key)
        if view is None:
            seen = visible_schema(self._schema, unmet)
            view = OperationCache(seen if is_told else _untold(seen), self._limits)
            self._views.put(key, view)
        return view

    def _key(self, audience: Audience) -> tuple[RequirementSet, bool]:
        scopes, holding = audience.scopes, audience.policies
        unmet = self._unmet.get((scopes, holding))
        if unmet is None:
            unmet = frozenset(each for each in self._hidden if not each.is_met(scopes, holding))
            self._unmet.put((scopes, holding), unmet)
        return unmet, audience.is_told


def _untold(schema: Schema) -> Schema:
    return replace(schema, has_introspection=False, has_suggestions=False)


async def decide(
    policies: DecidePolicies | None, caller: Caller | None, names: frozenset[str]
) -> frozenset[str]:
    """Return which of the policies hold for a caller. Raises ``RequestError`` for a refusal."""
    if not names or policies is None:
        return frozenset()
    await in_task()
    try:
        decided = policies(caller, names)
        return frozenset(await decided if isawaitable(decided) else decided)
    except GraphQLError as error:  # a refusal with its reason
        raise RequestError([error]) from error


class AuthorizationCheck:
    """Checks what operations require of their callers.

    ``policies`` decides which policies hold; without it no policy holds.
    """

    def __init__(self, policies: DecidePolicies | None, refuse: Refuse) -> None:
        self._policies = policies
        self._is_strict = refuse == "request"

    async def check(
        self, operation: Operation, caller: Caller | None, variables: Mapping[str, Any] | None
    ) -> Operation:
        """Return the operation as the caller may have it.

        Raises ``OperationRefusedError`` if that is nothing, or too little.
        """
        required = operation.required.policies if operation.required else frozenset[str]()
        holding = await decide(self._policies, caller, required)
        scopes = None if caller is None else caller.scopes
        found = operation.for_caller(scopes, holding, variables)
        refused = found.refused(variables)
        if refused and (self._is_strict or found.is_refused(variables)):
            errors = [
                unauthorized(coordinate, refused[coordinate]) for coordinate in sorted(refused)
            ]
            missing = missing_scopes(NOTHING.union(*refused.values()), scopes)
            raise OperationRefusedError(errors, missing)
        return found
