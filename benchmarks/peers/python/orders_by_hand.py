"""The shop's responses without GraphQL: functions that trust their data, as such functions do.

orjson writes the times.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.peers.python.orders import CONTACTS, ORDERS, PAYMENTS, Card

__all__ = ["FUNCTIONS"]

JSON = dict[str, Any]


def nested(first: int) -> JSON:
    return {
        "orders": [
            {
                "id": str(order.id),
                "number": order.number,
                "status": order.status.name,
                "total": str(order.total),
                "placedAt": order.placed_at,
                "note": order.note,
                "customer": {
                    "id": str(order.customer.id),
                    "name": order.customer.name,
                    "email": order.customer.email,
                },
                "address": {
                    "street": order.address.street,
                    "city": order.address.city,
                    "zip": order.address.zip,
                }
                if order.address
                else None,
                "lines": [
                    {
                        "sku": line.sku,
                        "quantity": line.quantity,
                        "price": str(line.price),
                        "weight": line.weight,
                    }
                    for line in order.lines
                ],
            }
            for order in ORDERS[:first]
        ]
    }


def mixed(first: int) -> JSON:
    return {
        "orders": [
            {
                "id": str(order.id),
                "number": order.number,
                "status": order.status.name,
                "total": str(order.total),
                "placedAt": order.placed_at,
                "note": order.note,
                "priority": order.priority,
            }
            for order in ORDERS[:first]
        ]
    }


def short(first: int) -> JSON:
    return {
        "orders": [
            {"id": str(order.id), "number": order.number, "note": order.note}
            for order in ORDERS[:first]
        ]
    }


def strings(first: int) -> JSON:
    return {"contacts": [{"id": contact.id, "name": contact.name} for contact in CONTACTS[:first]]}


def union(first: int) -> JSON:
    return {
        "payments": [
            {
                "__typename": "Card",
                "id": str(payment.id),
                "amount": str(payment.amount),
                "last4": payment.last4,
            }
            if isinstance(payment, Card)
            else {
                "__typename": "Transfer",
                "id": str(payment.id),
                "amount": str(payment.amount),
                "reference": payment.reference,
            }
            for payment in PAYMENTS[:first]
        ]
    }


def batch(first: int) -> JSON:
    orders = ORDERS[:first]
    sellers = [CONTACTS[order.seller_id] for order in orders]
    return {
        "orders": [
            {"id": str(order.id), "seller": {"id": seller.id, "name": seller.name}}
            for order, seller in zip(orders, sellers, strict=True)
        ]
    }


def one(id: str) -> JSON:  # noqa: A002  # the argument's name
    order = ORDERS[int(id)]
    return {
        "order": {
            "id": str(order.id),
            "number": order.number,
            "status": order.status.name,
            "total": str(order.total),
            "note": order.note,
            "customer": {"name": order.customer.name},
        }
    }


FUNCTIONS: dict[str, Callable[..., JSON]] = {
    function.__name__: function for function in (nested, mixed, short, strings, union, batch, one)
}
