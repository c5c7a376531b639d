"""A scalar's own type, as a program would have one."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Money", "format_money", "parse_money"]


@dataclass(frozen=True)
class Money:
    """An amount without its currency."""

    amount: str


def parse_money(value: str) -> Money:
    return Money(value)


def format_money(money: Money) -> str:
    return money.amount
