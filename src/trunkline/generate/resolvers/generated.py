"""What the generated package has, so that names it has no longer are found in people's files."""

from __future__ import annotations

from collections.abc import Mapping

from trunkline.generate.resolvers.bindings import Bindings
from trunkline.generate.resolvers.file import parse

__all__ = ["Generated"]


class Generated:
    """The modules of the generated package, by their dotted names.

    A module is given as its text, or as ``None``, where it is not known what it has.
    """

    def __init__(self, modules: Mapping[str, str | None]) -> None:
        self._modules = modules
        self._names: dict[str, frozenset[str]] = {}

    def lacking(self, origin: str) -> tuple[str, str] | None:
        """Return the module and the name, where a dotted name begins with one that is not there.

        ``("shop.graph.types", "Book")`` for ``shop.graph.types.Book``; ``None`` for everything
        that is there, and for all that is not the generated package's.
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
            self._names[module] = _names(text, module)
        names = self._names[module]
        return name in names or not names.isdisjoint({"*", "__getattr__"})


def _names(text: str, module: str) -> frozenset[str]:
    try:
        tree = parse(text)
    except SyntaxError:  # a plugin's, which is told elsewhere
        return frozenset({"*"})
    return frozenset(each.local.partition(".")[0] for each in Bindings(tree, module))
