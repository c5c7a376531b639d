"""How long the services that throttle say that a client must wait, as they document it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from trunkline.client import GITHUB, LINEAR, SHOPIFY, Retry
from trunkline.protocol.messages import HTTPResponse

NOW = {"date": "Sun, 29 Nov 2026 08:00:00 GMT"}
RESET = 1_795_939_200 + 20  # that time, and 20 s


def response(status: int, body: Any, **headers: str) -> HTTPResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HTTPResponse(status, json.dumps(body).encode(), {**NOW, **named})


def coded(code: str, **more: Any) -> dict[str, Any]:
    return {"errors": [{"message": "Slow down", "extensions": {"code": code}}], **more}


def bucket(wanted: float, available: float, rate: float = 50.0) -> dict[str, Any]:
    """Copy Shopify's ``extensions.cost`` of a throttled call."""
    status = {"maximumAvailable": 1000.0, "currentlyAvailable": available, "restoreRate": rate}
    cost = {"requestedQueryCost": wanted, "actualQueryCost": None, "throttleStatus": status}
    return coded("THROTTLED", extensions={"cost": cost})


PRIMARY = {"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded for user"}]}
SECONDARY = {"message": "You have exceeded a secondary rate limit."}
USED_UP = {"x_ratelimit_remaining": "0", "x_ratelimit_reset": str(RESET)}


@pytest.mark.parametrize(
    ("service", "given", "seconds"),
    [
        (GITHUB, response(200, PRIMARY, **USED_UP), 20.0),
        (GITHUB, response(403, SECONDARY, retry_after="7"), 7.0),
        (GITHUB, response(429, SECONDARY, **USED_UP), 20.0),
        (GITHUB, response(403, SECONDARY), 60.0),
        (GITHUB, response(403, {"message": "Resource not accessible"}), None),
        (GITHUB, response(200, {"data": {"title": "RATE_LIMITED"}}), None),
        (GITHUB, response(200, PRIMARY, x_ratelimit_remaining="0"), 60.0),
        (SHOPIFY, response(200, bucket(700, 200)), 10.0),
        (SHOPIFY, response(200, bucket(100, 200)), 0.0),
        (SHOPIFY, response(200, bucket(1001, 1000)), None),
        (SHOPIFY, response(200, bucket(700, 200, 0)), None),
        (SHOPIFY, response(200, coded("THROTTLED")), 1.0),
        (SHOPIFY, response(200, [{"data": {}}, bucket(700, 200)]), 1.0),
        (SHOPIFY, response(200, coded("MAX_COST_EXCEEDED")), None),
        (SHOPIFY, response(200, {"data": {"title": "THROTTLED"}}), None),
        (
            LINEAR,
            response(
                400,
                coded("RATELIMITED"),
                x_ratelimit_requests_remaining="0",
                x_ratelimit_requests_reset=f"{RESET}500",
                x_ratelimit_complexity_remaining="9",
                x_ratelimit_complexity_reset=f"{RESET + 100}000",
            ),
            20.5,
        ),
        (LINEAR, response(400, coded("RATELIMITED")), 0.0),
        (LINEAR, response(400, coded("INVALID_INPUT")), None),
    ],
)
def test_the_seconds_are_those_that_the_service_says(
    service: Retry, given: HTTPResponse, seconds: float | None
) -> None:
    assert service.wait is not None
    assert service.wait(given) == seconds


@pytest.mark.parametrize("body", [b"", b"<html>RATE_LIMITED THROTTLED RATELIMITED", b"[1]"])
@pytest.mark.parametrize("service", [GITHUB, SHOPIFY, LINEAR])
def test_other_bodies_are_not_throttled(service: Retry, body: bytes) -> None:
    assert service.wait is not None
    assert service.wait(HTTPResponse(200, body)) is None
