"""The package that is generated for a server, in three passes that read from top to bottom.

1. settings: `settings.py` reads the configuration, the directives of the schema and the classes of
   the program (`classes.py` imports them).
2. plan: `planner.py` decides everything, with names of `naming.py`, types and defaults of
   `values.py`, and `directives.py`; `check.py` and `fits.py` compare the classes with the schema.
   The plan (`plan.py`) is data, which plugins may change.
3. write: `write.py` makes the texts of the files.

`start.py` says whether what was written starts.
"""

from __future__ import annotations

import importlib
import sys
from contextlib import suppress
from types import ModuleType

from graphql import DocumentNode, GraphQLSchema

from trunkline.generate.configuration import Project
from trunkline.generate.elements import check_lists
from trunkline.generate.server.plan import ServerPlan
from trunkline.generate.server.planner import plan_server
from trunkline.generate.server.settings import ServerSettings
from trunkline.generate.server.write import types_module, write_server

__all__ = ["plan_project", "write_server"]


def plan_project(schema: GraphQLSchema, document: DocumentNode, project: Project) -> ServerPlan:
    """Do the first two passes. Raises ``SchemaError`` as `plan_server` does.

    A class of the program may use a type of the generated package, which is not there or not up to
    date. Then the types are planned first without looking at the program's classes, and this
    process imports them in place of the package's.
    """
    check_lists(schema)
    settings = ServerSettings(schema, project)
    if settings.wants_generated:
        plan = plan_server(ServerSettings(schema, project, named_only=True), document)
        name = f"{plan.package}.types"
        package = _import_package(plan.package, project)
        with suppress(ImportError):  # the types may import the program in turn: a mistake then
            types = ModuleType(name)
            sys.modules[name] = package.types = types  # type: ignore[attr-defined]  # as imports do
            exec(types_module(plan, project.configuration.types), vars(types))  # noqa: S102
        settings = ServerSettings(schema, project)
    return plan_server(settings, document)


def _import_package(name: str, project: Project) -> ModuleType:
    """Return the generated package, or an empty one with its files if it cannot be imported."""
    try:
        return importlib.import_module(name)
    except ImportError:
        package = sys.modules[name] = ModuleType(name)
        package.__path__ = [str(project.source.joinpath(*name.split(".")))]
        parent, _, last = name.rpartition(".")
        if parent:
            setattr(importlib.import_module(parent), last, package)
        return package
