"""What is wanted below a field, for resolvers that look ahead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from trunkline.runtime.marks import Condition, holds

__all__ = ["Selection", "Wanted", "WantedByType"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A field that the document selects: its schema's name, when it takes part, what is below."""

    name: str
    condition: Condition
    below: WantedByType


WantedByType: TypeAlias = Mapping[str, Sequence[Wanted]]
"""By the name of the object type; an interface or a union has several."""


class Selection:
    """The fields that an operation wants of what a resolver returns (GraphQL §6.3.2).

    Fields have their names in the schema, whatever an operation calls them, each once, in the
    order of the answer; ``__typename`` is not among them. Where the type is an interface or a
    union, a field counts that is wanted of any object type; ``on`` asks of one. Fields that
    ``@skip`` or ``@include`` leave out for the request at hand are not wanted.

    >>> "author" in selection
    >>> "company" in selection["author"]
    >>> selection.wants("author.company")
    >>> [COLUMNS[name] for name in selection]
    """

    __slots__ = ("_fields", "_types", "_variables")

    def __init__(self, types: WantedByType, variables: Sequence[object] = ()) -> None:
        self._types = types
        self._variables = variables
        self._fields: dict[str, Selection] | None = None  # until somebody asks

    def __contains__(self, name: object) -> bool:
        return name in self._known()

    def __getitem__(self, name: str) -> Selection:
        """Return what is wanted below a field: nothing, where the field is not wanted itself."""
        return self._known().get(name, _NOTHING)

    def __iter__(self) -> Iterator[str]:
        return iter(self._known())

    def __len__(self) -> int:
        return len(self._known())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self)})"

    def on(self, type_name: str) -> Selection:
        """Return what is wanted of the values of one object type."""
        return Selection({type_name: self._types.get(type_name, ())}, self._variables)

    def wants(self, path: str) -> bool:
        """Say whether a field further below is wanted: ``author.company``."""
        name, _, rest = path.partition(".")
        return name in self and (not rest or self[name].wants(rest))

    def given(self, variables: Sequence[object]) -> Selection:
        """Return the selection as the variables of a request decide it."""
        return Selection(self._types, variables)

    @property
    def types(self) -> WantedByType:
        """What is selected, with the conditions that are not decided yet."""
        return self._types

    @property
    def is_conditional(self) -> bool:
        """Say whether it depends on variables, here or further below."""
        return _is_conditional(self._types)

    def _known(self) -> dict[str, Selection]:
        if self._fields is None:
            self._fields = self._decide()
        return self._fields

    def _decide(self) -> dict[str, Selection]:
        fields: dict[str, dict[str, list[Wanted]]] = {}
        for all_wanted in self._types.values():
            for wanted in all_wanted:
                if holds(wanted.condition, self._variables):
                    below = fields.setdefault(wanted.name, {})
                    for type_name, further in wanted.below.items():
                        below.setdefault(type_name, []).extend(further)
        return {name: Selection(below, self._variables) for name, below in fields.items()}


_NOTHING = Selection({})


def _is_conditional(types: WantedByType) -> bool:
    return any(
        wanted.condition or _is_conditional(wanted.below)
        for all_wanted in types.values()
        for wanted in all_wanted
    )
