from __future__ import annotations

from pathlib import Path

from tests.generate.projects import CONFIGURATION, project, trunkline


def test_a_type_called_property_does_not_hide_what_properties_are_made_with(tmp_path: Path) -> None:
    schema = "type Query { property: Property! }  type Property { owner(since: Int): String! }\n"
    files = {"schema.graphql": schema, "trunkline.toml": CONFIGURATION}
    folder = project(tmp_path, files)
    run = trunkline(folder, "generate")
    assert run.status == 0, run.printed
    text = (folder / "app/graph/resolvers.py").read_text(encoding="utf-8")
    assert "    @builtins.property\n    def property(self) -> PropertyResolvers: ...\n" in text
    exec(compile(text, "resolvers.py", "exec"), {"__name__": "resolvers"})  # noqa: S102
