"""JSON is fetched from an issuer over sockets, also from one that misbehaves (JW-08)."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Generator
from functools import partial
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from tests.serving import serving

from trunkline.auth.discovery import IssuerError, fetch_json
from trunkline.auth.verifying.issuers import new_sender, send_within_timeout
from trunkline.flow.drivers import run_async
from trunkline.protocol.messages import HTTPRequest


async def good(_request: Request) -> Response:
    return JSONResponse({"keys": []})


async def redirect(_request: Request) -> Response:
    return RedirectResponse("/good")


async def large(_request: Request) -> Response:
    return Response(b"{" + b" " * 1_100_000 + b"}")


async def bomb(_request: Request) -> Response:
    return Response(BOMB, headers={"content-encoding": "gzip, gzip"})


BOMB = gzip.compress(gzip.compress(bytes(100_000_000)))


async def slow(request: Request) -> Response:
    """Respond after the client has given up."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    return JSONResponse({})


@pytest.fixture(scope="module")
def address() -> Generator[str]:
    routes = [Route(f"/{each.__name__}", each) for each in (good, redirect, large, bomb, slow)]
    with serving(Starlette(routes=routes)) as port:
        yield f"http://127.0.0.1:{port}"


async def ask(url: str, seconds: float = 5.0) -> Any:
    request = HTTPRequest("GET", {}, b"", url, timeout=seconds)
    return await run_async(fetch_json(request), partial(send_within_timeout, new_sender()))


async def test_a_response_is_read(address: str) -> None:
    assert await ask(f"{address}/good") == {"keys": []}


@pytest.mark.parametrize(
    ("path", "says"),
    [("redirect", "is 307"), ("large", "more than"), ("missing", "is 404")],
)
async def test_jw_08_responses_are_bounded_and_redirects_are_not_followed(
    address: str, path: str, says: str
) -> None:
    with pytest.raises(IssuerError, match=says):
        await ask(f"{address}/{path}")


async def test_ta_14_a_compressed_response_is_not_decompressed(address: str) -> None:
    await ask(f"{address}/good")
    tracemalloc.start()
    try:
        with pytest.raises(IssuerError, match="not a JSON object"):
            await ask(f"{address}/bomb")
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


async def test_jw_08_a_slow_response_is_an_error(address: str) -> None:
    with pytest.raises(IssuerError, match=r"no response within 0\.1 s"):
        await ask(f"{address}/slow", seconds=0.1)


async def test_an_issuer_that_cannot_be_reached_is_an_error() -> None:
    with pytest.raises(IssuerError, match="ConnectError"):
        await ask("http://127.0.0.1:1/jwks")
