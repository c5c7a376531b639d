"""A shop's data as people have it: ids that are numbers, money, times, nulls.

Only of the standard library, because peers load it into environments of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path

__all__ = [
    "CONTACTS",
    "ORDERS",
    "PAYMENTS",
    "SDL",
    "Address",
    "Card",
    "Contact",
    "Customer",
    "Line",
    "Order",
    "Status",
    "Transfer",
]

SDL = Path(__file__).parent.with_name("orders.graphql").read_text(encoding="utf-8")


class Status(Enum):
    """How far an order is."""

    NEW = "new"
    PAID = "paid"
    SHIPPED = "shipped"


@dataclass
class Customer:
    """Who orders."""

    id: int
    name: str
    email: str | None


@dataclass
class Address:
    """Where an order goes."""

    street: str
    city: str
    zip: str | None


@dataclass
class Line:
    """A part of an order."""

    sku: str
    quantity: int
    price: Decimal
    weight: float | None


@dataclass
class Contact:
    """Who sells."""

    id: str
    name: str


@dataclass
class Order:
    """An order; its seller is found by ``seller_id``."""

    id: int
    number: int
    status: Status
    total: Decimal
    placed_at: datetime
    note: str | None
    priority: int | None
    customer: Customer
    address: Address | None
    lines: list[Line]
    seller_id: int


@dataclass
class Card:
    """A payment."""

    id: int
    amount: Decimal
    last4: str


@dataclass
class Transfer:
    """Another payment."""

    id: int
    amount: Decimal
    reference: str | None


CONTACTS = [Contact(str(number), f"Contact {number}") for number in range(100)]
_STATUSES = list(Status)
_CUSTOMERS = [
    Customer(number, f"Customer {number}", None if number % 3 == 0 else f"{number}@example.com")
    for number in range(50)
]
_ADDRESSES = [
    Address(f"{number} Main Street", "Springfield", None if number % 3 == 1 else f"{number:05}")
    for number in range(50)
]


def _line(number: int) -> Line:
    weight = None if number % 3 == 0 else number / 8
    return Line(f"SKU-{number:04}", number % 7 + 1, Decimal(number * 25 + 199).scaleb(-2), weight)


ORDERS = [
    Order(
        id=number,
        number=10_000 + number,
        status=_STATUSES[number % 3],
        total=Decimal(number * 725 + 1_250).scaleb(-2),
        placed_at=datetime(2026, 1, 1, 8, 30, tzinfo=UTC) + timedelta(minutes=number),
        note=None if number % 3 == 2 else f"Leave order {number} at the door",
        priority=None if number % 3 == 1 else number % 5,
        customer=_CUSTOMERS[number % 50],
        address=None if number % 3 == 0 else _ADDRESSES[number % 50],
        lines=[_line(number + each) for each in range(5)],
        seller_id=number % 100,
    )
    for number in range(200)
]
PAYMENTS: list[Card | Transfer] = [
    Card(number, Decimal(number * 100 + 99).scaleb(-2), f"{number:04}")
    if number % 2
    else Transfer(
        number, Decimal(number * 100 + 99).scaleb(-2), None if number % 3 == 0 else f"RF{number}"
    )
    for number in range(100)
]
