"""What both generators know about an element of a schema: place, documentation, enums."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import graphql
from graphql.pyutils import did_you_mean, suggestion_list

from trunkline.errors import SchemaError
from trunkline.text.imports import Reference
from trunkline.text.literals import literal
from trunkline.text.module import Module

__all__ = [
    "EnumPlan",
    "MemberPlan",
    "Place",
    "check_lists",
    "documentation",
    "place_in_schema",
    "shown_path",
    "suggestion",
    "write_enum",
]


_DEEPEST = 8  # pydantic takes twice the time for each further one; introspection asks for 4


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{shown_path(Path(self.file))}:{self.line}"


def shown_path(path: Path) -> str:
    """Return a path as people write it from where they are."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)


def place_in_schema(element: Any) -> Place:
    """Return where a type, a field or the like is written in the schema."""
    node = element.ast_node or next(iter(getattr(element, "extension_ast_nodes", ())), None)
    if node is None or node.loc is None:
        return Place("the schema", 0)
    return Place(node.loc.source.name, node.name.loc.start_token.line)  # not its description's


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return a question for those of the known names that are like a name; empty without one."""
    return did_you_mean(suggestion_list(name, [each for each in known if each[:2] != "__"]))


def check_lists(schema: graphql.GraphQLSchema) -> None:
    """Raise ``SchemaError`` for a type with more lists in lists than Python's types can have."""
    for type_ in schema.type_map.values():
        for name, field in getattr(type_, "fields", {}).items():
            arguments = {f"{name}({each}:)": of for each, of in getattr(field, "args", {}).items()}
            for element, of in {name: field, **arguments}.items():
                depth, inner = 0, getattr(of, "type", None)
                while graphql.is_wrapping_type(inner):
                    depth, inner = depth + graphql.is_list_type(inner), inner.of_type
                if depth > _DEEPEST:
                    raise SchemaError(
                        f"{type_.name}.{element}: {depth} lists in lists cannot be written in"
                        f" Python. There may be {_DEEPEST}."
                    )


def documentation(element: Any) -> str:
    """Return the description of an element, and why it is deprecated."""
    description, reason = element.description, getattr(element, "deprecation_reason", None)
    parts = [description.strip()] if description and description.strip() else []
    if reason is not None:
        parts.append(f"Deprecated: {reason.strip() or 'without a reason.'}")
    return "\n\n".join(parts)


@dataclass(frozen=True, slots=True)
class MemberPlan:
    """A value of an enum: ``name`` is the member's, ``value`` the schema's."""

    name: str
    value: str
    description: str


@dataclass(frozen=True, slots=True)
class EnumPlan:
    """An enum that is generated."""

    type: str
    name: str
    description: str
    members: tuple[MemberPlan, ...]


def write_enum(module: Module, enum: EnumPlan, *bases: Reference) -> None:
    """Write the class of an enum."""
    with module.class_(enum.name, list(map(module.name, bases))):
        module.docstring(enum.description)
        if enum.description:
            module.line()
        for member in enum.members:
            module.line(f"{member.name} = {literal(member.value)}")
            module.docstring(member.description)
