from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from traceback import format_exception
from types import MappingProxyType, SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.server.calling import post

from trunkline.compiler.pipeline import compile_operation
from trunkline.engine import run_sync
from trunkline.errors import SchemaError, ValidationError, VariablesError
from trunkline.runtime.execution import Result
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema
from trunkline.schema.scalars import AWARE_DATE_TIME, BUILT_IN, Scalar
from trunkline.server import GraphQL

SDL = "\n".join(f"scalar {name}" for name in BUILT_IN) + (
    "\ntype Query { " + " ".join(f"{n.lower()}(value: {n}): {n}" for n in BUILT_IN) + " }"
)


class Echo:
    """Resolvers that keep what came and give what they are told to."""

    def __init__(self, given: Any = None) -> None:
        self.given = given
        self.came: Any = None

    def __getattr__(self, name: str) -> Any:
        def resolve(value: Any = None) -> Any:
            self.came = value
            return value if self.given is None else self.given

        return resolve


def call(name: str, echo: Echo, text: str, variables: dict[str, Any] | None = None) -> Result:
    schema = make_executable_schema(parse_schema(SDL), SimpleNamespace(query=echo))
    return run_sync(compile_operation(schema, text.replace("X", name)), variables)


_ZONE = timezone(timedelta(hours=5, minutes=45))


class Level(IntEnum):
    LOW = 1


class Text(str):
    __slots__ = ()


class Stamp(datetime):
    pass


BOTH_WAYS = [
    ("DateTime", datetime(2026, 11, 23, 14, 0, tzinfo=UTC), "2026-11-23T14:00:00+00:00"),
    ("DateTime", datetime(2026, 11, 23, 14, 0), "2026-11-23T14:00:00"),  # noqa: DTZ001
    ("Date", date(2026, 11, 23), "2026-11-23"),
    ("Time", time(14, 0, 30), "14:00:30"),
    ("Duration", timedelta(hours=1, seconds=2), "PT3602S"),
    ("Decimal", Decimal("1.10"), "1.10"),
    ("DateTime", datetime(1, 1, 1, tzinfo=_ZONE), "0001-01-01T00:00:00+05:45"),
    ("DateTime", datetime.max, "9999-12-31T23:59:59.999999"),  # noqa: DTZ901
    ("Time", time(14, 0, tzinfo=_ZONE), "14:00:00+05:45"),
    ("Duration", timedelta(days=-1, microseconds=1), "-PT86399.999999S"),
    ("Decimal", Decimal("-0.00"), "-0.00"),
    ("Decimal", Decimal("1E+6144"), "1E+6144"),
    ("Int64", -(2**63), -(2**63)),
    ("Bytes", b"", ""),
    ("JSON", None, None),
    ("JSON", [], []),
    ("JSON", 2**70, 2**70),
    ("UUID", UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ("Bytes", b"\x00\xff", "AP8="),
    ("Int64", 2**63 - 1, 2**63 - 1),
    ("JSON", {"a": [1, 2.5, None, True, "x"]}, {"a": [1, 2.5, None, True, "x"]}),
]


@pytest.mark.parametrize(("name", "value", "shown"), BOTH_WAYS)
def test_a_value_goes_both_ways(name: str, value: Any, shown: Any) -> None:
    echo = Echo()
    text = f"query ($v: {name}) {{ {name.lower()}(value: $v) }}"
    result = call(name, echo, text, {"v": shown})
    assert echo.came == value
    assert type(echo.came) is type(value)
    assert [*result] == [{name.lower(): shown}, []]


@pytest.mark.parametrize(("name", "value", "shown"), BOTH_WAYS)
def test_a_value_may_stand_in_the_document(name: str, value: Any, shown: Any) -> None:
    echo = Echo()
    literal = json.dumps(shown).replace('"a"', "a")
    assert call(name, echo, f"{{ {name.lower()}(value: {literal}) }}").errors == []
    assert echo.came == value


ALSO_READ = [
    ("DateTime", "2026-11-23T14:00Z", datetime(2026, 11, 23, 14, 0, tzinfo=UTC)),
    ("DateTime", "2026-11-23 14:00:00.5", datetime(2026, 11, 23, 14, 0, 0, 500_000)),  # noqa: DTZ001
    ("Duration", "P1DT2M", timedelta(days=1, minutes=2)),
    ("Decimal", 10**30, Decimal(10**30)),
    ("Decimal", "-.5e3", Decimal("-.5e3")),
    ("UUID", "0" * 31 + "A", UUID(int=10)),
    ("JSON", {"a": {"b": [[]]}}, {"a": {"b": [[]]}}),
]


@pytest.mark.parametrize(("name", "given", "came"), ALSO_READ)
def test_other_forms_are_read_too(name: str, given: Any, came: Any) -> None:
    assert BUILT_IN[name].parse(given) == came


SUBCLASSES = [
    ("DateTime", Stamp(2026, 1, 1), "2026-01-01T00:00:00"),
    ("Int64", Level.LOW, 1),
    ("Decimal", Level.LOW, "1"),
    ("JSON", {"a": [Level.LOW, Text("x")]}, {"a": [1, "x"]}),
    ("JSON", (1, MappingProxyType({"a": 1})), [1, {"a": 1}]),
]


@pytest.mark.parametrize(("name", "value", "shown"), SUBCLASSES)
def test_subclasses_are_shown_as_what_they_are(name: str, value: Any, shown: Any) -> None:
    assert [*call(name, Echo(value), f"{{ {name.lower()} }}")] == [{name.lower(): shown}, []]


WRONG_OUTPUT = [
    ("DateTime", date(2026, 11, 23)),
    ("Date", "2026-11-23"),
    ("Time", datetime(2026, 11, 23, tzinfo=UTC)),
    ("Duration", 5),
    ("Decimal", True),
    ("Decimal", Decimal("-Infinity")),
    ("UUID", 1),
    ("Bytes", bytearray(b"x")),
    ("Int64", 1.0),
    ("Int64", "5"),
    ("Int64", -(2**63) - 1),
    ("JSON", float("nan")),
    ("JSON", {"a": {1, 2}}),
    ("JSON", b"bytes"),
    ("DateTime", "2026-11-23"),
    ("Date", datetime(2026, 11, 23, tzinfo=UTC)),
    ("Decimal", 1.5),
    ("Decimal", Decimal("NaN")),
    ("UUID", "no uuid"),
    ("Bytes", "text"),
    ("Int64", 2**63),
    ("Int64", True),
    ("JSON", {1: "a key that is no string"}),
    ("JSON", [float("inf")]),
    ("JSON", {"a": object()}),
]


@pytest.mark.parametrize(("name", "value"), WRONG_OUTPUT)
def test_what_a_scalar_cannot_show_is_the_fields_error(name: str, value: Any) -> None:
    result = call(name, Echo(value), f"{{ {name.lower()} }}")
    assert result.data == {name.lower(): None}
    (error,) = result.errors
    assert error.path == [name.lower()]
    assert error.message.startswith(f"{name} cannot represent value: ")


WRONG_INPUT = [
    ("DateTime", "2026-11-23"),  # a date is no date and time, and not midnight
    ("DateTime", "2026-11-23\x0014:00"),
    ("DateTime", "2026-11-23T14:00+25:00"),
    ("DateTime", "2026-02-30T14:00"),
    ("DateTime", ""),
    ("DateTime", True),
    ("Date", "2026-11-23T00:00"),
    ("Date", 20261123),
    ("Time", "14:00:60"),
    ("Time", ["14:00"]),
    ("Duration", 3600),
    ("Duration", "P1Y"),
    ("Duration", "P99999999999D"),
    ("Decimal", "NaN"),
    ("Decimal", " 1"),
    ("Decimal", "1_0"),
    ("Decimal", "\uff11"),
    ("Decimal", ""),
    ("Decimal", True),
    ("Decimal", "1E+999999999"),  # of which int() is a gigabyte
    ("Decimal", "1E-999999999"),
    ("Decimal", "1E+9999999999999999999"),
    ("UUID", "{00000000-0000-0000-0000-000000000001}"),
    ("UUID", "0-0000000-0000-0000-0000-000000000001"),
    ("UUID", "0000000000000000_000000000000001"),
    ("UUID", 1),
    ("Bytes", "A P8="),
    ("Bytes", "AP8=\n"),
    ("Bytes", "_-8="),
    ("Bytes", "\u00e9"),
    ("Int64", -(2**63) - 1),
    ("Int64", 5.0),
    ("Int64", True),
    ("DateTime", "yesterday"),
    ("DateTime", 5),
    ("Date", "2026-13-01"),
    ("Time", "25:00"),
    ("Duration", "an hour"),
    ("Decimal", "1,5"),
    ("Decimal", "Infinity"),
    ("Decimal", 1.5),
    ("UUID", "1"),
    ("Bytes", "AP8"),
    ("Int64", 2**63),
    ("Int64", "5"),
]


@pytest.mark.parametrize(("name", "value"), WRONG_INPUT)
def test_what_a_scalar_cannot_read_is_refused(name: str, value: Any) -> None:
    text = f"query ($v: {name}) {{ {name.lower()}(value: $v) }}"
    with pytest.raises(VariablesError, match=f"{name} cannot represent value: "):
        call(name, Echo(), text, {"v": value})
    with pytest.raises(ValidationError, match=f"{name} cannot represent value: "):
        call(name, Echo(), f"{{ {name.lower()}(value: {json.dumps(value)}) }}")


WRONG_LITERALS = [
    *[(name, "RED") for name in BUILT_IN],
    ("Duration", "PT1H"),  # a name, without its quotes
    ("Bytes", "AAAA"),
    ("Date", "{ a: 1 }"),
    ("Decimal", "1.5"),
    ("Int64", "9" * 5_000),
    ("JSON", "1e400"),
    ("JSON", "[{ a: 1e400 }]"),
]


@pytest.mark.parametrize(("name", "literal"), WRONG_LITERALS)
def test_an_error_of_a_literal_has_its_place_and_its_text(name: str, literal: str) -> None:
    text = f"{{ {name.lower()}(value: {literal}) }}"
    with pytest.raises(ValidationError) as caught:
        call(name, Echo(), text)
    (error,) = caught.value.errors
    assert error.message.startswith(f"{name} cannot represent value: {literal[:4]}")
    assert error.locations
    assert text.index(literal) < error.locations[0].column <= text.index(literal) + len(literal)


def test_an_error_of_a_variable_has_its_path() -> None:
    sdl = "scalar Date input I { days: [Date!] } type Query { a(i: I): Int }"
    schema = make_executable_schema(
        parse_schema(sdl), SimpleNamespace(query=SimpleNamespace(a=lambda i=None: len(i)))
    )
    operation = compile_operation(schema, "query ($i: I) { a(i: $i) }")
    with pytest.raises(VariablesError, match=r"at \.days\[1\]: Date cannot represent value: 5"):
        run_sync(operation, {"i": {"days": ["2026-11-23", 5]}})


def test_where_a_scalar_is_specified_is_told_by_introspection() -> None:
    url = "https://scalars.graphql.org/andimarek/date-time"
    sdl = f'scalar DateTime @specifiedBy(url: "{url}") type Query {{ now: DateTime }}'
    schema = make_executable_schema(
        parse_schema(sdl), SimpleNamespace(query=SimpleNamespace(now=lambda: None))
    )
    text = '{ __type(name: "DateTime") { specifiedByURL } }'
    shown = run_sync(compile_operation(schema, text), None).data
    assert shown == {"__type": {"specifiedByURL": url}}


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), [1, float("-inf")], {"a": [{"b": float("nan")}]}]
)
def test_a_scalar_that_nobody_described_shows_no_number_as_null(value: Any) -> None:
    schema = make_executable_schema(
        parse_schema("scalar Any type Query { any: Any }"),
        SimpleNamespace(query=SimpleNamespace(any=lambda: value)),
    )
    result = run_sync(compile_operation(schema, "{ any }"), None)
    assert result.data == {"any": None}
    assert [error.path for error in result.errors] == [["any"]]
    assert result.errors[0].message.startswith("Any cannot represent value: ")


@pytest.mark.parametrize(
    "value",
    [float("nan"), [[float("inf")]], {1, 2}, b"x", {1: 2}, object(), [None, 1j], 10**5000],
    ids=lambda value: type(value).__name__,
)
async def test_what_no_response_can_hold_is_the_error_of_its_field(value: Any) -> None:
    schema = make_executable_schema(
        parse_schema("scalar Own type Query { own: Own, other: Int }"),
        SimpleNamespace(query=SimpleNamespace(own=lambda: value, other=lambda: 1)),
        scalars={"Own": Scalar(serialize=lambda value: value, parse=lambda value: value)},
    )
    reply = await post(GraphQL(schema, auth=None), "{ own other }")
    assert reply.json["data"] == {"own": None, "other": 1}
    assert [error["path"] for error in reply.json["errors"]] == [["own"]]


@pytest.mark.parametrize("value", [1.5, "x", [1, {"a": None}], date(2026, 11, 23)])
def test_a_scalar_that_nobody_described_shows_the_rest_as_it_is(value: Any) -> None:
    schema = make_executable_schema(
        parse_schema("scalar Any type Query { any: Any }"),
        SimpleNamespace(query=SimpleNamespace(any=lambda: value)),
    )
    assert [*run_sync(compile_operation(schema, "{ any }"), None)] == [{"any": value}, []]


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_no_digit_of_a_decimal_is_lost(value: Decimal) -> None:
    scalar = BUILT_IN["Decimal"]
    assert str(scalar.parse(scalar.serialize(value))) == str(value)


@given(st.timedeltas())
def test_no_microsecond_of_a_duration_is_lost(value: timedelta) -> None:
    scalar = BUILT_IN["Duration"]
    assert scalar.parse(scalar.serialize(value)) == value


def test_a_program_may_give_its_own_scalar() -> None:
    sdl = "scalar Money type Query { price(least: Money = 250): Money! }"

    class Query:
        def price(self, least: float) -> float:
            return least * 2

    euros = Scalar(serialize=lambda value: round(value * 100), parse=lambda value: value / 100)
    schema = make_executable_schema(
        parse_schema(sdl), SimpleNamespace(query=Query()), scalars={"Money": euros}
    )
    assert run_sync(compile_operation(schema, "{ price }"), None).data == {"price": 500}


class Genre(Enum):
    NOVEL = "a long story"
    POETRY = 2


ENUM_SDL = """
enum Genre { NOVEL POETRY }
input Filter { genre: Genre! = POETRY }
type Query { echo(genre: Genre = NOVEL, filter: Filter): Genre  odd: Genre }
"""


class EnumQuery:
    def echo(self, genre: Genre, filter: dict[str, Genre] | None = None) -> Genre:  # noqa: A002
        assert isinstance(genre, Genre)
        return filter["genre"] if filter else genre

    def odd(self) -> str:
        return "NOVEL"


@pytest.mark.parametrize(
    ("text", "variables", "shown"),
    [
        ("{ echo }", None, "NOVEL"),
        ("{ echo(genre: POETRY) }", None, "POETRY"),
        ("query ($g: Genre) { echo(genre: $g) }", {"g": "POETRY"}, "POETRY"),
        ("query ($g: Genre = POETRY) { echo(genre: $g) }", {}, "POETRY"),
        ("{ echo(filter: {}) }", None, "POETRY"),
        ("{ echo(filter: {genre: NOVEL}) }", None, "NOVEL"),
    ],
)
def test_an_enum_arrives_as_members(text: str, variables: Any, shown: str) -> None:
    schema = make_executable_schema(
        parse_schema(ENUM_SDL), SimpleNamespace(query=EnumQuery()), {"Genre": Genre}
    )
    assert [*run_sync(compile_operation(schema, text), variables)] == [{"echo": shown}, []]


def test_what_is_no_member_is_an_error() -> None:
    schema = make_executable_schema(
        parse_schema(ENUM_SDL), SimpleNamespace(query=EnumQuery()), {"Genre": Genre}
    )
    result = run_sync(compile_operation(schema, "{ odd }"), None)
    assert result.data == {"odd": None}
    assert result.errors[0].message == "Enum 'Genre' cannot represent value: 'NOVEL'"


def test_an_enum_that_lacks_a_member_is_told_at_start() -> None:
    class Short(Enum):
        NOVELS = 1
        POETRY = 2

    with pytest.raises(SchemaError) as caught:
        make_executable_schema(
            parse_schema(ENUM_SDL), SimpleNamespace(query=EnumQuery()), {"Genre": Short}
        )
    assert "Genre.NOVEL: " in str(caught.value)
    assert "has no member 'NOVEL'. Did you mean 'NOVELS'?" in str(caught.value)


@pytest.mark.parametrize("scalar", ["DateTime", "Timestamp"])
def test_a_zone_may_be_demanded(scalar: str) -> None:
    echo = Echo(datetime(2026, 11, 23, 14, 0, 0, 1, _ZONE))
    sdl = f"scalar {scalar} type Query {{ at(value: {scalar}): {scalar} }}"
    schema = make_executable_schema(
        parse_schema(sdl),
        SimpleNamespace(query=echo),
        scalars={scalar: AWARE_DATE_TIME},
    )
    operation = compile_operation(schema, f"query ($v: {scalar}) {{ at(value: $v) }}")
    result = run_sync(operation, {"v": "2026-11-23T14:00:00.123456789Z"})
    assert [*result] == [{"at": "2026-11-23T14:00:00.000001+05:45"}, []]
    assert echo.came == datetime(2026, 11, 23, 14, 0, 0, 123_456, UTC)  # cut off, not rounded

    with pytest.raises(VariablesError, match="It has no time zone; add Z, or an offset"):
        run_sync(operation, {"v": "2026-11-23T14:00"})
    with pytest.raises(ValidationError, match="It has no time zone; add Z, or an offset"):
        compile_operation(schema, '{ at(value: "2026-11-23T14:00") }')
    with pytest.raises(VariablesError, match=f"{scalar} cannot represent value: 'yesterday'"):
        run_sync(operation, {"v": "yesterday"})

    echo.given = datetime(2026, 11, 23)  # noqa: DTZ001
    result = run_sync(operation, {"v": None})
    assert result.data == {"at": None}
    assert result.errors[0].message.startswith(f"{scalar} cannot represent value: ")
    logged = "".join(format_exception(result.errors[0].original_error))
    assert "datetime.datetime(2026, 11, 23, 0, 0) has no time zone." in logged


class _Word(StrEnum):
    RED = "red"


@dataclass
class _Point:
    x: int


_PARTS = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(),
        st.sampled_from([2**70, "\ud800", _Word.RED, _Point(1), Decimal(1), b"x"]),
        st.sampled_from([date(2026, 1, 2), UUID(int=1), MappingProxyType({"a": 1}), {1}]),
    ),
    lambda parts: st.one_of(
        st.lists(parts, max_size=3),
        st.lists(parts, max_size=3).map(tuple),
        st.dictionaries(st.text() | st.sampled_from([1, None, _Word.RED]), parts, max_size=3),
    ),
    max_leaves=8,
)


@given(_PARTS)
def test_json_is_what_each_part_of_it_is(value: Any) -> None:
    def written(write: Callable[[Any], Any]) -> str:
        try:
            return json.dumps(write(value))
        except (TypeError, ValueError) as error:
            return type(error).__name__

    scalar = BUILT_IN["JSON"]  # the items of a tuple are looked at one by one
    assert written(scalar.parse) == written(lambda each: scalar.parse((each,))[0])
