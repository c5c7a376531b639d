"""The fields that are selected below a field, for resolvers that look ahead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from trunkline.runtime.positions import Condition, holds

__all__ = ["SelectedByType", "SelectedField", "Selection"]


@dataclass(frozen=True, slots=True)
class SelectedField:
    """A field that the document selects: its schema's name, when it takes part, what is below."""

    name: str
    condition: Condition
    below: SelectedByType


SelectedByType: TypeAlias = Mapping[str, Sequence[SelectedField]]
"""By the name of the object type; an interface or a union has several."""


class Selection:
    """The fields that an operation selects of what a resolver returns (GraphQL §6.3.2).

    Fields have their names in the schema, not their aliases; each appears once, in the order of the
    response; ``__typename`` is left out. If the type is an interface or a union, a field counts
    that is selected of any object type; `on` selects one of them. Fields that ``@skip`` or
    ``@include`` leave out of the request are not selected.

    >>> "author" in selection
    >>> "company" in selection["author"]
    >>> selection.wants("author.company")
    >>> [COLUMNS[name] for name in selection]
    """

    __slots__ = ("_fields", "_types", "_variables")

    def __init__(self, types: SelectedByType, variables: Sequence[object] = ()) -> None:
        self._types = types
        self._variables = variables
        self._fields: dict[str, Selection] | None = None  # computed when it is read

    def __contains__(self, name: object) -> bool:
        return name in self._known()

    def __getitem__(self, name: str) -> Selection:
        """Return what is selected below a field: nothing, if the field itself is not selected."""
        return self._known().get(name, _NOTHING)

    def __iter__(self) -> Iterator[str]:
        return iter(self._known())

    def __len__(self) -> int:
        return len(self._known())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self)})"

    def on(self, type_name: str) -> Selection:
        """Return what is selected of the values of one object type."""
        return Selection({type_name: self._types.get(type_name, ())}, self._variables)

    def wants(self, path: str) -> bool:
        """Return whether a field further below is selected: ``author.company``."""
        name, _, rest = path.partition(".")
        return name in self and (not rest or self[name].wants(rest))

    def given(self, variables: Sequence[object]) -> Selection:
        """Return the selection as the variables of a request decide it."""
        return Selection(self._types, variables)

    @property
    def types(self) -> SelectedByType:
        """The selected fields, with conditions that depend on variables."""
        return self._types

    @property
    def is_conditional(self) -> bool:
        """Whether the selection depends on variables, here or further below."""
        return _is_conditional(self._types)

    def _known(self) -> dict[str, Selection]:
        if self._fields is None:
            found: dict[str, dict[str, list[SelectedField]]] = {}
            for selected in self._types.values():
                for field in selected:
                    if holds(field.condition, self._variables):
                        below = found.setdefault(field.name, {})
                        for type_name, further in field.below.items():
                            below.setdefault(type_name, []).extend(further)
            self._fields = {
                name: Selection(below, self._variables) for name, below in found.items()
            }
        return self._fields


_NOTHING = Selection({})


def _is_conditional(types: SelectedByType) -> bool:
    return any(
        field.condition or _is_conditional(field.below)
        for selected in types.values()
        for field in selected
    )
