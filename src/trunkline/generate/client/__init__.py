"""The generator of clients: a schema and documents → one module, and the manifest of its documents.

`generation.py` goes through three passes:

1. Read: `settings.py` reads what is configured, `schema.py` the schema, and `documents.py` the
   documents, which it checks by the schema.
2. Plan: `planner.py` decides every name and type, with `schema_types.py` for scalars, enums and
   inputs and `classes.py` for selections. `names.py` knows the owner of each name,
   `selections.py` how fields merge and what is sent. The result, `plan.py`, is data.
3. Write: `write.py` writes the plan as a module, and the manifest.

Mistakes are collected as `problems.py` has them, and reported all at once.
"""

from __future__ import annotations

from trunkline.generate.client.documents import DocumentSource, marked_documents
from trunkline.generate.client.generation import ClientFiles, client_files, generate_client
from trunkline.generate.client.problems import Problem, Problems
from trunkline.generate.client.settings import ClientSettings, ScalarSettings

__all__ = [
    "ClientFiles",
    "ClientSettings",
    "DocumentSource",
    "Problem",
    "Problems",
    "ScalarSettings",
    "client_files",
    "generate_client",
    "marked_documents",
]
