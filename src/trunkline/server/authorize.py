"""What a caller may have of an operation, checked before anything of it is executed."""

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

__all__ = ["AuthorizationCheck", "DecidePolicies", "Refuse"]

DecidePolicies: TypeAlias = Callable[
    [Caller | None, frozenset[str]], Collection[str] | Awaitable[Collection[str]]
]
"""Returns, once per operation, which of the policies hold for its caller; may be ``async``."""

Refuse: TypeAlias = Literal["fields", "request"]
"""What is refused if a caller may not have a field: the field, which is null, or the request."""


class AuthorizationCheck:
    """Checks what operations require of their callers.

    ``policies`` decides which policies hold; without it no policy holds.
    """

    def __init__(self, policies: DecidePolicies | None, refuse: Refuse) -> None:
        if refuse not in {"fields", "request"}:
            raise ValueError(f"refuse must be 'fields' or 'request', not {refuse!r}.")
        self._policies = policies
        self._is_strict = refuse == "request"

    async def check(
        self, operation: Operation, caller: Caller | None, variables: Mapping[str, Any] | None
    ) -> Operation:
        """Return the operation as the caller may have it.

        Raises ``OperationRefusedError`` if that is nothing, or too little.
        """
        holding: frozenset[str] = frozenset()
        required = operation.required.policies if operation.required else holding
        if required and self._policies:
            try:
                decided = self._policies(caller, required)
                holding = frozenset(await decided if isawaitable(decided) else decided)
            except GraphQLError as error:  # a refusal with its reason
                raise RequestError([error]) from error
        scopes = None if caller is None else caller.scopes
        found = operation.for_caller(scopes, holding, variables)
        refused = found.refused
        if refused and (self._is_strict or found.is_refused(variables)):
            errors = [
                unauthorized(coordinate, refused[coordinate]) for coordinate in sorted(refused)
            ]
            missing = missing_scopes(NOTHING.union(*refused.values()), scopes)
            raise OperationRefusedError(errors, missing)
        return found
