"""The generated package: what it wanted last time, and the names that it has now."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from trunkline.generate.resolvers.bindings import Bindings, dotted
from trunkline.generate.resolvers.edits import parse
from trunkline.generate.resolvers.signatures import Signature, signature_of

__all__ = ["GeneratedNames", "Previous", "read_previous"]

_STUB_TYPES = {
    "trunkline.server.ListOf": "list",
    "trunkline.server.Streamed": "collections.abc.AsyncIterator",
}
"""What stubs return where their protocol allows more."""


@dataclass(frozen=True, slots=True)
class Previous:
    """What was generated last time.

    ``signatures`` has those of each protocol by the names of its methods; ``attributes`` has the
    name of each protocol in ``Resolvers``.
    """

    signatures: Mapping[str, Mapping[str, Signature]] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)


def read_previous(text: str, module: str) -> Previous | None:
    """Read the generated module of protocols, whose dotted name is ``module``.

    Returns ``None`` if the text is not Python any more. Then nothing is known of last time: no
    resolver is taken for one whose field is gone, and no signature is updated.
    """
    try:
        tree = parse(text)
    except SyntaxError:
        return None
    bindings = Bindings(tree, module)

    def stub_type(name: str) -> str:
        origin = bindings.origin(name)
        return _STUB_TYPES.get(origin, origin)

    classes = {node.name: node.body for node in tree.body if isinstance(node, ast.ClassDef)}
    attributes = {
        dotted(each.returns): each.name
        for each in classes.get("Resolvers", ())
        if isinstance(each, ast.FunctionDef) and each.returns
    }
    signatures = {
        protocol: {
            each.name: signature_of(each, stub_type)
            for each in classes.get(protocol, ())
            if isinstance(each, ast.FunctionDef)
        }
        for protocol in attributes
    }
    return Previous(signatures, attributes)


class GeneratedNames:
    """Finds names in a person's files that the generated package does not have.

    ``modules`` has the text of each module by its dotted name, or ``None`` if it is not known what
    a module has.
    """

    def __init__(self, modules: Mapping[str, str | None]) -> None:
        self._modules = modules
        self._names: dict[str, frozenset[str]] = {}

    def lacks(self, origin: str) -> tuple[str, str] | None:
        """Return the module and the name if a full name begins with one that is not there.

        That is ``("shop.graph.types", "Book")`` for ``shop.graph.types.Book``. All that is not of
        the generated package gives ``None``.
        """
        module, rest = "", origin
        while rest:
            name, _, rest = rest.partition(".")
            longer = f"{module}.{name}" if module else name
            if module in self._modules and longer not in self._modules:
                return None if self._has(module, name) else (module, name)
            module = longer
        return None

    def _has(self, module: str, name: str) -> bool:
        text = self._modules[module]
        if text is None or name.startswith("__"):
            return True
        if module not in self._names:
            try:
                self._names[module] = Bindings(parse(text), module).names
            except SyntaxError:  # a plugin's text: told elsewhere
                self._names[module] = frozenset({"*"})
        names = self._names[module]
        return name in names or not names.isdisjoint({"*", "__getattr__"})
