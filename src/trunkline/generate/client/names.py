"""Names of classes, attributes, methods and enum members, and the owner of each.

A name must not change when something else is added, because programs are written with it. So a
class is named by its operation and the way to its field, and two that get the same name are an
error with a remedy: numbers behind names would change with the order of the documents. Only names
that the schema gives get a suffix, because the client's owner cannot change the schema.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from trunkline.generate.client.problems import Problems
from trunkline.generate.client.settings import ClientSettings
from trunkline.text.names import escape_keyword, numbered, snake_case

__all__ = [
    "ClassNames",
    "argument_name",
    "attribute_name",
    "member_names",
    "method_name",
]

_RESERVED = frozenset(
    {
        *("Any", "AsyncIterator", "Iterator", "Literal", "Sequence", "TypeAlias"),
        *("AsyncGeneratedClient", "CallOptions", "GeneratedClient", "GeneratedOperation"),
        *("OneOf", "OpenEnum", "Parsed", "Serializers", "TypedResult"),
        *("Field", "InputModel", "ResponseModel", "Struct", "UNSET", "UnsetType"),
        *("Decimal", "UUID", "None", "True", "False"),
    }
)
"""Names that generated modules import, or that Python keeps for itself. No class has one."""

_IN_CLASSES = frozenset(
    {"str", "int", "float", "bool", "bytes", "list", "dict", "tuple", "dt", "field"}
)
"""Names that annotations in a class use. An attribute of such a name would hide it."""

_OF_MODELS = frozenset(
    {
        *("construct", "copy", "dict", "from_orm", "json", "parse_file", "parse_obj", "parse_raw"),
        *("schema", "schema_json", "update_forward_refs", "validate"),
        *("model_computed_fields", "model_config", "model_construct", "model_copy", "model_dump"),
        *("model_dump_json", "model_extra", "model_fields", "model_fields_set"),
        *("model_json_schema", "model_parametrized_name", "model_post_init", "model_rebuild"),
        *("model_validate", "model_validate_json", "model_validate_strings"),
        *("mro", "register"),
    }
)
"""Attributes of pydantic's models and of their class."""

_OF_ENUMS = frozenset(dir(StrEnum)) | {"mro", "name", "value"}
_OF_CLIENTS = frozenset({"close", "close_async"})


@dataclass(frozen=True, slots=True)
class _Owner:
    what: str
    place: str
    remedy: str


@dataclass(slots=True)
class ClassNames:
    """The names of the module's classes and methods, with their owners.

    Collisions are added to ``problems``.
    """

    settings: ClientSettings
    problems: Problems
    _owners: dict[str, _Owner] = field(default_factory=dict[str, _Owner])

    def claim(self, name: str, what: str, place: str, remedy: str) -> bool:
        """Take a name. If it has an owner already, add an error and return false."""
        if name in _RESERVED:
            text = f"{what} would be called {name}, a name that the module needs itself."
        elif other := self._owners.get(name):
            text = f"{what} and {other.what} ({other.place}) would both be called {name}."
        else:
            self._owners[name] = _Owner(what, place, remedy)
            return True
        self.problems.error(place, f"{text} {remedy}")
        return False

    def claim_for_schema(self, name: str, suffix: str, what: str, place: str) -> str:
        """Take a name that the schema gives, with a suffix where the module needs it itself.

        If a class of the documents has the name, that is an error: the documents can be changed.
        """
        other = self._owners.get(name)
        if other and other.remedy and other.place.count(":") > 1:
            text = f"{other.what} and {what} ({place}) would both be called {name}."
            self.problems.error(other.place, f"{text} {other.remedy}")
        elif other or name in _RESERVED:
            name += suffix
        self._owners[name] = _Owner(what, place, "")
        return name

    def attribute(self, key: str) -> str:
        """Return the name of a class's attribute, which the classes' library leaves free."""
        return attribute_name(key, _OF_MODELS if self.settings.style == "pydantic" else ())


def attribute_name(key: str, taken: Container[str] = ()) -> str:
    """Turn a response key or the name of an input field into the name of an attribute.

    Leading underscores would make it private and go: ``__typename`` becomes ``typename``. Names
    that Python needs or that are ``taken`` get an underscore at the end.
    """
    name = snake_case(key).lstrip("_")
    if not name or name[0].isdigit():
        name = f"field_{name}"
    return f"{name}_" if name in _IN_CLASSES or name in taken else escape_keyword(name)


def argument_name(variable: str) -> str:
    """Turn the name of a variable into the name of a method's argument."""
    name = attribute_name(variable)
    return f"{name}_" if name in {"self", "options"} else name


def method_name(operation: str) -> str:
    """Turn the name of an operation into the name of its method."""
    name = attribute_name(operation)
    return f"{name}_" if name in _OF_CLIENTS else name


def member_names(values: Iterable[str]) -> Mapping[str, str]:
    """Name the members of an enum: by their values, unless Python needs the name."""
    names: dict[str, str] = {}
    for value in values:
        name = value.strip("_") or "UNDERSCORE"
        name = f"VALUE_{name}" if name[0].isdigit() else name
        names[value] = f"{name}_" if name in _OF_ENUMS else escape_keyword(name)
    return numbered(names)
