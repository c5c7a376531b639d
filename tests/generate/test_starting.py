"""What was generated starts, whatever the program's classes are, and says so if it does not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from tests.generate.projects import project, snapshot, trunkline

KINDS = ["msgspec", "dataclasses", "pydantic"]

SCHEMA = """
type Query {
  search(filter: Filter = {sort: PRICE}): Found!
  node: Node!
  things: [Thing!]!
}
enum Sort { TITLE PRICE }
enum Level { LOW HIGH }
input Range { least: Int! = 1, most: Int }
input Filter {
  sort: Sort! = TITLE
  sorts: [Sort!]! = [TITLE, PRICE]
  level: Level = HIGH
  range: Range! = {least: 2}
  ranges: [Range!]
  other: Sort
  not: Filter
}
interface Node { id: ID! }
type Book implements Node { id: ID! title: String! }
type Film implements Node { id: ID! minutes: Int! }
union Thing = Book | Film
type Edge { cursor: String! node: Book! sort: Sort! any: Node thing: Thing }
type OutOfStock { book: Book! message: String! }
union Found = Edge | OutOfStock
"""

MODELS = {
    "dataclasses": """
        @dataclass
        class Book:
            id: str
            title: str

        @dataclass
        class Range:
            least: int = 1
            most: int | None = None
        """,
    "pydantic": """
        from pydantic import BaseModel, ConfigDict

        class Book(BaseModel):
            id: str
            title: str

        class Range(BaseModel):
            least: int = 1
            most: int | None = None

        class Holder(BaseModel):
            model_config = ConfigDict(arbitrary_types_allowed=True)
            filter: Filter
        """,
    "sqlalchemy": """
        from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column

        class Base(MappedAsDataclass, DeclarativeBase):
            pass

        class Book(Base):
            __tablename__ = "books"
            id: Mapped[str] = mapped_column(primary_key=True)
            title: Mapped[str]

        class Range(Base):
            __tablename__ = "ranges"
            id: Mapped[int] = mapped_column(primary_key=True, init=False)
            least: Mapped[int] = mapped_column(default=1)
            most: Mapped[int | None] = mapped_column(default=None)
        """,
}

HEAD = """
    from dataclasses import dataclass
    from enum import Enum

    from app.graph.types import Filter

    class Sort(Enum):
        TITLE = "title"
        PRICE = "price"

    @dataclass
    class Query:
        filter: Filter
    """

PROGRAM = """
    import asyncio, json, sys
    from typing import get_type_hints

    {imports}

    from app import graph
    from app.graph.types import Edge, Film, Filter, Level, OutOfStock
    from app.models import Book, Range, Sort
    from trunkline.engine import compile_operation, run

    book = Book(id="1", title="T")

    class Query(graph.QueryResolvers):
        def search(self, *, filter=None):
            assert isinstance(filter, Filter), filter
            assert isinstance(filter.range, Range)
            assert isinstance(filter.level, Level)
            assert filter.sorts == [Sort.TITLE, Sort.PRICE]
            if filter.not_ is not None:
                return OutOfStock(book=book, message=str(filter.not_.range.least))
            return Edge(cursor="c", node=book, sort=filter.sort, any=book, thing=book)

        def node(self):
            return Film(id="2", minutes=90)

        def things(self):
            return [book, Film(id="2", minutes=90)]

    class Resolvers:
        query = Query()

    schema = graph.make_executable_schema(Resolvers())
    asked = '''{{
      search {{
        ... on Edge {{ cursor node {{ title }} sort any {{ id }} thing {{ __typename }} }}
      }}
      other: search(filter: {{not: {{}}}}) {{ ... on OutOfStock {{ message book {{ title }} }} }}
      node {{ id __typename }}
      things {{ __typename }}
    }}'''
    result = asyncio.run(run(compile_operation(schema, asked), {{}}))
    assert not result.errors, result.errors
    print(json.dumps(result.data))
    hints = get_type_hints(Filter)
    assert hints["sort"] is Sort, hints
    """

ANSWER = {
    "search": {
        "cursor": "c",
        "node": {"title": "T"},
        "sort": "PRICE",
        "any": {"id": "1"},
        "thing": {"__typename": "Book"},
    },
    "other": {"message": "2", "book": {"title": "T"}},
    "node": {"id": "2", "__typename": "Film"},
    "things": [{"__typename": "Book"}, {"__typename": "Film"}],
}

ORDERS = ["import app.models", "import app.graph.types"]


def configuration(kind: str) -> str:
    return f"""
        schema = "schema.graphql"
        package = "app.graph"
        types = "{kind}"
        autobind = ["app.models"]
        """


def run(folder: Path, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("models", MODELS)
@pytest.mark.parametrize("kind", KINDS)
def test_generated_classes_use_those_of_the_program(kind: str, models: str, tmp_path: Path) -> None:
    """14.9: a generated class has enums, inputs and objects of models that import it in turn."""
    project(
        tmp_path,
        {
            "trunkline.toml": configuration(kind),
            "schema.graphql": SCHEMA,
            "app/models.py": HEAD + MODELS[models].replace("\n    ", "\n"),
        }
        | {f"run_{n}.py": PROGRAM.format(imports=each) for n, each in enumerate(ORDERS)},
    )
    done = trunkline(tmp_path, "generate")
    assert done.status == 0, done.printed
    for number, _ in enumerate(ORDERS):
        assert json.loads(run(tmp_path, f"run_{number}.py")) == ANSWER


SMALL = """
    type Query { a(filter: Filter): String }
    enum Sort { TITLE }
    input Filter { sort: Sort! = TITLE }
    """

SORT = """
    from enum import Enum

    class Sort(Enum):
        TITLE = "title"
    """


def failing_later(statement: str) -> dict[str, str]:
    """Return a program that can be read by the generator, and not be imported otherwise."""
    condition = "\nimport sys\nif 'trunkline.generate.generation' not in sys.modules:\n    "
    return {
        "trunkline.toml": configuration("msgspec"),
        "schema.graphql": SMALL,
        "app/models.py": dedent(SORT) + condition + statement,
    }


def test_what_was_generated_is_imported(tmp_path: Path) -> None:
    """The program's own code fails only when the package imports it: its line is told."""
    project(tmp_path, failing_later("raise OSError('no disk')"))
    done = trunkline(tmp_path, "generate")
    message = (
        "The generated package app.graph does not start:\n"
        "trunkline.toml:2: package: app.graph.types cannot be imported: OSError: no disk"
        " (app/models.py:8).\n"
    )
    assert done.status == 1
    assert done.printed.endswith(message)
    written = snapshot(tmp_path)
    assert b"class Filter" in written["app/graph/types.py"]
    again = trunkline(tmp_path, "generate", "--check")
    assert (again.status, again.printed) == (1, message)
    assert snapshot(tmp_path) == written


@pytest.mark.parametrize("end", ["raise SystemExit(3)", "import os; os._exit(3)"])
def test_a_program_that_ends_at_its_import_is_told(end: str, tmp_path: Path) -> None:
    done = trunkline(project(tmp_path, failing_later(end)), "generate")
    assert done.status == 1
    assert "The generated package app.graph does not start:\n" in done.printed
    assert "3" in done.printed.splitlines()[-1]


def test_the_schema_is_built(tmp_path: Path) -> None:
    """What only the start of a server finds is found when the package was generated."""
    plugin = """
        from dataclasses import replace
        from trunkline.generate import Plugin

        class Hide(Plugin):
            def plan(self, plan):
                return replace(plan, names={"Filter.srot": "sort"})
        """
    files = {
        "trunkline.toml": configuration("msgspec") + '\nplugins = ["app.plugins:Hide"]\n',
        "schema.graphql": SMALL,
        "app/models.py": SORT,
        "app/plugins.py": plugin,
    }
    done = trunkline(project(tmp_path, files), "generate")
    assert done.status == 1
    assert "The generated package app.graph does not start:\nnames: " in done.printed
    assert "Filter.srot" in done.printed


def test_all_kinds_of_resolvers_are_built(tmp_path: Path) -> None:
    """Batches, streams, directives and functions that name types need no program."""
    schema = """
        directive @upper on FIELD_DEFINITION
        directive @timed on QUERY | FIELD
        directive @cost(weight: Int) on FIELD_DEFINITION | ARGUMENT_DEFINITION
        type Query { a(b: Int @cost): String @upper  books: [Book!]!  thing: Thing }
        type Book { title: String!  author: String @field(batch: true) }
        type Film { title: String! }
        union Thing = Book | Film
        type Subscription { ticks(to: Int!): Int! }
        """
    files = {
        "trunkline.toml": """
            schema = "schema.graphql"
            package = "app.graph"
            [models]
            Book = "app.models:Both"
            Film = "app.models:Both"
            """,
        "schema.graphql": schema,
        "app/models.py": "class Both:\n    title: str\n",
    }
    done = trunkline(project(tmp_path, files), "generate")
    assert done.status == 0, done.printed
    assert "ThingResolvers" in (tmp_path / "app/graph/resolvers.py").read_text()


@pytest.mark.parametrize("base", ["Generic[T]", "BaseModel, Generic[T]"])
def test_a_generic_class_stands_for_types(base: str, tmp_path: Path) -> None:
    """14.24: under a name for each of its arguments, which `autobind` finds, too."""
    decorator = "" if "BaseModel" in base else "@dataclass\n"
    models = f"""
from dataclasses import dataclass
from typing import Generic, TypeVar
from pydantic import BaseModel

T = TypeVar("T")

@dataclass
class Book:
    title: str

{decorator}class Connection({base}):
    nodes: list[T]
    total: int

BookConnection = Connection[Book]
Ints = Connection[int]
Found = Book | None
"""
    files = {
        "trunkline.toml": configuration("msgspec") + '\nmodels.Numbers = "app.models:Ints"\n',
        "schema.graphql": """
            type Query { books: BookConnection!  numbers: Numbers!  found: Found }
            type Book { title: String! }
            type BookConnection { nodes: [Book!]!  total: Int! }
            type Numbers { nodes: [Int!]!  total: Int! }
            type Found { a: Int }
            """,
        "app/models.py": models,
        "run.py": """
            from app import graph
            from app.models import Book, BookConnection, Ints
            from trunkline.engine import compile_operation, run_sync

            class Query(graph.QueryResolvers):
                def books(self) -> BookConnection:
                    return BookConnection(nodes=[Book("T")], total=1)
                def numbers(self) -> Ints:
                    return Ints(nodes=[1, 2], total=2)
                def found(self) -> None:
                    return None

            class Resolvers:
                query = Query()

            schema = graph.make_executable_schema(Resolvers())
            asked = "{ books { nodes { title } total } numbers { nodes total } }"
            print(run_sync(compile_operation(schema, asked), {}).data)
            """,
    }
    done = trunkline(project(tmp_path, files), "generate")
    assert done.status == 0, done.printed
    assert "autobind: app.models.Found is a UnionType, so it is passed over." in done.printed
    text = (tmp_path / "app/graph/resolvers.py").read_text(encoding="utf-8")
    assert "-> Resolved[BookConnection]: ..." in text
    numbers = {"nodes": [1, 2], "total": 2}
    books = {"nodes": [{"title": "T"}], "total": 1}
    assert run(tmp_path, "run.py") == f"{ {'books': books, 'numbers': numbers} }\n"


@pytest.mark.parametrize(
    "row", ["asyncpg:Record", "sqlite3:Row", "sqlalchemy:Row", "builtins:dict"]
)
def test_rows_of_databases_stand_for_types(row: str, tmp_path: Path) -> None:
    """14.4: their columns are not known beforehand, so every field without arguments is one."""
    files = {
        "trunkline.toml": f"""
            schema = "schema.graphql"
            package = "app.graph"
            models.Book = "{row}"
            """,
        "schema.graphql": """
            type Query { books: [Book!]! }
            type Book { pageCount: Int!  items: Int!  scaled(width: Int): String! }
            """,
    }
    done = trunkline(project(tmp_path, files), "generate")
    assert done.status == 0, done.printed
    text = (tmp_path / "app/graph/resolvers.py").read_text(encoding="utf-8")
    assert "def scaled(" in text
    assert "page_count" not in text
    assert "items" not in text


ITERABLE = """
from dataclasses import dataclass
from typing import NamedTuple
from pydantic import BaseModel, Field

class LineInput(BaseModel):
    sku: str

class Place(NamedTuple):
    city: str

class OrderInput(BaseModel):
    lines: list[LineInput] = Field(min_length=1)
    first: LineInput
    rest: {rest} = []

@dataclass
class Order:
    place: Place
    line: Line

class Line(BaseModel):
    places: list[Place]
"""


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("list[LineInput]", ""),
        (
            "list[list[LineInput]]",
            "'rest' is not a list, and list[app.models.LineInput] is one.",
        ),
        ("LineInput", ""),  # what only may be a collection is not refused
    ],
)
def test_models_that_can_be_iterated_are_no_lists(rest: str, message: str, tmp_path: Path) -> None:
    files = {
        "trunkline.toml": configuration("msgspec"),
        "schema.graphql": """
            type Query { order(order: OrderInput): Order }
            input OrderInput { lines: [LineInput!]!  first: LineInput!  rest: [LineInput!]! = [] }
            input LineInput { sku: String! }
            type Order { place: Place!  line: Line! }
            type Place { city: String! }
            type Line { places: [Place!]! }
            """,
        "app/models.py": "from __future__ import annotations\n" + ITERABLE.format(rest=rest),
    }
    project(tmp_path, files)
    done = trunkline(tmp_path, "generate")
    assert done.status == (1 if message else 0), done.printed
    assert message in done.printed


@pytest.mark.parametrize(
    ("resolver", "where"),
    [
        ("book", "trunkline.toml:2: package: app.graph.bindings"),
        ("title", "trunkline.toml:4: autobind: app.models"),  # the new field has no stub yet
    ],
)
def test_a_schema_that_is_made_beside_the_models_is_told(
    resolver: str, where: str, tmp_path: Path
) -> None:
    """The generated package needs the models, and their module the generated package."""
    files = {
        "trunkline.toml": configuration("msgspec"),
        "schema.graphql": "type Query { book: Book }  type Book { title: String! }",
        "app/models.py": "class Book:\n    title: str\n",
    }
    project(tmp_path, files)
    assert trunkline(tmp_path, "generate").status == 0
    models = tmp_path / "app/models.py"
    models.write_text(f"""{models.read_text()}
from app import graph

class Query:
    def {resolver}(self) -> None: ...

class Resolvers:
    query = Query()

schema = graph.make_executable_schema(Resolvers())
""")
    done = trunkline(tmp_path, "generate")
    assert done.status == 1
    assert done.printed.splitlines()[-1] == (
        f"{where} cannot be imported: app/models.py:12 makes the schema, whose package is"
        " generated from this module. Make the schema in another module."
    )
