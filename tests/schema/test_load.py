from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from trunkline.errors import SchemaError
from trunkline.schema.load import load_schema, parse_schema


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.graphql").write_text("type Query { todos: [Todo!]! }\n", encoding="utf-8")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "todo.graphqls").write_text(
        "type Todo { title: String! }\nextend type Query { count: Int! }\n", encoding="utf-8"
    )
    (tmp_path / "notes.txt").write_text("not a schema", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("form", ["folder", "files", "glob", "twice"])
def test_files_are_one_schema(folder: Path, form: str) -> None:
    sources: dict[str, list[str | Path]] = {
        "folder": [folder],
        "files": [folder / "deep" / "todo.graphqls", folder / "a.graphql"],
        "glob": [str(folder / "**" / "*.graphql*")],
        "twice": [folder, folder / "a.graphql"],
    }
    schema = load_schema(*sources[form])
    assert schema.query_type
    assert list(schema.query_type.fields) == ["todos", "count"]


@pytest.mark.parametrize(
    ("sdl", "message"),
    [
        ("type Query {", "s.graphql:1:13: Syntax Error: Expected Name, found <EOF>."),
        ("type Query { a: Nope }", "s.graphql:1:17: Unknown type 'Nope'."),
        (
            "type Query { a: Int }\ntype Query { b: Int }",
            "s.graphql:1:6: There can be only one type named 'Query'. See also s.graphql:2:6.",
        ),
        (
            "type Mutation { a: Int }",
            "The schema has no type 'Query'. Add it, or name another type: schema { query: … }.",
        ),
        (
            "type Query { a: Int } directive @x on SCALAR extend scalar ID @x",
            "s.graphql:1:60: 'ID' is a scalar of GraphQL itself and cannot be extended.",
        ),
        (
            "interface Node { id: ID! }\ntype Query implements Node { a: Int }",
            (
                "s.graphql:1:18: Interface field Node.id expected but Query does not provide it."
                " See also s.graphql:2:1."
            ),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(sdl: str, message: str) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_schema(sdl, "s.graphql")
    assert str(caught.value) == message
    assert caught.value.__suppress_context__ or caught.value.__context__ is None  # told once


def test_a_type_that_is_defined_twice_is_told_once_with_both_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """14.28: what follows from it, that its fields are there twice, is left out."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.graphql").write_text(
        "type Query { a: Book }\ntype Book { id: ID! title: String }\nenum E { A B }"
    )
    (tmp_path / "b.graphql").write_text(
        "enum E { B A }\ntype Book { title: String id: ID! }\nextend type Book { id: ID! }"
    )
    with pytest.raises(SchemaError) as caught:
        load_schema("a.graphql", "b.graphql")
    assert str(caught.value).splitlines() == [
        "a.graphql:3:6: There can be only one type named 'E'. See also b.graphql:1:6.",
        "a.graphql:2:6: There can be only one type named 'Book'. See also b.graphql:2:6.",
        "a.graphql:2:13: Field 'Book.id' can only be defined once. See also b.graphql:3:20.",
    ]


@pytest.mark.parametrize(
    ("files", "messages"),
    [
        (
            ["type Query { a: A }", "type A { x: Int }", "type A { x: Int }", "enum A { X }"],
            ["1:1:6: There can be only one type named 'A'. See also 2:1:6, 3:1:6."],
        ),
        (
            [
                "directive @d(a: Int!) on OBJECT\ntype Query @d(a: 1) { a: Int @deep }",
                "directive @d(b: Int!) on FIELD_DEFINITION\nextend type Query { b: Int @d(b: 1) }",
            ],
            [
                "0:2:30: Unknown directive '@deep'.",
                "0:1:12: There can be only one directive named '@d'. See also 1:1:12.",
            ],
        ),
        (
            ["schema { query: Q }\ntype Q { a: Int }", "schema { query: Q }"],
            ["0:1:1: Must provide only one schema definition. See also 1:1:1."],
        ),
        (
            ["enum E { A }\ntype Query { e: E }", "extend enum E { B A }"],
            ["0:1:10: Enum value 'E.A' can only be defined once. See also 1:1:19."],
        ),
        (
            [
                "type Query {" + " a: Bok" * 3 + "}",
                "type Book { x: Int @new }",
                "enum E { A @new }",
            ],
            [
                "0:1:14: Field 'Query.a' can only be defined once. See also 0:1:21, 0:1:28.",
                "0:1:17: Unknown type 'Bok'. Did you mean 'Book'? See also 0:1:24, 0:1:31.",
                "1:1:20: Unknown directive '@new'. See also 2:1:12.",
            ],
        ),
        (
            ["type Query {" + "".join(f" a{n}: Bok" for n in range(10, 30)) + "}"],
            [
                (
                    "0:1:19: Unknown type 'Bok'."
                    " See also 0:1:28, 0:1:37, 0:1:46, 0:1:55, 0:1:64 and 14 more places."
                )
            ],
        ),
        (
            ["type Query { a: Int }", "type A {", "enum B { X }", "type C { x: }"],
            [
                "1:1:9: Syntax Error: Expected Name, found <EOF>.",
                "3:1:13: Syntax Error: Expected Name, found '}'.",
            ],
        ),
    ],
)
def test_a_mistake_is_told_once_with_all_its_places(
    files: list[str], messages: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, sdl in enumerate(files):
        (tmp_path / str(name)).write_text(sdl)
    with pytest.raises(SchemaError) as caught:
        load_schema(*map(str, range(len(files))))
    assert sorted(str(caught.value).splitlines()) == sorted(messages)


@pytest.mark.parametrize("sources", [[[]], [["a.graphql"]], [None], [b"a.graphql"], [7]])
def test_sources_of_another_kind_are_refused(sources: list[Any]) -> None:
    with pytest.raises(SchemaError, match="as an argument of its own, not a"):
        load_schema(*sources)


def test_no_source_is_refused() -> None:
    with pytest.raises(SchemaError, match="No schema is named"):
        load_schema()


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(SchemaError) as caught:
        parse_schema("type Query { a: A  b: B }")
    assert str(caught.value).count("Unknown type") == 2


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"nope\.graphql: cannot be read \(No such file"):
        load_schema(tmp_path / "nope.graphql")


def test_text_instead_of_a_file() -> None:
    with pytest.raises(SchemaError, match="For the text of a schema, use parse_schema"):
        load_schema("type Query { a: Int }")


def test_a_pattern_that_finds_nothing(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="no schema file found"):
        load_schema(str(tmp_path / "*.graphql"))


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "s.graphql"
    path.write_bytes("type Query { é: Int }".encode("latin-1"))
    with pytest.raises(SchemaError, match=r"s\.graphql: is not UTF-8 \(byte 13\)\."):
        load_schema(path)


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "s.graphql"
    path.write_text("type Query { a: Int }", encoding="utf-8-sig")
    assert load_schema(path).query_type
    path.write_text("type Query { a: Nope }", encoding="utf-8-sig")
    with pytest.raises(SchemaError, match=r"s\.graphql:1:17: "):  # and shifts no column
        load_schema(path)


@pytest.mark.parametrize(
    ("files", "fields"),
    [
        (["extend type Query { a: Int }", "extend type Query { b: Int }"], ["a", "b"]),
        (["extend type Query { a: Int }", "type Query { b: Int }"], ["b", "a"]),
        (["schema { query: Root }", "extend type Root { a: Int }"], ["a"]),
        (["extend schema { query: Root }", "extend type Root { a: Int }"], ["a"]),
        (
            ["interface A { a: Int }", "extend type Query implements A { a: Int }"],
            ["a"],
        ),
    ],
)
def test_a_root_type_may_be_extended_only(
    tmp_path: Path, files: list[str], fields: list[str]
) -> None:
    for number, sdl in enumerate(files):
        (tmp_path / f"{number}.graphql").write_text(sdl, encoding="utf-8")
    saved = tmp_path / "schema.saved"
    for schema in (load_schema(tmp_path, saved=saved), load_schema(tmp_path, saved=saved)):
        assert schema.query_type
        assert list(schema.query_type.fields) == fields


def test_all_three_root_types_may_be_extended_only() -> None:
    schema = parse_schema(
        "extend type Query { a: Int } extend type Mutation { a: Int }"
        " extend type Subscription { a: Int }"
    )
    assert schema.query_type
    assert schema.mutation_type
    assert schema.subscription_type


@pytest.mark.parametrize(
    ("sdl", "message"),
    [
        (
            "type Query { a: Int }\nextend type Todo { a: Int }",
            "s.graphql:2:13: Cannot extend type 'Todo' because it is not defined.",
        ),
        (
            "schema { query: Root }\ntype Root { a: Int }\nextend type Query { a: Int }",
            "s.graphql:3:13: Cannot extend type 'Query' because it is not defined.",
        ),
        (
            "interface A { b: Int }\nextend type Query implements A { a: Int }",
            (
                "s.graphql:1:15: Interface field A.b expected but Query does not provide it."
                " See also s.graphql:2:1."
            ),
        ),
    ],
)
def test_other_types_need_a_definition(sdl: str, message: str) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_schema(sdl, "s.graphql")
    assert str(caught.value).splitlines()[0] == message


def test_files_without_definitions_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.graphql").write_text("type Query { a: Int }")
    (tmp_path / "empty.graphql").write_text("\n")
    (tmp_path / "notes.graphql").write_text("# To be written.\n\n  # Soon.\n")
    assert [*load_schema(tmp_path).type_map["Query"].fields] == ["a"]  # type: ignore[attr-defined]
    with pytest.raises(SchemaError, match="Unexpected <EOF>"):
        load_schema(tmp_path / "empty.graphql")
