"""``Retry`` for services that say in their own ways that a client calls too often.

Each function reads a response as the service's documentation says, and returns the seconds to wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from time import time

import msgspec

from trunkline.client.resilience import Retry
from trunkline.protocol.messages import HTTPResponse
from trunkline.protocol.response import PLAIN, UNREADABLE, decode, has_error_code, retry_after

__all__ = ["GITHUB", "LINEAR", "SHOPIFY"]

_MINUTE = 60.0


class _ThrottleStatus(msgspec.Struct, rename="camel"):
    maximum_available: float
    currently_available: float
    restore_rate: float


class _Cost(msgspec.Struct, rename="camel"):
    requested_query_cost: float
    throttle_status: _ThrottleStatus


def _github(response: HTTPResponse) -> float | None:
    headers = response.headers
    named, is_used_up = retry_after(headers), headers.get("x-ratelimit-remaining") == "0"
    if response.status == 200:
        if b"RATE_LIMITED" not in response.body or not _has_type(response, "RATE_LIMITED"):
            return None
    elif response.status not in (403, 429):
        return None
    elif named is None and not is_used_up and b"rate limit" not in response.body:
        return None  # forbidden for another reason
    if named is not None:
        return named
    return _until(headers, "x-ratelimit-reset") if is_used_up else _MINUTE


def _has_type(response: HTTPResponse, type_: str) -> bool:
    try:
        errors = decode(response.body, PLAIN).errors
    except UNREADABLE:
        return False
    return any(error.get("type") == type_ for error in errors or ())


def _shopify(response: HTTPResponse) -> float | None:
    if not has_error_code(response, ("THROTTLED",)):
        return None
    try:
        extensions = decode(response.body, PLAIN).extensions or {}
        cost = msgspec.convert(extensions.get("cost"), _Cost)
    except UNREADABLE:  # without the cost, or a batch
        return 1.0  # each second restores some
    status = cost.throttle_status
    if cost.requested_query_cost > status.maximum_available or status.restore_rate <= 0:
        return None  # never
    missing = cost.requested_query_cost - status.currently_available
    return max(0.0, missing / status.restore_rate)


def _linear(response: HTTPResponse) -> float | None:
    if not has_error_code(response, ("RATELIMITED",)):
        return None
    headers = response.headers
    used_up = [
        _until(headers, f"x-ratelimit-{kind}-reset", per_second=1000)
        for kind in ("requests", "endpoint-requests", "complexity")
        if headers.get(f"x-ratelimit-{kind}-remaining") == "0"
    ]
    return max(used_up, default=0.0)


def _until(headers: Mapping[str, str], name: str, *, per_second: int = 1) -> float:
    """Return the seconds until a time that a header has, by the server's clock if it has one."""
    text = headers.get(name, "")
    try:
        now = parsedate_to_datetime(headers.get("date", "")).timestamp()
    except (ValueError, TypeError):
        now = time()
    return max(0.0, int(text) / per_second - now) if text.isdecimal() else _MINUTE


GITHUB = Retry(wait=_github)
"""Waits for GitHub's primary and secondary limits, which come with 200 or 403.

https://docs.github.com/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
"""

SHOPIFY = Retry(wait=_shopify)
"""Waits until Shopify's bucket has what the call costs: ``THROTTLED``, with 200.

https://shopify.dev/docs/api/usage/limits
"""

LINEAR = Retry(wait=_linear)
"""Waits for Linear's limits: ``RATELIMITED``, with 400.

https://linear.app/developers/rate-limiting
"""
