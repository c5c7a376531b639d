from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from trunkline.text.imports import Hint, Imports, Reference
from trunkline.text.loading import compile_module
from trunkline.text.module import Module, Parameter

STR = Hint.of("builtins", "str")
LIST = Reference("builtins", "list")
LONG = Hint.of("shop.models", "A" * 40 + "Model")


def module(**options: object) -> Module:
    return Module("What it is.", Imports("shop.graph", {"date"}), **options)  # type: ignore[arg-type]


def test_a_module_begins_with_what_its_body_turned_out_to_need() -> None:
    written = module(exported=["Book"], comment="# ruff: noqa")
    with written.class_("Book", [written.name(Reference("msgspec", "Struct"))]):
        written.docstring("A book.")
        written.attribute("when", Hint.of("datetime", "date").optional, "None")
        written.attribute("by", Hint.of("shop.models", "Author.Name").within(LIST))
    assert written.text() == (
        "# ruff: noqa\n"
        '"""What it is."""\n\n'
        "from __future__ import annotations\n\n"
        "from datetime import date as Date\n\n"
        "from msgspec import Struct\n\n"
        "from shop.models import Author\n\n"
        '__all__ = ["Book"]\n\n\n'
        "class Book(Struct):\n"
        '    """A book."""\n'
        "    when: Date | None = None\n"
        "    by: list[Author.Name]\n"
    )


def test_a_name_that_the_module_has_itself_is_imported_under_another() -> None:
    imports = Imports("shop.graph", {"Book"})
    assert imports.name(Reference("shop.models", "Book")) == "Book_2"
    assert imports.name(Reference("shop.graph", "Book")) == "Book"
    assert imports.name(Reference("", "Book")) == "Book"


def test_a_builtin_that_a_member_hides_is_reached_through_its_module() -> None:
    written = module()
    with written.class_("Book", shadowed={"str"}):
        written.attribute("str", STR)
        written.attribute("title", STR)
    assert "    title: builtins.str\n" in written.text()
    assert "import builtins\n" in written.text()


def test_what_type_checkers_alone_need_is_imported_for_them_alone() -> None:
    imports = Imports("shop.graph", typing_only=lambda each: each.module == "shop.models")
    written = Module("What it is.", imports)
    with written.class_("Book"):
        written.attribute("by", Hint.of("shop.models", "Author"))
    assert "if TYPE_CHECKING:\n    from shop.models import Author\n" in written.text()


@pytest.mark.parametrize(
    "hint",
    [
        LONG.within(LIST),
        LONG.within(LIST).within(LIST).optional,
        LONG.optional,
        LONG.either(LONG).within(LIST).either(STR).optional,
        Hint(Reference("typing", "Literal"), ('"' + "a" * 30 + '"', '"' + "b" * 40 + '"')),
        Hint(Reference("builtins", "dict"), (LONG, LONG.within(LIST).optional)).optional,
        STR,
    ],
)
@pytest.mark.parametrize("length", [5, 20, 32, 40, 60])
def test_lines_are_broken_as_ruff_breaks_them(hint: Hint, length: int) -> None:
    name = "a" * length
    written = module()
    with written.class_("Book", ["object"]):
        written.attribute(name, hint)
        written.attribute(name, hint, "None")
        written.attribute(name, hint, "UNSET")
        written.attribute(name, hint, "field(", ['name="other"', "default=None"])
        written.line()
        two = Parameter(name, hint), Parameter("b", hint, "None")
        with written.function(name, ["self", "*", *two], STR, is_async=True):
            written.docstring("Do it.")
    text = written.text()
    ast.parse(text)
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--stdin-filename=x.py", "-"]
    formatted = subprocess.run(command, input=text, capture_output=True, text=True, check=True)  # noqa: S603
    assert text == formatted.stdout


def test_a_hint_knows_its_parts() -> None:
    hint = LONG.within(LIST).either(STR).optional
    assert hint.optional == hint
    assert hint.references == (
        LIST,
        *LONG.references,
        *STR.references,
        Reference("builtins", "None"),
    )
    sequence = Reference("collections.abc", "Sequence")
    name = hint.replace(LIST, sequence).write(lambda each: each.name)
    assert name == f"Sequence[{'A' * 40}Model] | str | None"


def test_written_text_runs() -> None:
    written = module()
    written.line()
    written.line()
    with written.function("double", [Parameter("text", STR)], STR):
        written.line("return text + text")
    assert compile_module("written.py", written.text())({}).double("ab") == "abab"
