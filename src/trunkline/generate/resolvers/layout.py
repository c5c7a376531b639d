"""Where new resolvers go: the file of each, by the layout that the configuration names."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from glob import has_magic
from pathlib import Path

from trunkline.generate.configuration import LayoutName, Project
from trunkline.generate.places import Place
from trunkline.text.names import snake_case

__all__ = ["Layout"]

_MODULE = "resolvers.py"  # of a feature, and of the program


class Layout:
    """Gives each resolver a file, and the class ``Resolvers`` that puts them together.

    ``package`` is the folder that paths start from, as it is imported; ``assembly`` is the path of
    the file with ``Resolvers``.
    """

    def __init__(self, project: Project) -> None:
        configuration = project.configuration
        self._layout: LayoutName = configuration.layout
        self._roots = [each.resolve() for each in _roots(project.schema_sources)]
        self.package = configuration.resolvers or ""
        self.assembly = "__init__.py"
        is_package = project.source.joinpath(*self.package.split(".")).is_dir()
        if self._layout == "single" and not is_package:
            self.package, _, name = self.package.rpartition(".")
            self.assembly = f"{name}.py"
        elif self._layout == "feature":
            self.assembly = _MODULE

    def path(self, type_name: str, place: Place) -> str:
        """Return the file for a resolver of a type, by the place of its field in the schema."""
        match self._layout:
            case "single":
                return self.assembly
            case "type":
                return f"{_module_name(snake_case(type_name))}.py"
            case "schema":
                return f"{_module_name(Path(place.file).stem)}.py"
            case "feature":
                return "/".join([*map(_module_name, self._feature(Path(place.file))), _MODULE])

    def _feature(self, file: Path) -> tuple[str, ...]:
        """Return the folders of a schema file; its own name where it is in none."""
        file = file.resolve()
        roots = [root for root in self._roots if file.is_relative_to(root)]
        within = file.relative_to(max(roots, key=lambda root: len(root.parts))) if roots else file
        return within.parent.parts or (within.stem,)


def _roots(sources: list[Path]) -> Iterator[Path]:
    """Yield the folders that schema sources start from."""
    for source in sources:
        magic = [part for part in source.parts if has_magic(part)]
        if magic:
            yield Path(*source.parts[: source.parts.index(magic[0])])
        else:
            yield source if source.is_dir() else source.parent


def _module_name(name: str) -> str:
    """Make a module's name of any other: `user-types` → `user_types`, `2fa` → `_2fa`."""
    words = re.sub(r"\W+", "_", name).strip("_").lower() or "resolvers"
    if words[0].isdigit():
        return f"_{words}"
    return f"{words}_" if keyword.iskeyword(words) or words == "init" else words
