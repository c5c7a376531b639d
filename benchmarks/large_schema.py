"""GitHub's schema, 1,636 types: from its text to the first answer, in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from graphql import GraphQLSchema, Location, Node, build_schema, parse, validate_schema

from benchmarks.figures import Figure, at_most
from benchmarks.local import Forked
from benchmarks.peers import installed
from benchmarks.race import race
from trunkline.compiler.pipeline import compile_operation
from trunkline.engine import run_sync
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import load_schema

__all__ = ["measure"]

SDL = installed.HERE / "node" / "node_modules" / "@octokit" / "graphql-schema" / "schema.graphql"
ROUNDS = 5


def measure() -> Iterator[Figure]:
    if installed.node() is None:
        return
    with TemporaryDirectory() as folder:
        path = Path(folder) / "schema.graphql"
        path.write_text(made_valid(SDL.read_text(encoding="utf-8")), encoding="utf-8")
        saved = path.with_suffix(".saved")
        resolvers = make_resolvers(load_schema(path, saved=saved))
        contestants = {
            "ours": Forked(lambda: first_answer(load_schema(path), resolvers)),
            "ours, built before": Forked(
                lambda: first_answer(load_schema(path, saved=saved), resolvers)
            ),
            "graphql-core": Forked(lambda: build_schema(path.read_text(encoding="utf-8"))),
        }
        result = race(contestants, rounds=ROUNDS)
    name = "GitHub's schema: ours to the first answer / core's build_schema"
    yield result.ratio(name, "ours", "graphql-core", at_most(1.3))
    name = "GitHub's schema: ours from what a build left / core's build_schema"
    yield result.ratio(name, "ours, built before", "graphql-core", at_most(0.5))


def first_answer(definition: GraphQLSchema, resolvers: object) -> None:
    schema = make_executable_schema(definition, resolvers)
    operation = compile_operation(schema, "{ viewer { login name } }")
    answer = run_sync(operation, None)
    assert answer.data == {"viewer": {"login": "octocat", "name": None}}, answer  # noqa: S101


def made_valid(text: str) -> str:
    """Cut out what makes the published text not quite valid, some dozen places.

    That is fields that a type defines twice, and deprecations of fields that an interface asks
    for without being deprecated itself.
    """
    text = _cut(text, [field.loc for field in _repeated_fields(text)])
    errors = validate_schema(build_schema(text))
    return _cut(text, [error.nodes[0].loc for error in errors if error.nodes])


def _repeated_fields(text: str) -> Iterator[Node]:
    for definition in parse(text).definitions:
        seen: set[str] = set()
        for field in getattr(definition, "fields", None) or ():
            if field.name.value in seen:
                yield field
            seen.add(field.name.value)


def _cut(text: str, places: list[Location | None]) -> str:
    spans = sorted((place.start, place.end) for place in places if place)
    for start, end in reversed(spans):
        text = text[:start] + text[end:]
    return text


def make_resolvers(schema: GraphQLSchema) -> object:
    """Make the resolvers that a person would have written: one for each field of the roots."""

    def resolve(**_arguments: Any) -> dict[str, Any]:
        return {"login": "octocat"}

    class Resolvers:
        pass

    for root in (schema.query_type, schema.mutation_type):
        assert root is not None  # noqa: S101  # GitHub has both
        methods = {name: staticmethod(resolve) for name in root.fields}
        setattr(Resolvers, root.name.lower(), type(root.name, (), methods)())
    return Resolvers()
