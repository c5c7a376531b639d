"""The command, from the schema to people's files, over and over."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.generate.projects import CONFIGURATION, project, snapshot, trunkline

SCHEMA = """
type Query { books(first: Int): [Book!]!  book(isbn: ID!): Book }
type Book { isbn: ID!  title: String!  reviews(first: Int): [String!]! }
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = project(tmp_path, {"schema.graphql": SCHEMA})
    assert trunkline(folder, "generate").status == 0
    return folder


def change_schema(folder: Path, old: str, new: str) -> None:
    path = folder / "schema.graphql"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def resolvers(folder: Path) -> str:
    return (folder / "app/resolvers/schema.py").read_text(encoding="utf-8")


def write_body(folder: Path, old: str, new: str) -> None:
    text = resolvers(folder)
    assert old in text
    (folder / "app/resolvers/schema.py").write_text(text.replace(old, new), encoding="utf-8")


def test_nothing_changes_without_a_change(shop: Path) -> None:
    before = snapshot(shop)
    times = {path: path.stat().st_mtime_ns for path in shop.rglob("*.py")}
    run = trunkline(shop, "generate")
    assert (run.status, run.printed) == (0, "")
    assert snapshot(shop) == before
    assert {path: path.stat().st_mtime_ns for path in shop.rglob("*.py")} == times


def test_check_writes_nothing_and_tells_what_would_change(shop: Path) -> None:
    change_schema(shop, "type Query {", "type Query { count: Int!")
    before = snapshot(shop)
    run = trunkline(shop, "generate", "--check")
    assert run.status == 1
    assert "would change app/graph/resolvers.py\n" in run.printed
    assert "would change app/resolvers/schema.py\n" in run.printed
    assert "run `trunkline generate`" in run.printed
    assert snapshot(shop) == before


def test_what_people_wrote_stays(shop: Path) -> None:
    body = """
        # the newest first
        found = sorted(SHELF, reverse=True)  # whatever that is
        return found[:first]
"""
    write_body(shop, '\n        raise NotImplementedError("Query.books")\n', body)
    change_schema(shop, "type Query {", "type Query { count: Int!")
    run = trunkline(shop, "generate")
    assert run.status == 0, run.printed
    assert body in resolvers(shop)
    assert "async def count(self) -> int:" in resolvers(shop)


def test_a_field_that_goes_leaves_its_resolver_behind(shop: Path) -> None:
    write_body(
        shop, 'raise NotImplementedError("Query.book")', "return find(isbn)  # not to be lost"
    )
    change_schema(shop, "book(isbn: ID!): Book }", "}")
    run = trunkline(shop, "generate")
    assert run.status == 0, run.printed
    kept = [line for line in resolvers(shop).splitlines() if line.startswith("#")]
    assert any("return find(isbn)  # not to be lost" in line for line in kept)
    assert "app/resolvers/schema.py" in run.printed


def test_an_argument_that_comes_is_added_to_the_signature(shop: Path) -> None:
    change_schema(shop, "book(isbn: ID!)", "book(isbn: ID!, edition: Int)")
    assert trunkline(shop, "generate").status == 0
    text = resolvers(shop)
    assert "async def book(self, *, isbn: str, edition: int | None = None) -> Book | None:" in text


def test_an_argument_that_went_but_is_used_is_told_until_it_is_not(shop: Path) -> None:
    write_body(shop, 'raise NotImplementedError("Query.books")', "return SHELF[:first]")
    change_schema(shop, "books(first: Int)", "books")
    for arguments in (["generate"], ["generate"], ["generate", "--check"]):
        run = trunkline(shop, *arguments)
        assert (
            run.status,
            run.printed.count("'first' is not an argument of Query.books, but the body uses it"),
        ) == (0, 1)
    write_body(shop, "return SHELF[:first]", "return SHELF")
    write_body(shop, "self, *, first: int | None = None) -> list[Book]", "self) -> list[Book]")
    assert trunkline(shop, "generate").printed == ""


def test_a_class_that_must_go_is_told_until_it_is_gone(shop: Path) -> None:
    (shop / "app/resolvers/more.py").write_text(
        "from app.resolvers import schema\n\n\nclass More(schema.BookResolvers): ...\n\n\n"
        "MORE = More()\n",
        encoding="utf-8",
    )
    change_schema(shop, "reviews(first: Int): [String!]!", "")
    for arguments in (["generate"], ["generate"], ["generate", "--check"]):
        run = trunkline(shop, *arguments)
        told = [
            line for line in run.printed.splitlines() if "Book has no resolvers any more" in line
        ]
        assert run.status == 0
        assert any("schema.py" in line and "BookResolvers: " in line for line in told), run.printed
        assert "by hand, because app/resolvers/" in run.printed


def test_what_people_put_beside_what_is_generated_is_no_name_that_is_gone(shop: Path) -> None:
    (shop / "app/graph/own.py").write_text("class OwnResolvers: ...\n", encoding="utf-8")
    (shop / "app/resolvers/more.py").write_text(
        "from app.graph.own import OwnResolvers\n\n\nclass More(OwnResolvers): ...\n",
        encoding="utf-8",
    )
    assert trunkline(shop, "generate").printed == ""


def test_a_type_that_is_renamed_leaves_files_that_can_be_imported(shop: Path) -> None:
    (shop / "app/resolvers/more.py").write_text(
        "from app.graph.types import Book\n\nprint(Book)\n", encoding="utf-8"
    )
    path = shop / "schema.graphql"
    path.write_text(path.read_text(encoding="utf-8").replace("Book", "Tome"), encoding="utf-8")
    run = trunkline(shop, "generate")
    warning = "app/resolvers/more.py:3: warning: app.graph.types has no Book any more"
    assert (run.status, warning in run.printed) == (0, True), run.printed
    assert warning in trunkline(shop, "generate", "--check").printed
    (shop / "app/resolvers/more.py").unlink()
    assert trunkline(shop, "generate").printed == ""
    command = [sys.executable, "-c", "import app.resolvers.schema"]
    done = subprocess.run(command, cwd=shop, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    assert "import Book" not in resolvers(shop).partition("# What the schema")[0]


def test_a_file_in_the_middle_of_an_edit_stops_everything(shop: Path) -> None:
    write_body(shop, "async def book(", "async def book((")
    change_schema(shop, "type Query {", "type Query { count: Int!")
    before = snapshot(shop)
    run = trunkline(shop, "generate")
    assert run.status == 1
    assert run.printed.startswith("app/resolvers/schema.py:")
    assert "nothing was changed" in run.printed
    assert snapshot(shop) == before


def test_a_mistake_in_the_schema_changes_nothing(shop: Path) -> None:
    change_schema(shop, "title: String!", "title: Strin!")
    before = snapshot(shop)
    run = trunkline(shop, "generate")
    assert run.status == 1
    assert run.printed.startswith("schema.graphql:2:")
    assert "Did you mean" in run.printed
    assert snapshot(shop) == before


def test_generated_files_are_made_again_when_they_are_gone(shop: Path) -> None:
    before = snapshot(shop)
    for path in (shop / "app/graph").iterdir():
        if path.is_file():
            path.unlink()
    assert trunkline(shop, "generate").status == 0
    assert snapshot(shop) == before


@pytest.mark.parametrize("seed", ["0", "1", "12345"])
def test_the_text_does_not_depend_on_hashes(
    shop: Path, seed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", seed)
    assert trunkline(shop, "generate", "--check").status == 0


def test_without_a_configuration_there_is_a_sentence(tmp_path: Path) -> None:
    run = trunkline(tmp_path, "generate")
    assert run.status == 1
    assert "`trunkline init NAME` makes a project that has one." in run.printed
    assert "Traceback" not in run.printed


def test_a_class_whose_module_fails_is_named_with_its_line(tmp_path: Path) -> None:
    folder = project(
        tmp_path,
        {
            "schema.graphql": SCHEMA,
            "trunkline.toml": """
                schema = "schema.graphql"
                package = "app.graph"
                [models]
                Book = "app.models:Book"
            """,
            "app/models.py": """
                import os

                SHELF = os.environ["NO_SUCH_VARIABLE"]
            """,
        },
    )
    run = trunkline(folder, "generate")
    assert run.status == 1
    assert run.printed.startswith("trunkline.toml:4: models.Book: app.models cannot be imported:")
    assert "KeyError" in run.printed
    assert "models.py:3" in run.printed
    assert not (folder / "app/graph").exists()


def test_what_is_installed_beside_resolvers_is_not_looked_at(tmp_path: Path) -> None:
    configuration = 'schema = "schema.graphql"\npackage = "graph"\nresolvers = "resolvers"\n'
    folder = project(
        tmp_path,
        {
            "schema.graphql": SCHEMA,
            "trunkline.toml": configuration + 'layout = "single"\n',
            "venv/pyvenv.cfg": "",
            "venv/lib/broken.py": "def (",
            ".hidden/broken.py": "def (",
        },
    )
    run = trunkline(folder, "generate")
    assert run.status == 0, run.printed
    assert (folder / "resolvers.py").exists()


USING = """
from dataclasses import dataclass

from app.graph.types import {names}


@dataclass
class Book:
    isbn: str
    title: str
    genre: Genre
"""


def test_a_model_may_use_types_that_are_not_generated_yet(tmp_path: Path) -> None:
    schema = "type Query { book: Book } enum Genre { FICTION }"
    book = "type Book { isbn: ID! title: String! genre: Genre! }"
    folder = project(
        tmp_path,
        {
            "schema.graphql": f"{schema} {book}",
            "trunkline.toml": 'schema = "schema.graphql"\npackage = "app.graph"\n'
            'models.Book = "app.models:Book"\n',
            "app/models.py": USING.format(names="Genre"),
        },
    )
    run = trunkline(folder, "generate")
    assert run.status == 0, run.printed
    change_schema(folder, "enum Genre { FICTION }", "enum Genre { FICTION } enum Later { A }")
    (folder / "app/models.py").write_text(USING.format(names="Genre, Later"), encoding="utf-8")
    run = trunkline(folder, "generate")
    assert run.status == 0, run.printed
    assert trunkline(folder, "generate", "--check").status == 0
    (folder / "app/models.py").write_text(USING.format(names="Genre, Never"), encoding="utf-8")
    run = trunkline(folder, "generate")
    assert run.status == 1
    assert "models.Book: app.models cannot be imported: ImportError" in run.printed


@pytest.mark.parametrize("what", ["app/graph", "app/resolvers"])
def test_line_ends_do_not_count(shop: Path, what: str) -> None:
    """14.6: Git writes others on Windows; a file that differs by them alone is up to date."""
    for path in (shop / what).rglob("*.*"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    before = snapshot(shop)
    for arguments in (["--check"], []):
        run = trunkline(shop, "generate", *arguments)
        assert (run.status, run.printed) == (0, "")
    assert snapshot(shop) == before
    change_schema(shop, "type Query {", "type Query { count: Int!")
    assert trunkline(shop, "generate", "--check").status == 1


def test_a_scalar_of_graphql_itself_is_not_taken_for_a_misspelt_one(tmp_path: Path) -> None:
    """14.10: `scalars.ID` was refused by a message that suggested `ID`."""
    files = {
        "schema.graphql": SCHEMA,
        "trunkline.toml": """
            schema = "schema.graphql"
            package = "app.graph"
            [scalars]
            ID = "uuid:UUID"
            """,
    }
    run = trunkline(project(tmp_path, files), "generate")
    sentence = "scalars.ID: it is a scalar of GraphQL itself and cannot be changed.\n"
    assert (run.status, run.printed) == (1, f"trunkline.toml:4: {sentence}")


def test_stubs_that_nobody_has_written_are_listed_on_demand(shop: Path) -> None:
    """14.11: they were told once, when they were new."""
    assert trunkline(shop, "generate", "--check").printed == ""
    write_body(shop, 'raise NotImplementedError("Query.books")', "return []")
    run = trunkline(shop, "generate", "--check", "--strict")
    assert run.status == 1
    assert [line.partition("stub: ")[2] for line in run.printed.splitlines()] == [
        "QueryResolvers.book, the resolver of Query.book, is a stub",
        "BookResolvers.reviews, the resolver of Book.reviews, is a stub",
    ]
    assert run.printed.startswith("app/resolvers/schema.py:")
    write_body(shop, 'raise NotImplementedError("Query.book")', "raise NotImplementedError")
    write_body(shop, 'raise NotImplementedError("Book.reviews")', "return []")
    run = trunkline(shop, "generate", "--check", "--strict")
    assert "QueryResolvers.book, the resolver of Query.book, is a stub" in run.printed
    write_body(shop, "raise NotImplementedError", "return None")
    assert trunkline(shop, "generate", "--check", "--strict").status == 0


def test_a_name_that_was_misspelt_for_a_while_leaves_no_stub(shop: Path) -> None:
    """14.7: the stub stood below the method that was written, and hid it."""
    write_body(shop, "async def books(", "async def boks(")
    write_body(shop, 'raise NotImplementedError("Query.books")', "return SHELF")
    assert "Did you mean `boks`" in trunkline(shop, "generate").printed
    write_body(shop, "async def boks(", "async def books(")
    run = trunkline(shop, "generate")
    assert run.status == 0
    assert "note: the stub QueryResolvers.books is removed: app/resolvers/schema.py:" in run.printed
    assert resolvers(shop).count("async def books(") == 1
    assert "return SHELF" in resolvers(shop)


def test_a_class_that_answers_a_field_again_is_told_as_that(shop: Path) -> None:
    """14.10: it was told as a field that the schema has no longer."""
    change_schema(shop, "type Book {", 'type Book @model(class: "app.models:Book") {')
    change_schema(shop, "title: String! ", "title: String!  pages: Int! ")
    (shop / "app/models.py").write_text("class Book:\n    isbn: str\n    title: str\n")
    assert "BookResolvers.pages is a new stub" in trunkline(shop, "generate").printed
    (shop / "app/models.py").write_text(
        "class Book:\n    isbn: str\n    title: str\n    pages: int\n"
    )
    reason = "is kept as a comment, because the class of Book gives its value now\n"
    assert f"BookResolvers.pages {reason}" in trunkline(shop, "generate").printed


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("title: String! @field(omittable: true)", "String! must be given"),
        ('title: String = "a" @field(omittable: true)', "it has a default"),
        ('title: String! = "a" @field(omittable: true)', "it has a default"),
    ],
)
def test_what_is_never_left_out_cannot_be_omittable(
    field: str, reason: str, tmp_path: Path
) -> None:
    """14.18: that was ignored."""
    files = {"schema.graphql": f"type Query {{ a(p: Patch): Int }}\ninput Patch {{ {field} }}\n"}
    run = trunkline(project(tmp_path, files), "generate")
    assert run.status == 1
    assert run.printed == (
        f"schema.graphql:2: Patch.title: cannot be omittable, because {reason}, so it always has a"
        " value. Drop `omittable`, or make it String without a default.\n"
    )


@pytest.mark.parametrize(
    ("sdl", "message"),
    [
        (
            "type Query { a(p: Int! @field(omittable: true)): Int }",
            "Query.a(p:): cannot be omittable, because Int! must be given, so it always has",
        ),
        (
            "type Query { a(p: Int @field(batch: true)): Int }",
            "Query.a(p:): @field(batch: …) says nothing here.",
        ),
        (
            "type Query { a(p: P): Int }  input P { x: Int @field(resolver: true) }",
            "P.x: @field(resolver: …) says nothing here.",
        ),
        (
            "type Query { a: E }  enum E { X @field(omittable: true) }",
            "E.X: @field(omittable: …) says nothing here. Drop it; here @field takes name.",
        ),
    ],
)
def test_what_a_directive_cannot_say_is_told(sdl: str, message: str, tmp_path: Path) -> None:
    """14.18: that was ignored, too."""
    run = trunkline(project(tmp_path, {"schema.graphql": sdl}), "generate")
    assert run.status == 1
    assert run.printed.startswith(f"schema.graphql:1: {message}")


def test_an_argument_can_be_omittable(tmp_path: Path) -> None:
    sdl = """
        type Query {
          a(p: Int @field(omittable: true), q: Int): Int
          b(p: Int @field(omittable: false), q: Int): Int @field(omittable: true)
        }
        """
    shop = project(tmp_path, {"schema.graphql": sdl})
    assert trunkline(shop, "generate").status == 0
    unset = "int | None | UnsetType = UNSET"
    for name, p, q in (("a", unset, "int | None = None"), ("b", "int | None = None", unset)):
        line = re.sub(r"\s+", " ", resolvers(shop).split(f"def {name}(")[1].split(")")[0])
        assert f"p: {p}" in line
        assert f"q: {q}" in line


def test_batch_is_said_by_the_schema_and_the_resolver(tmp_path: Path) -> None:
    sdl = "type Query { a: A }  type A { x: Int @field(batch: true)  y(n: Int): Int }"
    shop = project(tmp_path, {"schema.graphql": sdl})
    assert trunkline(shop, "generate").status == 0
    write_body(shop, "    @batch\n    async def x", "    async def x")
    write_body(shop, "    async def y(self, a: A", "    @batch\n    async def y(self, a: list[A]")
    first, second = trunkline(shop, "generate").printed.splitlines()
    assert "warning: AResolvers.x: `@batch` is missing; expected: `@batch async def x(" in first
    assert (
        "warning: AResolvers.y: `@batch` is there, but `@field(batch: true)` is missing at A.y;"
        " expected: `async def y("
    ) in second


def test_warnings_stand_last(shop: Path) -> None:
    """14.30: they are what people have to do."""
    change_schema(shop, "type Query {", "type Query { count: Int!")
    write_body(shop, "async def book(self, *, isbn: str)", "async def book(self, *, ean: str)")
    last = trunkline(shop, "generate").printed.splitlines()[-1]
    assert ": warning: QueryResolvers.book: the parameter 'isbn' is missing" in last


def test_why_a_field_needs_a_resolver_is_told_until_it_is_written(tmp_path: Path) -> None:
    shop = project(
        tmp_path,
        {
            "schema.graphql": "type Query { book: Book }  type Book { title: String!  age: Int! }",
            "app/models.py": "class Book:\n    title: str\n",
            "trunkline.toml": f'{CONFIGURATION}\nmodels.Book = "app.models:Book"\n',
        },
    )
    reason = "Book.age: Book (app/models.py:1) has no attribute 'age'. The field gets a resolver."
    for _ in range(2):
        assert reason in trunkline(shop, "generate").printed
    write_body(shop, 'raise NotImplementedError("Book.age")', "return 1")
    assert trunkline(shop, "generate").printed == ""
