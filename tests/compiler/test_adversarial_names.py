"""Nothing that a request contains can become code (case 10, E-03): names, strings, characters.

The measure is strong: the text of an operation is the same, letter for letter, whatever a request
calls its aliases, variables and fragments and whatever its strings hold.
"""

from __future__ import annotations

import ast
import builtins
import json
import keyword
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from tests.compiler.library import library
from tests.faults.both import Both, answer

from trunkline.compiler.limits import Limits
from trunkline.compiler.operation import Operation
from trunkline.compiler.pipeline import compile_operation
from trunkline.engine import run_sync
from trunkline.errors import SchemaError
from trunkline.runtime import values
from trunkline.schema.load import parse_schema
from trunkline.text.names import python_name

KEYWORDS = [*keyword.kwlist, *keyword.softkwlist]
BUILTINS = dir(builtins)
DUNDERS = (
    *(
        "__class__",
        "__dict__",
        "__globals__",
        "__builtins__",
        "__import__",
        "__debug__",
        "__name__",
    ),
    *("__doc__", "__file__", "__loader__", "__spec__", "__init__", "__mro__", "__subclasses__"),
)
OURS = (
    *("OPERATION", "ALIAS", "ALIAS_2", "CONSTANT", "CONSTANT_2", "KEY", "MARK", "NAMES", "TYPE"),
    *("TYPES", "VARIABLE", "Model_T", "awaitable", "build_arguments", "check_T", "complete"),
    *("complete_Int", "complete_query_t", "entry", "error", "execution", "find_type_T", "i0"),
    *("info", "items", "len", "parents", "result", "target", "type", "t_parents", "value"),
    *("values", "_", "index"),
)
NAMES = [*sorted({*KEYWORDS, *BUILTINS, *DUNDERS, *OURS, *values.__all__}), "_0", "a" * 10_000]
EVERYWHERE = sorted(
    {*KEYWORDS, *DUNDERS, *OURS, "print", "on", "true", "null", "query", "fragment"}
)

LARGE = Limits(characters=1_000_000, tokens=50_000)

SDL = """
directive @tag(text: String, any: Any) repeatable
  on FIELD | QUERY | FRAGMENT_SPREAD | VARIABLE_DEFINITION
scalar Any
enum Color { RED GREEN }
input In { s: String l: [String] in: In any: Any color: Color }
interface Node { id: ID! }
type Query { n: Int s(s: String, l: [String], o: In, any: Any, color: Color): String t: T ts: [T!]
  node: Node later: Int }
type T implements Node { id: ID! n: Int t: T s(s: String): String }
"""


def echo(*_parent: Any, **arguments: Any) -> str:
    return json.dumps(arguments)


async def later() -> int:
    return 4


def both() -> Both:
    below: dict[str, Any] = {"__typename": "T", "id": 1, "n": 2, "t": {"id": 3, "n": None}}
    resolvers: dict[str, Callable[..., Any]] = {
        "Query.n": lambda: 1,
        "Query.s": echo,
        "Query.t": lambda: below,
        "Query.ts": lambda: [below, below],
        "Query.node": lambda: below,
        "Query.later": later,
        "T.s": echo,
    }
    return Both(SDL, resolvers, limits=Limits(characters=1_000_000))


BOTH = both()
compiled = cache(BOTH.compile)


def text_of(operation: Operation) -> str:
    """Return the emitted text without what it says of the document as a whole."""
    return operation.source.replace(operation.id, "sha256:…")


def check(text: str, plain: str, variables: dict[str, Any] | None = None) -> Operation:
    """Compare the answer with graphql-core's, and the text with that of a plain document."""
    assert BOTH.check(text, variables).errors == []
    operation = BOTH.compile(text)
    assert text_of(operation) == text_of(compiled(plain))
    return operation


# -- names that a request gives -------------------------------------------------------------------


def test_10_any_name_may_be_an_alias() -> None:
    def document(names: Iterable[str]) -> str:
        fields = [f"{name}: n" for name in names]
        return "{ " + " ".join(fields) + " t { " + " ".join(fields) + " } }"

    check(document(NAMES), document(f"plain{number}" for number in range(len(NAMES))))


ALL_OVER = """query @ ($@1: String, $@2: Boolean!, $@3: [String]) {
  @a: n  @b: later  @c: s(s: $@1, l: $@3)
  @d: t { @e: t { @f: __typename @g: s(s: $@1) } ...@h @include(if: $@2) }
  @i: ts { @j: id ... @skip(if: $@2) { @k: n } }
  @l: node { @m: id ... on T { @n: n ...@h } }
}
fragment @h on T { @o: n @p: t { @q: id } }"""


def all_over(name: str) -> str:
    """Write a document that has the name wherever a request can have one."""
    return re.sub("@(?!include|skip)", name, ALL_OVER)


@pytest.mark.parametrize("name", EVERYWHERE)
def test_10_any_name_may_be_that_of_everything(name: str) -> None:
    """Each with a letter more where two would be one; the bare name is the operation's."""
    variables: dict[str, Any] = {f"{name}1": "x", f"{name}2": True, f"{name}3": ["y"]}
    check(all_over(name), all_over("plain"), variables)


@pytest.mark.parametrize("name", [name for name in EVERYWHERE if name != "on"])
def test_10_any_name_may_be_a_variables_and_a_fragments(name: str) -> None:
    def document(name: str) -> str:
        return (
            f"query {name}(${name}: String) {{ {name}: s(s: ${name}) t {{ ...{name} }} }}"
            f" fragment {name} on T {{ {name}: s(s: ${name}) }}"
        )

    operation = check(document(name), document("plain"), {name: "value"})
    assert operation.name == name


def test_10_names_of_10000_characters_are_names() -> None:
    long = "n" * 10_000
    text = all_over(long)
    variables: dict[str, Any] = {f"{long}1": "x", f"{long}2": True, f"{long}3": ["y"]}
    operation = BOTH.compile(text)
    assert BOTH.check(text, variables).errors == []
    assert "nnn" not in operation.source
    assert max(map(len, operation.source.splitlines())) <= 120


# -- strings and values that a request gives ------------------------------------------------------

MARK = "Zq7Xw"  # stands in nothing else

STRINGS = (
    *(
        '"',
        "'",
        '"""',
        "'''",
        "\\",
        "\\\\",
        '\\"',
        "\\n",
        "\n",
        "\r",
        "\r\n",
        "\x0b",
        "\x0c",
        "\x00",
    ),
    *(
        "\x1a",
        "\x1b[31m",
        "\x7f",
        "\x85",
        "\u2028",
        "\u2029",
        "\u202e",
        "\u2066",
        "\ufeff",
        "\uffff",
    ),
    *("\u00e9", "e\u0301", "\U0001f600", "\U000e0041", "#", "{", "}", "{}", "{0}", "%s", "%(a)s"),
    *("$v", "__import__('os').system('true')", '"; import os; "', "\n    import os\n"),
    *('""" + __import__("os")', "\\N{BULLET}", "\\x41", "\\u0041", "# coding: utf-7", "f'{1}'"),
    *("None", "x" * 10_000),
)

PLACES = [
    "{ s(s: #) }",
    "{ s(l: [#, #]) }",
    "{ s(o: {s: #, l: [#], in: {s: #}}) }",
    "{ s(any: #) }",
    "{ s(any: {a: [#], b: {c: #}}) }",
    "query ($v: String = #) { s(s: $v) }",
    "query ($v: In = {s: #, l: #}) { s(o: $v) }",
    "{ n @tag(text: #) }",
    "{ n @tag(any: {a: [#]}) @tag(text: #) }",
    "query @tag(text: #) { n t { ...F @tag(text: #) } } fragment F on T { s(s: #) }",
    "query ($v: String @tag(text: #)) { s(s: $v) }",
]


def literal(value: str) -> str:
    return json.dumps(value, ensure_ascii=True) if value < "\U00010000" else _escaped(value)


def _escaped(value: str) -> str:
    return '"' + "".join(f"\\u{{{ord(character):x}}}" for character in value) + '"'


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("string", STRINGS, ids=lambda string: ascii(string)[:20])
def test_10_no_string_becomes_code(string: str, place: str) -> None:
    given = literal(string + MARK)
    operation = check(place.replace("#", given), place.replace("#", '"plain"'))
    assert MARK not in operation.source
    assert operation.source.isascii()


@pytest.mark.parametrize(
    "string", [*STRINGS, "\ud800", "\udfff\ud800"], ids=lambda s: ascii(s)[:20]
)
def test_10_no_variables_value_becomes_code(string: str) -> None:
    """It comes when the text is written; what comes out is what went in."""
    operation = BOTH.compile("query ($s: String, $o: In) { s(s: $s) x: s(o: $o) }")
    before = operation.source
    value = string + MARK
    result = run_sync(operation, {"s": value, "o": {"l": [value]}})
    assert result.data
    assert json.loads(result.data["s"]) == {"s": value}
    assert json.loads(result.data["x"]) == {"o": {"l": [value]}}
    assert operation.source == before


@pytest.mark.parametrize("string", ["a\n  b", '\\""" b', "'''", "\\u0041", "  "])
def test_10_no_block_string_becomes_code(string: str) -> None:
    text = '{ s(s: """' + MARK + string + '""") }'
    operation = check(text, '{ s(s: "plain") }')
    assert MARK not in operation.source


@pytest.mark.parametrize("name", [*KEYWORDS, *DUNDERS, *OURS])
def test_10_enum_and_object_literals_of_a_custom_scalar_are_values(name: str) -> None:
    if name in {"true", "false", "null"}:
        return
    text = "{ s(any: {%s: [%s, {%s: %s}]}) n @tag(any: %s) }"
    check(text.replace("%s", name), text.replace("%s", "plain"))


def test_10_whatever_else_a_document_has_is_not_in_the_text() -> None:
    text = """# @
    query @($@: String = "@", $@b: Boolean = true ~tag(text: "@")) # @
    ~tag(text: "@", any: {@: @}) {
      @: s(s: $@, l: ["@"], o: {s: $@, any: {@: @}, color: RED}, color: GREEN)
      t { ...@ ~include(if: $@b) ~tag(any: [@]) }
    }
    fragment @ on T { @: s(s: \"\"\"@\"\"\") }
    query @2 { n }""".replace("@", MARK).replace("~", "@")
    operation = BOTH.compile(text, MARK)
    assert BOTH.check(text, {}, MARK).errors == []
    assert MARK.lower() not in operation.source.lower()


# -- what the text consists of --------------------------------------------------------------------

READ_ONLY = {"__class__", "_name_"}  # of a value, and of an enum's member
STATEMENTS = (
    *(
        ast.FunctionDef,
        ast.Try,
        ast.Return,
        ast.If,
        ast.For,
        ast.Assign,
        ast.AugAssign,
        ast.Expr,
        ast.Raise,
    ),
    *(ast.Expr, ast.Raise, ast.Continue, ast.Yield),
)


def test_10_the_text_imports_nothing_and_reaches_for_no_dunder() -> None:
    variables = "query ($s: String, $b: Boolean!) "
    fields = "s(s: $s) t { n t @skip(if: $b) { n } s(s: $s) } ts { n } node { id __typename } later"
    for text in (
        f"{variables}{{ {fields} }}",
        '{ __schema { types { name } } __type(name: "T") { name } }',
    ):
        tree = ast.parse(BOTH.compile(text).source)
        for node in ast.walk(tree):
            if isinstance(node, ast.stmt):
                assert isinstance(node, STATEMENTS), ast.dump(node)
            if isinstance(node, ast.Attribute):
                assert node.attr in READ_ONLY or not node.attr.startswith("_")
            if isinstance(node, ast.Name):
                assert not (node.id.startswith("__") and node.id.endswith("__"))
                assert node.id not in {"eval", "exec", "open", "getattr", "setattr", "globals"}


# -- names of the schema --------------------------------------------------------------------------


def distinct(names: Iterable[str]) -> list[str]:
    """Leave out what the schema may not have, and what another is too in Python's way."""
    found: dict[str, str] = {}
    for name in names:
        if not name.startswith("__") and name not in {"true", "false", "null"}:
            found.setdefault(python_name(name), name)
    return list(found.values())


SCHEMA_NAMES = distinct(
    [*KEYWORDS, *OURS, *values.__all__, *BUILTINS, "_x", "x_", "x__y", "a1", "A1b", "L" * 10_000]
)


def test_10_any_name_may_be_a_fields_and_an_arguments() -> None:
    fields = " ".join(f"{name}({name}: Int, other: Int): Int" for name in SCHEMA_NAMES)
    given = {f"Query.{name}": lambda **arguments: sum(arguments.values()) for name in SCHEMA_NAMES}
    sdl = f"type Query {{ {fields} }}"
    engines = Both(sdl, given, limits=LARGE)
    constants = " ".join(f"{name}({name}: 1, other: 2)" for name in SCHEMA_NAMES)
    data = json.dumps(dict.fromkeys(SCHEMA_NAMES, 3))
    assert engines.check(f"{{ {constants} }}") == answer(data)
    from_variables = " ".join(f"{name}({name}: $v, other: $w)" for name in SCHEMA_NAMES)
    text = f"query ($v: Int!, $w: Int) {{ {from_variables} }}"
    assert engines.check(text, {"v": 2, "w": 1}) == answer(data)


def test_10_any_name_may_be_an_objects_fields_without_resolvers() -> None:
    fields = " ".join(f"{name}: String!" for name in SCHEMA_NAMES)
    value = dict.fromkeys(SCHEMA_NAMES, "x")
    model = type("Model", (), {python_name(name): "x" for name in SCHEMA_NAMES})
    sdl = f"type Query {{ t: T ts: [T!] m: M }} type T {{ {fields} }} type M {{ {fields} }}"
    resolvers: dict[str, Any] = {
        "Query.t": lambda: value,
        "Query.ts": lambda: [value],
        "Query.m": model,
    }
    engines = Both(sdl, resolvers, {"M": model}, LARGE)
    selection = " ".join(SCHEMA_NAMES)
    text = f"{{ t {{ {selection} }} ts {{ {selection} }} }}"
    assert engines.check(text) == answer(json.dumps({"t": value, "ts": [value]}))
    assert engines.ours(f"{{ m {{ {selection} }} }}") == answer(json.dumps({"m": value}))


def test_10_any_name_may_be_a_types() -> None:
    names = [name for name in SCHEMA_NAMES if name not in {"Query", "type"}]
    fields = " ".join(f"f{number}: {name}" for number, name in enumerate(names))
    types = " ".join(f"type {name} {{ x: Int }}" for name in names)
    union = "union Any = " + " | ".join(names)
    resolvers: dict[str, Any] = {
        f"Query.f{number}": lambda number=number: {"x": number} for number in range(len(names))
    }
    resolvers["Query.all"] = lambda: [{"__typename": name, "x": 1} for name in names]
    sdl = f"type Query {{ {fields} all: [Any!] }} {types} {union}"
    engines = Both(sdl, resolvers, limits=replace(LARGE, comparisons=100_000))
    selection = " ".join(f"f{number} {{ __typename x }}" for number in range(len(names)))
    assert engines.check(f"{{ {selection} }}").errors == []
    spreads = " ".join(f"... on {name} {{ x }}" for name in names)
    got = engines.check(f"{{ all {{ __typename {spreads} }} }}")
    assert got == answer(json.dumps({"all": [{"__typename": name, "x": 1} for name in names]}))


def test_10_any_name_may_be_an_enums_value_and_an_input_fields() -> None:
    names = " ".join(SCHEMA_NAMES)
    fields = " ".join(f"{name}: E" for name in SCHEMA_NAMES)
    sdl = f"enum E {{ {names} }} input I {{ {fields} }} type Query {{ e(e: E): E i(i: I): [E] }}"
    resolvers = {"Query.e": lambda e=None: e, "Query.i": lambda i=None: list((i or {}).values())}
    engines = Both(sdl, resolvers, limits=LARGE)
    selection = " ".join(f"a{number}: e(e: {name})" for number, name in enumerate(SCHEMA_NAMES))
    expected = {f"a{number}": name for number, name in enumerate(SCHEMA_NAMES)}
    assert engines.check(f"{{ {selection} }}") == answer(json.dumps(expected))
    literals = ", ".join(f"{name}: {name}" for name in SCHEMA_NAMES)
    assert engines.check(f"{{ i(i: {{{literals}}}) }}") == answer(json.dumps({"i": SCHEMA_NAMES}))
    value = {name: name for name in SCHEMA_NAMES}
    got = engines.check("query ($i: I) { i(i: $i) }", {"i": value})
    assert got == answer(json.dumps({"i": SCHEMA_NAMES}))


def test_10_names_that_differ_in_case_alone_are_different() -> None:
    sdl = """enum Color { red Red RED }
      type Query { color(color: Color): Color thing: thing other: Thing all: [Any!] }
      type thing { ab: Int aB: Int AB: Int Ab: Int } type Thing { Ab: Int AB: Int }
      type THING { x: Int X: Int } union Any = thing | Thing | THING"""
    values = {"ab": 1, "aB": 2, "AB": 3, "Ab": 4, "x": 5, "X": 6}
    engines = Both(
        sdl,
        {
            "Query.color": lambda color=None: color,
            "Query.thing": lambda: values,
            "Query.other": lambda: values,
            "Query.all": lambda: [{**values, "__typename": t} for t in ("THING", "thing", "Thing")],
        },
    )
    text = """{ a: color(color: Red) A: color(color: RED) thing { AB ab aB Ab } other { AB Ab }
      all { ... on Thing { AB } ... on thing { ab } ... on THING { X x } } }"""
    assert json.loads(engines.check(text).data) == {
        "a": "Red",
        "A": "RED",
        "thing": {"AB": 3, "ab": 1, "aB": 2, "Ab": 4},
        "other": {"AB": 3, "Ab": 4},
        "all": [{"X": 6, "x": 5}, {"ab": 1}, {"AB": 3}],
    }


@pytest.mark.parametrize("name", ["__x", "__", "__class__", "__import__"])
@pytest.mark.parametrize(
    "sdl",
    [
        "type Query { %s: Int }",
        "type Query { a(%s: Int): Int }",
        "type Query { a: %s } type %s { x: Int }",
        "type Query { a: E } enum E { %s }",
        "type Query { a(i: I): Int } input I { %s: Int }",
        "type Query { a: Int } directive @%s on FIELD",
    ],
)
def test_10_names_that_graphql_keeps_for_itself_are_refused_at_start(sdl: str, name: str) -> None:
    with pytest.raises(SchemaError, match=re.escape(f'"{name}"') + "|" + re.escape(f"'{name}'")):
        parse_schema(sdl.replace("%s", name))


def test_10_what_a_schema_says_in_words_is_not_in_the_text() -> None:
    words = f'"""{MARK} \\""" import os """'
    sdl = """@ schema { query: Query }
      @ type Query { @ s(@ s: String = "~"): String !deprecated(reason: "~") e: E }
      @ enum E { @ A !deprecated(reason: "~") }"""
    sdl = sdl.replace("@", words).replace("~", MARK).replace("!", "@")
    engines = Both(sdl, {"Query.s": lambda s=None: s, "Query.e": lambda: "A"})
    assert engines.check("{ s e }") == answer(json.dumps({"s": MARK, "e": "A"}))
    assert MARK not in engines.compile("{ s e }").source


# -- the same text in every process ---------------------------------------------------------------

IN_A_PROCESS = """
from tests.compiler.test_adversarial_names import BOTH, NAMES, all_over
short = [name for name in NAMES if len(name) < 100]
fields = " ".join(f"{name}: n" for name in short)
texts = ["{ " + fields + " t { " + fields + " } }"]
texts += [all_over(name) for name in short[:20]]
print("".join(BOTH.compile(text).source for text in texts))
"""


def test_10_the_text_is_the_same_under_every_hash_seed() -> None:
    def text(seed: int) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
        command = [sys.executable, "-c", IN_A_PROCESS]
        done = subprocess.run(  # noqa: S603
            command, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout

    first, second = (text(seed) for seed in (1, 2))
    assert len(first) > 10_000
    assert first == second


# -- limits of CPython ----------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [21, 100, 190])
def test_10_lists_of_any_depth_stay_below_the_limits_of_cpython(depth: int) -> None:
    """20 nested blocks, 100 indentations, 200 brackets."""
    value: Any = 1
    for _ in range(depth):
        value = [value]
    engines = Both(f"type Query {{ l: {'[' * depth}Int{']' * depth} }}", {"Query.l": lambda: value})
    assert engines.check("{ l }") == answer(json.dumps({"l": value}))


@pytest.mark.parametrize("depth", [21, 100, 150])
def test_10_objects_of_any_depth_stay_below_the_limits_of_cpython(depth: int) -> None:
    value: dict[str, Any] = {"n": None}
    for _ in range(depth):
        value = {"t": value}
    engines = Both(
        "type Query { t: T } type T { t: T n: Int }",
        {"Query.t": lambda: value["t"]},
        limits=Limits(depth=200),
    )
    text = "{ t " * depth + "{ n }" + " }" * depth
    assert engines.check(text) == answer(json.dumps(value))


def test_10_a_thousand_fields_and_arguments_stay_below_the_limits_of_cpython() -> None:
    arguments = " ".join(f"a{number}: Int" for number in range(300))
    engines = Both(
        f"type Query {{ f({arguments}): Int }}", {"Query.f": lambda **given: sum(given.values())}
    )
    given = " ".join(f"a{number}: {number}" for number in range(300))
    fields = " ".join(f"f{number}: f({given})" for number in range(5))
    expected = {f"f{number}": sum(range(300)) for number in range(5)}
    assert engines.check(f"{{ {fields} }}") == answer(json.dumps(expected))


def test_e03_coordinates_of_an_operation_are_the_schemas() -> None:
    operation = compile_operation(library(), f"{{ {MARK}: books {{ {MARK}2: title }} }}")
    assert operation.coordinates == {"Query.books", "Book.title"}
