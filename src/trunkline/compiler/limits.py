"""How large a document may be. The limits are checked before the work that they bound."""

from __future__ import annotations

from dataclasses import dataclass

from trunkline.runtime.variables import MAX_VALUES

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a document and the variables of a request may cost.

    - ``characters``: of the text
    - ``tokens``: of the text, without comments
    - ``definitions``: operations and fragments
    - ``directives``: on everything that is selected
    - ``depth``: fields below fields, with every fragment spread out
    - ``fields``: number of fields, with every fragment spread out
    - ``aliases``: number of fields with an alias, with every fragment spread out
    - ``comparisons``: of fields with the same response key, which validation spends its time with
    - ``cost``: what the fields cost, times the sizes of the lists that they are in; ``None`` for no
      limit
    - ``sizes``: the names of arguments that say how long a list is
    - ``response``: number of fields in one response, also items of lists of scalars; a field that
      is awaited, or fails, counts as five, and one more for every two values in the lists and
      objects of its arguments
    - ``errors``: listed in one response; one more says how many were left out
    - ``values``: in the variables of one request, with items of lists and fields of input objects,
      those that defaults fill in too, and each as often as a literal repeats its variable
    - ``memory``: bytes that compiled operations may take that are kept for the next time, estimated
    """

    characters: int = 65_536
    tokens: int = 5_000
    definitions: int = 200
    directives: int = 1_000
    depth: int = 32
    fields: int = 1_000
    aliases: int = 1_000
    comparisons: int = 20_000
    cost: int | None = 150_000
    sizes: frozenset[str] = frozenset({"first", "last", "limit"})
    response: int = 150_000
    errors: int = 100
    values: int = MAX_VALUES
    memory: int = 100_000_000
