"""Names: of classes, attributes, methods and enum members, and who has them.

A name must stay what it is when something else is added, for programs are written with it. So a
class is named by its own operation and the way to its field, and two that want one name are
refused, with what to do; numbers behind names would change with the order of the documents. Only
where the client's owner can change nothing, in what the schema itself names, a suffix decides.
"""

from __future__ import annotations

import keyword
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count

from trunkline.generate.client.messages import Messages
from trunkline.text.names import snake_case

__all__ = [
    "RESERVED",
    "ClassNames",
    "argument_name",
    "attribute_name",
    "distinct",
    "member_names",
    "pascal_case",
]

RESERVED = frozenset(
    {
        *("Any", "AsyncIterator", "Iterator", "Literal", "Sequence", "TypeAlias"),
        *(
            "CallOptions",
            "OneOf",
            "OpenEnum",
            "GeneratedOperation",
            "Parsed",
            "TypedResult",
            "Serializers",
        ),
        *(
            "AsyncGeneratedClient",
            "GeneratedClient",
            "Struct",
            "UNSET",
            "UnsetType",
            "Decimal",
            "UUID",
        ),
        *("InputModel", "ResponseModel", "Field", "None", "True", "False"),
    }
)
"""What generated modules import, or Python keeps for itself; no class is called so."""

_IN_CLASSES = frozenset(
    {"str", "int", "float", "bool", "bytes", "list", "dict", "tuple", "dt", "field"}
)
"""An attribute of such a name would stand for itself in the lines after it."""


@dataclass(frozen=True, slots=True)
class _Owner:
    what: str
    place: str
    remedy: str

    @property
    def is_of_documents(self) -> bool:
        return self.place.count(":") > 1 and bool(self.remedy)


@dataclass(slots=True)
class ClassNames:
    """The module's names, each with who has it."""

    messages: Messages
    _owners: dict[str, _Owner] = field(default_factory=dict[str, _Owner])

    def claim(self, name: str, what: str, place: str, remedy: str) -> bool:
        """Take a name; if that cannot be, say who has it already and what to do."""
        if name in RESERVED:
            text = f"{what} would be called {name}, a name that the module needs itself."
            self.messages.error(place, f"{text} {remedy}")
        elif other := self._owners.get(name):
            text = f"{what} and {other.what} ({other.place}) would both be called {name}."
            self.messages.error(place, f"{text} {remedy}")
        else:
            self._owners[name] = _Owner(what, place, remedy)
            return True
        return False

    def claim_for_schema(self, name: str, suffix: str, what: str, place: str) -> str:
        """Take a name that the schema gives, with a suffix where the module needs it itself.

        Where the documents want it too, they must yield, for they can.
        """
        other = self._owners.get(name)
        if other and other.is_of_documents:
            text = f"{other.what} and {what} ({place}) would both be called {name}."
            self.messages.error(other.place, f"{text} {other.remedy}")
        elif other or name in RESERVED:
            name += suffix
        self._owners[name] = _Owner(what, place, "")
        return name


def pascal_case(name: str) -> str:
    """Turn a name into a part of a class's: ``todo_list`` and ``todoList`` become ``TodoList``."""
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))


def attribute_name(key: str, taken: Container[str] = ()) -> str:
    """Turn a response key or an input field's name into an attribute's.

    Leading underscores go, since they would make it private: ``__typename`` is ``typename``. What
    Python needs, or is ``taken`` by the classes' library, gets one at its end.
    """
    name = snake_case(key).lstrip("_")
    if not name or name[0].isdigit():
        name = f"field_{name}"
    needed = keyword.iskeyword(name) or name in _IN_CLASSES or name in taken
    return f"{name}_" if needed else name


def argument_name(variable: str) -> str:
    """Turn a variable's name into a method's argument."""
    name = attribute_name(variable)
    return f"{name}_" if name in {"self", "options"} else name


_OF_ENUMS = frozenset(dir(StrEnum)) | {"mro", "name", "value"}


def member_names(values: Iterable[str]) -> Mapping[str, str]:
    """Give the members of an enum their names: the values, save where Python needs the name."""
    return distinct({value: _member_name(value) for value in values})


def _member_name(value: str) -> str:
    name = value.strip("_") or "UNDERSCORE"
    if name[0].isdigit():
        name = f"VALUE_{name}"
    return f"{name}_" if name in _OF_ENUMS or keyword.iskeyword(name) else name


def distinct(names: Mapping[str, str]) -> Mapping[str, str]:
    """Give those names that come again a number; the first keeps its own."""
    given: dict[str, str] = {}
    taken: set[str] = set()
    for key, wanted in names.items():
        numbers = count(2)
        name = wanted
        while name in taken:
            name = f"{wanted}_{next(numbers)}"
        taken.add(name)
        given[key] = name
    return given
