"""Fields that are bound to methods of their models."""

from __future__ import annotations

import asyncio
from collections import namedtuple
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache, cached_property, partialmethod
from types import SimpleNamespace
from typing import Any, ClassVar, NamedTuple, TypedDict

import msgspec
import pytest
from pydantic import BaseModel
from sqlalchemy import String
from sqlalchemy.ext.hybrid import hybrid_method, hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from trunkline.engine import Selection, compile_operation, run, run_sync
from trunkline.errors import SchemaError
from trunkline.schema.bindings import Attribute, Resolver, Schema, batch
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema


def schema_of(fields: str, model: Any, value: Any = None, **groups: object) -> Schema:
    definition = parse_schema(f"type Query {{ it: Thing }} type Thing {{ {fields} }}")
    resolvers = SimpleNamespace(query=SimpleNamespace(it=lambda: value), **groups)
    return make_executable_schema(definition, resolvers, {"Thing": model})


def answer(schema: Schema, selected: str, context: object = None) -> Any:
    operation = compile_operation(schema, f"{{ it {{ {selected} }} }}")
    result = asyncio.run(run(operation, None, context))
    assert result.errors == []
    assert result.data is not None
    return result.data["it"]


class Methods:
    def area(self, scale: int = 1) -> int:
        return 10 * scale

    async def slow(self, scale: int) -> int:
        await asyncio.sleep(0)
        return 20 * scale

    def future(self) -> Awaitable[int]:
        return self.slow(3)

    def asks(self, context: str, selection: Selection, no_of: int) -> str:
        return f"{context} {list(selection)} {no_of}"

    @classmethod
    def kind(cls, *, long: bool = False) -> str:
        return cls.__qualname__ if long else cls.__name__

    @staticmethod
    def constant(of: str = "x") -> str:
        return of

    tripled = partialmethod(area, scale=3)

    @cache  # noqa: B019
    def kept(self, scale: int) -> int:
        return scale

    def class_(self) -> str:
        return "a keyword"

    @property
    def read(self) -> str:
        return "read"

    @cached_property
    def once(self) -> str:
        return "once"

    def __hash__(self) -> int:
        return 1

    def __eq__(self, other: object) -> bool:
        return self is other


@dataclass(eq=False)
class Data(Methods):
    title: str = "T"


@dataclass(slots=True, eq=False)
class Slotted(Methods):
    title: str = "T"


class Struct(Methods, msgspec.Struct):
    title: str = "T"


class Model(Methods, BaseModel):
    title: str = "T"


class Base(DeclarativeBase):
    pass


class Row(Methods, Base):
    __tablename__ = "rows"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String)


FIELDS = """
title: String  area(scale: Int): Int  slow(scale: Int!): Int  future: Int  asks(noOf: Int!): String
kind(long: Boolean = false): String  constant(of: String = "y"): String  tripled: Int
kept(scale: Int!): Int  class: String  read: String  once: String
"""


@pytest.mark.parametrize("value", [Data(), Slotted(), Struct(), Model(), Row(id=1, title="T")])
def test_a_field_is_what_its_models_method_returns(value: Any) -> None:
    model = type(value)
    fields = FIELDS.replace("once: String", "") if model in {Slotted, Struct} else FIELDS
    selected = """title area double: area(scale: 2) slow(scale: 2) future asks(noOf: 7) kind
                  constant tripled kept(scale: 4) class read"""
    got = answer(schema_of(fields, model, value), selected, context="C")
    assert got == {
        "title": "T", "area": 10, "double": 20, "slow": 40, "future": 60, "asks": "C [] 7",
        "kind": model.__name__, "constant": "y", "tripled": 30, "kept": 4, "class": "a keyword",
        "read": "read",
    }  # fmt: skip


def test_properties_stay_attributes() -> None:
    schema = schema_of("read: String once: String", Data)
    assert schema.bindings["Thing.read"] == Attribute("read", is_code=True)
    assert schema.bindings["Thing.once"] == Attribute("once", is_code=True)


class Sub(Data):
    def area(self, scale: int = 1) -> int:
        return -scale


def test_an_object_of_a_subclass_has_its_own_way() -> None:
    assert answer(schema_of("area(scale: Int): Int", Data, Sub()), "area(scale: 2)") == {"area": -2}


def test_a_resolver_comes_before_a_method() -> None:
    schema = schema_of("area: Int", Data, Data(), thing=SimpleNamespace(area=lambda _: 99))
    assert answer(schema, "area") == {"area": 99}


@dataclass
class Callback:
    """A declared field may hold a function: it is a value all the same."""

    handler: Callable[[], str] = str


def test_a_declared_field_is_no_method() -> None:
    assert schema_of("handler: String", Callback).bindings["Thing.handler"] == Attribute("handler")


def test_a_method_is_called_by_name_in_the_text() -> None:
    schema = schema_of("area(scale: Int): Int", Data, Data())
    operation = compile_operation(schema, "{ it { area(scale: 2) } }")
    assert "area = value.area(scale=CONSTANT)" in operation.source
    assert isinstance(schema.bindings["Thing.area"], Resolver)


def test_the_error_of_a_method_is_the_fields() -> None:
    class Broken:
        def area(self) -> int:
            raise ValueError("no area")

    operation = compile_operation(schema_of("area: Int", Broken, Broken()), "{ it { area } }")
    result = run_sync(operation, None)
    assert result.data == {"it": {"area": None}}
    assert [(error.message, error.path) for error in result.errors] == [("no area", ["it", "area"])]


# -- what does not fit ----------------------------------------------------------------------------


class Wrong:
    plain = 1
    declared: int

    @property
    def read(self) -> int:
        return 1

    def lacks(self) -> int: ...  # type: ignore[empty-body]

    def needs(self, scale: int) -> int: ...  # type: ignore[empty-body]

    def wants(self, scale: int, extra: int) -> int: ...  # type: ignore[empty-body]

    def placed(self, scale: int, /) -> int: ...  # type: ignore[empty-body]

    @batch
    def batched(self) -> list[int]: ...  # type: ignore[empty-body]


class Keyed(TypedDict):
    area: int


class Pair(NamedTuple):
    title: str


Plain = namedtuple("Plain", ["title"])  # noqa: PYI024  # the old way counts too


@pytest.mark.parametrize(
    ("fields", "model", "message"),
    [
        ("plain(scale: Int): Int", Wrong,
         "Thing.plain: nothing takes its arguments (scale), because Wrong.plain is not a method."),
        ("declared(a: Int, b: Int): Int", Wrong, "nothing takes its arguments (a, b)"),
        ("read(scale: Int): Int", Wrong, "Wrong.read is not a method"),
        ("area(scale: Int): Int", Keyed, "its arguments (scale), because Keyed has only keys."),
        ("lacks(scale: Int): Int", Wrong, "Wrong.lacks"),
        ("lacks(scale: Int): Int", Wrong, "lacks the parameter 'scale' for the argument 'scale'."),
        ("needs(scale: Int): Int", Wrong, "needs a default for 'scale'"),
        ("wants(scale: Int!): Int", Wrong, "has a parameter 'extra' that the field has no"),
        ("placed(scale: Int!): Int", Wrong, "takes 'scale' only by position"),
        ("batched: Int", Wrong, "is a method of one object, so it cannot take all objects of"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_at_start(fields: str, model: Any, message: str) -> None:
    with pytest.raises(SchemaError) as caught:
        schema_of(fields, model)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "model", "library"),
    [
        ("copy", Model, "pydantic.main.BaseModel"),
        ("json", Model, "pydantic.main.BaseModel"),
        ("metadata", Row, "sqlalchemy.sql.schema.MetaData"),
        ("registry", Row, "sqlalchemy.orm.decl_api.registry"),
        ("count", Pair, "builtins.tuple"),
        ("index", Plain, "builtins.tuple"),
    ],
)
def test_what_a_model_has_from_a_library_stands_for_no_field(
    name: str, model: Any, library: str
) -> None:
    with pytest.raises(SchemaError) as caught:
        schema_of(f"{name}: String", model)
    assert f"from {library}, where it means something else." in str(caught.value)


class Own(BaseModel):
    kind: ClassVar[str] = "own"
    title: str = "T"

    def copy(self) -> str:  # type: ignore[override]
        return "mine"

    @property
    def schema_(self) -> str:
        return "s"


class Hybrid(Base):
    __tablename__ = "hybrids"
    id: Mapped[int] = mapped_column(primary_key=True)

    @hybrid_method
    def plus(self, by: int) -> int:
        return self.id + by

    @hybrid_property
    def label(self) -> str:
        return f"no {self.id}"


def test_what_a_model_defines_itself_is_its_own() -> None:
    got = answer(schema_of("copy: String kind: String", Own, Own()), "copy kind")
    assert got == {"copy": "mine", "kind": "own"}
    row = schema_of("id: Int label: String plus(by: Int!): Int", Hybrid, Hybrid(id=1))
    assert answer(row, "id label plus(by: 2)") == {"id": 1, "label": "no 1", "plus": 3}


class Elsewhere:
    """A class of another package, whose fields are declared."""

    __module__ = "elsewhere.models"
    title: str = "T"

    def area(self) -> int:
        return 1


class Here(Elsewhere):
    def area(self) -> int:
        return 2


def test_fields_that_a_class_of_another_package_declares_are_good() -> None:
    got = answer(schema_of("title: String area: Int", Here, Here()), "title area")
    assert got == {"title": "T", "area": 2}
