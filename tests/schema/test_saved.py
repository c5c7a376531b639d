"""What a build leaves behind of a schema gives the same schema, or is written anew."""

from __future__ import annotations

import gc
import logging
from contextlib import suppress
from pathlib import Path

import graphql
import pytest
from graphql import (
    GraphQLDirective,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    parse,
    print_ast,
    print_schema,
    validate_schema,
)
from tests.schema.large import large_schema

from trunkline.errors import SchemaError
from trunkline.schema import saved
from trunkline.schema.load import load_schema, parse_schema
from trunkline.schema.saved import pack, unpack

EVERYTHING = '''
"""
The whole.

    Indented.
"""
schema @owner(team: "a", more: [{rank: 1, by: null}, {rank: -2}]) { query: Root mutation: Change }
extend schema @link(url: "https://example.com/\\u00e9\\n")
extend schema { subscription: Events }
directive @owner(team: String!, more: [Rank!] = [{rank: 3}]) repeatable on SCHEMA | OBJECT
"Again and again"
directive @link(url: String = "x") repeatable on SCHEMA | SCALAR | ENUM | ENUM_VALUE | UNION
directive @asked(scopes: [[String!]!]!) on INTERFACE | INPUT_OBJECT | INPUT_FIELD_DEFINITION
  | ARGUMENT_DEFINITION | FIELD_DEFINITION
input Rank { rank: Int! = 7, by: String = null, sub: Rank }
input Key @oneOf @asked(scopes: []) { id: ID, name: String @asked(scopes: [["a"]]) }
scalar Moment @specifiedBy(url: "https://example.com/moment") @link
extend scalar Moment @link(url: "y")
enum Order @link { "up" ASC @deprecated DESC @deprecated(reason: "no \\"down\\"") @link }
extend enum Order { NONE }
interface Node @asked(scopes: [["a", "b"], ["c"]]) { id: ID! }
interface Named implements Node { id: ID! name: String }
union Any @link = Root | Thing
extend union Any = Other
type Thing implements Named & Node @owner(team: "b") { id: ID! name: String }
extend type Thing @owner(team: "c", more: []) { extra: [[Float!]]! }
type Other { thing(at: Moment = "now" @asked(scopes: [["x"]])): Thing }
type Root {
  """
  Finds "things" \\""" quoted
  """
  things(
    first: Int = 10, order: Order! = ASC, rank: Rank = {rank: 1, sub: {rank: 2}}, key: Key
    ratio: Float = 1.50e3, flags: [Boolean!] = [true, false], old: Int @deprecated(reason: "é")
  ): [Any!]! @asked(scopes: [["read"]])
  old: String @deprecated(reason: "Use \\"things\\".")
}
type Change { rename(id: ID!): Named }
type Events { ticked: Moment! }
'''

SCHEMAS = {
    "everything": EVERYTHING,
    "large": large_schema(300),
    "least": "type Query { a: Int }",
    "with an operation": "type Query { a: Int } query A { a @skip(if: true) }",
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "schema.graphql"
    path.write_text(EVERYTHING, encoding="utf-8")
    return path


@pytest.fixture
def kept(source: Path) -> Path:
    path = source.with_name("schema.saved")
    load_schema(source, saved=path)
    return path


@pytest.fixture
def _no_parsing(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kept.exists()

    def refuse(*_arguments: object, **_options: object) -> None:
        raise AssertionError("parsed")

    monkeypatch.setattr(graphql, "parse", refuse)


def applied(schema: GraphQLSchema) -> list[str]:
    """Write all that the schema knows of its SDL, directives that it has no use for included."""
    definitions: list[GraphQLSchema | GraphQLDirective | GraphQLNamedType] = [
        schema,
        *schema.directives,
        *schema.type_map.values(),
    ]
    return [
        print_ast(node)
        for each in definitions
        for node in (each.ast_node, *each.extension_ast_nodes)
        if node is not None
    ]


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_document_comes_back_as_it_was(name: str) -> None:
    document = parse(SCHEMAS[name], no_location=True)
    assert unpack(pack(document)) == document


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_comes_back_as_it_was(name: str, tmp_path: Path) -> None:
    source, saved_as = tmp_path / "schema.graphql", tmp_path / "schema.saved"
    source.write_text(SCHEMAS[name], encoding="utf-8")
    expected = build_schema(SCHEMAS[name])
    for _ in range(2):
        schema = load_schema(source, saved=saved_as)
        assert print_schema(schema) == print_schema(expected)
        assert applied(schema) == applied(expected)
        assert list(schema.type_map) == list(expected.type_map)


@pytest.mark.usefixtures("_no_parsing")
def test_what_an_introspection_does_not_tell_is_kept(source: Path, kept: Path) -> None:
    schema = load_schema(source, saved=kept)
    thing, key = schema.get_type("Thing"), schema.get_type("Key")
    assert isinstance(thing, GraphQLObjectType)
    assert thing.ast_node
    assert [print_ast(each) for each in thing.ast_node.directives or ()] == ['@owner(team: "b")']
    extension = thing.extension_ast_nodes[0].directives or ()
    assert [print_ast(each) for each in extension] == ['@owner(team: "c", more: [])']
    assert isinstance(key, GraphQLInputObjectType)
    assert key.is_one_of
    assert isinstance(thing.fields["extra"], GraphQLField)


def test_equal_schemas_leave_equal_bytes(source: Path, kept: Path) -> None:
    before = kept.read_bytes()
    kept.unlink()
    load_schema(source, saved=kept)
    assert kept.read_bytes() == before


@pytest.mark.usefixtures("_no_parsing")
def test_a_start_with_what_was_left_parses_nothing(source: Path, kept: Path) -> None:
    with pytest.raises(AssertionError, match="parsed"):
        load_schema(source)
    schema = load_schema(source, saved=kept)
    assert schema.query_type
    assert validate_schema(schema) == []


def test_a_schema_that_changed_is_read_anew(source: Path, kept: Path) -> None:
    source.write_text("type Query { a: Int }", encoding="utf-8")
    for _ in range(2):
        schema = load_schema(source, saved=kept)
        assert schema.query_type
        assert list(schema.query_type.fields) == ["a"]


def test_texts_do_not_run_into_each_other(tmp_path: Path) -> None:
    first, second = tmp_path / "a.graphql", tmp_path / "b.graphql"
    kept = tmp_path / "saved"
    first.write_text("type Query { a: Int }\n", encoding="utf-8")
    second.write_text("scalar A", encoding="utf-8")
    load_schema(first, second, saved=kept)
    before = kept.read_bytes()
    first.write_text("type Query { a: Int }", encoding="utf-8")
    second.write_text("\nscalar A", encoding="utf-8")
    load_schema(first, second, saved=kept)
    assert kept.read_bytes() != before


@pytest.mark.parametrize("what", ["_FORMAT", "graphql_core_version"])
def test_what_another_version_left_is_written_anew(
    what: str, source: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = kept.read_bytes()
    monkeypatch.setattr(saved, what, "other")
    load_schema(source, saved=kept)
    assert kept.read_bytes() != before


@pytest.mark.parametrize("broken", ["empty", "cut", "one letter", "other", "seal only"])
def test_what_is_broken_is_written_anew(broken: str, source: Path, kept: Path) -> None:
    whole = kept.read_bytes()
    half = len(whole) // 2
    kept.write_bytes(
        {
            "empty": b"",
            "cut": whole[:half],
            "one letter": whole[:half] + bytes([whole[half] ^ 1]) + whole[half + 1 :],
            "other": b"\xff\x00 nothing of ours\n" * 3,
            "seal only": whole.partition(b"\n")[0],
        }[broken]
    )
    schema = load_schema(source, saved=kept)
    assert print_schema(schema) == print_schema(build_schema(EVERYTHING))
    assert kept.read_bytes() == whole


@pytest.mark.parametrize("place", ["nowhere/saved", "folder"])
def test_what_cannot_be_written_is_logged(
    place: str, source: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source.with_name("folder").mkdir()
    with caplog.at_level(logging.WARNING, "trunkline.schema"):
        schema = load_schema(source, saved=source.parent / place)
    assert schema.query_type
    assert "cannot be written" in caplog.text
    assert sorted(path.name for path in source.parent.iterdir()) == ["folder", "schema.graphql"]


def test_a_schema_with_a_mistake_leaves_nothing(source: Path) -> None:
    source.write_text("type Query { a: Nope }", encoding="utf-8")
    with pytest.raises(SchemaError, match=r"schema\.graphql:1:17: Unknown type 'Nope'\."):
        load_schema(source, saved=source.with_name("saved"))
    assert [path.name for path in source.parent.iterdir()] == ["schema.graphql"]


@pytest.mark.parametrize("sdl", ["type Query { a: Int }", "type Query { a: Nope }", "type {"])
@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_is_left_as_it_was(sdl: str, *, enabled: bool) -> None:
    (gc.enable if enabled else gc.disable)()
    try:
        with suppress(SchemaError):
            parse_schema(sdl)
        assert gc.isenabled() is enabled
    finally:
        gc.enable()
