"""The rules of validation (GraphQL §5): graphql-core's, with a tighter bound on the dearest one."""

from __future__ import annotations

from functools import lru_cache

from graphql import ASTValidationRule, ValidationContext, specified_rules
from graphql.validation import OverlappingFieldsCanBeMergedRule

from trunkline.compiler.limits import Limits

__all__ = ["rules"]


@lru_cache(maxsize=16)
def rules(limits: Limits) -> tuple[type[ASTValidationRule], ...]:
    """Return the rules that a document is validated with.

    Comparing the fields of one response key (§5.3.2) is what a hostile document makes expensive.
    graphql-core stops after a fixed number of comparisons, of which each process has one for all
    servers; here each has its own.
    """

    class BoundedRule(OverlappingFieldsCanBeMergedRule):
        def __init__(self, context: ValidationContext) -> None:
            super().__init__(context)
            self.rule_context.remaining_complexity_budget = limits.comparisons

    return tuple(
        BoundedRule if rule is OverlappingFieldsCanBeMergedRule else rule
        for rule in specified_rules
    )
