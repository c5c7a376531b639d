# mypy: ignore-errors
"""The shop as Strawberry executes it, with its caches, timed by whoever writes to standard input.

A line in and a line out, as `peers/node/jit.js` has them. Strawberry is installed into the
benchmarks' own environment: mypy does not see it.
"""

import json
import sys
import time
from datetime import datetime
from decimal import Decimal
from typing import Annotated

import orjson
import strawberry
from strawberry.extensions import ParserCache, ValidationCache

from benchmarks.peers.python import orders

Status = strawberry.enum(orders.Status)


@strawberry.type
class Customer:
    """Who orders."""

    id: strawberry.ID
    name: str
    email: str | None


@strawberry.type
class Address:
    """Where an order goes."""

    street: str
    city: str
    zip: str | None


@strawberry.type
class Line:
    """A part of an order."""

    sku: str
    quantity: int
    price: Decimal
    weight: float | None


@strawberry.type
class Contact:
    """Who sells."""

    id: strawberry.ID
    name: str


@strawberry.type
class Order:
    """An order."""

    id: strawberry.ID
    number: int
    status: Status
    total: Decimal
    placed_at: datetime
    note: str | None
    priority: int | None
    customer: Customer
    address: Address | None
    lines: list[Line]

    @strawberry.field
    def seller(self) -> Contact:
        """Resolve a contact by itself."""
        return orders.CONTACTS[self.seller_id]


@strawberry.type
class Card:
    """A payment."""

    id: strawberry.ID
    amount: Decimal
    last4: str

    @classmethod
    def is_type_of(cls, value: object, _info: object) -> bool:
        """Tell a card."""
        return isinstance(value, orders.Card)


@strawberry.type
class Transfer:
    """Another payment."""

    id: strawberry.ID
    amount: Decimal
    reference: str | None

    @classmethod
    def is_type_of(cls, value: object, _info: object) -> bool:
        """Tell a transfer."""
        return isinstance(value, orders.Transfer)


Payment = Annotated[Card | Transfer, strawberry.union("Payment")]


@strawberry.type
class Query:
    """Resolvers of ``Query``."""

    @strawberry.field
    def orders(self, first: int) -> list[Order]:
        """Resolve ``Query.orders``."""
        return orders.ORDERS[:first]

    @strawberry.field
    def order(self, id: strawberry.ID) -> Order | None:  # noqa: A002  # the argument's name
        """Resolve ``Query.order``."""
        return orders.ORDERS[int(id)]

    @strawberry.field
    def contacts(self, first: int) -> list[Contact]:
        """Resolve ``Query.contacts``."""
        return orders.CONTACTS[:first]

    @strawberry.field
    def payments(self, first: int) -> list[Payment]:
        """Resolve ``Query.payments``."""
        return orders.PAYMENTS[:first]


schema = strawberry.Schema(
    Query, extensions=[lambda: ParserCache(maxsize=100), lambda: ValidationCache(maxsize=100)]
)


def spend(query: str, variables: dict, count: int) -> dict:
    """Execute a query so many times; return the seconds that it took, and the response."""
    begin = time.process_time(), time.perf_counter()
    for _ in range(count):
        result = schema.execute_sync(query, variables)
        answer = orjson.dumps({"data": result.data, **({"errors": 1} if result.errors else {})})
    cpu, wall = time.process_time() - begin[0], time.perf_counter() - begin[1]
    return {"answer": answer.decode(), "cpu": cpu, "wall": wall}


for line in sys.stdin:
    print(json.dumps(spend(**json.loads(line))), flush=True)
