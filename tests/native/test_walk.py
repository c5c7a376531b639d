"""Native code writes what the compiled text would, and leaves to it whatever is not plain."""

from __future__ import annotations

import enum
import functools
import gc
import itertools
import math
import sys
import threading
import weakref
from collections import OrderedDict, namedtuple
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, make_dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import cached_property
from types import SimpleNamespace
from typing import Any, TypedDict
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import orjson
import pydantic
import pytest
import sqlalchemy
from graphql import GraphQLError, Undefined
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from tests.property.test_engine import fewer
from tests.server.calling import post
from trunkline_native import Walk

from trunkline.compiler.operation import Operation
from trunkline.compiler.pipeline import compile_operation
from trunkline.engine import run_sync
from trunkline.runtime.execution import Result
from trunkline.runtime.positions import FieldFailure, NoRoomError
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema
from trunkline.schema.scalars import AWARE_DATE_TIME, Scalar
from trunkline.server import GraphQL, OperationCall, Proceed, Schema
from trunkline.server.present import encode

SDL = """
type Query { items: [Item!]! perhaps: [Item] lists: [[Item!]!]! tags: [String!]! any: [Any!]! }
type Item {
  s: String id: ID i: Int f: Float b: Boolean
  decimal: Decimal dateTime: DateTime date: Date time: Time uuid: UUID
  aware: Aware long: Int64
  status: Status word: Word item: Item items: [Item!]
}
type Other { id: ID! }
union Any = Item | Other
enum Status { NEW PAID }
enum Word { small BIG }
scalar Decimal
scalar DateTime
scalar Date
scalar Time
scalar UUID
scalar Aware
scalar Int64
"""
LEAVES = {
    "s": "s",
    "id": "id",
    "i": "i",
    "f": "f",
    "b": "b",
    "decimal": "decimal",
    "dateTime": "date_time",
    "date": "date",
    "time": "time",
    "uuid": "uuid",
    "aware": "aware",
    "long": "long",
    "status": "status",
    "word": "word",
}
ALL = " ".join(LEAVES)


class Status(enum.Enum):
    NEW = "new"
    PAID = "paid"
    OLD = "old"


@dataclass
class Item:
    s: Any = None
    id: Any = None
    i: Any = None
    f: Any = None
    b: Any = None
    decimal: Any = None
    date_time: Any = None
    date: Any = None
    time: Any = None
    uuid: Any = None
    aware: Any = None
    long: Any = None
    status: Any = None
    word: Any = None
    item: Any = None
    items: Any = None


@dataclass
class Other:
    id: Any


Text = type("Text", (str,), {})


class Zone(tzinfo):
    """A program's own time zone."""

    def utcoffset(self, _: datetime | None) -> timedelta:
        return timedelta(hours=1)

    dst = tzname = None  # type: ignore[assignment]


def schema_of(values: Any, model: Any = Item, **options: Any) -> Schema:
    """Make a schema whose root fields have these values."""
    names = ("items", "perhaps", "lists", "tags", "any")
    query = SimpleNamespace(**dict.fromkeys(names, lambda: values))
    models, sdl = {"Item": model, "Other": Other, "Status": Status}, SDL
    if model is not Item:
        models = {"Item": model}
        sdl = "type Query { items: [Item!]! } type Item { s: String i: Int }"
        if hasattr(model, "children"):
            models["Child"] = Child
            sdl = sdl.replace("i: Int", "i: Int children: [Child] } type Child { id: Int")
    else:
        options = {"scalars": {"Aware": AWARE_DATE_TIME}, **options}
    resolvers = SimpleNamespace(query=query)
    return make_executable_schema(parse_schema(sdl), resolvers, models, **options)


def compiled(text: str, values: Any, model: Any = Item, **options: Any) -> Operation:
    operation = compile_operation(schema_of(values, model, **options), text)
    operation.inline()
    return operation


def both(
    operation: Operation, variables: Any = None
) -> tuple[tuple[bytes, list[GraphQLError]], bool]:
    """Execute with and without the extension; return the response, and whether it was walked."""
    plain = run_sync(operation, variables)
    fast = run_sync(operation, variables, takes_json=True)
    assert encode({"data": fast.data}) == encode({"data": plain.data})
    assert [each.formatted for each in fast.errors] == [each.formatted for each in plain.errors]
    is_walked = any(isinstance(each, orjson.Fragment) for each in (fast.data or {}).values())
    return (encode({"data": plain.data}), plain.errors), is_walked


PLAIN: list[tuple[str, Any]] = [
    ("s", ""),
    ("s", 'quotes " \\ / \b\f\n\r\t \x00\x1f\x7f \u2028 é 漢 😀'),
    ("s", "long " * 1000),
    *(("s", "x" * place + '"' + "é" * 70) for place in (0, 7, 8, 9, 63, 64, 65, 127, 130)),
    *(("s", "y" * length + "\x1f") for length in (6, 7, 8, 62, 63, 64, 127, 128)),
    ("id", "x"),
    ("id", 0),
    ("id", -(2**63)),
    ("id", 2**63 - 1),
    ("id", UUID(int=1)),
    ("i", 0),
    ("i", 2**31 - 1),
    ("i", -(2**31)),
    *(("f", value) for value in (0.0, -0.0, 1.0, 0.1, 1e16, 1e15, 123456789.125, 1e-5, 1e-7)),
    *(("f", value) for value in (5e-324, 1.7976931348623157e308, 1e22, 1e23, 2.0**63, 1 / 3)),
    *(("f", value) for value in (0, 1, -7, 10**15, 2**53, -(2**53))),
    ("b", True),
    ("b", False),
    *(("decimal", Decimal(text)) for text in ("0", "-0.00", "1E+3", "1E-9", "-12.50", "9" * 40)),
    ("dateTime", datetime(2026, 1, 2, 3, 4, 5)),  # noqa: DTZ001
    ("dateTime", datetime(1, 1, 1, tzinfo=UTC)),
    ("dateTime", datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
    ("dateTime", datetime(2026, 7, 1, 12, 0, 0, 1, tzinfo=ZoneInfo("Europe/Paris"))),
    ("dateTime", datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=-5, minutes=-30)))),
    ("dateTime", datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Paris"), fold=1)),
    ("date", date(987, 6, 5)),
    ("time", time(1, 2, 3)),
    ("time", time(23, 59, 59, 50)),
    ("uuid", UUID("00000000-0000-0000-0000-000000000000")),
    ("uuid", UUID("ffffffff-0123-4567-89ab-cdefffffffff")),
    ("aware", datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)),
    ("aware", datetime(2026, 7, 1, tzinfo=ZoneInfo("Europe/Paris"))),
    *(("long", value) for value in (0, -1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63))),
    ("status", Status.PAID),
    ("word", "small"),
]
NOT_PLAIN: list[tuple[str, Any]] = [
    ("s", Text("x")),
    ("s", 1),
    ("s", b"x"),
    ("s", "\ud800"),
    ("s", ValueError("returned")),
    ("id", Text("x")),
    ("id", 2**64),
    ("id", True),
    ("id", 1.5),
    ("i", 2**31),
    ("i", -(2**31) - 1),
    ("i", True),
    ("i", 1.0),
    ("i", "1"),
    ("f", math.nan),
    ("f", -math.inf),
    ("f", 2**53 + 1),
    ("f", 10**400),
    ("f", True),
    ("b", 1),
    ("decimal", Decimal("NaN")),
    ("decimal", Decimal("-NaN123")),
    ("decimal", Decimal("-Infinity")),
    ("decimal", 5),
    ("decimal", type("Money", (Decimal,), {})(5)),
    ("dateTime", datetime(2026, 1, 1, tzinfo=Zone())),
    ("dateTime", date(2026, 1, 1)),
    ("dateTime", type("Moment", (datetime,), {})(2026, 1, 1)),
    ("date", datetime(2026, 1, 1)),  # noqa: DTZ001
    ("time", time(1, 2, tzinfo=UTC)),
    ("uuid", "x"),
    ("aware", datetime(2026, 1, 1)),  # noqa: DTZ001
    ("aware", datetime(2026, 1, 1, tzinfo=Zone())),
    ("aware", date(2026, 1, 1)),
    ("long", 2**63),
    ("long", -(2**63) - 1),
    ("long", True),
    ("long", 1.0),
    ("long", "1"),
    ("status", "NEW"),
    ("status", "new"),
    ("status", Status.OLD),
    ("word", Text("small")),
    ("word", "tiny"),
]


@pytest.mark.parametrize(("name", "value"), PLAIN)
def test_plain_leaves_are_written(name: str, value: Any) -> None:
    items = [Item(), Item(**{LEAVES[name]: value})]
    (_, errors), is_walked = both(compiled(f"{{ items {{ {name} }} }}", items))
    assert is_walked
    assert not errors


@pytest.mark.parametrize(("name", "value"), NOT_PLAIN)
def test_other_leaves_are_left_to_the_text(name: str, value: Any) -> None:
    items = [Item(), Item(**{LEAVES[name]: value})]
    _, is_walked = both(compiled(f"{{ items {{ {name} }} }}", items))
    assert not is_walked


OWN: list[tuple[Any, bool]] = [
    ("x", True),
    (7, True),
    ({"a": [1, 2.5, None, True, ("b", {})], "é": []}, True),
    (math.nan, False),
    (2**63, False),
    ({1: "x"}, False),
    ({"x": {1}}, False),
    (None, False),
    (ValueError("of the value"), False),
    (LookupError("of the program"), False),
]


@pytest.mark.parametrize(("given", "is_plain"), OWN)
def test_what_a_scalar_of_the_program_writes(given: Any, is_plain: object) -> None:
    calls: list[int] = []

    def serialize(value: datetime) -> Any:
        calls.append(value.year)
        if value.year == 2 and isinstance(given, Exception):
            raise given
        return given if value.year == 2 else f"{value.year}"

    items = [Item(date_time=datetime(year, 1, 1)) for year in (1, 2, 3)]  # noqa: DTZ001
    own = {"DateTime": Scalar(serialize, int)}
    operation = compiled("{ items { dateTime } }", items, scalars=own)
    _, is_walked = both(operation)
    assert is_walked == is_plain
    assert calls == [1, 2, 3, 1, 2, 3]


@pytest.mark.parametrize(
    ("scalar", "value", "is_plain"),
    [
        *(("JSON", *each) for each in OWN[:7]),
        *(("Unknown", *each) for each in OWN[:7]),
        ("JSON", datetime(2026, 1, 1, tzinfo=UTC), False),
        ("Unknown", datetime(2026, 1, 1, tzinfo=UTC), False),
        ("Duration", timedelta(days=-1, microseconds=5), True),
        ("Duration", 5, False),
        ("Bytes", b"\xff\x00", True),
        ("Bytes", bytearray(b"x"), False),
    ],
)
def test_values_of_json_and_those_that_a_function_writes(
    scalar: str, value: Any, is_plain: object
) -> None:
    sdl = f"scalar {scalar} type Query {{ values: [{scalar}] }}"
    query = SimpleNamespace(values=lambda: [value, None])
    schema = make_executable_schema(parse_schema(sdl), SimpleNamespace(query=query))
    operation = compile_operation(schema, "{ values }")
    operation.inline()
    assert both(operation)[1] == is_plain


def test_values_of_json_may_be_deep_and_hold_themselves() -> None:
    deeper: list[Any] = functools.reduce(lambda value, _: [value], range(100), [])
    own: list[Any] = []
    own.append(own)
    sdl = "scalar JSON type Query { values: [JSON] }"
    for value, is_plain in ((deeper[0], True), (deeper, False), (own, False)):
        query = SimpleNamespace(values=lambda value=value: [value])
        schema = make_executable_schema(parse_schema(sdl), SimpleNamespace(query=query))
        operation = compile_operation(schema, "{ values }")
        operation.inline()
        assert both(operation)[1] == is_plain


def test_each_character_of_a_string_is_looked_at() -> None:
    """Those that must be escaped, in every place of strings that are short, and of longer ones."""
    strings = [
        "x" * place + character + "é" * (length - place)
        for length in range(35)
        for place in range(length + 1)
        for character in ('"', "\\", "\x00", "\x1f", " ", "!", "#", "[", "]", "\x7f", "\x80", "漢")
    ]
    (text, _), is_walked = both(compiled("{ tags }", strings))
    assert is_walked
    assert orjson.loads(text)["data"]["tags"] == strings


# -- objects --------------------------------------------------------------------------------------


class Keyed(TypedDict):
    s: str
    i: int | None


class ByNumber(msgspec.Struct):
    s: str
    i: int | None


class Checked(pydantic.BaseModel):
    s: str
    i: int | None


class Base(DeclarativeBase):
    pass


class Stored(Base):
    __tablename__ = "stored"
    s: Mapped[str] = mapped_column(primary_key=True)
    i: Mapped[int | None]
    children: Mapped[list[Child]] = relationship()


class Child(Base):
    __tablename__ = "child"
    id: Mapped[int] = mapped_column(primary_key=True)
    of: Mapped[str | None] = mapped_column(ForeignKey("stored.s"))


class Slotted:
    __slots__ = ("i", "s")

    def __init__(self, s: str, i: int | None) -> None:
        self.s, self.i = s, i


class Defaulting:
    s: str
    i: int | None = None

    def __init__(self, s: str, i: int | None) -> None:
        self.s = s
        if i is not None:
            self.i = i


PLAIN_MODELS: list[Any] = [
    make_dataclass("Data", [("s", str), ("i", int)]),
    make_dataclass("Slots", [("s", str), ("i", int)], slots=True),
    namedtuple("Named", "s i"),  # noqa: PYI024
    Slotted,
    Defaulting,
    ByNumber,
]


@pytest.mark.parametrize("model", PLAIN_MODELS, ids=lambda model: model.__name__)
def test_attributes_of_plain_classes_are_written(model: Any) -> None:
    operation = compiled(
        "{ items { __typename alias: s i } }", [model("a", 1), model("b", None)], model
    )
    (text, _), is_walked = both(operation)
    assert is_walked
    assert text == (
        b'{"data":{"items":[{"__typename":"Item","alias":"a","i":1},'
        b'{"__typename":"Item","alias":"b","i":null}]}}'
    )


def test_models_of_pydantic_are_plain() -> None:
    items = [Checked(s="a", i=1), Checked(s="b", i=None)]
    assert both(compiled("{ items { s i } }", items, Checked))[1]


def test_keys_are_plain_and_a_missing_one_is_null() -> None:
    items: list[Any] = [{"s": "a", "i": 1}, {"s": "b"}, {}]
    (text, _), is_walked = both(compiled("{ items { s i } }", items, Keyed))
    assert is_walked
    assert text.endswith(b'{"s":"b","i":null},{"s":null,"i":null}]}}')


def reads_of(give: Callable[[int, str], Any]) -> tuple[Any, list[Any]]:
    """Return a class whose attributes are computed, and what is read of it."""
    reads: list[Any] = []

    class Computed:
        def __init__(self, number: int) -> None:
            self.number = number

        @property
        def s(self) -> Any:
            return self.read("s")

        @cached_property
        def i(self) -> Any:
            return self.read("i")

        def read(self, name: str) -> Any:
            reads.append((self.number, name))
            return give(self.number, name)

    return Computed, reads


@pytest.mark.parametrize(
    "odd",
    ["x", None, Text("x"), 2**40, KeyError("returned"), LookupError, KeyboardInterrupt],
)
@pytest.mark.parametrize("name", ["s", "i"])
def test_what_a_program_computes_is_read_once(name: str, odd: Any) -> None:
    """In the text's order, also if native code has a doubt about one of the values."""

    def give(number: int, read: str) -> Any:
        if (number, read) != (1, name):
            return {"s": f"s{number}", "i": number}[read]
        if isinstance(odd, type):
            raise odd
        return odd

    model, reads = reads_of(give)
    values: list[Any] = []
    operation = compiled("{ items { s i again: s } }", values, model)
    answers: list[Any] = []
    for takes_json in (False, True):
        reads.clear()
        values[:] = [model(number) for number in range(3)]
        try:
            result = run_sync(operation, None, takes_json=takes_json)
        except KeyboardInterrupt as error:
            answers.append((type(error), [*reads]))
        else:
            errors = [each.formatted for each in result.errors]
            answers.append((encode({"data": result.data}), errors, [*reads]))
    assert answers[0] == answers[1]


class Area:
    def __init__(self, number: int) -> None:
        self.number = number

    def size(self, scale: int = 1) -> Any:
        return CALLS.call("size", self, scale)

    def name(self) -> Any:
        return CALLS.call("name", self)


class Calls:
    """What is called, and what it gives: something odd for the second object's ``name``."""

    def __init__(self) -> None:
        self.seen: list[Any] = []
        self.odd: Any = None
        self.name = ""

    def call(self, name: str, area: Area, *given: Any) -> Any:
        self.seen.append((name, area.number, *given))
        if (name, area.number) != (self.name, 1):
            return {"size": area.number, "name": "a", "part": Item("x"), "parts": ["y"]}[name]
        if isinstance(self.odd, type):
            raise self.odd
        return self.odd


CALLS = Calls()
AREAS = """
type Query { items: [Area] }
type Area { size(scale: Int): Int name: String! part(of: Int): Part parts: [String!] }
type Part { s: String }
"""


def test_resolvers_and_methods_are_called_once() -> None:
    """If they take no more than the parent, and arguments that the document has."""
    area = SimpleNamespace(
        part=lambda area, of=None: CALLS.call("part", area, of),
        parts=lambda area: CALLS.call("parts", area),
    )
    values = [Area(number) for number in range(3)]
    query = SimpleNamespace(items=lambda: values)
    models = {"Area": Area, "Part": Item}
    resolvers = SimpleNamespace(query=query, area=area)
    schema = make_executable_schema(parse_schema(AREAS), resolvers, models)
    text = "{ items { size(scale: 3) name part(of: 1) { s } parts again: size } }"
    operation = compile_operation(schema, text)
    operation.inline()
    CALLS.odd = CALLS.name = ""
    assert both(operation)[1]
    for name in ("size", "name", "part", "parts"):
        CALLS.name = name
        for odd in (None, 2**40, "x", Text("z"), ["x"], object(), LookupError, ValueError("x")):
            CALLS.odd, seen = odd, []
            for _ in range(3):
                CALLS.seen.clear()
                both(operation)
                half = len(CALLS.seen) // 2
                assert CALLS.seen[:half] == CALLS.seen[half:]
                seen.append([*CALLS.seen])
            assert seen[0] == seen[1]


def test_what_was_read_is_taken_again_by_name() -> None:
    """A subclass may have at once what its base class computes."""
    model, _ = reads_of(lambda number, name: name if name == "s" else number)
    below = type("Below", (model,), {"s": "at once"})
    values = [below(0), below(1), below("no number")]
    operation = compiled("{ items { s i } }", values, model)
    result = run_sync(operation, None, takes_json=True)
    assert [each.path for each in result.errors] == [["items", 2, "i"]]
    items = [{"s": "at once", "i": number} for number in (0, 1, None)]
    assert result.data == {"items": items}


def test_code_of_the_program_may_change_its_class_and_the_list() -> None:
    values: list[Any] = []

    class Changing:
        i = 1

        @property
        def s(self) -> str:
            if len(values) == 1:
                Changing.i = property(lambda _: 2)  # type: ignore[assignment]
                values.append(Changing())
            return "s"

    values.append(Changing())
    operation = compiled("{ items { s i } }", values, Changing)
    result = run_sync(operation, None, takes_json=True)
    assert result.data == {"items": [{"s": "s", "i": 2}, {"s": "s", "i": 2}]}


def test_code_of_the_program_may_change_the_class_of_an_object_above() -> None:
    class Changing(Item):
        pass

    def read(self: Any, name: str) -> Any:
        return "own" if name == "s" else object.__getattribute__(self, name)

    def write(value: int) -> str:
        setattr(Changing, "__getattribute__", read)  # noqa: B010
        return str(value)

    scalars = {"Aware": AWARE_DATE_TIME, "Decimal": Scalar(write, int)}
    values = [Changing("stored", item=Item(decimal=1))]
    operation = compiled("{ items { item { decimal } s } }", values, scalars=scalars)
    result = run_sync(operation, None, takes_json=True)
    assert result.data == {"items": [{"item": {"decimal": "1"}, "s": "own"}]}


@pytest.mark.parametrize("hook", ["__getattribute__", "__getattr__"])
def test_a_program_that_answers_for_attributes_is_asked_once(hook: str) -> None:
    calls: list[str] = []

    class Own:
        s: str
        i: int

    def answer(_self: Any, name: str) -> Any:
        if name != "s":
            return object.__getattribute__(_self, name)
        calls.append(name)
        return "x"

    setattr(Own, hook, answer)
    result = run_sync(compiled("{ items { s } }", [Own()], Own), None, takes_json=True)
    assert orjson.dumps(result.data) == b'{"items":[{"s":"x"}]}'
    assert calls == ["s"]


def test_attributes_of_sqlalchemy_are_read_where_they_are_loaded() -> None:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        stored = [Stored(s="a", i=1), Stored(s="b", i=None)]
        stored[0].children = [Child(id=1), Child(id=2)]
        session.add_all(stored)
        session.commit()  # the attributes are expired now
        operation = compiled("{ items { s i children { id } } }", stored, Stored)
        expired = run_sync(operation, None, takes_json=True)
        assert isinstance(expired.data, dict)
        assert isinstance(expired.data["items"], list)
        run_sync(operation, None, takes_json=True)  # after a doubt it is not tried
        (text, errors), is_walked = both(operation)
        assert is_walked
        assert not errors
        assert text == (
            b'{"data":{"items":[{"s":"a","i":1,"children":[{"id":1},{"id":2}]},'
            b'{"s":"b","i":null,"children":[]}]}}'
        )
        session.expire(stored[1])
        session.expunge(stored[1])
        (_, errors), is_walked = both(operation)
    assert not is_walked
    assert [each.path for each in errors] == [["items", 1, name] for name in ("s", "i", "children")]
    engine.dispose()


def test_objects_of_a_subclass_are_read_as_that_has_it() -> None:
    Special: Any = type("Special", (Item,), {})  # noqa: N806
    Special.i = property(lambda _: 5, lambda *_: None)
    items = [Item("a"), Special("b"), type("Plain", (Item,), {"s": "c"})()]
    assert both(compiled("{ items { s } }", items))[1]
    (text, _), is_walked = both(compiled("{ items { s i } }", items))
    assert not is_walked  # the text does not ask what a class computes that is not the model
    assert b'{"s":"b","i":5}' in text


@pytest.mark.parametrize("base", [Exception, Awaitable])
def test_an_object_of_a_subclass_may_be_an_error(base: type) -> None:
    class Plain:
        s = "s"
        i = 1

    members = {"__await__": lambda _: iter(()), "__init__": lambda _: None}
    odd: Any = type("Odd", (base, Plain), members)()
    (_, errors), is_walked = both(compiled("{ items { s } }", [Plain(), odd], Plain))
    assert not is_walked
    assert [each.path for each in errors] == [["items", 1]]


def test_an_object_may_lie_about_its_class() -> None:
    liar: Any = type("Liar", (Item,), {"__class__": property(lambda _: Other)})("a")
    for text in ("{ any { ... on Item { s } ... on Other { id } } }", "{ items { s } }"):
        assert not both(compiled(text, [Item("a"), liar]))[1]


def rows(columns: str, *, as_mappings: bool = False) -> list[Any]:
    engine = create_engine("sqlite://")
    with Session(engine) as session:
        result = session.execute(sqlalchemy.text(f"select {columns} union all select {columns}"))
        found = [*(result.mappings() if as_mappings else result)]
    engine.dispose()
    return found


@pytest.mark.parametrize(
    ("values", "is_plain"),
    [
        (rows("'a' as s, 1 as i"), True),
        (rows("'a' as s, null as i", as_mappings=True), True),
        (rows("'a' as s"), False),
        (rows("'a' as s", as_mappings=True), False),
        ([{"s": "a", "i": 1}, {"s": "b"}, {}], True),
        ([Item("a", i=1)], True),
        ([Item("a", i=1), {"s": "b", "i": 2}, Slotted("c", 3), Defaulting("d", None)], True),
        ([SimpleNamespace(s="a", i=1), SimpleNamespace(s="a")], False),
        ([OrderedDict(s="a", i=1)], False),
        ([type("Answers", (), {"__getattr__": lambda _, name: {"s": "x", "i": 1}[name]})()], False),
        ([type("Computes", (), {"s": property(lambda _: "x"), "i": 1})()], False),
        ([ValueError("returned")], False),
        (["a"], False),
    ],
)
def test_objects_of_any_class(values: list[Any], is_plain: object) -> None:
    sdl = "type Query { items: [Item!]! } type Item { s: String i: Int }"
    resolvers = SimpleNamespace(query=SimpleNamespace(items=lambda: values))
    schema = make_executable_schema(parse_schema(sdl), resolvers)
    operation = compile_operation(schema, "{ items { s i } }")
    operation.inline()
    assert both(operation)[1] == is_plain


def test_a_class_may_change_between_executions() -> None:
    model = make_dataclass("Changing", [("s", str), ("i", int, None)])
    operation = compiled("{ items { s } }", [model("x")], model)
    assert both(operation)[1]
    calls: list[str] = []

    def compute(_self: Any) -> str:
        calls.append("s")
        return "computed"

    model.s = property(compute)  # type: ignore[attr-defined]
    for _ in range(200):  # with pauses in which it is not even tried
        assert run_sync(operation, None, takes_json=True).data == {"items": [{"s": "computed"}]}
    assert calls == ["s"] * 200
    del model.s  # type: ignore[attr-defined]
    for _ in range(64):
        run_sync(operation, None, takes_json=True)
    assert both(operation)[1]


def test_a_base_class_may_change() -> None:
    base = make_dataclass("Base", [("s", str), ("i", int, None)])
    model = type("Below", (base,), {})
    operation = compiled("{ items { s } }", [model("x")], model)
    assert both(operation)[1]

    def read(self: Any, name: str) -> Any:
        return name if name == "s" else object.__getattribute__(self, name)

    setattr(base, "__getattribute__", read)  # noqa: B010
    assert run_sync(operation, None, takes_json=True).data == {"items": [{"s": "s"}]}


class Wide:
    __slots__ = ("i", "other", "s")


class Narrow:
    __slots__ = ("s",)


def filled(model: Any, **values: Any) -> Any:
    made = model()
    for name, value in values.items():
        setattr(made, name, value)
    return made


def test_an_empty_slot_is_an_error_of_its_field() -> None:
    operation = compiled("{ items { s } }", [filled(Wide, s="a"), filled(Wide, i=1)], Wide)
    (_, errors), is_walked = both(operation)
    assert not is_walked
    assert [each.path for each in errors] == [["items", 1, "s"]]


def test_a_slot_may_be_of_a_base_class_or_hidden_by_another() -> None:
    class Below(Narrow):
        __slots__ = ("i",)

    class Again(Below):
        __slots__ = ("s",)

    for model in (Below, Again):
        (text, _), is_walked = both(
            compiled("{ items { s i } }", [filled(model, s="a", i=1)], model)
        )
        assert is_walked
        assert text == b'{"data":{"items":[{"s":"a","i":1}]}}'


def test_a_slot_of_an_unrelated_class_is_not_read() -> None:
    class Foreign:
        i: int
        s: str

    Foreign.s = Wide.s  # type: ignore[attr-defined]
    (_, errors), is_walked = both(compiled("{ items { s } }", [Foreign()], Foreign))
    assert not is_walked
    assert [each.path for each in errors] == [["items", 0, "s"]]


def test_a_slot_may_become_an_attribute_of_the_class_and_a_property() -> None:
    class Changing:
        __slots__ = ("i", "s")

    slot = Changing.s  # type: ignore[attr-defined]
    operation = compiled("{ items { s } }", [filled(Changing, s="own")], Changing)
    for value, expected, walks in (
        (slot, "own", True),
        ("of the class", "of the class", True),
        (Changing.i, None, True),  # type: ignore[attr-defined]  # another slot, which is empty
        (property(lambda _: "computed"), "computed", False),
        (slot, "own", True),
    ):
        Changing.s = value  # type: ignore[attr-defined]
        for _ in range(64):  # what was once not plain is tried again after a pause
            run_sync(operation, None, takes_json=True)
        (text, errors), is_walked = both(operation)
        assert orjson.loads(text)["data"]["items"] == [{"s": expected}]
        assert bool(errors) == (expected is None)
        assert is_walked == (walks and not errors)


# -- lists ----------------------------------------------------------------------------------------

DEEP = [Item("a", item=Item("b", items=[Item("c")]), items=[]), Item("d", item=None, items=None)]
SHAPES: list[tuple[str, Any, bool]] = [
    ("{ items { s item { s items { s } } items { s } } }", DEEP, True),
    ("{ perhaps { s } }", [Item("a"), None], True),
    ("{ perhaps { s } }", None, True),
    ("{ items { s } }", [Item("a"), None], False),
    ("{ items { s } }", (Item("a"), Item("b")), True),
    ("{ items { items { s } } }", [Item(items=(Item("a"),)), Item(items=())], True),
    ("{ items { s } }", type("Row", (tuple,), {})([Item("a")]), True),
    ("{ items { s } }", type("Rows", (list,), {"append": None})([Item("a")]), True),
    *(
        ("{ items { s } }", type("Odd", (list,), {name: value})([Item("a")]), False)
        for name, value in (
            ("__iter__", lambda _: iter([Item("b")])),
            ("__len__", lambda _: 5),
            ("__await__", lambda _: iter(())),
        )
    ),
    ("{ tags }", ("a", "b"), True),
    ("{ items { s } }", {Item("a").s: 1}.keys(), False),
    ("{ lists { s } }", [[Item("a")], []], True),
    ("{ lists { s } }", [[Item("a")], None], False),
    ("{ tags }", ["a", "b"], True),
    ("{ tags }", ["a", 1], False),
    ("{ items { s } }", [], True),
    ("{ any { ... on Item { s } ... on Other { __typename id } } }", [Item("a"), Other(1)], True),
    ("{ any { ... on Item { s } } }", [Item("a"), Other(1)], True),  # `{}`
    ("{ any { __typename } }", [Item("a"), object()], False),
]


@pytest.mark.parametrize(("text", "values", "is_plain"), SHAPES)
def test_lists_of_all_shapes(text: str, values: Any, is_plain: object) -> None:
    _, is_walked = both(compiled(text, values))
    assert is_walked == is_plain


CONDITIONS: list[tuple[str, bool]] = [
    ("s @include(if: $a)", True),
    ("s @include(if: $a) i @skip(if: $a) f @include(if: $b)", True),
    (
        "__typename @include(if: $a) s t: __typename x: __typename @skip(if: $b) i y: __typename",
        True,
    ),
    ("s @include(if: $a) @skip(if: $b) item @include(if: $b) { s @skip(if: $a) }", True),
    ("... @include(if: $b) { s item { s } } i", True),
    ("s @include(if: $a) i s", False),  # its place depends on the variable
]


@pytest.mark.parametrize(("fields", "is_plain"), CONDITIONS)
def test_conditions_on_variables(fields: str, is_plain: object) -> None:
    items = [Item("a", i=1, item=Item("b")), Item("c", f=1.5)]
    used = "ok: __typename @include(if: $a) @skip(if: $b)"
    text = f"query ($a: Boolean!, $b: Boolean = true) {{ items {{ {fields} }} {used} }}"
    operation = compiled(text, items)
    for a, b in itertools.product((True, False), repeat=2):
        assert both(operation, {"a": a, "b": b})[1] == is_plain
    assert both(operation, {"a": True, "b": None})[0][1]


def masked(parent: object, name: str) -> Any:
    return "masked" if name == "long_name" else object.__getattribute__(parent, name)


@pytest.mark.parametrize(
    ("value", "is_plain"),
    [
        (SimpleNamespace(long_name="a"), True),
        (SimpleNamespace(longName="a"), True),
        (SimpleNamespace(longName="a", long_name="b"), True),
        (filled(type("Default", (), {"long_name": "c"}), longName="a"), True),
        (filled(type("Slot", (), {"__slots__": ("long_name",)}), long_name="a"), True),
        ({"long_name": "a"}, True),
        (SimpleNamespace(), False),
        (type("Computed", (), {"long_name": property(lambda _: "a")})(), False),
        (filled(type("Answers", (), {"__getattribute__": masked}), long_name="a"), False),
    ],
)
def test_members_of_any_class_have_the_name_of_the_schema_or_of_python(
    value: Any, is_plain: object
) -> None:
    sdl = "type Query { items: [Item!]! } type Item { longName: String }"
    resolvers = SimpleNamespace(query=SimpleNamespace(items=lambda: [value, value]))
    schema = make_executable_schema(parse_schema(sdl), resolvers)
    operation = compile_operation(schema, "{ items { longName } }")
    operation.inline()
    assert both(operation)[1] == is_plain


@pytest.mark.parametrize("value", [Undefined, ValueError("returned"), None])
def test_what_is_no_object_of_any_class(value: Any) -> None:
    sdl = "type Query { items: [Item!]! } type Item { s: String }"
    resolvers = SimpleNamespace(query=SimpleNamespace(items=lambda: [value]))
    schema = make_executable_schema(parse_schema(sdl), resolvers)
    operation = compile_operation(schema, "{ items { __typename } }")
    operation.inline()
    (_, errors), is_walked = both(operation)
    assert not is_walked
    assert len(errors) == 1


@pytest.mark.parametrize("fields", ["s s @include(if: $b)", "s @include(if: $b)"])
def test_a_condition_must_not_be_null(fields: str) -> None:
    operation = compiled(f"query ($b: Boolean = true) {{ items {{ {fields} }} }}", [Item("a")])
    assert both(operation)[1]
    (_, errors), is_walked = both(operation, {"b": None})
    assert not is_walked
    assert len(errors) == 1


@pytest.mark.parametrize(
    ("text", "values"), [(text, values) for text, values, is_plain in SHAPES if is_plain]
)
def test_the_room_of_a_response_is_counted_as_the_text_counts(text: str, values: Any) -> None:
    operation = compiled(text, values)

    def rest(room: int, *, takes_json: bool) -> object:
        execution = operation.execution([], None, None, takes_json=takes_json)
        execution.room = room
        try:
            operation.resolve_root(execution)
        except FieldFailure as failure:
            return type(failure.original)
        return execution.room

    enough = next(room for room in range(100) if rest(room, takes_json=False) is not NoRoomError)
    for room in range(enough + 2):
        assert rest(room, takes_json=True) == rest(room, takes_json=False)


def test_after_doubts_the_list_is_tried_less_and_less_often() -> None:
    items = [Item(s=1)]
    operation = compiled("{ items { s } }", items)
    for _ in range(100):
        run_sync(operation, None, takes_json=True)
    items[:] = [Item("x")]
    walked = [
        isinstance(run_sync(operation, None, takes_json=True).data["items"], orjson.Fragment)  # type: ignore[index]
        for _ in range(70)
    ]
    assert walked.index(True) > 10
    assert all(walked[walked.index(True) :])


def walk_of_names(values: list[Any], reads: Callable[..., Any]) -> Any:
    item = ("Item", Item, 0, [("s", None, None, ("String", True, None))], ())
    shape = ("list", False, (0, ("object", False, item)))
    walk = Walk(bytes, reads, shape, lambda *_: "left to the text")
    return walk(SimpleNamespace(takes_json=True, given=None, room=1), values)


def test_lists_may_change_while_they_are_walked() -> None:
    values: list[Any] = [Item("a"), Item("b")]
    reads = [("attribute", ["s"])]

    def take_all_away(*_: object) -> Any:
        values.clear()
        gc.collect()
        return reads

    def add_another(*_: object) -> Any:
        values.append(Item("c"))
        return reads

    def fail(*_: object) -> Any:
        raise LookupError

    assert walk_of_names(values, lambda *_: reads) == b'[{"s":"a"},{"s":"b"}]'
    assert walk_of_names(values, add_another) == "left to the text"
    assert walk_of_names(values, take_all_away) == "left to the text"
    assert walk_of_names([Item("a")], fail) == "left to the text"
    answers: list[Any] = [None, [], [("nothing", ["s"])], [("attribute", [])], "s"]
    for answer in answers:
        assert walk_of_names([Item("a")], lambda *_, answer=answer: answer) == "left to the text"


@pytest.mark.parametrize(
    "shape",
    [
        None,
        (),
        ("list", False, None),
        ("nothing", False, None),
        ("object", False, ("Item", 1, 0, [], ())),
        ("object", False, ("Item", Item, 0, [("s", None, 1.5, None)], ())),
        ("object", False, ("Item", Item, 0, [("s", None, None, None)], ())),
        ("abstract", False, [("Item", Item, 0, [], ())]),
        ("call", False, (None, print)),
        ("ID", False, None),
    ],
)
def test_a_shape_that_is_not_one_is_an_error_of_python(shape: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        Walk(bytes, print, shape, print)


# -- memory and threads ---------------------------------------------------------------------------

EVERYTHING = f"{{ items {{ {ALL} item {{ s }} items {{ i }} }} }}"


def everything() -> list[Item]:
    """Return an object that has all leaves, and one that has none."""
    values = {LEAVES[name]: value for name, value in PLAIN}
    return [Item(**values, item=Item("x"), items=[Item(i=1)]), Item()]


@pytest.mark.parametrize("last", [Item(s="x"), Item(s=1), Item(date_time=1), object()])
def test_nothing_is_kept_and_nothing_is_lost(last: object) -> None:
    items: list[Any] = [*everything(), last]
    walk = compiled(EVERYTHING, items).resolve_root.__globals__["complete_query_items"]
    shared = [None, Item, Status.PAID, items, *items, *vars(items[0]).values()]
    execution = SimpleNamespace(
        takes_json=True, given=None, room=10**9, locate=lambda *_: LookupError()
    )

    def many() -> None:
        for _ in range(300):
            with suppress(LookupError):
                walk(execution, items)
            walk(execution, items[:2])  # which ends the pause

    many()
    gc.collect()
    before = [sys.getrefcount(each) for each in shared], sys.getallocatedblocks()
    many()
    gc.collect()
    after = [sys.getrefcount(each) for each in shared], sys.getallocatedblocks()
    assert all(abs(one - other) < 50 for one, other in zip(before[0], after[0], strict=True))
    assert abs(before[1] - after[1]) < 100


def test_an_operation_is_collected_with_its_walks() -> None:
    operation = compiled("{ items { s } }", [Item("x")])
    assert both(operation)[1]
    gone = weakref.ref(operation)
    walk = operation.resolve_root.__globals__["complete_query_items"]
    blocks = weakref.ref(walk.__class__)
    assert blocks() is Walk
    function = weakref.ref(operation.resolve_root)
    del operation, walk
    gc.collect()
    assert gone() is None
    assert function() is None


def test_threads_share_an_operation() -> None:
    items = everything() * 50
    operation = compiled(EVERYTHING, items)
    expected = encode({"data": run_sync(operation, None).data})
    wrong: list[bytes] = []

    def execute() -> None:
        for _ in range(20):
            items.append(items[0])
            items.pop()
            text = encode({"data": run_sync(operation, None, takes_json=True).data})
            if len(text) != len(expected):
                wrong.append(text)

    threads = [threading.Thread(target=execute) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(wrong) < 80  # another thread's item may be there
    assert encode({"data": run_sync(operation, None, takes_json=True).data}) == expected


# -- at random ------------------------------------------------------------------------------------

VALUES = st.one_of(
    st.sampled_from(PLAIN).map(lambda each: each[1]),
    st.sampled_from(NOT_PLAIN).map(lambda each: each[1]),
    st.none(),
)
RIGHT: dict[str, st.SearchStrategy[Any]] = {
    "s": st.text(),
    "id": st.text() | st.integers(-(2**63), 2**63 - 1) | st.uuids(),
    "i": st.integers(-(2**31), 2**31 - 1),
    "f": st.floats(allow_nan=False, allow_infinity=False),
    "b": st.booleans(),
    "decimal": st.decimals(allow_nan=False, allow_infinity=False),
    "dateTime": st.datetimes(timezones=st.none() | st.timezones()),
    "date": st.dates(),
    "time": st.times(),
    "uuid": st.uuids(),
    "aware": st.datetimes(timezones=st.timezones()),
    "long": st.integers(-(2**63), 2**63 - 1),
    "status": st.sampled_from([Status.NEW, Status.PAID]),
    "word": st.sampled_from(["small", "BIG"]),
}


@st.composite
def items_at_random(draw: st.DrawFn) -> list[Any]:
    is_odd = draw(st.booleans())

    def item(depth: int) -> Item:
        value = {
            LEAVES[name]: draw(st.none() | (right if not is_odd else right | VALUES))
            for name, right in RIGHT.items()
        }
        if depth:
            value["item"] = draw(st.none() | st.builds(item, st.just(depth - 1)))
            value["items"] = [item(depth - 1) for _ in range(draw(st.integers(0, 2)))]
        return Item(**value)

    return [item(1) for _ in range(draw(st.integers(0, 3)))]


OPERATION_AT_RANDOM: list[Any] = []
AT_RANDOM = compiled(
    f"{{ items {{ {ALL} item {{ {ALL} }} items {{ {ALL} }} }} }}", OPERATION_AT_RANDOM
)


@fewer
@given(items_at_random())
def test_bytes_are_the_same_with_and_without(items: list[Any]) -> None:
    OPERATION_AT_RANDOM[:] = items
    for _ in range(2):
        both(AT_RANDOM)


def test_types_do_not_multiply_what_is_planned() -> None:
    names = [f"Kind{number}" for number in range(8)]
    types = "".join(f"type {name} implements Kind {{ s: String kinds: [Kind!] }}" for name in names)
    sdl = f"type Query {{ kinds: [Kind!] }} interface Kind {{ s: String kinds: [Kind!] }} {types}"
    models = {name: make_dataclass(name, [("s", str), ("kinds", list, None)]) for name in names}
    resolvers = SimpleNamespace(query=SimpleNamespace(kinds=lambda: [models["Kind1"]("x")]))
    schema = make_executable_schema(parse_schema(sdl), resolvers, models)
    walked = []
    for depth in (1, 2, 12):
        operation = compile_operation(schema, "{ " + "kinds { s " * depth + "}" * depth + "}")
        assert operation._planned
        planner = operation._planned.planner
        operation.inline()
        assert planner.fields_known <= 64 + 2
        result = run_sync(operation, None, takes_json=True).data
        assert orjson.dumps(result).startswith(b'{"kinds":[{"s":"x"')
        walked.append(isinstance(result["kinds"], orjson.Fragment))  # type: ignore[index]
    assert walked == [True, False, False]


def test_mappings_tell_their_types_by_a_key() -> None:
    sdl = """
      type Query { pets: [Pet!] }  union Pet = Cat | Dog
      type Cat { name: String }  type Dog { name: String }
    """
    pets = [{"__typename": "Dog", "name": "a"}, {"__typename": "Cat", "name": "b"}]
    resolvers = SimpleNamespace(query=SimpleNamespace(pets=lambda: pets))
    schema = make_executable_schema(parse_schema(sdl), resolvers, {"Cat": dict, "Dog": dict})
    operation = compile_operation(schema, "{ pets { __typename ... on Cat { name } } }")
    operation.inline()
    assert (
        both(operation)[0][0]
        == b'{"data":{"pets":[{"__typename":"Dog"},{"__typename":"Cat","name":"b"}]}}'
    )


# -- the server -----------------------------------------------------------------------------------


def test_what_orjson_cannot_write_stands_beside_lists_that_are_json_already() -> None:
    data = {"tags": orjson.Fragment('["é",1.5]'.encode()), "large": 2**70}
    assert encode(data) == encode({"tags": ["é", 1.5], "large": 2**70})
    with pytest.raises(TypeError, match="not JSON serializable"):
        encode({"what": object(), "large": 2**70})


async def test_an_endpoint_walks_and_its_middlewares_see_values(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[type] = []

    def look(response: dict[str, Any]) -> bytes:
        seen.append(type(response["data"]["items"]))
        return encode(response)

    async def proceed_only(_: OperationCall[Any], proceed: Proceed) -> Result:
        return await proceed()

    monkeypatch.setattr("trunkline.server.responding.encode", look)
    for middlewares in ((), (proceed_only,)):
        schema = schema_of([Item("a"), Item("b")])
        app = GraphQL(schema, auth=None, sinks=(), middlewares=middlewares)
        for _ in range(3):  # the third execution is that of the long text
            reply = await post(app, "{ items { s } }")
            assert reply.body == b'{"data":{"items":[{"s":"a"},{"s":"b"}]}}'
    assert seen == [list, list, orjson.Fragment, list, list, list]
