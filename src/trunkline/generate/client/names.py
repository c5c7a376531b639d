"""Names of classes, methods, constants, attributes, arguments and enum members.

A name should not change when something else is added, because programs are written with it. So the
class of an operation or a fragment ends with what it is (``TodosQuery``, ``TodoFragment``), and a
class below it is named by the way to its field. The schema's enums and inputs keep their names:
documents can be changed, a schema cannot. Where two names are still one, one of them gets an
underscore; the one that is spelt so keeps it. What a module imports gives way to all of these.
"""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum

import graphql

from trunkline.generate.client.documents import CheckedDocuments
from trunkline.generate.client.settings import ClientSettings
from trunkline.text.names import apart, class_name, escape_keyword, snake_case

__all__ = ["ClientNames", "member_names"]

_NO_CLASS = frozenset({*keyword.kwlist, *filter(str.islower, dir(builtins))})
"""Names that Python keeps for itself, and builtins, which annotations use."""

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
_OF_METHODS = frozenset({"options", "self", "variables"})


class ClientNames:
    """The names that a client's module defines, and those of attributes and arguments in it.

    - ``clients``: the classes of the client; true for those whose methods are awaited.
    - ``schema``: the classes of the schema's enums and inputs by type, whether used or not.
    - ``operations`` and ``fragments``: the classes of their data, ``methods`` of operations.
    """

    def __init__(
        self, settings: ClientSettings, schema: graphql.GraphQLSchema, documents: CheckedDocuments
    ) -> None:
        suffixes = settings.suffixes
        configured = {each.type for each in settings.scalars.values() if ":" not in each.type}
        self._in_classes = _IN_CLASSES | configured
        self._in_types = self._in_classes | (_OF_MODELS if settings.style == "pydantic" else set())
        self.clients = {settings.name: settings.calls == "async"}
        if settings.calls == "both":
            self.clients[f"Async{settings.name}"] = True
        self._taken = {*_NO_CLASS, *self.clients}
        self.schema = self._taken_apart(
            {
                name: _schema_class(type_)
                for name, type_ in schema.type_map.items()
                if isinstance(type_, (graphql.GraphQLEnumType, graphql.GraphQLInputObjectType))
            }
        )
        self.operations = self._taken_apart(
            {
                each.key: _with_suffix(
                    class_name(each.name, "Operation"), getattr(suffixes, each.kind)
                )
                for each in documents.operations
            }
        )
        self.fragments = self._taken_apart(
            {
                name: _with_suffix(class_name(name, "Fragment"), suffixes.fragment)
                for name in documents.fragments
            }
        )
        self.methods = _attribute_names(self.operations, self._in_classes | _OF_CLIENTS)

    def below(self, name: str) -> str:
        """Return the name of a class below an operation or a fragment, and keep it."""
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return name

    def attributes(self, keys: Iterable[str]) -> Mapping[str, str]:
        """Name the attributes of a class by their response keys or by the names of its fields."""
        return _attribute_names(keys, self._in_types)

    def arguments(self, variables: Iterable[str]) -> Mapping[str, str]:
        """Name the arguments of a method by their variables."""
        return _attribute_names(variables, self._in_classes | _OF_METHODS)

    def _taken_apart(self, wanted: Mapping[str, str]) -> Mapping[str, str]:
        chosen = apart(wanted, taken=self._taken)
        self._taken.update(chosen.values())
        return chosen


def _schema_class(type_: graphql.GraphQLNamedType) -> str:
    """Name the class of an enum or an input. With an underscore first, it would be private."""
    name = type_.name.lstrip("_")
    otherwise = "Enum" if isinstance(type_, graphql.GraphQLEnumType) else "Input"
    return class_name(name, otherwise) if not name[:1].isalpha() or name.islower() else name


def _with_suffix(name: str, suffix: str) -> str:
    return name if name.lower().endswith(suffix.lower()) else name + suffix


def _attribute_names(names: Iterable[str], taken: Collection[str] = ()) -> Mapping[str, str]:
    """Name attributes, methods or arguments, of which Python or the module needs the ``taken``.

    ``__typename`` is always ``typename``, by which the classes of a union are told apart.
    """
    wanted = {name: _attribute_name(name) for name in names}
    wanted = {name: f"{each}_" if each in taken else each for name, each in wanted.items()}
    return apart(wanted, {"__typename"})


def _attribute_name(key: str) -> str:
    """Turn a response key, or the name of a field or a variable, into the name of an attribute.

    Leading underscores would make it private and go. Keywords get an underscore at the end.
    """
    name = snake_case(key).lstrip("_")
    if not name or name[0].isdigit():
        name = f"field_{name}"
    return escape_keyword(name)


def member_names(values: Iterable[str]) -> Mapping[str, str]:
    """Name the members of an enum: by their values, unless Python needs the name."""
    names: dict[str, str] = {}
    for value in values:
        name = value.strip("_") or "UNDERSCORE"
        name = f"VALUE_{name}" if name[0].isdigit() else name
        names[value] = f"{name}_" if name in _OF_ENUMS else escape_keyword(name)
    return apart(names)
