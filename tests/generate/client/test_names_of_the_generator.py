"""Every name that generated text itself uses may be any name of a schema and of its documents.

The names are read from generated text of all styles and from the bases of its classes, so a name
that the generator begins to use is tested, too.
"""

from __future__ import annotations

import ast
import builtins
import enum
import io
import json
import keyword
import re
import sys
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pydantic
import pytest
from graphql import build_schema
from tests.generate.client.cases import cases
from tests.generate.client.money import Money
from tests.type_checkers import mypy, pyright

from trunkline.client import generated
from trunkline.client.generated.pydantic import ResponseModel
from trunkline.generate.client import (
    ClientSettings,
    DocumentSource,
    generate_client,
)
from trunkline.generate.client.names import _OF_MODELS  # pyright: ignore[reportPrivateUsage]
from trunkline.generate.configuration import ClientScalarConfiguration, SuffixConfiguration
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

ROOT = Path(__file__).parents[3]
STYLES = ("msgspec", "dataclasses", "pydantic")
KINDS = ("enum {} {{ value }}", "input {} {{ value: Int }}", "type {} {{ id: ID }}")
SCALARS = {
    "Money": ClientScalarConfiguration(
        "tests.generate.client.money:Money",
        "tests.generate.client.money:parse_money",
        "tests.generate.client.money:format_money",
    ),
    "Odd": ClientScalarConfiguration("complex", "builtins:complex"),
    "When": ClientScalarConfiguration("datetime:datetime"),
}
OURS = ("all", "anything", "Money", "Odd", "Query", "When", "Everything", "Inputs", "Enums")
BUILT_IN = ("Boolean", "Float", "ID", "Int", "String")


@cache
def names() -> list[str]:
    """List what generated text says, what its bases have, and what Python keeps for itself."""
    found = {*keyword.kwlist, *keyword.softkwlist, *generated.__all__}
    found.update(filter(str.islower, dir(builtins)))
    for base in (enum.StrEnum, msgspec.Struct, type, ResponseModel, generated.GeneratedClient):
        found.update(*map(dir, (base, type(base))))
    for case in cases("corpus"):
        text = (case.folder / f"{case.name}.py").read_text(encoding="utf-8")
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        told = {*re.findall(r"\w+", case.sdl + "".join(map(Path.read_text, case.documents)))}
        told.update(defined(ast.parse(text)))
        found |= {each.string for each in tokens if each.type == tokenize.NAME} - told
    found |= {"Other", "typename", "variables", "_Any", "serializers", "class_", "_SERIALIZERS"}
    return sorted(name for name in found if re.fullmatch(r"(?!__)[A-Za-z_]\w*", name))


def defined(module: ast.Module) -> Iterator[str]:
    """Yield the names of classes, constants, attributes, methods and arguments of a module."""
    for node in ast.walk(module):
        match node:
            case ast.ClassDef(name) | ast.FunctionDef(name) | ast.AsyncFunctionDef(name):
                yield name
            case ast.arg(arg=name) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case _:
                pass
    for node in module.body:
        if isinstance(node, ast.Assign):
            yield from (each.id for each in node.targets if isinstance(each, ast.Name))


def types(kind: int, style: str) -> list[str]:
    """List the types of a kind. In another style, each name is a type of another kind."""
    shift = STYLES.index(style)
    free = [name for name in names() if name not in {*OURS, *BUILT_IN}]
    return [name for at, name in enumerate(free) if (at + shift) % len(KINDS) == kind]


def generate(style: Any, suffixes: SuffixConfiguration) -> str:
    """Generate a client whose schema and documents have all names in all places."""
    enums, inputs, objects = (types(kind, style) for kind in range(3))
    all_fields = " ".join(f"{name}: Int" for name in names())
    is_value = {"true", "false", "null"}.isdisjoint
    schema = f"""
    scalar Money scalar Odd scalar When
    type Query {{
      all({all_fields}): All anything(input: Inputs): Everything
      money(money: Money): Money enums: Enums
    }}
    type All {{ {all_fields} odd_: Odd when_: When }}
    enum Values {{ {" ".join(name for name in names() if is_value([name]))} }}
    type Enums {{ values: Values {" ".join(f"e{at}: {name}" for at, name in enumerate(enums))} }}
    input Inputs {{ {all_fields} {" ".join(f"i{at}: {name}" for at, name in enumerate(inputs))} }}
    union Everything = All | {" | ".join(objects)}
    """
    for kind, text in enumerate(KINDS):
        schema += "\n".join(text.format(name) for name in types(kind, style))
    arguments = " ".join(f"{name}: ${name}" for name in names())
    documents = f"""
    query TheMoney($money: Money) {{ money(money: $money) }}
    query TheFields({" ".join(f"${name}: Int" for name in names())}) {{
      all({arguments}) {{ __typename {" ".join(names())} odd_ when_ }}
    }}
    query TheTypes($input: Inputs) {{
      anything(input: $input) {{
        {" ".join(f"... on {name} {{ {name}: id }}" for name in objects)}
      }}
    }}
    query TheEnums {{ enums {{ values {" ".join(f"e{at}" for at, _ in enumerate(enums))} }} }}
    """
    for name in names():
        if name != "on":
            documents += f"query {name} {{ all {{ ...{name} }} }}"
            documents += f"fragment {name} on All {{ {name} }}\n"
    settings = ClientSettings(calls="both", style=style, scalars=SCALARS, suffixes=suffixes)
    source = DocumentSource("names.graphql", documents)
    made = generate_client(build_schema(schema), [source], settings)
    assert made.errors == ()
    return made.files["api.py"]


@cache
def module_of(style: str) -> Any:
    """Import the client of a style: msgspec's is without suffixes, where more names meet."""
    module = ModuleType(f"names_in_{style}")
    suffixes = SuffixConfiguration("", "", "", "") if style == "msgspec" else SuffixConfiguration()
    text = module.__dict__["text"] = generate(style, suffixes)
    sys.modules[module.__name__] = module
    exec(compile(text, module.__name__, "exec", dont_inherit=True), module.__dict__)  # noqa: S102
    return module


def test_checkers_of_types_find_nothing(tmp_path: Path) -> None:
    for style in STYLES:
        (tmp_path / f"{style}_names.py").write_text(module_of(style).text, encoding="utf-8")
    said = mypy(tmp_path, ".", path=f"{ROOT}:{ROOT}/src")
    assert "Success" in said, said
    said = pyright(tmp_path, ROOT, ROOT / "src")
    assert said.startswith("0 errors"), said


class Responding:
    """A transport that responds with what it was given, and keeps the variables that are sent."""

    def __init__(self, data: object) -> None:
        self.data = data
        self.variables: object = None

    def send(self, request: HTTPRequest) -> HTTPResponse:
        self.variables = json.loads(request.body).get("variables")
        body = json.dumps({"data": self.data}).encode()
        return HTTPResponse(200, body, {"content-type": "application/json"})

    def close(self) -> None:
        pass


@pytest.mark.parametrize("style", STYLES)
def test_values_of_all_names_are_sent_and_read(style: str) -> None:
    module = module_of(style)
    numbers = {name: number for number, name in enumerate(names())}
    scalars = {"odd_": "1j", "when_": "2026-01-01T00:00:00Z"}

    transport = Responding({"all": {"__typename": "All", **numbers, **scalars}})
    arguments = list(module.API.the_fields.__annotations__)[: len(numbers)]
    given = {name: number for number, name in enumerate(arguments)}
    data = module.API(transport).the_fields(**given).all
    assert transport.variables == numbers
    assert (data.typename, data.typename_) == ("All", numbers["typename"])
    assert (data.class_, data.class__) == (numbers["class_"], numbers["class"])
    fields = list(type(data).__annotations__)[1:]
    assert [getattr(data, each) for each in fields[: len(numbers)]] == list(numbers.values())
    assert data.odd_ == 1j

    transport = Responding({"anything": None})
    attributes = list(module.Inputs.__annotations__)[: len(numbers)]
    inputs = module.Inputs(**{name: number for number, name in enumerate(attributes)})
    module.API(transport).the_types(input=inputs)
    assert transport.variables == {"input": numbers}

    transport = Responding({"money": "7"})
    assert module.API(transport).the_money(money=Money("7")).money == Money("7")
    assert transport.variables == {"money": "7"}

    enums = (
        module.API(
            Responding(
                {
                    "enums": {"values": "class"}
                    | dict.fromkeys([f"e{at}" for at, _ in enumerate(types(0, style))], "value")
                }
            )
        )
        .the_enums()
        .enums
    )
    assert enums.values == "class"
    assert enums.e0.name == "value_"


@pytest.mark.parametrize("style", STYLES)
def test_a_member_of_each_name_is_told_from_the_others(style: str) -> None:
    for name in types(2, style):
        transport = Responding({"anything": {"__typename": name, name: "1"}})
        found = module_of(style).API(transport).the_types().anything
        assert found.typename == name
        assert [getattr(found, each) for each in type(found).__annotations__] == [name, "1"]
    transport = Responding({"anything": {"__typename": "Unknown"}})
    found = module_of(style).API(transport).the_types().anything
    assert type(found).__name__.endswith(
        "AnythingOther_" if "Other" in types(2, style) else "Other"
    )


def test_all_names_of_pydantic_are_known() -> None:
    found = {*dir(pydantic.BaseModel), *dir(type(pydantic.BaseModel))}
    assert {name for name in found if not name.startswith("_")} - _OF_MODELS == set()
