"""A Python module as text: imports, classes, functions, constants, as ruff would format them.

Both generators write through `Module`. A caller says what stands where; which imports that needs,
what an object is called here and where a line is broken is decided in this folder.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from trunkline.text.imports import Hint, Imports, Reference
from trunkline.text.literals import docstring_lines, literal
from trunkline.text.source import Source

__all__ = ["Module", "Parameter"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function; ``default`` is Python source."""

    name: str
    hint: Hint
    default: str | None = None


class Module(Source[None]):
    """Collects the body of a module, and the imports that it turns out to need.

    - ``exported`` are the names in ``__all__``; without, there is no such list.
    - ``comment`` is the first line, above the docstring.
    """

    def __init__(
        self,
        docstring: str,
        imports: Imports,
        *,
        exported: Collection[str] | None = None,
        comment: str = "",
    ) -> None:
        super().__init__()
        self._docstring = docstring
        self._imports = imports
        self._exported = exported
        self._comment = comment
        self._shadowed: Collection[str] = ()

    def name(self, reference: Reference) -> str:
        """Return the name of an object at this place of the module, and have it imported."""
        return self._imports.name(reference, self._shadowed)

    def hint(self, hint: Hint) -> str:
        """Return a type as it is written at this place, and have its classes imported."""
        return hint.write(self.name)

    def docstring(self, text: str) -> None:
        """Add a docstring, unless there is nothing but white space in the text."""
        if text.strip():
            for line in docstring_lines(text, self.indentation):
                self.line(line)

    @contextmanager
    def class_(
        self,
        name: str,
        head: Sequence[str] = (),
        *,
        decorator: str = "",
        shadowed: Collection[str] = (),
    ) -> Generator[None]:
        """Open a class after two blank lines.

        ``head`` has its bases and keywords. ``shadowed`` are names that hide builtins in its body:
        these are written as ``builtins.str``.
        """
        self.line()
        self.line()
        if decorator:
            self.line(decorator)
        header = self.call_block(f"class {name}(", head, "):") if head else None
        with header or self.block(f"class {name}:"):
            self._shadowed = shadowed
            yield
        self._shadowed = ()

    def attribute(
        self, name: str, hint: Hint, value: str = "", arguments: Sequence[str] | None = None
    ) -> None:
        """Add ``name: hint = value``. With ``arguments``, ``value`` opens a call (``field(``).

        A line that is too long is broken as ruff does: within the value if its opening fits behind
        the type, else within the type.
        """
        start = f"{name}: {self.hint(hint)}"
        end = f" = {value}" if value else ""
        flat = value if arguments is None else f"{value}{', '.join(arguments)})"
        if self.fits(f"{start} = {flat}" if value else start):
            self.line(f"{start} = {flat}" if value else start)
        elif len(flat) <= len("None") or not self.fits(f"{start} = ("):
            self._type(f"{name}: ", hint, end, arguments)
        elif arguments is not None and self.fits(f"{start}{end}"):
            self.call(f"{start}{end}", arguments, compact=True)
        else:
            self.call(f"{start} = (", [flat], compact=True)

    def function(  # noqa: PLR0913  # the parts of a function
        self,
        name: str,
        parameters: Sequence[Parameter | str],
        returns: Hint,
        *,
        decorator: str = "",
        is_async: bool = False,
        has_body: bool = True,
    ) -> AbstractContextManager[None]:
        """Open a function. A parameter that is a string is written as it is: ``self``, ``*``.

        Without a body, nothing is opened: the function ends with ``...``.
        """
        if decorator:
            self.line(decorator)
        head = f"{'async ' if is_async else ''}def {name}("
        end = ":" if has_body else ": ..."
        flat = [each if isinstance(each, str) else self._flat(each) for each in parameters]
        line = f"{head}{', '.join(flat)}) -> {self.hint(returns)}{end}"
        if self.fits(line):
            return self.block(line)
        with self.block(head):
            for text, each in zip(flat, parameters, strict=True):
                if isinstance(each, str) or self.fits(f"{text},"):
                    self.line(f"{text},")
                else:
                    self._parameter(each)
        self._type(") -> ", returns, end)
        return self._indentation

    @property
    def body(self) -> str:
        """The lines below the imports."""
        return super().text()

    def text(self) -> str:
        """Return the whole module."""
        top = Source[None]()
        if self._comment:
            top.line(self._comment)
        for line in docstring_lines(self._docstring):
            top.line(line)
        top.line()
        top.line("from __future__ import annotations")
        self._imports.write(top)
        if self._exported is not None:
            top.line()
            top.call("__all__ = [", [literal(name) for name in sorted(self._exported)], "]")
        text = (top.text() + self.body).rstrip("\n") + "\n"
        below = Source[None]()
        self._imports.write_below(below)
        return text if below.is_empty else text + below.text()

    # where types are broken

    def _flat(self, parameter: Parameter) -> str:
        default = "" if parameter.default is None else f" = {parameter.default}"
        return f"{parameter.name}: {self.hint(parameter.hint)}{default}"

    def _parameter(self, parameter: Parameter) -> None:
        """Add a parameter that is too long for a line; a union has no parentheses here."""
        end = "," if parameter.default is None else f" = {parameter.default},"
        first, *others = parameter.hint.members
        self._type(f"{parameter.name}: ", first, "" if others else end)
        for each in others:
            self._type("| ", each, end if each is others[-1] else "")

    def _type(
        self, start: str, hint: Hint | str, end: str, arguments: Sequence[str] | None = None
    ) -> None:
        """Add a type between two texts, broken at its bars and brackets if it is too long.

        With ``arguments``, ``end`` opens a call.
        """
        if isinstance(hint, str) or not hint.arguments:
            end = start + (hint if isinstance(hint, str) else self.hint(hint)) + end
        elif arguments is None and self.fits(start + self.hint(hint) + end):
            end = start + self.hint(hint) + end
        elif hint.origin:
            with self.block(f"{start}{self.name(hint.origin)}["):
                for each in hint.arguments:
                    self._type("", each, "," if len(hint.arguments) > 1 else "")
            end = f"]{end}"
        else:
            with self.block(f"{start}("):
                if self.fits(self.hint(hint)):
                    self.line(self.hint(hint))
                else:
                    for number, each in enumerate(hint.arguments):
                        self._type("| " if number else "", each, "")
            end = f"){end}"
        if arguments is None:
            self.line(end)
        else:
            self.call(end, arguments, compact=True)
