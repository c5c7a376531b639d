"""Whether a generated package still serves what the schema's files say."""

from __future__ import annotations

from graphql import print_ast

from trunkline.errors import SchemaError
from trunkline.generate.configuration import Project
from trunkline.generate.elements import shown_path
from trunkline.schema.load import load_located_schema

__all__ = ["why_outdated"]


def why_outdated(project: Project) -> str | None:
    """Say why a project's package serves another schema than that of its files.

    ``None`` means that it serves the same. That cannot be told if plugins change the schema: then
    only mistakes are.
    """
    package = project.configuration.package
    served = project.source.joinpath(*package.split("."), "schema.graphql")
    if not package or not served.is_file():  # importing a package that is not there says more
        return None
    try:
        _, document = load_located_schema(*project.schema_sources)
    except SchemaError as error:
        return f"{error}\nUntil it is corrected, the earlier {shown_path(served)} is served."
    if project.configuration.plugins:
        return None
    if served.read_text(encoding="utf-8").endswith(f"\n\n{print_ast(document)}\n"):
        return None
    return (
        f"The schema has changed, and the earlier {shown_path(served)} is served."
        " Run `trunkline generate`."
    )
