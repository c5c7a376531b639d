"""What a caller may have of an operation, decided before anything of it is executed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from inspect import isawaitable
from typing import Any, Literal, TypeAlias

from graphql import GraphQLError

from trunkline.auth.verifying.caller import Caller
from trunkline.compiler.authorization import missing_scopes, unauthorized
from trunkline.compiler.operation import Operation
from trunkline.errors import OperationRefusedError, RequestError
from trunkline.schema.requirements import NOTHING

__all__ = ["DecidePolicies", "Permit", "Refuse"]

DecidePolicies: TypeAlias = Callable[
    [Caller | None, frozenset[str]], Collection[str] | Awaitable[Collection[str]]
]
"""Is asked once per operation which of the policies hold for its caller; may be ``async``."""

Refuse: TypeAlias = Literal["fields", "request"]
"""What is refused where a field is: the field, which is null, or the whole request."""


class Permit:
    """Decides what callers may have.

    ``policies`` says which policies hold; without it none does.
    """

    def __init__(self, policies: DecidePolicies | None, refuse: Refuse) -> None:
        if refuse not in {"fields", "request"}:
            raise ValueError(f"refuse is 'fields' or 'request', not {refuse!r}.")
        self._policies = policies
        self._is_strict = refuse == "request"

    async def find(
        self, operation: Operation, caller: Caller | None, variables: Mapping[str, Any] | None
    ) -> Operation:
        """Return the operation as the caller may have it.

        Raises ``OperationRefusedError`` where that is nothing, or too little.
        """
        holding: frozenset[str] = frozenset()
        named = operation.required.policies if operation.required else holding
        if named and self._policies:
            try:
                decided = self._policies(caller, named)
                holding = frozenset(await decided if isawaitable(decided) else decided)
            except GraphQLError as error:  # a refusal that says why
                raise RequestError([error]) from error
        scopes = None if caller is None else caller.scopes
        found = operation.for_caller(scopes, holding, variables)
        if found.refused and (self._is_strict or found.is_refused(variables)):
            raise _refusal(found, scopes)
        return found


def _refusal(operation: Operation, scopes: frozenset[str] | None) -> OperationRefusedError:
    refused = operation.refused
    errors = [unauthorized(coordinate, refused[coordinate]) for coordinate in sorted(refused)]
    return OperationRefusedError(errors, missing_scopes(NOTHING.union(*refused.values()), scopes))
