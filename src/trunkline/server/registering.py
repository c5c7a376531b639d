"""Registered documents on their way to compiled operations: checked, compiled, and kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

import graphql
import msgspec
from msgspec.structs import replace

from trunkline.compiler.cache import OperationCache
from trunkline.compiler.operation import Operation
from trunkline.compiler.pipeline import compile_document
from trunkline.contracts.contract import Contract
from trunkline.contracts.manifests import DocumentProblem
from trunkline.contracts.registry import DocumentRegistry
from trunkline.errors import RequestError
from trunkline.schema.load import collector_paused
from trunkline.server.authorize import SchemaViews
from trunkline.version import VERSION

__all__ = ["RegisteredOperations"]


class RegisteredOperations:
    """The compiled operations of registered documents, for each contract in the view of its client.

    A view keeps them as long as their contract is active, so that no request waits for compiling.
    """

    def __init__(self, views: SchemaViews, registry: DocumentRegistry, *, is_proven: bool) -> None:
        self._views = views
        self._registry = registry
        self._seals: dict[OperationCache, str] = {}
        self._checked: dict[tuple[OperationCache, str], Mapping[str | None, Operation]] = {}
        registry.open(self._serve, is_proven=is_proven)

    def publish(self, contract: Contract) -> tuple[bool, list[DocumentProblem]]:
        """Check and register the documents of a contract.

        Returns whether it is new, and what is wrong with its documents; then nothing was changed.
        Raises ``PublicationError`` and ``StoreError``. One at a time.
        """
        view = self._views.seen_by(contract.audience)
        problems: list[DocumentProblem] = []
        try:
            for id_, text in contract.documents.items():
                try:
                    self._checked[view, text] = self._operations(view, text, is_valid=False)
                except RequestError as error:
                    problems += _problems(id_, error)
            if problems:
                return False, problems
            sealed = replace(contract, checked=self._seal(view))
            return self._registry.publish(sealed), []
        finally:
            self._checked = {}

    @collector_paused()
    def _serve(self, contracts: Sequence[Contract]) -> dict[str, list[DocumentProblem]]:
        """Compile the documents of the active contracts, and forget those of others."""
        problems: dict[str, list[DocumentProblem]] = {}
        served: dict[OperationCache, dict[str, Mapping[str | None, Operation]]] = {}
        for contract in contracts:
            view = self._views.seen_by(contract.audience)
            operations = served.setdefault(view, {})
            seal = self._seal(view)
            for id_, text in contract.documents.items():
                try:
                    operations[text] = operations.get(text) or self._operations(
                        view, text, is_valid=contract.checked == seal
                    )
                except RequestError as error:
                    problems.setdefault(contract.name, []).extend(_problems(id_, error))
            if contract.checked != seal and contract.name not in problems:
                self._registry.mark(replace(contract, checked=seal))
        self._views.keep(each.audience for each in contracts)
        for view in {*self._seals, *served}:
            view.registered = served.get(view, {})
        self._seals = {view: self._seal(view) for view in served}
        return problems

    def _operations(
        self, view: OperationCache, text: str, *, is_valid: bool
    ) -> Mapping[str | None, Operation]:
        """Return the operations of a document in a view, compiled once."""
        return (
            view.registered.get(text)
            or self._checked.get((view, text))
            or compile_document(view.schema, text, view.limits, is_valid=is_valid)
        )

    def _seal(self, view: OperationCache) -> str:
        if view not in self._seals:
            self._seals[view] = _fingerprint(view)
        return self._seals[view]


def _problems(id_: str, error: RequestError) -> list[DocumentProblem]:
    return [
        DocumentProblem(id_, each.message, *(each.locations[0] if each.locations else ()))
        for each in error.errors
    ]


def _fingerprint(view: OperationCache) -> str:
    """Return a hash of all on which it depends whether documents are valid.

    Printing the schema would take longer than validating what is registered.
    """
    schema = view.schema
    versions = (VERSION, graphql.version, view.limits, schema.has_introspection)
    digest = sha256(msgspec.json.encode(versions, order="deterministic"))
    for element in _elements(schema.definition):
        digest.update(repr(element).encode())
    return digest.hexdigest()


def _elements(definition: graphql.GraphQLSchema) -> Iterator[Any]:
    yield [str(definition.get_root_type(each)) for each in graphql.OperationType]
    for directive in definition.directives:
        yield directive.name, directive.is_repeatable, [each.name for each in directive.locations]
        yield from _arguments(directive.args)
    for name, type_ in sorted(definition.type_map.items()):
        yield type(type_).__name__, name, [str(each) for each in getattr(type_, "interfaces", ())]
        if graphql.is_enum_type(type_):
            yield list(type_.values)
        elif graphql.is_union_type(type_):
            yield [each.name for each in type_.types]
        elif graphql.is_input_object_type(type_):
            yield type_.is_one_of
            yield from _arguments(type_.fields)
        elif graphql.is_object_type(type_) or graphql.is_interface_type(type_):
            for field_name, field in type_.fields.items():
                yield field_name, str(field.type)
                yield from _arguments(field.args)


def _arguments(arguments: Mapping[str, Any]) -> Iterator[Any]:
    for name, argument in arguments.items():
        has_default = (
            argument.default is not None or argument.default_value is not graphql.Undefined
        )
        yield name, str(argument.type), has_default
