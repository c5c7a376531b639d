"""The generator on schemas of 250 to 1,000 types: its time, and how long its text gets."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from graphql import parse
from tests.schema.large import large_schema

from benchmarks.figures import Figure, at_most

__all__ = ["measure"]

TYPES_PER_THING = 4
CONFIGURATION = 'schema = "schema.graphql"\npackage = "shop.graph"\nresolvers = "shop.resolvers"\n'


def measure() -> Iterator[Figure]:
    with TemporaryDirectory() as folder:
        quarter, whole = (Generated(Path(folder), types) for types in (250, 1_000))
        yield Figure("1,000 types: generate, stubs too", whole.first, "s", at_most(10))
        yield Figure("1,000 types: generate again, unchanged", whole.again, "s", at_most(2))
        name = "1,000 types / 250 types: lines that are generated"
        yield Figure(name, whole.lines / quarter.lines, goal=at_most(4.1))
        name = "1,000 types: generated lines per field of the schema"
        yield Figure(name, whole.lines / whole.fields, "lines", at_most(15))


class Generated:
    """A schema of so many types, generated twice; times are of processors, in seconds."""

    def __init__(self, folder: Path, types: int) -> None:
        project = folder / str(types)
        (project / "shop").mkdir(parents=True)
        (project / "shop" / "__init__.py").touch()
        sdl = large_schema(types // TYPES_PER_THING)
        (project / "schema.graphql").write_text(sdl, encoding="utf-8")
        (project / "trunkline.toml").write_text(CONFIGURATION, encoding="utf-8")
        self.first = generate(project)
        self.again = generate(project)
        files = (project / "shop" / "graph").glob("*.py")
        self.lines = sum(len(each.read_text(encoding="utf-8").splitlines()) for each in files)
        definitions = parse(sdl, no_location=True).definitions
        self.fields = sum(
            len(getattr(each, "fields", None) or getattr(each, "values", None) or ())
            for each in definitions
        )


def generate(project: Path) -> float:
    """Generate, and return the processor time that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "trunkline.cli", "generate"]
    subprocess.run(command, cwd=project, check=True, capture_output=True)  # noqa: S603
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
