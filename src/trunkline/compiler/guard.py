"""One operation for callers who may have all of it, and compiled anew for those who lack some."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeAlias, TypeVar

from trunkline.compiler.permissions import Needs, Refusals
from trunkline.schema.bindings import Schema
from trunkline.schema.requirements import RequirementSet

__all__ = ["Guard"]

T = TypeVar("T")
Scopes: TypeAlias = frozenset[str] | None

_DECISIONS = 256  # sets of scopes whose outcome is remembered
_VARIANTS = 32  # sets of refusals that an operation is kept compiled for


class Guard(Generic[T]):
    """Finds the form of an operation that a caller may have.

    ``compile_without`` compiles it without what is refused.
    """

    def __init__(
        self, schema: Schema, needs: Needs, compile_without: Callable[[Refusals], T]
    ) -> None:
        self._schema = schema
        self._needs = needs
        self._compile = compile_without
        self._certain = needs.all | needs.hiding
        self._demands = self._certain | needs.possible
        self._unmet: dict[tuple[Scopes, frozenset[str]], RequirementSet] = {}
        self._variants: dict[tuple[RequirementSet, frozenset[tuple[str, RequirementSet]]], T] = {}

    def find(
        self, scopes: Scopes, policies: frozenset[str], variables: Mapping[str, Any] | None
    ) -> T | None:
        """Return the operation without what is refused; ``None`` if nothing is."""
        unmet = self._unmet.get((scopes, policies))
        if unmet is None:
            unmet = self._decide(scopes, policies)
        if not unmet:
            return None
        taints = self._needs.taints(unmet, variables)
        if not taints and unmet.isdisjoint(self._certain):
            return None
        key = (unmet, frozenset(taints.items()))
        found = self._variants.get(key)
        if found is None:
            found = self._compile(Refusals(self._schema, unmet, taints))
            if len(self._variants) >= _VARIANTS:
                self._variants.clear()
            self._variants[key] = found
        return found

    def _decide(self, scopes: Scopes, policies: frozenset[str]) -> RequirementSet:
        unmet = frozenset(each for each in self._demands if not each.is_met(scopes, policies))
        if len(self._unmet) >= _DECISIONS:
            self._unmet.clear()
        self._unmet[scopes, policies] = unmet
        return unmet
