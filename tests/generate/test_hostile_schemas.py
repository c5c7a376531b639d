"""Whatever a schema says, what is generated of it is Python, and does nothing else.

A schema's texts (descriptions, reasons, defaults) must not change what the code is: it is compared
with the code of the same schema without its texts. Its names must not either: what is imported and
called is known beforehand.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import graphql
import msgspec
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from tests.property.names import ENUM_VALUES, FIELDS, INPUTS, TYPES

from trunkline.errors import SchemaError
from trunkline.generate.client import ClientSettings, DocumentSource, generate_client
from trunkline.generate.client.schema import load_client_schema
from trunkline.generate.configuration import Configuration, Project
from trunkline.generate.server import plan_project, write_server
from trunkline.schema.load import build_schema

MODULES = count()
KINDS = ("msgspec", "dataclasses", "pydantic")

HOSTILE = (
    *('\\"', '"', '"""', '\\"""', "\\", "\\\\", '""""', "\\N{DASH}", "{x}", "{0}", "%s", "'''"),
    *('"""\nimport os\n"""', "\n\\", "a\r\n\tb", "\x0c", "\x85\u2028", "\u202e", "\x00"),
    "# type: ignore\nraise SystemExit",
    'x"\nraise SystemExit #',
    "x" * 95 + ' "\\"',
)
texts = st.sampled_from(HOSTILE) | st.text(max_size=30) | st.text('"\\ \n{}#', max_size=12)
maybe = st.none() | texts
spelt = st.from_regex(r"[_A-Za-z][_0-9A-Za-z]{0,5}", fullmatch=True)


def names(pool: tuple[str, ...], most: int) -> st.SearchStrategy[list[str]]:
    odd = (
        "_4X",
        "_4x",
        "_",
        "_4",
        "A_",
        "mro",
        "field",
        "Struct",
        "UNSET",
        "dt",
        "int",
        "TypeAlias",
    )
    one = st.sampled_from((*pool, *odd)) | spelt
    return st.lists(
        one.filter(lambda name: name[:2] != "__"), min_size=1, max_size=most, unique=True
    )


@st.composite
def introspections(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the answer to an introspection query."""

    def named(name: str) -> dict[str, Any]:
        return {"kind": "NAMED", "name": name, "ofType": None}

    def element(name: str, **more: Any) -> dict[str, Any]:
        reason: str | None = draw(maybe)
        return {
            "name": name,
            "description": draw(maybe),
            "isDeprecated": reason is not None,
            "deprecationReason": reason,
            **more,
        }

    enum, input_, object_, query, scalar = draw(
        st.lists(
            st.sampled_from(TYPES).filter(lambda name: name != "Query") | spelt,
            min_size=5,
            max_size=5,
            unique=True,
        ).filter(lambda found: not any(name[:2] == "__" for name in found))
    )
    values = draw(names(ENUM_VALUES, 4).filter(lambda v: not {"true", "false", "null"} & {*v}))

    def value(name: str, type_: str, default: str | None) -> dict[str, Any]:
        return element(name, type=named(type_), defaultValue=default)

    defaults: dict[str, st.SearchStrategy[str | None]] = {
        "String": st.none() | texts.map(lambda text: graphql.print_ast(_string(text))),
        "Int": st.sampled_from([None, "1", "-7", "null"]),
        "Float": st.sampled_from([None, "1", "1.5e3", "-0.0"]),
        enum: st.sampled_from([None, *values]),
        scalar: st.none() | texts.map(lambda text: graphql.print_ast(_string(text))),
    }
    kinds = list(defaults)

    def values_of(pool: tuple[str, ...], *more: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for name in draw(names(pool, 4)):
            kind: str = draw(st.sampled_from([*kinds, *more]))
            default: str | None = draw(defaults.get(kind, st.none()))
            found.append(value(name, kind, default))
        return found

    def fields(*kinds: str) -> list[dict[str, Any]]:
        return [
            element(name, args=values_of(INPUTS, input_), type=named(draw(st.sampled_from(kinds))))
            for name in draw(names(FIELDS, 4))
        ]

    def type_(name: str, kind: str, **more: Any) -> dict[str, Any]:
        return {"name": name, "kind": kind, "description": draw(maybe), **more}

    types = [
        *(type_(each, "SCALAR") for each in ("String", "Int", "Float", "Boolean", "ID", scalar)),
        type_(enum, "ENUM", enumValues=[element(each) for each in values]),
        type_(input_, "INPUT_OBJECT", inputFields=values_of(INPUTS, input_)),
        type_(object_, "OBJECT", interfaces=[], fields=fields(*kinds, object_)),
        type_(query, "OBJECT", interfaces=[], fields=fields(*kinds, object_)),
    ]
    assume(len({each["name"] for each in types}) == len(types))
    kind_of = {each["name"]: each["kind"] for each in types}
    for node in _types_in(types):
        node["kind"] = kind_of[node["name"]]
    directive = {
        "name": draw(names(FIELDS, 1))[0],
        "description": draw(maybe),
        "locations": ["FIELD_DEFINITION"],
        "args": values_of(INPUTS),
        "isRepeatable": False,
    }
    schema = {"queryType": {"name": query}, "types": types, "directives": [directive]}
    return {"data": {"__schema": {**schema, "description": draw(maybe)}}}


def _string(text: str) -> graphql.StringValueNode:
    return graphql.StringValueNode(value=text, block=False)


def _types_in(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [found for each in value for found in _types_in(each)]
    if not isinstance(value, dict):
        return []
    node = cast("dict[str, Any]", value)
    own = [node] if node.get("kind") == "NAMED" else []
    return own + [found for each in node.values() for found in _types_in(each)]


def without_texts(value: Any) -> Any:
    """Return an introspection without its descriptions, and with a plain text in each default."""
    if isinstance(value, list):
        return [without_texts(each) for each in value]
    if not isinstance(value, dict):
        return value
    found = {key: without_texts(each) for key, each in cast("dict[str, Any]", value).items()}
    for key in {"description", "deprecationReason"} & found.keys():
        found[key] = None
    if "isDeprecated" in found:
        found["isDeprecated"] = False
    if str(found.get("defaultValue", ""))[:1] == '"':
        found["defaultValue"] = '"text"'
    return found


class _Shape(ast.NodeTransformer):
    """Takes every text out of code: docstrings go, and strings become empty."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_text else self.generic_visit(node)

    def visit_Pass(self, node: ast.Pass) -> None:
        """A body without a docstring has `pass`, or `...`, in its place."""

    def visit_Constant(self, node: ast.Constant) -> ast.AST | None:
        return ast.Constant("") if isinstance(node.value, str) else node


def shape(text: str) -> str:
    return ast.dump(_Shape().visit(ast.parse(text))).replace(
        "Expr(value=Constant(value=Ellipsis))", ""
    )


ROOTS = {
    *("__future__", "abc", "builtins", "collections", "dataclasses", "datetime", "decimal"),
    *("enum", "msgspec", "pathlib", "pydantic", "trunkline", "typing", "uuid"),
}
CALLED = {
    *("GeneratedOperation", "field", "Field", "dataclass", "ConfigDict", "frozenset", "Path"),
    *("with_name", "load_schema", "make_executable_schema", "_execute"),
}


def only_defines(text: str) -> None:
    """Hold that a module imports, defines classes and functions, and calls what it is known to."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=imported):
                roots = {each.name.partition(".")[0] for each in imported}
            case ast.ImportFrom(module=str(module)):
                roots = {module.partition(".")[0]} - {"app"}
            case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called)):
                assert called in CALLED, called
                continue
            case ast.Call():
                raise AssertionError(ast.dump(node))
            case _:
                continue
        assert roots <= ROOTS, roots
    kinds = (ast.Import, ast.ImportFrom, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.Expr)
    for statement in tree.body:
        is_check = isinstance(statement, ast.If) and ast.unparse(statement.test) == "TYPE_CHECKING"
        is_function = isinstance(statement, ast.FunctionDef)
        assert is_check or is_function or isinstance(statement, kinds), ast.dump(statement)


def load(text: str) -> None:
    module = ModuleType(f"hostile_{next(MODULES)}")
    sys.modules[module.__name__] = module
    try:
        exec(compile(text, module.__name__, "exec", dont_inherit=True), module.__dict__)  # noqa: S102
    finally:
        del sys.modules[module.__name__]


def client(folder: Path, introspection: Mapping[str, Any], style: Any) -> str:
    file = folder / "schema.json"
    file.write_bytes(msgspec.json.encode(introspection))
    schema = load_client_schema([str(file)], {})
    made = generate_client(
        schema, [DocumentSource("r", document(schema))], ClientSettings(name="C_", style=style)
    )
    is_refused = any("be called" in each.text or "both be" in each.text for each in made.errors)
    assume(not is_refused)
    assert made.errors == ()
    return made.files["api.py"]


def document(schema: graphql.GraphQLSchema) -> str:
    """Write an operation for each field of the query, named as it, with all arguments."""
    query = schema.query_type
    assert query
    operations: list[str] = []
    for number, (name, field) in enumerate(query.fields.items()):
        variables = ", ".join(f"${each}: {value.type}" for each, value in field.args.items())
        arguments = ", ".join(f"{each}: ${each}" for each in field.args)
        below = ""
        if graphql.is_object_type(object_ := graphql.get_named_type(field.type)):
            leaves = [
                each
                for each, of in object_.fields.items()
                if graphql.is_leaf_type(graphql.get_named_type(of.type))
            ]
            below = f"{{ {' '.join(leaves) or '__typename'} }}"
        head = f"({variables})" if variables else ""
        tail = f"({arguments})" if arguments else ""
        operations.append(f"query {name}_{number} {head} {{ {name}{tail} {below} }}")
    return "\n".join(operations)


few = settings(
    max_examples=60,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@few
@given(introspections(), st.sampled_from(KINDS))
def test_a_client_of_any_schema_only_defines(
    tmp_path_factory: pytest.TempPathFactory, introspection: dict[str, Any], style: str
) -> None:
    folder = tmp_path_factory.mktemp("client")
    text = client(folder, introspection, style)
    only_defines(text)
    load(text)
    assert shape(text) == shape(client(folder, without_texts(introspection), style))


def server(introspection: Mapping[str, Any], kind: Any) -> dict[str, str]:
    data = cast("graphql.IntrospectionQuery", introspection["data"])
    sdl = graphql.print_schema(graphql.build_client_schema(data, assume_valid=True))
    try:
        schema, syntax = build_schema(graphql.parse(sdl))
    except (SchemaError, graphql.GraphQLError):
        assume(False)  # noqa: FBT003  # what no SDL says, or what is no schema
        raise
    return dict(write_server(plan_project(schema, syntax, of_kind(kind)), kind))


def of_kind(kind: Any) -> Project:
    configuration = Configuration(schema="s.graphql", package="app.graph", types=kind)
    return Project(Path("trunkline.toml"), Path(), configuration)


@few
@given(introspections(), st.sampled_from(KINDS))
def test_a_server_of_any_schema_only_defines(introspection: dict[str, Any], kind: str) -> None:
    texts, plain = server(introspection, kind), server(without_texts(introspection), kind)
    for name, text in texts.items():
        if name.endswith(".py"):
            only_defines(text)
            assert shape(text) == shape(plain[name])
    load(texts["types.py"])
    build_schema(graphql.parse(texts["schema.graphql"]))


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("block", [True, False])
def test_the_texts_of_a_document_stay_texts(text: str, block: Any) -> None:
    """Its descriptions, comments, arguments and defaults; and the names of the schema's files."""
    schema = graphql.build_schema("type Query { a(x: String): Int }")
    value = graphql.print_ast(graphql.StringValueNode(value=text, block=block))
    comment = "\n".join(f"# {line}" for line in text.splitlines())
    options = ClientSettings(calls="both", header=text)
    for document in (
        f"{value} query Q {{ a }}",
        f"{comment}\nquery Q {{ a }}",
        f"query Q {{ a(x: {value}) }}",
        f"query Q($x: String = {value}) {{ a(x: $x) }}",
    ):
        made = generate_client(schema, [DocumentSource("r", document)], options)
        assert made.errors == ()
        only_defines(made.files["api.py"])
        load(made.files["api.py"])


@pytest.mark.parametrize("style", KINDS)
@pytest.mark.parametrize("name", ["_4X", "_", "_4", "__", "___9"])
def test_an_operation_with_a_name_that_python_lacks(name: str, style: Any) -> None:
    schema = graphql.build_schema("type Query { a: Query b: Int }")
    text = f"query {name} {{ a {{ ...{name}F }} }} fragment {name}F on Query {{ b }}"
    made = generate_client(schema, [DocumentSource("r", text)], ClientSettings(style=style))
    assert made.errors == ()
    load(made.files["api.py"])


@pytest.mark.parametrize("style", KINDS)
def test_a_class_with_a_description_of_white_space(style: Any) -> None:
    sdl = 'type Query { a: T } " \\u0085 " type T { b(c: Int): Int } " " input I { d: Int }'
    schema, syntax = build_schema(graphql.parse(sdl))
    load(write_server(plan_project(schema, syntax, of_kind(style)), style)["types.py"])


def test_a_deprecated_argument_of_a_schema_from_introspection() -> None:
    """graphql-core's rule finds the name of the field in SDL only."""
    sdl = 'type Query { a(b: Int @deprecated(reason: "no")): Int }'
    introspection = graphql.introspection_from_schema(
        graphql.build_schema(sdl), input_value_deprecation=True
    )
    schema = graphql.build_client_schema(introspection)
    made = generate_client(schema, [DocumentSource("r", "query A { a(b: 1) }")], ClientSettings())
    assert [str(each) for each in made.warnings] == [
        "r:1:13: The argument 'Query.a(b:)' is deprecated. no"
    ]


@pytest.mark.parametrize("depth", [9, 300, 20_000])
def test_lists_in_lists_without_end_are_refused(depth: int, tmp_path: Path) -> None:
    type_ = (
        '{"kind": "LIST", "ofType": ' * depth + '{"kind": "SCALAR", "name": "Int"}' + "}" * depth
    )
    types = f"""[
        {{"kind": "SCALAR", "name": "Int"}},
        {{"kind": "OBJECT", "name": "Query", "interfaces": [],
          "fields": [{{"name": "a", "args": [], "type": {type_}}}]}}
    ]"""
    file = tmp_path / "schema.json"
    schema = f'{{"queryType": {{"name": "Query"}}, "types": {types}, "directives": []}}'
    file.write_text(f'{{"__schema": {schema}}}')
    with pytest.raises(SchemaError, match=r"lists in lists|not the response to an introspection"):
        load_client_schema([str(file)], {})


def test_a_server_with_lists_in_lists_without_end_is_refused() -> None:
    schema, syntax = build_schema(graphql.parse(f"type Query {{ a: {'[' * 9}Int{']' * 9} }}"))
    with pytest.raises(SchemaError, match=r"^Query\.a: 9 lists in lists cannot be written"):
        plan_project(schema, syntax, of_kind("msgspec"))


@pytest.mark.parametrize("kind", KINDS)
def test_8_lists_in_lists_are_written(kind: Any) -> None:
    lists = f"{'[' * 8}Int{']' * 8}"
    sdl = f"type Query {{ a(i: I): {lists} }} input I {{ b: {lists} = {'[' * 8}1{']' * 8} }}"
    schema, syntax = build_schema(graphql.parse(sdl))
    load(write_server(plan_project(schema, syntax, of_kind(kind)), kind)["types.py"])
    documents = [DocumentSource("r", "query A($i: I) { a(i: $i) }")]
    load(generate_client(schema, documents, ClientSettings(style=kind)).files["api.py"])


def test_unset_is_exported_where_something_may_be_left_out() -> None:
    """14.30: type checkers refuse to import from a module what it does not export."""
    schema = graphql.build_schema("type Query { a(b: Int): Int }")
    found: list[dict[str, Any]] = []
    for document in ("query A($b: Int) { a(b: $b) }", "query A { a }"):
        made = generate_client(schema, [DocumentSource("r", document)], ClientSettings())
        found.append({})
        exec(made.files["api.py"], found[-1])  # noqa: S102
    assert [each["__all__"] for each in found] == [["API", "AQuery", "UNSET"], ["API", "AQuery"]]
    assert all(name in each for each in found for name in each["__all__"])
