"""Cases that are folders: a schema, documents, options, and what is expected of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from graphql import Source, build_schema, parse

from trunkline.generate.client import (
    ClientFiles,
    ClientSettings,
    DocumentSource,
    Problems,
    generate_client,
    marked_documents,
)

__all__ = ["Case", "cases"]

SHARED = Path(__file__).with_name("shared.graphql")


@dataclass(frozen=True)
class Case:
    """A folder."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def sdl(self) -> str:
        own = self.folder / "schema.graphql"
        return (own if own.exists() else SHARED).read_text(encoding="utf-8")

    @property
    def documents(self) -> list[Path]:
        files = sorted(each for each in self.folder.iterdir() if each.is_file())
        return [each for each in files if each.name.startswith(("operations", "marked"))]

    @property
    def options(self) -> ClientSettings:
        path = self.folder / "options.json"
        given: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        given = {"module": f"{self.name}.py", "header": "the corpus"} | given
        return msgspec.convert(given, ClientSettings)

    def generate(self) -> ClientFiles:
        problems = Problems()
        sources: list[DocumentSource] = []
        for path in self.documents:
            text = path.read_text(encoding="utf-8")
            if path.suffix == ".graphql":
                sources.append(DocumentSource(path.name, text))
            else:
                sources += marked_documents(text, path.name, problems)
        document = parse(Source(self.sdl, "schema.graphql"))
        schema = build_schema(document.loc.source) if document.loc else build_schema(self.sdl)
        return generate_client(schema, sources, self.options, problems)

    def told(self) -> str:
        """Write all problems, a line each."""
        made = self.generate()
        lines = [f"error: {each}" for each in made.errors]
        lines += [f"warning: {each}" for each in made.warnings]
        return "".join(f"{line}\n" for line in lines)


def cases(folder: str) -> list[Case]:
    """List the cases in a folder beside this file."""
    parent = Path(__file__).with_name(folder)
    return [Case(path) for path in sorted(parent.iterdir()) if path.is_dir()]
