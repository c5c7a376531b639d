"""Plugins: other people's code that changes what is generated."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any, TypeVar

from graphql import DocumentNode

from trunkline.errors import SchemaError
from trunkline.generate.configuration import Project
from trunkline.generate.elements import suggestion
from trunkline.generate.server.classes import import_object, reference_to
from trunkline.generate.server.plan import ServerPlan

__all__ = ["GROUP", "Plugin", "Plugins"]

GROUP = "trunkline.plugins"
"""The group of entry points in which packages offer plugins."""

T = TypeVar("T")


class Plugin:
    """Changes what is generated: each method returns what it is given, or another of its kind.

    A package offers one as an entry point of the group ``trunkline.plugins``. A project switches it
    on in ``plugins`` by that name, or by ``package.module:name``; they are called in this order.
    """

    def schema(self, document: DocumentNode) -> DocumentNode:
        """Change the schema, as the syntax tree of all its files. It is checked afterwards."""
        return document

    def plan(self, plan: ServerPlan) -> ServerPlan:
        """Change what is decided: names, types, attributes, resolvers."""
        return plan

    def files(self, files: Mapping[str, str], plan: ServerPlan) -> Mapping[str, str]:
        """Change the texts of the generated package's files, by their names; add or drop some."""
        del plan
        return files


class Plugins:
    """The plugins that a project has switched on. Their mistakes are ``SchemaError``s."""

    def __init__(self, project: Project) -> None:
        place = f"{project.place('plugins')}: plugins"
        names = project.configuration.plugins
        self._plugins = [(name, _load(name, f"{place}: {name}")) for name in names]

    def __bool__(self) -> bool:
        return bool(self._plugins)

    def schema(self, document: DocumentNode) -> DocumentNode:
        """Let every plugin change the schema."""
        return self._call("schema", DocumentNode, document)

    def plan(self, plan: ServerPlan) -> ServerPlan:
        """Let every plugin change the plan."""
        return self._call("plan", ServerPlan, plan)

    def files(self, files: Mapping[str, str], plan: ServerPlan) -> Mapping[str, str]:
        """Let every plugin change the files."""
        return self._call("files", Mapping, files, plan)

    def _call(self, hook: str, kind: Any, value: T, *more: object) -> T:
        for name, plugin in self._plugins:
            try:
                value = getattr(plugin, hook)(value, *more)
            except Exception as error:
                what = f"{type(error).__name__}: {error}"
                raise SchemaError(f"The plugin {name} failed in `{hook}`: {what}.") from error
            if not isinstance(value, kind):
                raise SchemaError(
                    f"The plugin {name} returned {type(value).__name__} from `{hook}`. Return what"
                    f" the method was given, or another {kind.__name__}."
                )
        return value


def _load(name: str, where: str) -> Plugin:
    if ":" in name:
        found = import_object(reference_to(name), where)
    else:
        offered = entry_points(group=GROUP)
        if name not in offered.names:
            hint = suggestion(name, offered.names)
            raise SchemaError(f"{where}: no installed package offers such a plugin.{hint}")
        try:
            found = offered[name].load()
        except Exception as error:
            what = f"{type(error).__name__}: {error}"
            raise SchemaError(f"{where}: cannot be loaded: {what}.") from error
    plugin = found() if isinstance(found, type) else found
    if not isinstance(plugin, Plugin):
        raise SchemaError(f"{where}: {plugin!r} is not a trunkline.generate.Plugin.")
    return plugin
