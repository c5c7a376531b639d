"""The engine's part of the list of attacks: each test has the attack's id in its name.

`test_hostile.py` has the documents that are also measured (Q-01 to Q-17); here is what they leave
open: how the cost grows, what slips past one limit, and what comes with variables and values.
"""

from __future__ import annotations

import json
from contextlib import suppress
from itertools import product
from typing import Any

import pytest
from benchmarks.hostile import DOCUMENTS
from tests.compiler.library import library
from tests.compiler.work import lines_run, megabytes, milliseconds
from tests.faults.both import Both, answer

from trunkline.compiler.limits import Limits
from trunkline.compiler.pipeline import compile_operation
from trunkline.engine import run_sync
from trunkline.errors import (
    DocumentSyntaxError,
    LimitExceededError,
    RequestError,
    ValidationError,
    VariablesError,
)

SCHEMA = library()
BUDGET = 250  # milliseconds of processor time until a request of at most 100 kB is refused
PEAK = 50  # megabytes


def many(template: str, count: int) -> str:
    return " ".join(template.replace("#", str(number)) for number in range(count))


def attempt(text: str) -> None:
    with suppress(RequestError):
        compile_operation(SCHEMA, text)


def refused(text: str, error: type[RequestError] = LimitExceededError) -> str:
    with pytest.raises(error) as caught:
        compile_operation(SCHEMA, text)
    return str(caught.value)


# -- what every hostile document may cost ---------------------------------------------------------

GROWING = {
    "Q-04 one fragment under 200 aliases": (
        "{ " + many("a#: book(id: 1) { ...F }", 200) + " }"
        " fragment F on Book { " + many("t#: title", 20) + " }"
    ),
    "Q-05 one fragment twice in the next": (
        "{ book(id: 1) { ...F0 } } "
        + " ".join(f"fragment F{n} on Book {{ ...F{n + 1} ...F{n + 1} }}" for n in range(400))
        + " fragment F400 on Book { id }"
    ),
    "Q-07 100 inline fragments, 20 deep": (
        "{ " + ("... on Query { " * 20 + "count" + " }" * 20 + " ") * 100 + "}"
    ),
    "Q-07 fragments that spread each other": (
        "{ "
        + many("...F#", 60)
        + " } "
        + " ".join(
            f"fragment F{n} on Query {{ a: book(id: {n}) {{ id }} ...F{n + 1} }}" for n in range(60)
        )
        + " fragment F60 on Query { count }"
    ),
    "Q-08 @skip 700 times at one field": "{ count " + "@skip(if: true) " * 700 + "}",
    "Q-11 800 operations": many("query Q# { count }", 800),
    "Q-17 a string of 60,000 characters": '{ search(text: "' + "x" * 60_000 + '") { __typename } }',
    "Q-17 60,000 characters of comments": "{ count } #" + "x" * 60_000,
    "Q-17 30,000 comments": "{ count }" + "\n#" * 30_000,
    "Q-18 800 variables": "query (" + many("$v#: Int", 800) + ") { count }",
    "Q-18 a list of lists of lists": "{ search(text: " + "[" * 190 + "]" * 190 + ") { id } }",
}


@pytest.mark.parametrize("name", [*DOCUMENTS, *GROWING])
def test_any_hostile_document_is_refused_or_compiled_within_its_budget(name: str) -> None:
    text = {**DOCUMENTS, **GROWING}[name]
    assert milliseconds(lambda: attempt(text), BUDGET) <= BUDGET


@pytest.mark.parametrize("name", [*DOCUMENTS, *GROWING])
def test_no_hostile_document_takes_much_memory(name: str) -> None:
    text = {**DOCUMENTS, **GROWING}[name]
    assert megabytes(lambda: attempt(text)) <= PEAK


# -- Q-01 to Q-05: depth, circles, and what fragments hide ----------------------------------------


@pytest.mark.parametrize("spread", ["... { # }", "... on Book { # }", "...F"])
def test_q01_fragments_hide_no_depth(spread: str) -> None:
    limits = Limits(depth=5)
    levels = "related(first: 1) { " * 5 + "id" + " }" * 5
    fragment = f" fragment F on Book {{ {levels} }}" if spread == "...F" else ""
    text = f"{{ book(id: 1) {{ {spread.replace('#', levels)} }} }}{fragment}"
    with pytest.raises(LimitExceededError, match="7 fields deep; this server allows 5"):
        compile_operation(SCHEMA, text, limits=limits)


@pytest.mark.parametrize(
    "text",
    [
        "{ a " * 20_000,
        "{ ...on Query " * 4_000 + "{ count " + "}" * 4_001,
        "{ search(text: " + "[" * 30_000,
        "{ search(text: " + "{a: " * 2_000 + "1" + "}" * 2_000 + ") { id } }",
        "query ($v: " + "[" * 3_000 + "Int" + "]" * 3_000 + ") { count }",
    ],
    ids=["fields", "inline fragments", "lists", "objects", "types"],
)
def test_q01_no_depth_of_anything_is_a_recursion_error(text: str) -> None:
    with pytest.raises((LimitExceededError, DocumentSyntaxError)):
        compile_operation(SCHEMA, text, limits=Limits(characters=200_000, tokens=50_000))


@pytest.mark.parametrize("length", [1, 2, 100])
@pytest.mark.parametrize("is_spread", [True, False])
def test_q02_a_circle_of_fragments_is_one_error(length: int, *, is_spread: bool) -> None:
    circle = " ".join(
        f"fragment F{n} on Book {{ id ...F{(n + 1) % length} }}" for n in range(length)
    )
    text = ("{ book(id: 1) { ...F0 } } " if is_spread else "{ count } ") + circle
    with pytest.raises(ValidationError) as caught:
        compile_operation(SCHEMA, text)
    within = [error for error in caught.value.errors if "within itself" in error.message]
    assert len(within) == 1


def test_q02_a_circle_below_a_field_is_one_error_in_every_limiter() -> None:
    text = "{ book(id: 1) { ...F } } fragment F on Book { related(first: 1) { ...F } }"
    assert "within itself" in refused(text, ValidationError)


@pytest.mark.parametrize("count", [15, 100, 1_000])
def test_q03_aliases_are_served_up_to_the_limit_of_fields(count: int) -> None:
    result = run_sync(compile_operation(SCHEMA, "{ " + many("a#: count", count) + " }"), None)
    assert result.data == {f"a{number}": 2 for number in range(count)}


def test_q04_fields_of_fragments_count_as_often_as_they_are_spread() -> None:
    assert "selects 4200 fields" in refused(GROWING["Q-04 one fragment under 200 aliases"])


def test_q05_measuring_a_document_that_doubles_costs_what_it_is_long() -> None:
    def document(times: int) -> str:
        fragments = " ".join(
            f"fragment F{n} on Book {{ a: related(first: 1) {{ ...F{n + 1} }}"
            f" b: related(first: 1) {{ ...F{n + 1} }} }}"
            for n in range(times)
        )
        return f"{{ book(id: 1) {{ ...F0 }} }} {fragments} fragment F{times} on Book {{ id }}"

    once, twice = (lines_run(lambda n=n: attempt(document(n))) for n in (50, 100))  # type: ignore[misc]
    assert twice <= 2.2 * once


# -- Q-06 to Q-09: what is repeated ---------------------------------------------------------------


def test_q06_a_field_that_is_repeated_is_one_field() -> None:
    once = compile_operation(SCHEMA, "{ __typename count }")
    often = compile_operation(SCHEMA, "{ " + "__typename count " * 100 + "}")
    assert often.source.replace(often.id, once.id) == once.source
    assert run_sync(often, None).data == {"__typename": "Query", "count": 2}


def test_q07_a_conflict_beyond_the_bound_is_one_error() -> None:
    text = "{ " + many("a: book(id: #) { id }", 400) + " }"
    with pytest.raises(ValidationError) as caught:
        compile_operation(SCHEMA, text)
    assert [error.message for error in caught.value.errors] == ["Validation aborted."]


def test_q07_what_people_write_is_below_the_bound() -> None:
    fragments = " ".join(f"fragment F{n} on Book {{ id title pages ...G }}" for n in range(12))
    selection = many("...F#", 12)
    text = f"{{ books {{ {selection} }} }} {fragments} fragment G on Book {{ id genre rating }}"
    assert run_sync(compile_operation(SCHEMA, text), None).errors == []


def test_q08_the_errors_about_directives_are_bounded() -> None:
    with pytest.raises(ValidationError) as caught:
        compile_operation(SCHEMA, "{ count " + "@unknown " * 900 + "}")
    assert len(caught.value.errors) == Limits().errors + 1


def test_q09_conditions_make_no_variants() -> None:
    def document(count: int) -> str:
        variables = many("$v#: Boolean!", count)
        return f"query ({variables}) {{ " + many("a#: count @include(if: $v#)", count) + " }"

    small, large = (compile_operation(SCHEMA, document(count)) for count in (50, 100))
    assert len(large.source) <= 2.1 * len(small.source)
    for odd in (0, 1):
        variables = {f"v{number}": number % 2 == odd for number in range(100)}
        expected = {f"a{number}": 2 for number in range(odd, 100, 2)}
        assert run_sync(large, variables).data == expected


def test_q09_one_fragment_under_many_conditions_is_written_once_for_each_at_most() -> None:
    def source(count: int) -> str:
        variables = many("$v#: Boolean!", count)
        spreads = many("...F @include(if: $v#)", count)
        return compile_operation(
            SCHEMA, f"query ({variables}) {{ {spreads} }} fragment F on Query {{ count }}"
        ).source

    assert len(source(80)) <= 2.2 * len(source(40))


# -- Q-11, Q-16: many operations, many documents --------------------------------------------------


def test_q11_of_many_operations_one_is_compiled() -> None:
    text = many("query Q# { a#: count }", 150) + " query Wanted { class }"
    operation = compile_operation(SCHEMA, text, "Wanted")
    assert operation.coordinates == {"Query.class"}
    assert operation.source.count("resolve_") == 1


@pytest.mark.parametrize(
    "selection",
    ["a#: title", "a#: related(first: #) { id }", "a#: author { name }", "a#: copies"],
    ids=["attributes", "objects", "awaited", "batches"],
)
def test_q16_the_text_grows_as_the_document_does(selection: str) -> None:
    small, large = (
        compile_operation(
            SCHEMA, "{ books { " + many(selection, count) + " } }", limits=Limits(cost=None)
        ).source
        for count in (100, 200)
    )
    assert len(large) <= 2.1 * len(small)


# -- Q-17, Q-18: what is large --------------------------------------------------------------------


@pytest.mark.parametrize("quotes", ['"', '"""'])
def test_q17_a_huge_string_is_a_value_and_not_text(quotes: str) -> None:
    text = f"{{ search(text: {quotes}{'x' * 60_000}{quotes}) {{ ... on Author {{ name }} }} }}"
    operation = compile_operation(SCHEMA, text)
    assert len(operation.source) < 4_000
    data = run_sync(operation, None).data
    assert data
    assert data["search"][2] == {"name": "x" * 60_000}


def test_q17_a_megabyte_of_comments_is_refused_for_its_length() -> None:
    assert "characters" in refused("{ count }" + "\n#" * 500_000)


ECHO = Both(
    "input In { a: Int  in: In  l: [In] } scalar Any"
    " type Query { list(l: [Int]): Int  o(o: In): Int  f(f: Float): Float  i(i: Int): Int"
    " id(id: ID): ID  s(s: String): String  b(b: Boolean): Boolean }",
    {
        "Query.list": lambda l=None: l and len(l),  # noqa: E741
        "Query.o": lambda o=None: o and len(o),
        "Query.f": lambda f=None: f,
        "Query.i": lambda i=None: i,
        "Query.id": lambda id=None: id,  # noqa: A006
        "Query.s": lambda s=None: s,
        "Query.b": lambda b=None: b,
    },
)


def test_q18_variables_beyond_the_tokens_are_refused() -> None:
    assert "more than 5000 tokens" in refused("query (" + many("$v#: Int", 5_000) + ") { count }")


@pytest.mark.parametrize("key", ["in", "l"])
@pytest.mark.parametrize("depth", [300, 100_000])
def test_q18_an_input_that_is_too_deep_is_refused(key: str, depth: int) -> None:
    value: Any = {}
    for _ in range(depth):
        value = {key: value}
    operation = ECHO.compile("query ($o: In) { o(o: $o) }")
    with pytest.raises(VariablesError) as caught:
        run_sync(operation, {"o": value})
    assert len(caught.value.errors) == 1
    while value:  # or Python would take it apart by recursion
        value = value.pop(key)


def test_q18_the_mistakes_in_a_long_list_are_bounded() -> None:
    operation = ECHO.compile("query ($l: [Int]) { list(l: $l) }")
    with pytest.raises(VariablesError) as caught:
        run_sync(operation, {"l": ["x" * 1_000] * 5_000})
    assert len(caught.value.errors) <= 51
    assert sum(len(error.message) for error in caught.value.errors) < 51 * 500


def test_q18_a_long_list_arrives_whole() -> None:
    operation = ECHO.compile("query ($l: [Int]) { list(l: $l) }")
    assert run_sync(operation, {"l": [1] * 10_000}).data == {"list": 10_000}


# -- T-12, T-14: values ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", ["\ud800", "a\udfffb", "\ud83d\ude00", "\x00", "\u202e", "\uffff"]
)
def test_t12_whatever_a_string_has_passes_through_unchanged(value: str) -> None:
    got = ECHO.check("query ($s: String) { s(s: $s) }", {"s": value})
    assert got == answer(json.dumps({"s": value}))


@pytest.mark.parametrize("escape", [r"\uD800", r"\uDFFF", r"\u{D800}", r"\u{110000}", r"\uD800A"])
def test_t12_half_a_surrogate_pair_in_a_document_is_a_syntax_error(escape: str) -> None:
    with pytest.raises(DocumentSyntaxError, match="Unicode escape"):
        ECHO.compile(f'{{ s(s: "{escape}") }}')


NAN, INFINITY = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *product(
            "i", [2**31 - 1, -(2**31), 2**31, -(2**31) - 1, 1.0, 1.5, True, "1", NAN, 10**400]
        ),
        *product("f", [1, 1.5, NAN, INFINITY, -INFINITY, "1", True, 2**53 + 1, 1e308]),
        *product(["id"], [1, -1, 2**70, "1", 1.0, 1.5, True, NAN, []]),
        *product("s", [1, True, 1.5, None, [], {}]),
        *product("b", [0, 1, "true", None, NAN]),
    ],
)
def test_t14_numbers_and_their_like_are_taken_as_graphql_core_takes_them(
    name: str, value: object
) -> None:
    type_ = {"i": "Int", "f": "Float", "id": "ID", "s": "String", "b": "Boolean"}[name]
    ECHO.check(f"query ($v: {type_}) {{ {name}({name}: $v) }}", {"v": value})


@pytest.mark.parametrize("value", [2**31, -(2**31) - 1, True, "1", 1.5, NAN, INFINITY])
def test_t14_what_is_no_int_is_refused(value: object) -> None:
    got = ECHO.check("query ($v: Int) { i(i: $v) }", {"v": value})
    assert got.data == "null"
    assert len(got.errors) == 1


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("{ i(i: 2147483647) }", '{"i": 2147483647}'),
        ("{ i(i: -2147483648) }", '{"i": -2147483648}'),
        ("{ f(f: 1e308) }", '{"f": 1e+308}'),
        ("{ f(f: 1e400) }", '{"f": null}'),
        ("{ f(f: -1e400) }", '{"f": null}'),
    ],
)
def test_t14_numbers_in_the_document(text: str, data: str) -> None:
    assert ECHO.check(text).data == data


@pytest.mark.parametrize(
    "text", ["{ i(i: 2147483648) }", "{ i(i: 1.0) }", "{ i(i: true) }", '{ i(i: "1") }']
)
def test_t14_literals_that_are_no_int_do_not_validate(text: str) -> None:
    with pytest.raises(ValidationError, match="Int cannot represent"):
        ECHO.compile(text)


def test_t14_an_integer_of_5000_digits_is_an_error_and_no_crash() -> None:
    with pytest.raises(RequestError):
        ECHO.compile("{ i(i: " + "9" * 5_000 + ") }")
    ECHO.check("query ($v: Int) { i(i: $v) }", {"v": 10**4_000})


# -- E-01, E-02, E-05: what an answer gives away ---------------------------------------------------


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("{", None),
        ("{ nope }", None),
        ("{ count", None),
        ("query ($g: Genre) { books(genre: $g) { id } }", {"g": object()}),
        (
            "query ($f: Filter) { books(filter: $f) { id } }",
            {"f": {"nested": {"titles": object()}}},
        ),
        ("query ($g: Genre!) { books(genre: $g) { id } }", {}),
    ],
)
def test_e01_a_refusal_tells_nothing_of_the_servers_inside(text: str, variables: Any) -> None:
    with pytest.raises(RequestError) as caught:
        run_sync(compile_operation(SCHEMA, text), variables)
    for error in caught.value.errors:
        for word in ("Traceback", ".py", "graphql.", "trunkline", "File ", " at 0x"):
            assert word not in error.message


def test_e02_the_errors_of_a_document_are_bounded() -> None:
    with pytest.raises(ValidationError) as caught:
        compile_operation(SCHEMA, "{ " + many("nope#", 900) + " }")
    assert len(caught.value.errors) == Limits().errors + 1
    assert sum(len(error.message) for error in caught.value.errors) < 10_000


E05 = """
interface Node { id: ID! }
interface Owned implements Node { id: ID! secret: String }
union Found = Note | Tag
type Query { note: Note node: Node owned: Owned found: [Found!] edges: [Edge!] tag: Tag }
type Mutation { change: Payload }
type Payload { note: Note }
type Edge { node: Note }
type Note implements Node & Owned { id: ID! secret: String related: [Note!] }
type Tag implements Node { id: ID! note: Note }
"""


@pytest.mark.parametrize(
    "text",
    [
        "{ note { secret } }",
        "{ note { x: secret } }",
        "{ note { ... { secret } ...F } } fragment F on Owned { secret }",
        "{ note { related { related { secret } } } }",
        "{ node { ... on Note { secret } } }",
        "{ node { ... on Owned { s: secret } } }",
        "{ owned { secret } }",
        "{ found { ... on Note { secret } ... on Tag { note { secret } } } }",
        "{ found { ... on Node { ... on Owned { secret } } } }",
        "{ edges { node { secret } } }",
        "{ tag { note { y: secret } } }",
        "mutation { change { note { secret } } }",
    ],
)
def test_e05_a_fields_guard_stands_in_every_way_to_it(text: str) -> None:
    asked: list[str] = []

    def guarded(parent: dict[str, Any]) -> str:
        asked.append(parent["id"])
        raise PermissionError("not yours")

    note: dict[str, Any] = {"__typename": "Note", "id": "1", "secret": "the secret"}
    note["related"] = [note]
    tag = {"__typename": "Tag", "id": "2", "note": note}
    both = Both(
        E05,
        {
            "Note.secret": guarded,
            "Query.note": lambda: note,
            "Query.node": lambda: note,
            "Query.owned": lambda: note,
            "Query.found": lambda: [note, tag],
            "Query.edges": lambda: [{"node": note}],
            "Query.tag": lambda: tag,
            "Mutation.change": lambda: {"note": note},
        },
    )
    got = both.check(text)
    assert "the secret" not in got.data
    assert {error.message for error in got.errors} == {"not yours"}
    assert set(asked) == {"1"}
