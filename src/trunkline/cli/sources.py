"""What commands take for a schema: its files, or what a program has made of them."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from graphql import GraphQLSchema

from trunkline.errors import SchemaError
from trunkline.generate.configuration import read_configuration
from trunkline.schema.bindings import Schema
from trunkline.schema.load import load_schema

__all__ = ["definition_of", "import_attribute", "is_attribute", "sources_or_configured"]

_ATTRIBUTE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def is_attribute(sources: list[str]) -> bool:
    """Say whether that is one name of the form ``package.module:attribute``."""
    return len(sources) == 1 and _ATTRIBUTE.fullmatch(sources[0]) is not None


def import_attribute(name: str) -> Any:
    """Import what a program has under ``package.module:attribute``. Raises ``SchemaError``."""
    module_name, _, attribute = name.partition(":")
    sys.path.insert(0, "")  # the folder that the command is run in, as `python -m` has it
    try:
        return getattr(import_module(module_name), attribute)
    except (ImportError, AttributeError) as error:
        raise SchemaError(f"{name}: {error}.") from error


def sources_or_configured(sources: list[str] | None) -> list[str]:
    """Return the sources that a command was given, else those of the project that it is run in.

    Raises ``ConfigurationError``.
    """
    return sources or list(map(str, read_configuration(Path.cwd()).schema_sources))


def definition_of(sources: list[str]) -> GraphQLSchema:
    """Load a schema's definition from its files, or from a program that has it executable.

    Raises ``SchemaError``.
    """
    if not is_attribute(sources):
        return load_schema(*sources)
    found = import_attribute(sources[0])
    definition = found.definition if isinstance(found, Schema) else found
    if not isinstance(definition, GraphQLSchema):
        raise SchemaError(f"{sources[0]}: is a {type(found).__name__}, not a schema.")
    return definition
