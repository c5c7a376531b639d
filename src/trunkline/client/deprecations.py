"""Warnings of what is deprecated in the schema and used in a document."""

from __future__ import annotations

import warnings

from graphql import GraphQLSchema, NoDeprecatedCustomRule, validate

from trunkline.client.document import Document

__all__ = ["DeprecatedWarning", "warn_of_deprecated"]

_CALLER = 2  # of no use: a flow has no caller, so the message has the place in the document


class DeprecatedWarning(UserWarning):
    """A document uses what its server will take away: a field, an argument or an enum's value.

    The message has the schema's reason and the place in the document.
    """


def warn_of_deprecated(schema: GraphQLSchema, document: Document) -> None:
    """Warn of each deprecated thing in a valid document (GraphQL §3.13.3)."""
    for error in validate(schema, document.ast, [NoDeprecatedCustomRule]):
        warnings.warn(str(error), DeprecatedWarning, stacklevel=_CALLER)
