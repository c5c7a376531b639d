"""Everything that `trunkline generate` writes, as texts: the functional core of the generator."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from trunkline.errors import SchemaError
from trunkline.generate.client import client_files
from trunkline.generate.configuration import Project
from trunkline.generate.places import shown_path
from trunkline.generate.plugins import Plugins
from trunkline.generate.resolvers import (
    Previous,
    Severity,
    WantedResolvers,
    merge,
    read_plan,
    read_previous,
)
from trunkline.generate.server import plan_project, write_server
from trunkline.generate.server.classes import import_from
from trunkline.generate.server.plan import ServerPlan
from trunkline.schema.load import build_schema, load_located_schema

__all__ = ["Generation", "generate"]


@dataclass(slots=True)
class Generation:
    """What is to be written: each file's content by its path, and what people should know of it."""

    files: dict[Path, bytes] = field(default_factory=dict[Path, bytes])
    messages: list[str] = field(default_factory=list[str])


def generate(project: Project) -> Generation:
    """Generate all that a project's configuration asks for.

    Raises ``SchemaError`` with all mistakes, where something does not fit.
    """
    generation = Generation()
    if project.configuration.package:
        _generate_server(project, generation)
    for client in project.clients:
        files, messages = client_files(project, client)
        generation.files.update(files)
        generation.messages += messages
    return generation


def _generate_server(project: Project, generation: Generation) -> None:
    import_from(project.source)
    plugins = Plugins(project)
    schema, document = load_located_schema(*project.schema_sources)
    if plugins:
        schema, document = build_schema(plugins.schema(document))
    plan = plugins.plan(plan_project(schema, document, project))
    generation.messages += plan.notes
    folder = project.source.joinpath(*plan.package.split("."))
    texts = plugins.files(write_server(plan, project.configuration.types), plan)
    for name, text in texts.items():
        generation.files[folder / name] = text.encode()
    if project.configuration.resolvers is not None:
        wanted = read_plan(plan, project, _modules(plan.package, folder, texts))
        previous = _previous(folder / "resolvers.py", plan, texts.get("resolvers.py", ""))
        _merge_resolvers(wanted, previous, project, folder, generation)


def _merge_resolvers(
    wanted: WantedResolvers,
    previous: Previous | None,
    project: Project,
    generated: Path,
    generation: Generation,
) -> None:
    """Bring people's resolvers in line with the plan. Raises ``SchemaError`` where that fails."""
    folder = project.source.joinpath(*wanted.package.split("."))
    theirs = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(_python_files(folder, generated))
    }

    def shown_in(path: str) -> str:
        return shown_path(folder / path)

    merged = merge(theirs, wanted, previous, shown_in)
    shown = [replace(each, path=shown_in(each.path)) for each in merged.messages]
    errors = [str(each) for each in shown if each.severity is Severity.ERROR]
    if errors:
        raise SchemaError("\n".join(errors))
    generation.messages += map(str, shown)
    for path, content in merged.files.items():
        generation.files[folder / path] = content
        for parent in (folder / path).parents:
            marker = parent / "__init__.py"
            if parent == project.source or marker.exists() or marker in generation.files:
                break
            generation.files[marker] = b""


def _modules(package: str, folder: Path, texts: Mapping[str, str]) -> dict[str, str | None]:
    """Return the modules of the generated package: text, or ``None`` for people's own in it."""
    paths = folder.iterdir() if folder.is_dir() else ()
    theirs = {path.stem: None for path in paths if path.is_dir() or path.suffix == ".py"}
    ours = {Path(name).stem: text for name, text in texts.items() if name.endswith(".py")}
    return {
        package if name == "__init__" else f"{package}.{name}": text
        for name, text in {**theirs, **ours}.items()
    }


def _python_files(folder: Path, generated: Path) -> Iterator[Path]:
    """Yield people's files; what is installed or hidden in a folder is not theirs."""
    for parent, folders, names in os.walk(folder):
        here = Path(parent)
        folders[:] = [
            name
            for name in folders
            if not name.startswith((".", "__pycache__", "node_modules"))
            and not (here / name / "pyvenv.cfg").exists()
            and here / name != generated
        ]
        yield from (here / name for name in names if name.endswith(".py"))


def _previous(path: Path, plan: ServerPlan, now: str) -> Previous | None:
    """Read which resolvers were wanted last time; ``None`` if it is not known, or as it is now."""
    text = path.read_text(encoding="utf-8") if path.is_file() else now
    return None if text == now else read_previous(text, f"{plan.package}.resolvers")
