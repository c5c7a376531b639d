"""The schema of `shapes.py` and what resolves it: for us, and for graphql-core."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphql import GraphQLSchema, build_schema

from trunkline.schema.bindings import Schema
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema

__all__ = ["core_schema", "our_schema"]

TYPES = """
type Query {
  branches(width: Int!): [Branch!]!
  twoKinds: [Two!]!
  twentyKinds: [Twenty!]!
  sum(of: [Int!]!, filter: Filter): Int!
  rows: [Row!]!
}
type Branch { name: String!  branches(width: Int!): [Branch!]! }
input Filter { least: Int! = 0, most: Int }
type Row { id: ID!  broken: Int }
interface Kind { name: String! }
union Two = Kind0 | Kind1
"""
NUMBERS = range(20)
TWENTY = " | ".join(f"Kind{number}" for number in NUMBERS)
SDL = "\n".join(
    [
        TYPES,
        f"union Twenty = {TWENTY}",
        *(f"type Kind{n} implements Kind {{ name: String!  own{n}: Int! }}" for n in NUMBERS),
    ]
)


@dataclass
class Branch:
    """A tree's."""

    name: str


@dataclass
class Row:
    """One in a hundred of which fails."""

    id: str


@dataclass
class Kind:
    """A member of unions."""

    name: str


KINDS = [
    type(f"Kind{number}", (Kind,), {f"own{number}": number, "__doc__": "One of twenty."})
    for number in NUMBERS
]


def sum_within(of: list[int], least: int, most: int | None) -> int:
    return sum(each for each in of if each >= least and (most is None or each <= most))


class Query:
    """Resolvers of ``Query``."""

    def branches(self, width: int) -> list[Branch]:
        return [Branch(f"Branch {number}") for number in range(width)]

    def two_kinds(self) -> list[Any]:
        return [KINDS[number % 2]("a name") for number in range(100)]

    def twenty_kinds(self) -> list[Any]:
        return [KINDS[number % 20]("a name") for number in range(100)]

    def sum(self, of: list[int], filter: dict[str, Any] | None = None) -> int:  # noqa: A002
        filter = filter or {}  # noqa: A001  # the argument's name
        return sum_within(of, filter.get("least", 0), filter.get("most"))

    def rows(self) -> list[Row]:
        return [Row(str(number)) for number in range(1_000)]


class BranchResolvers:
    """Resolvers of ``Branch``."""

    def branches(self, _branch: Branch, width: int) -> list[Branch]:
        return QUERY.branches(width)


class RowResolvers:
    """Resolvers of ``Row``."""

    def broken(self, row: Row) -> int:
        if row.id.endswith("50"):
            raise ValueError("The row is broken.")
        return 1


class Resolvers:
    """The resolvers of each type that needs some."""

    query = Query()
    branch = BranchResolvers()
    row = RowResolvers()


QUERY = Resolvers.query


def our_schema() -> Schema:
    models = {"Branch": Branch, "Row": Row, **{kind.__name__: kind for kind in KINDS}}
    return make_executable_schema(parse_schema(SDL), Resolvers(), models)


def core_schema() -> GraphQLSchema:
    schema = build_schema(SDL)
    types: Any = schema.type_map
    fields = types["Query"].fields
    fields["branches"].resolve = lambda _source, _info, width: QUERY.branches(width)
    fields["twoKinds"].resolve = lambda _source, _info: QUERY.two_kinds()
    fields["twentyKinds"].resolve = lambda _source, _info: QUERY.twenty_kinds()
    fields["sum"].resolve = lambda _source, _info, **arguments: QUERY.sum(**arguments)
    fields["rows"].resolve = lambda _source, _info: QUERY.rows()
    types["Branch"].fields["branches"].resolve = lambda _source, _info, width: QUERY.branches(width)
    types["Row"].fields["broken"].resolve = lambda row, _info: Resolvers.row.broken(row)
    for name in ("Two", "Twenty"):
        types[name].resolve_type = lambda value, _info, _type: type(value).__name__
    return schema
