"""The imports of a person's file: names for what we write there, lines that come, names that go."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from operator import itemgetter

from trunkline.generate.resolvers.bindings import Binding, Bindings, statements
from trunkline.generate.resolvers.edits import EditedText
from trunkline.text.imports import Hint, Imports, Reference
from trunkline.text.source import Source

__all__ = ["FileImports", "ImportedName"]

_BUILTINS = frozenset(dir(builtins))
_Order = tuple[int, bool, str]


@dataclass(frozen=True, slots=True)
class ImportedName:
    """A name in a ``from … import …``: what the file calls it, and what it stands for."""

    text: EditedText
    statement: ast.ImportFrom
    alias: ast.alias
    origin: str

    @property
    def local(self) -> str:
        """What the file calls it."""
        return self.alias.asname or self.alias.name

    @property
    def has_comment(self) -> bool:
        """Whether a comment follows the import."""
        text, statement = self.text, self.statement
        last = text.line_end(statement.end_lineno or statement.lineno)
        return "#" in text.text[text.end(statement) : last]

    @property
    def is_plain(self) -> bool:
        """Whether the name can be removed without anything else that a person wrote."""
        source = self.text.source(self.statement)
        return "#" not in source and "\\" not in source


class FileImports:
    """The imports of a file: those that it has, and those that the text we add needs.

    Each new import becomes a line of its own among the others. If its name has another meaning in
    the file already, the object is reached through its module, or gets a numbered name.
    """

    def __init__(self, text: EditedText, bindings: Bindings, module: str) -> None:
        self.bindings = bindings
        self.replaced: set[str] = set()
        """Full names in signatures that were replaced, which may be imported for nothing."""
        self._text = text
        self._module = module
        self._new: dict[Reference, str] = {}
        self._dropped: dict[ast.ImportFrom, list[ast.alias]] = {}
        self._kept: set[ast.ImportFrom] = set()

    def names(self) -> Iterator[ImportedName]:
        """Yield all names that the file imports from modules."""
        for statement in statements(self._text.tree.body):
            if isinstance(statement, ast.ImportFrom):
                module = self.bindings.absolute(statement)
                for alias in statement.names:
                    yield ImportedName(self._text, statement, alias, f"{module}.{alias.name}")

    # names for what we write

    def local(self, hint: Hint, shadowed: Collection[str]) -> Hint:
        """Return an annotation with the names that it has in this file.

        ``shadowed`` are names that the class around it hides. An annotation is in quotes if only
        type checkers know a name of it.
        """
        local: dict[Reference, str] = {}
        is_quoted = False
        for each in hint.references:
            local[each], typing_only = self._name(each, shadowed, is_annotation=True)
            is_quoted |= typing_only and not self.bindings.has_future_annotations
        if is_quoted:
            return Hint(Reference("", f'"{hint.write(local.__getitem__)}"'))
        for each, name in local.items():
            hint = hint.replace(each, Reference("", name))
        return hint

    def name(self, reference: Reference, shadowed: Collection[str] = (), alias: str = "") -> str:
        """Return the name of an object in this file. It is imported if needed, as ``alias``."""
        return self._name(reference, shadowed, alias)[0]

    def _name(
        self,
        reference: Reference,
        shadowed: Collection[str],
        alias: str = "",
        *,
        is_annotation: bool = False,
    ) -> tuple[str, bool]:
        """Return a name, and whether only type checkers know it."""
        module, (head, _, rest) = reference.module, reference.name.partition(".")
        if module == "builtins":
            if head not in shadowed and head not in self.bindings:
                return reference.name, False
            return f"{self._import(Reference(module, ''), module, shadowed)}.{head}", False
        if known := self._find_known(reference, shadowed, is_annotation=is_annotation):
            return known
        imported = Reference(module, head) if module else Reference(head, "")
        local = self._import(imported, alias or head, shadowed)
        return f"{local}.{rest}" if rest else local, False

    def _find_known(
        self, reference: Reference, shadowed: Collection[str], *, is_annotation: bool
    ) -> tuple[str, bool] | None:
        """Find the name that the file has for an object, or for what it is an attribute of."""
        origin = _full_name(reference)
        before = origin.rpartition(".")[0]
        found = self.bindings.of(origin)
        if before and len(before) >= len(reference.module):
            found += self.bindings.of(before)
        if not is_annotation:
            found = [each for each in found if not each.typing_only]
        found = [each for each in found if each.local.partition(".")[0] not in shadowed]
        if not found:
            return None

        def preference(binding: Binding) -> tuple[bool, int, int]:
            is_plain = self.bindings.has_future_annotations or not binding.typing_only
            return is_plain, len(binding.origin), -len(binding.local)

        best = max(found, key=preference)
        return best.local + origin[len(best.origin) :], best.typing_only

    def _import(self, reference: Reference, local: str, shadowed: Collection[str]) -> str:
        """Add an import under a name that is free; return what the object is called then."""

        def is_free(name: str) -> bool:
            return not (name in self.bindings or name in shadowed or name in _BUILTINS)

        if known := self._find_known(reference, shadowed, is_annotation=False):
            return known[0]
        package, _, module = reference.module.rpartition(".")
        after = ""
        if not is_free(local) and reference.name and is_free(module):
            local, after = module, f".{reference.name}"
            reference = Reference(package, module) if package else Reference(module, "")
        elif not is_free(local):
            local = next(filter(is_free, (f"{local}_{number}" for number in count(2))))
        self._new[reference] = local
        self.bindings.add(local, _full_name(reference))
        return local + after

    # lines that come and go

    def drop(self, imported: ImportedName, *, is_kept: bool) -> None:
        """Remove a name from its import. A line that goes as a whole can be kept as a comment."""
        self._dropped.setdefault(imported.statement, []).append(imported.alias)
        if is_kept:
            self._kept.add(imported.statement)

    def make_edits(self, keep: Callable[[str, range], None]) -> None:
        """Make the edits; ``keep`` takes the lines to be kept as comments."""
        text = self._text
        for statement, dropped in self._dropped.items():
            self._remove(statement, dropped, keep)
        new = self._new_lines()
        lines = new.split("\n")
        present = self._imports_in_order(
            each for each in text.tree.body if each not in self._dropped
        )
        if not present and new:
            self._write_first(new)
            return
        for order, added in sorted(self._imports_in_order(ast.parse(new).body), key=itemgetter(0)):
            line = "\n".join(lines[added.lineno - 1 : added.end_lineno])
            alike = [each for each in present if each[0][0] == order[0]]
            before = [statement for known, statement in alike or present if known <= order]
            gap = "\n" if alike else "\n\n"
            if before:
                last = before[-1].end_lineno or before[-1].lineno
                text.insert(text.line_end(last), gap + line, rank=-1)
            else:
                first = self._first_line((alike or present)[0][1])
                text.insert(text.line_start(first), line + gap, rank=-1)

    def _remove(
        self,
        statement: ast.ImportFrom,
        dropped: list[ast.alias],
        keep: Callable[[str, range], None],
    ) -> None:
        text, names = self._text, statement.names
        stays = [text.source(alias) for alias in names if alias not in dropped]
        if stays:
            between = text.text[text.end(names[0]) : text.begin(names[1])]
            new = between.replace(text.newline, "\n").join(stays)
            text.replace(text.begin(names[0]), text.end(names[-1]), new)
        elif statement in text.tree.body and text.is_alone(statement):
            lines = range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
            if statement in self._kept:
                keep("import", lines)
            text.remove_lines(lines)
        else:
            text.replace(text.begin(statement), text.end(statement), "pass")

    def _new_lines(self) -> str:
        """Write the imports that are added, as formatters would."""
        whole = {each.module: local for each, local in self._new.items() if not each.name}
        own = f"{self._module}.*"  # no module: a package imports its own modules, too
        imports = Imports(own, local_name=self._new.__getitem__, whole=whole)
        for each in self._new:
            imports.name(each if each.name else Reference(each.module, "_"), shadowed={"_"})
        source = Source[None]()
        imports.write(source)
        return source.text().strip("\n")

    def _order(self, module: str, *, is_from: bool) -> _Order:
        """Return where isort puts an import: futures, standard library, others, own, relative."""
        root, own = (each.partition(".")[0] for each in (module, self._module))
        sections = [root == "__future__", root in sys.stdlib_module_names, root not in ("", own)]
        section = [*sections, root == own, True].index(True)
        return section, is_from, module.lower()

    def _imports_in_order(self, body: Iterable[ast.stmt]) -> list[tuple[_Order, ast.stmt]]:
        """Return the imports that some statements begin with, and their order."""
        found: list[tuple[_Order, ast.stmt]] = []
        for statement in body:
            if isinstance(statement, ast.ImportFrom):
                module = "." * statement.level + (statement.module or "")
                found.append((self._order(module, is_from=True), statement))
            elif isinstance(statement, ast.Import):
                found.append((self._order(statement.names[0].name, is_from=False), statement))
            elif not _is_docstring(statement):
                break
        return found

    def _first_line(self, statement: ast.stmt) -> int:
        """Return where a statement begins with its comments, but below those at the file's head."""
        text, first = self._text, self._text.region(statement)[0]
        if text.text[: text.line_start(first)].strip():
            return first
        decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
        return min([statement.lineno, *(each.lineno for each in decorators)])

    def _write_first(self, block: str) -> None:
        """Write the only imports of a file."""
        text, first = self._text, self._text.tree.body[0]
        if first in self._dropped:
            text.insert(text.line_start(first.lineno), f"{block}\n", rank=-1)
        elif _is_docstring(first):
            end = text.line_end(first.end_lineno or first.lineno)
            text.insert(end, f"\n\n{block}", rank=-1)
        else:
            text.insert(text.line_start(self._first_line(first)), f"{block}\n\n", rank=-1)


def _full_name(reference: Reference) -> str:
    return f"{reference.module}.{reference.name}".strip(".")


def _is_docstring(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)
