"""What `trunkline generate` does, from top to bottom: everything that it writes, as texts.

A server's package and each client are made in three passes: settings → plan → write (`server/`,
`client/`). People's files are then brought in line with the plan (`resolvers/`). Nothing is written
to the disk here; `files.py` does that.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from trunkline.errors import SchemaError
from trunkline.generate.client import client_files
from trunkline.generate.configuration import Project
from trunkline.generate.elements import shown_path
from trunkline.generate.plugins import Plugins
from trunkline.generate.resolvers import Severity, merge, read_plan, read_previous
from trunkline.generate.server import plan_project, write_server
from trunkline.generate.server.classes import import_from
from trunkline.generate.server.plan import ServerPlan
from trunkline.schema.load import build_schema, load_located_schema

__all__ = ["Generation", "generate"]


@dataclass(slots=True)
class Generation:
    """The content of each file by its path, and messages for people.

    ``unwritten`` are messages about stubs that are not written yet.
    """

    files: dict[Path, bytes] = field(default_factory=dict[Path, bytes])
    messages: list[str] = field(default_factory=list[str])
    unwritten: list[str] = field(default_factory=list[str])


def generate(project: Project) -> Generation:
    """Generate all that a project's configuration asks for.

    Raises ``SchemaError`` with all mistakes if something does not fit.
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
    """Generate a server's package, and bring the resolvers of its people in line with it."""
    import_from(project.source)
    plugins = Plugins(project)
    schema, document = load_located_schema(*project.schema_sources)
    if plugins:
        schema, document = build_schema(plugins.schema(document))
    plan = plugins.plan(plan_project(schema, document, project))
    generation.messages += plan.notes
    texts = plugins.files(write_server(plan, project.configuration.types), plan)
    folder = project.source.joinpath(*plan.package.split("."))
    generation.files.update({folder / name: text.encode() for name, text in texts.items()})
    if project.configuration.resolvers is None:
        generation.messages += plan.reasons.values()
    else:
        _update_resolvers(plan, texts, project, generation)


def _update_resolvers(
    plan: ServerPlan, texts: Mapping[str, str], project: Project, generation: Generation
) -> None:
    """Bring people's resolvers in line with the plan. Raises ``SchemaError`` if that fails."""
    generated = project.source.joinpath(*plan.package.split("."))
    paths = generated.iterdir() if generated.is_dir() else ()
    modules: dict[str, str | None] = {  # None: a module of people's own in the generated package
        path.stem: None for path in paths if path.is_dir() or path.suffix == ".py"
    }
    modules |= {Path(name).stem: text for name, text in texts.items() if name.endswith(".py")}
    named = {f"{plan.package}.{name}".removesuffix(".__init__"): modules[name] for name in modules}
    wanted = read_plan(plan, project, named)
    now, last_time = texts.get("resolvers.py", ""), generated / "resolvers.py"
    before = last_time.read_text(encoding="utf-8") if last_time.is_file() else now
    previous = None if before == now else read_previous(before, f"{plan.package}.resolvers")
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
    reasons = (plan.reasons[each] for each in plan.reasons if each not in merged.written)
    generation.messages += (*reasons, *map(str, shown))
    unwritten = (replace(each, path=shown_in(each.path)) for each in merged.unwritten)
    generation.unwritten += map(str, unwritten)
    for path, content in merged.files.items():
        generation.files[folder / path] = content
        for parent in (folder / path).parents:
            marker = parent / "__init__.py"
            if parent == project.source or marker.exists() or marker in generation.files:
                break
            generation.files[marker] = b""


def _python_files(folder: Path, generated: Path) -> Iterator[Path]:
    """Yield people's files, without those that are installed or hidden in a folder."""
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
