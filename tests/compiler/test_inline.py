"""What the text does itself with the values of leaves, beside the functions that complete them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, Flag, IntEnum, StrEnum
from types import SimpleNamespace
from typing import Any, TypeVar, cast
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from graphql import GraphQLFloat, Undefined
from hypothesis import example, given, settings
from hypothesis import strategies as st
from werkzeug.local import LocalProxy

from trunkline.compiler.inline import inline_leaf
from trunkline.compiler.pipeline import compile_operation
from trunkline.engine import Result, run_sync
from trunkline.runtime.values import leaf_completer
from trunkline.schema.bindings import Schema
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema
from trunkline.schema.scalars import AWARE_DATE_TIME, Scalar
from trunkline.server.present import encode


class Plain(Enum):
    RED = 1
    BLUE = 2


class Words(StrEnum):
    RED = "RED"
    BLUE = "b"


class Numbers(IntEnum):
    RED = 1
    BLUE = 2


class Wide(Enum):
    RED = 1
    BLUE = 2
    INTERNAL = 3
    ROUGE = 1  # noqa: PIE796  # an alias


class Bits(Flag):
    RED = 1
    BLUE = 2


class Text(str):
    __slots__ = ()


class Moment(datetime):
    pass


class Claims:
    """Claims to be an object of another class, as lazy objects of libraries do."""

    def __init__(self, value: Any) -> None:
        self._value = value

    @property  # type: ignore[misc]
    def __class__(self) -> type:  # pyright: ignore[reportIncompatibleMethodOverride]
        return type(self._value)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._value, name)


@dataclass
class Holder:
    value: Any
    required: Any
    part: Any = None
    sure: Any = None


@dataclass
class Numbered(Holder):
    """Declares that its ids are integers."""

    value: int
    required: int | None


@dataclass
class Identified(Holder):
    value: UUID
    required: UUID | None


@dataclass
class Mixed(Holder):
    value: int | str
    required: str | UUID


ENUMS: dict[str, type[Enum]] = {
    "Plain": Plain,
    "Words": Words,
    "Numbers": Numbers,
    "Wide": Wide,
    "Bits": Bits,
}
SCALARS = ("DateTime", "Date", "Time", "Duration", "Decimal", "UUID", "Bytes", "Int64", "JSON")
TYPES = ("String", "ID", "Int", "Float", "Boolean", *SCALARS, "Aware", "Own", "Code", "Colour")
NOW = datetime(2026, 11, 29, 12, 30, 15, 7)  # noqa: DTZ001
VALUES: list[Any] = [
    *("", "RED", "b", "BLUE", "GREEN", Text("text"), Text("RED")),
    *(0, 7, -1, True, False, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**63 - 1, 2**63, -(2**63)),
    *(10**5000, 1.5, 3.0, float("nan"), float("inf"), -0.0),
    *(Decimal("1.50"), Decimal("1E+40"), Decimal("NaN"), Decimal("sNaN"), Decimal("-Infinity")),
    *(NOW, NOW.replace(tzinfo=UTC), Moment(2026, 11, 29), NOW.date(), NOW.time(), timedelta(1.5)),
    *(date.min, time(1, tzinfo=UTC), UUID(int=5), b"bytes", bytearray(b"more")),
    *(*Plain, *Words, *Numbers, *Wide, *Bits, Bits(3), Bits(0)),
    *([], ["RED"], {"a": 1}, {1: 2}, ValueError("returned"), object),
    *(None, Undefined, Claims(Plain.RED), Claims(NOW), Claims(7), Claims("text")),
]


def schema_of(type_name: str, model: type[Holder] = Holder) -> Schema:
    """Make a schema in which the type stands in a list, in objects within it, and alone."""
    scalars = " ".join(f"scalar {name}" for name in (*SCALARS, "Aware", "Own", "Code"))
    enums = " ".join(f"enum {name} {{ RED BLUE }}" for name in ("Colour", *ENUMS))
    sdl = f"""
        {scalars} {enums}
        type Query {{ holders: [Holder!]! holder: Holder values: [{type_name}] }}
        type Holder {{ value: {type_name} required: {type_name}! part: Holder sure: Holder! }}
    """

    class Query:
        def holders(self) -> list[Holder]:
            return [self.nested(value, 3) for value in VALUES]

        def nested(self, value: Any, depth: int) -> Any:
            below = self.nested(value, depth - 1) if depth else None
            return model(value, value, below, below)

        def holder(self) -> Holder:
            return model(VALUES[0], VALUES[0])

        def values(self) -> list[Any]:
            return VALUES

    class Resolvers:
        query = Query()

    return make_executable_schema(
        parse_schema(sdl),
        Resolvers(),
        {"Holder": model, **ENUMS},
        scalars={"Aware": AWARE_DATE_TIME, "Own": Scalar(str, str)},
    )


DOCUMENTS = (
    "{ holders { value part { value part { value } } sure { value part { value } } } values }",
    "{ holders { part { required } } }",
    "{ holders { part { value sure { required } } value } }",
    "{ holder { value required } }",
)


@pytest.mark.parametrize(
    ("type_name", "model"),
    [*((name, Holder) for name in (*TYPES, *ENUMS)), ("ID", Numbered), ("ID", Identified)],
)
@pytest.mark.parametrize("document", DOCUMENTS)
def test_both_texts_give_the_same(type_name: str, model: type[Holder], document: str) -> None:
    operation = compile_operation(schema_of(type_name, model), document)
    first = run_sync(operation, None)
    operation.inline()
    then = run_sync(operation, None)
    assert repr(first.data) == repr(then.data)
    errors = [[(each.message, each.path, each.locations) for each in result.errors]
              for result in (first, then)]  # fmt: skip
    assert errors[0] == errors[1]


@pytest.mark.parametrize(
    ("type_name", "value", "written"),
    [
        ("Plain", Plain.RED, "RED"),
        ("Words", Words.BLUE, "BLUE"),
        ("Words", "b", "BLUE"),
        ("Numbers", Numbers.BLUE, "BLUE"),
        ("Wide", Wide.ROUGE, "RED"),
        ("Colour", "RED", "RED"),
        ("Decimal", Decimal("1.50"), "1.50"),
        ("DateTime", NOW, "2026-11-29T12:30:15.000007"),
        ("Date", date(2026, 11, 29), "2026-11-29"),
        ("Time", time(12, 30), "12:30:00"),
        ("Duration", timedelta(hours=1), "PT3600S"),
        ("UUID", UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        ("Bytes", b"bytes", "Ynl0ZXM="),
        ("Int64", 2**62, 2**62),
        ("ID", 7, "7"),
    ],
)
def test_the_common_value_needs_no_function(type_name: str, value: object, written: object) -> None:
    operation = compile_operation(schema_of(type_name), "{ holders { value } }")
    operation.inline()
    VALUES.append(value)
    try:
        result = run_sync(operation, None)
    finally:
        VALUES.pop()
    assert result.data is not None
    assert result.data["holders"][-1] == {"value": written}
    leaf = inline_leaf(operation.schema.definition.type_map[type_name])  # type: ignore[arg-type]
    assert leaf is not None


@pytest.mark.parametrize(
    ("value", "written"),
    [(7, "7.0"), (-(2**53), "-9007199254740992.0"), (2**60, "1.152921504606847e+18")],
)
def test_integers_of_a_float_are_floats(value: int, written: str) -> None:
    assert repr(leaf_completer(GraphQLFloat, nullable=False)(value)) == written


def test_an_integer_that_no_float_is_equal_to_is_an_error() -> None:
    with pytest.raises(TypeError, match="lose precision"):
        leaf_completer(GraphQLFloat, nullable=True)(2**53 + 1)


@pytest.mark.parametrize(
    ("model", "test"),
    [
        (Holder, "{}.__class__ is not str"),
        (Mixed, "{}.__class__ is not str"),
        (Numbered, "type({}) is not int"),
        (Identified, "type({}) is not UUID"),
    ],
)
def test_what_the_model_declares_is_tested_first(model: type[Holder], test: str) -> None:
    text = compile_operation(schema_of("ID", model), "{ holder { value required } }").source
    for name in ("value", "required"):
        read = re.search(rf"(\w+) = value\.{name}\n(?:.* is not None:\n)?(.*)", text)
        assert read
        assert test.format(read[1]) in read[2]


_ZONED = st.one_of(
    st.none(),
    st.just(UTC),
    st.timezones(),
    st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(timezone),
)


@pytest.fixture(scope="module")
def run_with() -> Callable[..., Result]:
    """Return a function that runs an operation on an object of these values."""
    held: list[Any] = []
    sdl = """
        scalar Date scalar DateTime scalar Aware scalar Time scalar UUID
        type Query { held: Held! }
        type Held { date: Date at: DateTime aware: Aware time: Time uuid: UUID! id: ID! }
    """

    @dataclass
    class Held:
        date: date
        at: datetime
        aware: datetime
        time: time
        uuid: UUID
        id: UUID

    class Resolvers:
        query = SimpleNamespace(held=lambda: held[-1])

    scalars = {"Aware": AWARE_DATE_TIME}
    schema = make_executable_schema(parse_schema(sdl), Resolvers(), {"Held": Held}, scalars)
    operation = compile_operation(schema, "{ held { date at aware time uuid id } }")
    operation.inline()

    def run(at: datetime, day: date, hour: time, uuid: UUID, *, takes_json: bool) -> Result:
        held[:] = [Held(day, at, at, hour, uuid, uuid)]
        return run_sync(operation, None, takes_json=takes_json)

    return run


@settings(max_examples=50)
@given(
    st.datetimes(timezones=_ZONED, allow_imaginary=True),
    st.dates(),
    st.times(timezones=_ZONED),
    st.uuids(),
)
@example(datetime(1890, 1, 1, tzinfo=ZoneInfo("Europe/Berlin")), date.min, time(), UUID(int=0))
@example(datetime(1, 1, 1), date.max, time(0, 0, 0, 10_000), UUID(int=2**128 - 1))  # noqa: DTZ001
@example(datetime.max.replace(tzinfo=UTC), date.max, time(fold=1), UUID(int=1))
def test_orjson_writes_what_the_text_does(
    run_with: Any, at: datetime, day: date, hour: time, uuid: UUID
) -> None:
    usual, raw = (run_with(at, day, hour, uuid, takes_json=each) for each in (False, True))
    assert usual.data["held"]["at"] == at.isoformat()
    assert encode({"data": raw.data}) == encode({"data": usual.data})
    assert repr(raw.errors) == repr(usual.errors)


def test_orjson_gets_the_objects_themselves(run_with: Any) -> None:
    values = (NOW, NOW.date(), time(12, 30), UUID(int=5))
    data = run_with(*values, takes_json=True).data
    assert {*data["held"].values()} == {*values, None}  # without a zone, one is null


@pytest.mark.parametrize("type_name", ["Bits", "Own", "JSON"])
def test_what_is_not_known_is_left_to_functions(type_name: str) -> None:
    type_: Any = schema_of(type_name).definition.type_map[type_name]
    assert inline_leaf(type_) is None


def test_a_program_may_write_a_known_name_otherwise() -> None:
    type_: Any = schema_of("DateTime").definition.type_map["DateTime"]
    type_.coerce_output_value = str
    assert inline_leaf(type_) is None


@dataclass
class Author:
    name: str


@dataclass
class Robot:
    serial: str


T = TypeVar("T")


def proxy(value: T) -> T:
    """Return what claims to be the value. It has `__await__`, too, whatever the value is."""
    return cast("T", LocalProxy(lambda: value))


PROXIES = """
type Query { name: String, names: [String], author: Author, authors: [Author!], any: Any }
union Any = Author | Robot
type Author { name: String }
type Robot { serial: String }
"""


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("{ name }", {"name": "a"}),
        ("{ names }", {"names": ["a", "b"]}),
        ("{ author { name } }", {"author": {"name": "a"}}),
        ("{ authors { name } }", {"authors": [{"name": "a"}, {"name": "b"}]}),
        ("{ any { ... on Author { name } } }", {"any": {"name": "a"}}),
    ],
)
def test_both_texts_take_an_objects_word_for_its_class(document: str, expected: object) -> None:
    class Query:
        def name(self) -> str:
            return proxy("a")

        def names(self) -> list[str]:
            return [proxy("a"), "b"]

        def author(self) -> Author:
            return proxy(Author(proxy("a")))

        def authors(self) -> list[Author]:
            return [proxy(Author(proxy("a"))), Author("b")]

        def any(self) -> Author | Robot:
            return proxy(Author(proxy("a")))

    class Resolvers:
        query = Query()

    models = {"Author": Author, "Robot": Robot}
    operation = compile_operation(
        make_executable_schema(parse_schema(PROXIES), Resolvers(), models), document
    )
    for _ in range(4):
        result = run_sync(operation, {})
        assert result.data == expected
        assert not result.errors
