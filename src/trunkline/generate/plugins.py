"""Plugins: other people's code that has a say in what is generated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Any, TypeVar, cast

from graphql import DocumentNode
from graphql.pyutils import did_you_mean, suggestion_list

from trunkline.errors import SchemaError
from trunkline.generate.configuration import Project
from trunkline.generate.server.classes import import_object, reference_to
from trunkline.generate.server.plan import ServerPlan

__all__ = ["GROUP", "Plugin", "Plugins"]

GROUP = "trunkline.plugins"
"""The group of entry points in which packages offer plugins."""

T = TypeVar("T")


class Plugin:
    """Has a say in what is generated: each method returns what it is given, or another.

    A package offers one as an entry point of the group ``trunkline.plugins``; a project switches it
    on by that name, or by ``package.module:name``, in ``plugins``. The order there is the order in
    which they are asked.
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
    """The plugins that a project has switched on."""

    def __init__(self, project: Project) -> None:
        place = f"{project.place('plugins')}: plugins"
        names = project.configuration.plugins
        self._plugins = [(name, _load(name, f"{place}: {name}")) for name in names]

    def __bool__(self) -> bool:
        return bool(self._plugins)

    def schema(self, document: DocumentNode) -> DocumentNode:
        """Let every plugin change the schema."""
        return self._asked("schema", DocumentNode, document)

    def plan(self, plan: ServerPlan) -> ServerPlan:
        """Let every plugin change the plan."""
        return self._asked("plan", ServerPlan, plan)

    def files(self, files: Mapping[str, str], plan: ServerPlan) -> Mapping[str, str]:
        """Let every plugin change the files."""
        return self._asked("files", Mapping, files, plan)

    def _asked(self, hook: str, kind: Callable[..., Any], value: T, *more: object) -> T:
        for name, plugin in self._plugins:
            try:
                value = getattr(plugin, hook)(value, *more)
            except Exception as error:
                what = f"{type(error).__name__}: {error}"
                raise SchemaError(f"The plugin {name} failed in `{hook}`: {what}.") from error
            if not isinstance(value, cast("type", kind)):
                raise SchemaError(
                    f"The plugin {name} returned {type(value).__name__} from `{hook}`, which must"
                    " return what it was given, or another of its kind."
                )
        return value


def _load(name: str, where: str) -> Plugin:
    found = import_object(reference_to(name), where) if ":" in name else _offered(name, where)
    plugin = found() if isinstance(found, type) else found
    if not isinstance(plugin, Plugin):
        raise SchemaError(f"{where}: is {plugin!r}, and no trunkline.generate.Plugin.")
    return plugin


def _offered(name: str, where: str) -> Any:
    """Find a plugin among those that installed packages offer."""
    offered = entry_points(group=GROUP)
    if name not in offered.names:
        hint = did_you_mean(suggestion_list(name, sorted(offered.names)))
        raise SchemaError(f"{where}: no installed package offers such a plugin.{hint}")
    try:
        return offered[name].load()
    except Exception as error:
        raise SchemaError(f"{where}: cannot be loaded: {type(error).__name__}: {error}.") from error
