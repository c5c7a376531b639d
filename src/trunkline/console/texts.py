"""Numbers, times and names as the pages write them."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["day", "duration", "moment", "number", "percent"]


def number(value: float) -> str:
    """Write a number with its thousands apart."""
    return f"{value:,.0f}"


def duration(seconds: float) -> str:
    """Write seconds with three digits, in ms below one second."""
    milliseconds = seconds * 1_000
    if seconds >= 1:
        return f"{seconds:,.2f} s"
    return f"{milliseconds:.0f} ms" if milliseconds >= 10 else f"{milliseconds:.1f} ms"


def moment(seconds: float, *, with_seconds: bool = False) -> str:
    """Write a time since 1970, in UTC, to the minute or the second."""
    if seconds == float("inf"):  # of a folder's contracts
        return "always"
    form = "%Y-%m-%d %H:%M:%S" if with_seconds else "%Y-%m-%d %H:%M"
    return datetime.fromtimestamp(seconds, UTC).strftime(form)


def day(seconds: float) -> str:
    """Write the day of a time since 1970, in UTC."""
    return moment(seconds)[:10]


def percent(part: float, whole: float) -> str:
    """Write a part of a whole; what is little but not nothing is not written as nothing."""
    if not part or not whole:
        return "0 %"
    share = 100 * part / whole
    return "< 0.1 %" if share < 0.1 else f"{share:.1f} %"
