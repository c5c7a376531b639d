from __future__ import annotations

from pathlib import Path

import pytest
from tests.generate.projects import CONFIGURATION, project, trunkline

SCHEMA = "type Query { secret: String  book: Book }  type Book { title: String! }\n"

PLUGIN = '''
from collections.abc import Mapping
from dataclasses import replace

from graphql import DocumentNode, parse

from trunkline.generate import Plugin, ServerPlan


class Mine(Plugin):
    """Adds a type, names a class, writes a file."""

    def schema(self, document: DocumentNode) -> DocumentNode:
        added = parse("extend type Query { added: Int! }")
        return DocumentNode(definitions=document.definitions + added.definitions)

    def plan(self, plan: ServerPlan) -> ServerPlan:
        types = tuple(replace(each, description="By a plugin.") for each in plan.types)
        return replace(plan, types=types)

    def files(self, files: Mapping[str, str], plan: ServerPlan) -> Mapping[str, str]:
        coordinates = [each.coordinate for group in plan.resolvers for each in group.resolvers]
        return {**files, "coordinates.txt": "\\n".join(coordinates) + "\\n"}


class Wrong(Plugin):
    def plan(self, plan: ServerPlan) -> ServerPlan:
        raise LookupError("no such thing")


class Nothing(Plugin):
    def files(self, files: Mapping[str, str], plan: ServerPlan) -> Mapping[str, str]:
        return None
'''


def with_plugin(folder: Path, name: str) -> Path:
    configuration = f'{CONFIGURATION}\nplugins = ["{name}"]\n'
    files = {"schema.graphql": SCHEMA, "trunkline.toml": configuration, "app/own.py": PLUGIN}
    return project(folder, files)


def test_a_plugin_has_a_say_in_schema_plan_and_files(tmp_path: Path) -> None:
    folder = with_plugin(tmp_path, "app.own:Mine")
    run = trunkline(folder, "generate")
    assert run.status == 0, run.printed
    graph = folder / "app/graph"
    assert "added: Int!" in (graph / "schema.graphql").read_text(encoding="utf-8")
    assert '"""By a plugin."""' in (graph / "types.py").read_text(encoding="utf-8")
    coordinates = (graph / "coordinates.txt").read_text(encoding="utf-8")
    assert coordinates == "Query.secret\nQuery.book\nQuery.added\n"


def test_an_installed_package_offers_one_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = with_plugin(tmp_path / "project", "mine")
    metadata = tmp_path / "site" / "mine-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[trunkline.plugins]\nmine = app.own:Mine\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    run = trunkline(folder, "generate")
    assert run.status == 0, run.printed
    assert (folder / "app/graph/coordinates.txt").exists()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("app.own:Wrong", "The plugin app.own:Wrong failed in `plan`: LookupError: no such thing."),
        ("app.own:Nothing", "The plugin app.own:Nothing returned NoneType from `files`"),
        ("app.own:Missing", "plugins: app.own:Missing: app.own has no 'Missing'."),
        ("app.own:replace", "is not a trunkline.generate.Plugin."),
        ("mine", "plugins: mine: no installed package offers such a plugin."),
    ],
)
def test_what_goes_wrong_names_the_plugin(tmp_path: Path, name: str, sentence: str) -> None:
    folder = with_plugin(tmp_path, name)
    run = trunkline(folder, "generate")
    assert run.status == 1
    assert sentence in run.printed
    assert not (folder / "app/graph").exists()
