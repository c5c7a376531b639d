"""A schema as large as is wanted, in the manner of those that grow that large."""

from __future__ import annotations

__all__ = ["large_schema"]

_TYPE = '''
"""Thing number {n}."""
type Thing{n} implements Node @cost(weight: {n}) {{
  id: ID!
  "The thing's title."
  title: String!
  old: String @deprecated(reason: "Use `title` of thing {n}.")
  "The things after this one."
  next(first: Int = {n}, after: String, where: Filter{n}): Page{n}!
}}

type Page{n} {{ nodes: [Thing{n}!]! total: Int! more: Boolean! }}

input Filter{n} {{ kind: Kind{n} = SMALL{n}, tags: [String!] = ["{n}"], deeper: Filter{n} }}

enum Kind{n} {{ SMALL{n} LARGE{n} @deprecated }}
'''


def large_schema(things: int) -> str:
    """Write the SDL of a schema with four types for every thing."""
    fields = "".join(f"  thing{n}(id: ID!): Thing{n}\n" for n in range(things))
    return (
        "directive @cost(weight: Int!) on OBJECT\n\ninterface Node { id: ID! }\n\n"
        f"type Query {{\n{fields}}}\n" + "".join(_TYPE.format(n=n) for n in range(things))
    )
