"""A schema with demands of every kind, and the data behind it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema

SDL = """
type Query {
  node: Node
  nodes: [Node]
  any: Any
  cat: Cat
  dog: Dog @requiresScopes(scopes: [["dogs"]])
  find(name: String, secret: String @requiresScopes(scopes: [["find"]]), where: Where): String
  kind: Kind
  count: Int
}
type Mutation {
  save(cat: CatInput!): Cat
  drop(id: ID!): Boolean @requiresScopes(scopes: [["drop"]])
}
type Subscription { ticks: Int  secrets: Int @requiresScopes(scopes: [["ticks"]]) }
interface Node { id: ID  owner: String @requiresScopes(scopes: [["owners"]]) }
interface Pet implements Node @requiresScopes(scopes: [["pets"]]) {
  id: ID  owner: String  friend: Pet
}
type Cat implements Node { id: ID  owner: String  lives: Int  vet: Vet  best: Node }
type Dog implements Node & Pet {
  id: ID  owner: String  friend: Pet
  chip: String @requiresScopes(scopes: [["chips", "vets"], ["root"]])
}
type Vet @requiresScopes(scopes: [["vets"]]) { name: String! cats: [Cat] }
union Any = Cat | Dog | Vet
enum Kind @requiresScopes(scopes: [["kinds"]]) { ONE TWO }
input Where { name: String  price: Int @requiresScopes(scopes: [["prices"]])  and: [Where!] }
input CatInput { name: String!  chip: Chip }
input Chip @requiresScopes(scopes: [["chips"]]) { number: String }
"""
CAT: dict[str, Any] = {"__typename": "Cat", "id": "c", "owner": "Ann", "lives": 9}
DOG: dict[str, Any] = {
    "__typename": "Dog",
    "id": "d",
    "owner": "Bob",
    "chip": "0815",
    "friend": None,
}
VET: dict[str, Any] = {"__typename": "Vet", "name": "Dr. Who", "cats": [CAT]}
CAT.update(vet=VET, best=DOG)
DOG.update(friend=DOG)


class Query:
    def node(self) -> Any:
        return DOG

    def nodes(self) -> Any:
        return [CAT, DOG]

    def any(self) -> Any:
        return VET

    def cat(self) -> Any:
        return CAT

    def dog(self) -> Any:
        return DOG

    def find(self, name: Any = None, secret: Any = None, where: Any = None) -> str:
        return f"{name} {secret} {where}"

    def kind(self) -> str:
        return "ONE"

    async def count(self) -> int:
        return 1


class Mutation:
    def save(self, cat: Any) -> Any:  # noqa: ARG002  # the schema's
        return CAT

    async def drop(self, id: str) -> bool:  # noqa: A002, ARG002  # as above
        raise AssertionError("it was called")


class Subscription:
    async def ticks(self) -> Any:
        yield 1

    async def secrets(self) -> Any:
        yield 1


DEFINITION = parse_schema(SDL)
SCHEMA = make_executable_schema(
    DEFINITION,
    SimpleNamespace(query=Query(), mutation=Mutation(), subscription=Subscription()),
)
