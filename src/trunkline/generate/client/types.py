"""GraphQL's types → Python's, as they stand in annotations."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from graphql import GraphQLList, GraphQLNonNull, GraphQLScalarType
from graphql.type import GraphQLType

from trunkline.generate.client.messages import Messages, place_of
from trunkline.generate.client.naming import ClassNames
from trunkline.generate.client.options import ScalarOption

__all__ = ["Annotation", "Imports", "ScalarTypes", "annotation_of"]


@dataclass(frozen=True, slots=True)
class Annotation:
    """A type as Python source, by the operands of its union."""

    operands: tuple[str, ...]

    def __str__(self) -> str:
        return " | ".join(self.operands)

    def or_(self, other: str) -> Annotation:
        """Return the union with another type; null comes last, and what may be anything stays."""
        if "Any" in self.operands:
            return self
        others = tuple(each for each in (*self.operands, other) if each != "None")
        is_nullable = "None" in {*self.operands, other}
        return Annotation((*others, "None") if is_nullable else others)


def annotation_of(type_: GraphQLType, named: str, list_: str = "list") -> Annotation:
    """Write a GraphQL type whose named type is ``named`` in Python (GraphQL §3.11, §3.12)."""
    if isinstance(type_, GraphQLNonNull):
        return _not_null(cast("GraphQLType", type_.of_type), named, list_)
    return _not_null(type_, named, list_).or_("None")


def _not_null(type_: GraphQLType, named: str, list_: str) -> Annotation:
    if isinstance(type_, GraphQLList):
        return Annotation((f"{list_}[{annotation_of(type_.of_type, named, list_)}]",))
    return Annotation((named,))


@dataclass(slots=True)
class Imports:
    """What the module imports: names by the module that they come from, whole modules apart."""

    names: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    modules: set[str] = field(default_factory=set[str])
    from_runtime: set[str] = field(default_factory=set[str])

    def runtime(self, *names: str) -> None:
        """Import names from the module that generated clients stand on."""
        self.from_runtime.update(names)

    def name(self, module: str, name: str) -> str:
        """Import a name from a module, and return what it is called here.

        Of a lower-case name that is one with an underscore: an attribute might be called as it is.
        """
        is_class = not name[0].islower()
        self.names.setdefault(module, set()).add(name if is_class else f"{name} as _{name}")
        return name if is_class else f"_{name}"


_PLAIN = {"String": "str", "ID": "str", "Int": "int", "Float": "float", "Boolean": "bool"}

_KNOWN: Mapping[str, ScalarOption] = {
    "DateTime": ScalarOption("datetime:datetime"),
    "Date": ScalarOption("datetime:date"),
    "Time": ScalarOption("datetime:time"),
    "Duration": ScalarOption("datetime:timedelta"),
    "Decimal": ScalarOption("decimal:Decimal"),
    "UUID": ScalarOption("uuid:UUID"),
    "Bytes": ScalarOption("bytes"),
    "Int64": ScalarOption("int"),
    "JSON": ScalarOption("Any"),
}
"""The scalars that the server's side has too (`schema/scalars.py`): readers know their forms."""

_NAME = re.compile(r"([A-Za-z_]\w*(\.[A-Za-z_]\w*)*:)?[A-Za-z_]\w*")
_BUILTINS = {"str", "int", "float", "bool", "bytes", "list", "dict", "tuple", "Any"}
_JSON_KNOWS = {
    *_BUILTINS,
    *("datetime:datetime", "datetime:date", "datetime:time", "datetime:timedelta"),
    *("decimal:Decimal", "uuid:UUID"),
}


class ScalarTypes:
    """The Python types of a schema's scalars."""

    def __init__(
        self,
        options: Mapping[str, ScalarOption],
        imports: Imports,
        names: ClassNames,
        messages: Messages,
    ) -> None:
        self._options = {**_KNOWN, **options}
        self._imports = imports
        self._messages = messages
        self._written: dict[str, str] = {}
        self._claimed: set[str] = set()
        self._written_by: dict[str, tuple[str, str | None]] = {}
        self.serializers: dict[str, str] = {}
        for name, option in sorted(options.items()):
            self._check(name, option)
            self._claim(name, option, names)

    def annotation(self, type_: GraphQLScalarType) -> str:
        """Return how a scalar's Python type is written."""
        if type_.name not in self._written:
            self._written[type_.name] = self._write(type_)
        return self._written[type_.name]

    def _write(self, type_: GraphQLScalarType) -> str:
        option = self._options.get(type_.name)
        if option is None:
            if type_.name in _PLAIN:
                return _PLAIN[type_.name]
            self._messages.warn(
                place_of(type_.ast_node) if type_.ast_node else f"scalar {type_.name}",
                f"Nothing says what {type_.name} is in Python, so it is Any. Say it in"
                f' [tool.trunkline.client.scalars]: {type_.name} = "str", for example.',
            )
            return self._imports.name("typing", "Any")
        written = self._reference(option.type)
        self._serialize(type_.name, option, written)
        if option.parse:
            parse = self._reference(option.parse)
            self._imports.runtime("Parsed")
            return f"Parsed[{written}, {parse}]"
        return written

    def _serialize(self, name: str, option: ScalarOption, written: str) -> None:
        """Note how values of a type are written, which is by their type alone."""
        other, serialize = self._written_by.setdefault(written, (name, option.serialize))
        if serialize != option.serialize:
            text = f"{other} is {written} too, and is not written by the same function."
            remedy = "Make a class of your own for one of them."
            self._messages.error(f"scalars.{name}", f"{text} {remedy}")
        elif option.serialize:
            self.serializers[written] = self._reference(option.serialize)

    def _reference(self, path: str) -> str:
        """Import what ``module:name`` names, and return how it is written here."""
        module, _, name = path.rpartition(":")
        if path == "Any":
            return self._imports.name("typing", "Any")
        if not module:
            return name
        if module == "datetime":
            self._imports.modules.add("datetime as dt")
            return f"dt.{name}"
        return self._imports.name(module, name)

    def _claim(self, name: str, option: ScalarOption, names: ClassNames) -> None:
        """Take the name of a scalar's class, before the documents can."""
        module, _, class_ = option.type.rpartition(":")
        if module and option.type not in _JSON_KNOWS | self._claimed:
            self._claimed.add(option.type)
            remedy = "Give one of them another name where it is defined."
            names.claim(class_, f"the type of {name}", f"scalars.{name}", remedy)

    def _check(self, name: str, option: ScalarOption) -> None:
        place = f"scalars.{name}"
        for path in filter(None, (option.type, option.parse, option.serialize)):
            if not _NAME.fullmatch(path) or _has_keyword(path):
                text = f"{path!r} is no name: write package.module:name, or a builtin's name."
                self._messages.error(place, text)
            elif ":" not in path and path != "Any" and not hasattr(builtins, path):
                text = f"{path!r} is no builtin: say in which module it is, as module:{path}."
                self._messages.error(place, text)
        if option.serialize and option.type in _BUILTINS:
            text = f"serialize would be called for every {option.type}. Make a class of your own."
            self._messages.error(place, text)
        elif option.serialize and not option.parse and option.type not in _JSON_KNOWS:
            text = f"Nothing says how {option.type} is made of JSON: give parse as well."
            self._messages.error(place, text)


def _has_keyword(path: str) -> bool:
    return any(keyword.iskeyword(word) for word in re.split("[.:]", path) if word != "None")
