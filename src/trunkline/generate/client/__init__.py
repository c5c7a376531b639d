"""The generator of clients: a schema and documents → one module, and the manifest of its documents.

`generate_client` goes through three passes:

1. Read: `settings.py` reads what is configured, `schema.py` the schema, and `documents.py` the
   documents, which it checks by the schema.
2. Plan: `planner.py` decides every name and type, with `schema_types.py` for scalars, enums and
   inputs and `classes.py` for selections. `names.py` gives all names, `selections.py` knows how
   fields merge and what is sent, and `pages.py` finds connections to be gone through page by page.
   The result, `plan.py`, is data.
3. Write: `write.py` writes the plan as a module, and the manifest.

Mistakes are collected as `problems.py` has them, and reported all at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from graphql import GraphQLSchema

from trunkline.errors import SchemaError
from trunkline.generate.client.documents import DocumentSource, check_documents, marked_documents
from trunkline.generate.client.planner import plan_client
from trunkline.generate.client.problems import Problem, Problems
from trunkline.generate.client.schema import load_client_schema
from trunkline.generate.client.settings import (
    ClientSettings,
    check_settings,
    read_documents,
    read_settings,
    schema_sources,
)
from trunkline.generate.client.write import write_manifest, write_module
from trunkline.generate.configuration import ClientConfiguration, Project

__all__ = [
    "ClientFiles",
    "ClientSettings",
    "DocumentSource",
    "Problem",
    "Problems",
    "client_files",
    "generate_client",
    "marked_documents",
]


@dataclass(frozen=True, slots=True)
class ClientFiles:
    """The texts of the files by path, or no files where there are errors."""

    files: Mapping[str, str]
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def client_files(
    project: Project, client: ClientConfiguration
) -> tuple[Mapping[Path, bytes], Sequence[str]]:
    """Generate a client. Returns its files and the warnings. Raises ``SchemaError``."""
    problems = Problems()
    settings = read_settings(project, client)
    schema = load_client_schema(schema_sources(project, client), client.headers)
    sources = list(read_documents(project, client, Path(settings.module), problems))
    generated = generate_client(schema, sources, settings, problems)
    if generated.errors:
        raise SchemaError("\n".join(map(str, generated.errors)))
    files = {project.folder / name: text.encode() for name, text in generated.files.items()}
    return files, [str(each) for each in generated.warnings]


def generate_client(
    schema: GraphQLSchema,
    sources: Iterable[DocumentSource],
    settings: ClientSettings,
    problems: Problems | None = None,
) -> ClientFiles:
    """Generate a client's module and manifest, without reading or writing files.

    The schema is taken as valid. ``problems`` are those found when the sources were read. Wrong
    documents raise nothing: all mistakes are in the ``errors`` that are returned.
    """
    problems = Problems() if problems is None else problems
    catch = settings.errors == "catch"
    documents = check_documents(
        schema,
        sources,
        problems,
        catch=catch,
        ignore_rules=settings.ignore_rules,
        client_directives=settings.client_directives,
    )
    are_valid = not problems.errors
    check_settings(settings, problems)
    plan = plan_client(schema, documents, settings, problems) if are_valid else None
    files: dict[str, str] = {}
    if plan and not problems.errors:
        files[settings.module] = write_module(plan)
        if settings.manifest:
            files[settings.manifest] = write_manifest(plan.operations)
    return ClientFiles(files, tuple(problems.errors), tuple(problems.warnings))
