"""The shop as Trunkline serves it."""

from __future__ import annotations

from benchmarks.peers.python import orders
from benchmarks.peers.python.orders import Card, Contact, Order, Transfer
from trunkline.schema.bindings import batch
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema

__all__ = ["SCHEMA"]


class Query:
    """Resolvers of ``Query``."""

    def orders(self, first: int) -> list[Order]:
        return orders.ORDERS[:first]

    def order(self, id: str) -> Order | None:  # noqa: A002  # the argument's name
        return orders.ORDERS[int(id)]

    def contacts(self, first: int) -> list[Contact]:
        return orders.CONTACTS[:first]

    def payments(self, first: int) -> list[Card | Transfer]:
        return orders.PAYMENTS[:first]


class OrderResolvers:
    """Resolvers of ``Order``."""

    @batch
    def seller(self, parents: list[Order]) -> list[Contact]:
        return [orders.CONTACTS[order.seller_id] for order in parents]


class Resolvers:
    """The resolvers of each type that needs some."""

    query = Query()
    order = OrderResolvers()


_NAMES = ("Order", "Status", "Customer", "Address", "Line", "Contact", "Card", "Transfer")
SCHEMA = make_executable_schema(
    parse_schema(orders.SDL), Resolvers(), {name: getattr(orders, name) for name in _NAMES}
)
