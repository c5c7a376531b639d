"""A schema that has a bit of everything, and asking a mock of it."""

from __future__ import annotations

import asyncio
from typing import Any

from trunkline.engine import compile_operation, run
from trunkline.mocking.schema import mock_schema
from trunkline.schema.bindings import Schema
from trunkline.schema.load import parse_schema

__all__ = ["SDL", "ask", "mock"]

SDL = """
scalar DateTime
scalar Decimal
scalar UUID
scalar Strange
scalar Phone @specifiedBy(url: "https://example.com/e164")
scalar Ref @specifiedBy(url: "https://www.rfc-editor.org/rfc/rfc3986")

interface Node { id: ID! }
enum Role { ADMIN EDITOR OLD @deprecated }
union Found = User | Post | Company

type User implements Node {
  id: ID!
  name: String!
  email: String!
  firstName: String!
  role: Role!
  roles: [Role!]!
  createdAt: DateTime!
  updatedAt: DateTime!
  avatarUrl: String!
  active: Boolean!
  age: Int!
  nickname: String
  friends(first: Int): [User!]!
  posts(first: Int, last: Int, after: String, before: String): PostConnection!
}
type Company {
  id: UUID!
  name: String!
  price: Decimal!
  weight: Float!
  strange: Strange!
  ref: Ref!
  "As the tax office has it, for example `DE811907980`."
  vat: String!
  "An email address."
  inbox: String!
  matrix: [[Int!]!]!
}
type Post implements Node {
  id: ID!
  title: String!
  tags: [String!]!
  done: Boolean!
  authorId: ID!
  author: User!
  meta: Meta!
}
type Meta { pages: Int!  note: String }
type PostEdge { cursor: String!  node: Post }
type PostConnection {
  edges: [PostEdge]
  nodes: [Post]
  pageInfo: PageInfo!
  totalCount: Int!
}
type PageInfo {
  hasNextPage: Boolean!
  hasPreviousPage: Boolean!
  startCursor: String
  endCursor: String
}

type Query {
  me: User!
  user(id: ID!): User
  userByName(name: String!): User
  users(first: Int, limit: Int, offset: Int): [User!]!
  node(id: ID!): Node
  nodes(ids: [ID!]!): [Node]!
  found: [Found!]!
  posts(done: Boolean): [Post!]!
  company(id: UUID): Company
  counter(n: Int): Counter!
}
type Counter { id: Int!  next: Counter! }

input MetaInput { pages: Int!  note: String }
input PostInput { title: String!  tags: [String!]  meta: MetaInput  authorId: ID  done: String }
type AddPostPayload { post: Post  viewer: User!  clientMutationId: String  success: Boolean! }
type Mutation {
  addPost(input: PostInput!, clientMutationId: String): AddPostPayload!
  updatePost(id: ID!, input: PostInput!): Post!
}
type Subscription { postAdded: Post! }
"""


def mock(seed: int = 1, values: dict[str, Any] | None = None, sdl: str = SDL) -> Schema:
    return mock_schema(parse_schema(sdl), seed, values)


def ask(schema: Schema, text: str, variables: dict[str, Any] | None = None) -> Any:
    result = asyncio.run(_execute(schema, text, variables))
    assert result.errors == []
    return result.data


async def _execute(schema: Schema, text: str, variables: dict[str, Any] | None) -> Any:
    return await run(compile_operation(schema, text), variables)
