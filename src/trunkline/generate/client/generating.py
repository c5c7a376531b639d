"""From a schema and documents to files: the whole way, step by step."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from graphql import GraphQLSchema

from trunkline.generate.client.documents import DocumentSource, check_documents
from trunkline.generate.client.emit import module_text
from trunkline.generate.client.manifest import manifest_text
from trunkline.generate.client.messages import Message, Messages
from trunkline.generate.client.model import Module
from trunkline.generate.client.naming import ClassNames
from trunkline.generate.client.operations import Operations
from trunkline.generate.client.options import ClientOptions, client_names
from trunkline.generate.client.schema_types import SchemaTypes
from trunkline.generate.client.selections import Selections
from trunkline.generate.client.shapes import Shapes
from trunkline.generate.client.styles import STYLES
from trunkline.generate.client.typenames import Typenames
from trunkline.generate.client.types import Imports, ScalarTypes

__all__ = ["ClientFiles", "generate_client"]


@dataclass(frozen=True, slots=True)
class ClientFiles:
    """The texts of the files by path, none where there are errors, and what is to be said."""

    files: Mapping[str, str]
    errors: tuple[Message, ...]
    warnings: tuple[Message, ...]


def generate_client(
    schema: GraphQLSchema,
    sources: Iterable[DocumentSource],
    options: ClientOptions,
    messages: Messages | None = None,
) -> ClientFiles:
    """Make a client's module and manifest.

    The schema is taken as valid. ``messages`` are what was found before, when the sources were
    read. Nothing is raised for wrong documents: they are told in ``errors``, all at once.
    """
    messages = messages or Messages()
    imports = Imports()
    module = _model(schema, sources, options, imports, messages)
    errors, warnings = tuple(messages.errors), tuple(messages.warnings)
    if module is None or errors:
        return ClientFiles({}, errors, warnings)
    files = {options.module: module_text(module, options, imports)}
    if options.manifest:
        files[options.manifest] = manifest_text(module.operations)
    return ClientFiles(files, errors, warnings)


def _model(
    schema: GraphQLSchema,
    sources: Iterable[DocumentSource],
    options: ClientOptions,
    imports: Imports,
    messages: Messages,
) -> Module | None:
    """Decide everything that the module has; ``None`` where the documents do not fit."""
    names = ClassNames(messages)
    style = STYLES[options.style]
    known = {**style.scalars, **options.scalars}
    scalars = ScalarTypes(known, imports, names, messages)
    _claim_clients(options, names, messages)
    documents = check_documents(schema, sources, messages, catch=options.errors == "catch")
    if messages.errors:
        return None
    if not documents.operations:
        messages.error(options.name, "The documents have no operation with a name.")
    types = SchemaTypes(scalars, names, imports, style.taken)
    typenames = Typenames(schema, documents.fragments)
    shapes = Shapes(Selections(schema, typenames.fragments), types, names, imports, messages)
    operations = Operations(schema, typenames, shapes, types, names, imports, messages)
    methods = [operations.method(each) for each in documents.operations]
    serializers = sorted(scalars.serializers.items())
    return Module(types.definitions, shapes.fragment_definitions, methods, serializers)


def _claim_clients(options: ClientOptions, names: ClassNames, messages: Messages) -> None:
    """Take the names of the client's own classes, before the documents can."""
    if not options.name.isidentifier() or keyword.iskeyword(options.name):
        messages.error("name", f"{options.name!r} cannot be the name of a class.")
    for name in client_names(options):
        names.claim(name, "the client", "name", "Give the client another name.")
