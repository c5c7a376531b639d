"""Everything that `trunkline generate` writes, as texts: the functional core of the generator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from trunkline.generate.configuration import Project
from trunkline.generate.server.classes import import_from
from trunkline.generate.server.package_text import bindings_module, package_module, schema_file
from trunkline.generate.server.plan import ServerPlan
from trunkline.generate.server.planner import plan_server
from trunkline.generate.server.resolvers_text import resolvers_module
from trunkline.generate.server.types_text import types_module
from trunkline.schema.load import load_located_schema

__all__ = ["Generation", "generate"]


@dataclass(slots=True)
class Generation:
    """What is to be written: each file's text by its path, and what people should know of it."""

    files: dict[Path, str] = field(default_factory=dict[Path, str])
    messages: list[str] = field(default_factory=list[str])


def generate(project: Project) -> Generation:
    """Generate all that a project's configuration asks for.

    Raises ``SchemaError`` with all mistakes, where something does not fit.
    """
    import_from(project.source)
    schema, document = load_located_schema(*project.schema_sources)
    plan = plan_server(schema, document, project)
    generation = Generation(messages=list(plan.notes))
    folder = project.source.joinpath(*plan.package.split("."))
    for name, text in server_files(plan, project).items():
        generation.files[folder / name] = text
    return generation


def server_files(plan: ServerPlan, project: Project) -> Mapping[str, str]:
    """Write the files of the generated package."""
    return {
        "__init__.py": package_module(plan),
        "bindings.py": bindings_module(plan),
        "resolvers.py": resolvers_module(plan),
        "schema.graphql": schema_file(plan),
        "types.py": types_module(plan, project.configuration.types),
    }
