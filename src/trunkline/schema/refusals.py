"""What a program's own code says of a value that fits its type: an input's class, a directive.

A ``ValueError`` of an input's class is the caller's fault, with what it says; the errors of
validation of Pydantic and msgspec are such. Every other exception is not for callers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from graphql import GraphQLError
from graphql.pyutils import print_path_list

from trunkline.schema.scalars import UnreadableError

__all__ = ["InputRefusedError", "maker"]

_REASONS = 20  # of one value; a list may have a reason for each item
_Reason = tuple[list[str | int], str]


class InputRefusedError(GraphQLError):
    """A value that fits its type is refused, by the class of an input or by a directive.

    - ``within`` is the place of the value in what was coerced: names of fields, indices of lists.
    - ``reasons`` have a place below that, and a sentence.
    - ``cause`` is what the program raised.
    """

    def __init__(
        self,
        cause: Exception,
        reasons: list[_Reason],
        within: list[str | int],
        extensions: dict[str, Any],
    ) -> None:
        message = "; ".join(each for _, each in reasons)
        super().__init__(message, original_error=cause, extensions=extensions)
        self.reasons = reasons
        self.within = within
        self.cause = cause

    @classmethod
    def because_of(cls, error: GraphQLError, within: list[str | int]) -> InputRefusedError:
        """Make the error of a sentence that was raised for the caller to read."""
        return cls(error, [([], error.message)], within, dict(error.extensions or {}))

    def placed(self) -> Iterator[str]:
        """Yield each reason with its place, in graphql-core's words."""
        for below, message in self.reasons:
            yield f"has invalid value{print_path_list([*self.within, *below])}: {message}"

    def of_argument(self, name: str) -> GraphQLError:
        """Return the error of a field whose argument was written in the document."""
        if isinstance(self.cause, GraphQLError):  # its sentence was raised for the caller
            return self
        message = f"Argument '{name}' " + "; it ".join(self.placed())
        return GraphQLError(message, original_error=self.cause, extensions=self.extensions)


def maker(
    type_name: str, model: Callable[..., Any], names: Mapping[str, str]
) -> Callable[[dict[str, Any]], Any]:
    """Return the function that makes a model of an input's fields.

    ``names`` has the field for each parameter. The function raises ``InputRefusedError`` and
    `UnreadableError`.
    """

    def make(fields: dict[str, Any]) -> Any:
        try:
            return model(**fields)
        except GraphQLError as error:
            raise InputRefusedError.because_of(error, []) from error
        except ValueError as error:
            reasons = list(islice(_reasons(error, names), _REASONS))
            raise InputRefusedError(error, reasons, [], {"code": "BAD_USER_INPUT"}) from error
        except RecursionError:
            raise
        except Exception as error:
            raise UnreadableError(type_name, error) from error

    return make


def _reasons(error: Any, names: Mapping[str, str]) -> Iterator[_Reason]:
    pydantic: Any = sys.modules.get("pydantic_core")
    if pydantic is None or not isinstance(error, pydantic.ValidationError):
        yield [], str(error) or type(error).__name__
        return
    for each in error.errors(include_url=False, include_context=False, include_input=False):
        place = list(each["loc"])
        if place:
            place[0] = names.get(place[0], place[0])
        yield place, each["msg"]
