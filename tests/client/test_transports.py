"""Connections, threads, redirects and secrets: what a transport is for beside carrying bytes."""

from __future__ import annotations

import asyncio
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from tests.client import faulty
from tests.client.calling import TRANSPORTS, Caller, CallWith
from tests.client.faulty import Faulty
from tests.client.serving import QUERY, TODOS, Received, Reply, Todos, execute

from trunkline import (
    Client,
    DeadlineExceededError,
    ServerStatusError,
    TransportError,
    VariablesError,
)
from trunkline.client.transports import HTTPRequest, HTTPResponse, Transport
from trunkline.client.transports.aiohttp import AIOHTTPTransport
from trunkline.client.transports.httpx2 import AsyncHTTPX2Transport, HTTPX2Transport
from trunkline.client.transports.pyreqwest import AsyncPyreqwestTransport, PyreqwestTransport
from trunkline.client.transports.requests import RequestsHTTPTransport

ALL = [
    RequestsHTTPTransport,
    HTTPX2Transport,
    AsyncHTTPX2Transport,
    PyreqwestTransport,
    AsyncPyreqwestTransport,
    AIOHTTPTransport,
]
BLOCKING = [RequestsHTTPTransport, HTTPX2Transport, PyreqwestTransport]


def test_many_calls_one_connection(fetching: Caller, server: Todos) -> None:
    for _ in range(20):
        fetching.execute(QUERY)
    assert (server.connections, len(server.received)) == (1, 21)


def test_errors_keep_the_connection_too(call_with: CallWith, server: Todos) -> None:
    caller = call_with(server.url)
    for status, media_type in ((500, "text/plain"), (404, "text/html"), (400, "application/json")):
        server.reply = Reply(status, b'{"errors":[{"message":"No"}]}', media_type)
        with pytest.raises(Exception, match=r"No"):
            caller.execute(QUERY)
    assert server.connections == 1


def test_http_without_tls_loads_no_authorities(
    call_with: CallWith, server: Todos, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a TLS context was filled for http://")

    for name in ("load_verify_locations", "load_default_certs", "set_default_verify_paths"):
        monkeypatch.setattr(ssl.SSLContext, name, refuse)
    assert call_with(server.url).execute(QUERY) == TODOS


def test_nothing_is_opened_before_the_first_call(call_with: CallWith, server: Todos) -> None:
    call_with(server.url, fetch_schema_from_transport=True)
    assert server.connections == 0


@pytest.mark.parametrize("transport", BLOCKING)
def test_eight_threads_share_one_client(transport: Any, server: Todos) -> None:
    together = Barrier(8)

    def call(number: int) -> bool:
        together.wait()
        text = "mutation ($todo: TodoInput!) { createTodo(todo: $todo) { title } }"
        values = [f"{number}.{count}" for count in range(10)]
        given = [{"todo": {"title": value, "text": ""}} for value in values]
        return [client.execute(text, one)["createTodo"]["title"] for one in given] == values

    with (
        Client(transport(server.url), fetch_schema_from_transport=True) as client,
        ThreadPoolExecutor(8) as pool,
    ):
        assert all(pool.map(call, range(8)))
    assert server.connections <= 9


@pytest.mark.parametrize("transport", BLOCKING)
def test_leaving_a_block_does_not_close_under_another_thread(transport: Any, server: Todos) -> None:
    client = Client(transport(server.url))
    together = Barrier(8)

    def call(_: int) -> bool:
        together.wait()
        for _ in range(10):
            with client:
                assert client.execute(QUERY) == TODOS
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(call, range(8)))


def test_a_closed_client_opens_anew(call_with: CallWith, server: Todos) -> None:
    caller = call_with(server.url)
    caller.execute(QUERY)
    caller.close()
    assert caller.execute(QUERY) == TODOS
    assert server.connections == 2


def test_closing_what_was_never_opened(call_with: CallWith) -> None:
    call_with("http://localhost/")


@pytest.mark.parametrize("transport", [AsyncHTTPX2Transport, AIOHTTPTransport])
async def test_closing_waits_for_the_calls_under_way(transport: Any, server: Todos) -> None:
    client = Client(transport(server.url))
    calls = [asyncio.create_task(client.execute_async(QUERY)) for _ in range(10)]
    await asyncio.sleep(0)
    await client.close_async()
    assert await asyncio.gather(*calls) == [TODOS] * 10


@pytest.mark.parametrize("transport", [AsyncHTTPX2Transport, AIOHTTPTransport])
def test_each_event_loop_has_connections_of_its_own(transport: Any, server: Todos) -> None:
    client = Client(transport(server.url), fetch_schema_from_transport=True)

    async def call() -> object:
        async with client:
            return await client.execute_async(QUERY)

    assert [asyncio.run(call()) for _ in range(3)] == [TODOS] * 3
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: asyncio.run(call()), range(4))) == [TODOS] * 4


async def test_the_wrong_mode_says_what_to_use(server: Todos) -> None:
    blocking = Client(RequestsHTTPTransport(server.url))
    asynchronous = Client(AsyncHTTPX2Transport(server.url))
    use_async = r"^AsyncHTTPX2Transport is an asynchronous transport: use `await client\.execute_as"
    use_sync = r"^RequestsHTTPTransport is a blocking transport: use `client\.execute\(…\)` and"
    with pytest.raises(TypeError, match=use_async):
        asynchronous.execute(QUERY)
    with pytest.raises(TypeError, match=use_async), asynchronous:
        pass
    with pytest.raises(TypeError, match=use_async):
        asynchronous.close()
    with pytest.raises(TypeError, match=use_sync):
        await blocking.execute_async(QUERY)
    with pytest.raises(TypeError, match=use_sync):
        async with blocking:
            pass
    with pytest.raises(TypeError, match=use_sync):
        await blocking.close_async()
    assert not server.received


REDIRECTS = {
    **{f"{status} drops the body": (status, "/graphql/") for status in (301, 302, 303)},
    "307 to another host": (307, "http://127.0.0.2/graphql?token=hunter2"),
    "308 to another scheme": (308, "https://user:hunter2@127.0.0.1/graphql"),
    "308 to nowhere": (308, "http://[::1/graphql"),
    "308 to a password": (308, "https://user:12/hunter2@127.0.0.1/graphql"),
}


@pytest.mark.parametrize(("status", "target"), REDIRECTS.values(), ids=REDIRECTS)
def test_a_redirect_that_loses_the_request_is_refused(
    status: int, target: str, call_with: CallWith, server: Todos
) -> None:
    server.reply = Reply(status, b"Moved", "text/plain", (("Location", target),))
    with pytest.raises(ServerStatusError) as caught:
        call_with(server.url).execute(QUERY)
    assert caught.value.status == status
    assert f"at {server.url} responded with {status}: it redirects to" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert len(server.received) == 1


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_within_the_origin_is_followed(
    status: int, call_with: CallWith, server: Todos
) -> None:
    def moved(received: Received) -> Reply:
        if received.path == "/graphql":
            return Reply(status, b"", "text/plain", (("Location", "/graphql/"),))
        return execute(server.schema, received.body)

    server.reply = moved
    assert call_with(server.url).execute(QUERY) == TODOS
    assert [received.path for received in server.received] == ["/graphql", "/graphql/"]


def test_redirects_without_end_are_not_followed(call_with: CallWith, server: Todos) -> None:
    server.reply = Reply(308, b"", "text/plain", (("Location", "/graphql"),))
    with pytest.raises(TransportError):
        call_with(server.url, retry=None).execute(QUERY)
    assert len(server.received) <= 31


def test_redirects_do_not_lengthen_the_deadline(call_with: CallWith, server: Todos) -> None:
    def moved(_: Received) -> Reply:
        time.sleep(0.1)
        return Reply(308, b"", "text/plain", (("Location", "/graphql"),))

    server.reply = moved  # 20 redirects would take 2 s
    with pytest.raises(DeadlineExceededError):
        call_with(server.url, timeout=0.25).execute(QUERY)


def test_a_transports_headers_win(call_with: CallWith, server: Todos) -> None:
    headers = {"User-Agent": "web/3", "X-Tenant": "7", "Authorization": "Bearer abc"}
    call_with(server.url, {"headers": headers}, name="web").execute(QUERY)
    sent = server.received[0].headers
    assert (sent["user-agent"], sent["x-tenant"]) == ("web/3", "7")
    assert (sent["authorization"], sent["graphql-client-name"]) == ("Bearer abc", "web")


def test_netrc_does_not_replace_an_authorization_header(
    call_with: CallWith, server: Todos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password b\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    call_with(server.url, {"headers": {"authorization": "Bearer abc"}}).execute(QUERY)
    assert server.received[0].headers["authorization"] == "Bearer abc"


@pytest.mark.parametrize("transport", [RequestsHTTPTransport, HTTPX2Transport])
def test_auth_is_the_librarys(transport: Any, server: Todos) -> None:
    with Client(transport(server.url, auth=("user", "hunter2"))) as client:
        client.execute(QUERY)
    assert server.received[0].headers["authorization"] == "Basic dXNlcjpodW50ZXIy"


HTTPX2 = [key for key in TRANSPORTS if "httpx2" in key]
OURS = [*HTTPX2, "aiohttp"]  # where proxies and users are read here, not by the library


def call_by(key: str, url: str, **options: Any) -> Any:
    transport, caller = TRANSPORTS[key]
    made: Caller = caller(Client(transport(url, **options)))
    try:
        return made.execute(QUERY)
    finally:
        made.end()


@pytest.mark.parametrize("key", HTTPX2)
def test_a_scheme_of_httpx2_may_ask_twice(key: str, server: Todos) -> None:
    def reply(received: Received) -> Reply:
        if "authorization" not in received.headers:
            offered = (
                ("WWW-Authenticate", 'Basic realm="api"'),
                ("WWW-Authenticate", 'Digest realm="api", nonce="n", qop="auth"'),
            )
            return Reply(401, b"", "text/plain", offered)
        return execute(server.schema, received.body)

    server.reply = reply
    auth = httpx2.DigestAuth("user", "hunter2")
    assert call_by(key, server.url, auth=auth) == TODOS
    first, second = server.received
    assert second.headers["authorization"].startswith('Digest username="user", realm="api"')
    assert first.body == second.body


@pytest.mark.parametrize("key", HTTPX2)
def test_a_function_of_httpx2_may_change_the_request(key: str, server: Todos) -> None:
    def sign(request: httpx2.Request) -> httpx2.Request:
        request.headers["X-Signature"] = "abc"
        request.url = request.url.copy_add_param("signed", "yes")
        return request

    assert call_by(key, server.url, auth=sign) == TODOS
    (received,) = server.received
    assert (received.path, received.headers["x-signature"]) == ("/graphql?signed=yes", "abc")


@pytest.mark.parametrize("key", OURS)
def test_a_user_in_the_url(key: str, server: Todos) -> None:
    assert call_by(key, server.url.replace("//", "//user:hunter%32@")) == TODOS
    assert server.received[0].headers["authorization"] == "Basic dXNlcjpodW50ZXIy"


@pytest.mark.parametrize("key", OURS)
def test_a_proxy_of_the_environment(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Faulty(faulty.answer) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "elsewhere.example")
        assert call_by(key, "http://api.example/graphql?a=1") == TODOS
    (request,) = proxy.requests
    assert request.startswith(b"POST http://api.example/graphql?a=1 HTTP/1.1\r\n")
    assert b"host: api.example\r\n" in request.lower()


@pytest.mark.parametrize("key", OURS)
@pytest.mark.parametrize("hosts", ["127.0.0.1", "elsewhere.example, 127.0.0.1:PORT", "*"])
def test_a_host_that_needs_no_proxy(
    key: str, hosts: str, server: Todos, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Faulty(faulty.answer) as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", hosts.replace("PORT", str(urlsplit(server.url).port)))
        assert call_by(key, server.url) == TODOS
    assert not proxy.requests


@pytest.mark.parametrize("key", OURS)
def test_the_password_of_a_proxy(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Faulty(faulty.answer) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("//", "//user:hunter%32@"))
        assert call_by(key, "http://api.example/graphql") == TODOS
    assert b"\r\nproxy-authorization: basic dxnlcjpodw50zxiy\r\n" in proxy.requests[0].lower()


@pytest.mark.parametrize("transport", ALL)
def test_reprs_tell_no_secret(transport: Any) -> None:
    made = transport(
        "https://user:hunter2@api.example:8443/graphql?token=hunter2",
        headers={"Authorization": "hunter2"},
    )
    assert repr(made) == f"{transport.__name__}('https://api.example:8443/graphql')"
    assert repr(Client(made)) == f"Client({made!r})"


@pytest.mark.parametrize("transport", ALL)
@pytest.mark.parametrize(
    "value", ["hunter2\n", "hunter2\r\nX: 1", " hunter2", "hunter2\u20ac", b"hunter2"]
)
def test_a_header_that_cannot_be_sent_is_not_quoted(transport: Any, value: Any) -> None:
    with pytest.raises(ValueError, match="'Authorization'") as caught:
        transport("http://localhost/", headers={"Authorization": value})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("transport", ALL)
def test_a_headers_name_that_cannot_be_sent(transport: Any) -> None:
    with pytest.raises(ValueError, match=r"^'X Tenant' is not a valid name of a header\.$"):
        transport("http://localhost/", headers={"X Tenant": "7"})


@pytest.mark.parametrize("transport", ALL)
@pytest.mark.parametrize(
    "url", ["localhost:8080/graphql", "ftp://localhost/", "http://", "", "http://u:hunter2@h:pw/"]
)
def test_a_url_that_is_none(transport: Any, url: str) -> None:
    with pytest.raises(ValueError, match=r"begins with http:// or https://") as caught:
        transport(url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("transport", ALL)
def test_a_port_that_is_too_large(transport: Any) -> None:
    with pytest.raises(ValueError, match="is at most 65535"):
        transport("http://localhost:80801/graphql")


@pytest.mark.parametrize("transport", ALL)
@pytest.mark.parametrize("mark", "/?#")
def test_a_password_with_a_mark_that_ends_it_is_refused(transport: Any, mark: str) -> None:
    for user in (f"user:12{mark}hunter2", f"hunter2{mark}x"):
        with pytest.raises(ValueError, match="write these as %2F") as caught:
            transport(f"https://{user}@api.example/graphql")
        assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("transport", ALL)
@pytest.mark.parametrize("url", ["http://a b/", "http://a/b c", "http://a/graphql\n"])
def test_a_url_with_spaces_is_refused(transport: Any, url: str) -> None:
    with pytest.raises(ValueError, match="neither spaces nor line breaks"):
        transport(url)


@pytest.mark.parametrize("transport", ALL)
@pytest.mark.parametrize("verify", [None, "", b"", 0])
def test_what_a_library_could_take_for_no_verification(transport: Any, verify: Any) -> None:
    with pytest.raises(TypeError, match=r"verify is True, False, or (an|the) "):
        transport("https://localhost/", verify=verify)


def test_a_certificate_that_is_none() -> None:
    with (
        Client(PyreqwestTransport("https://localhost/", cert=b"x")) as client,
        pytest.raises(ValueError, match="cert is not the PEM"),
    ):
        client.execute(QUERY)


def test_form_encoding_is_no_graphql_over_http() -> None:
    with pytest.raises(ValueError, match="no form encoding"):
        RequestsHTTPTransport("http://localhost/", use_json=False)


def test_a_transport_of_ones_own() -> None:
    class Canned:
        def __init__(self) -> None:
            self.closed = False

        def send(self, request: HTTPRequest) -> HTTPResponse:
            assert request.method == "POST"
            return HTTPResponse(200, b'{"data":{"a":1}}', {"content-type": "application/json"})

        def close(self) -> None:
            self.closed = True

    canned = Canned()
    assert isinstance(canned, Transport)
    with Client(canned) as client:
        assert client.execute("{ a }") == {"a": 1}
    assert canned.closed


def test_variables_that_are_no_mapping_are_refused() -> None:
    client = Client(HTTPX2Transport("http://127.0.0.1:1"))
    with pytest.raises(VariablesError, match="Variables must be a mapping by name, not str"):
        client.execute("query ($a: Int) { a(a: $a) }", "1")  # type: ignore[call-overload]


def test_a_client_without_a_transport_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="A client needs a transport or a URL, not NoneType"):
        Client(None)  # type: ignore[arg-type]


@pytest.mark.parametrize("auth", ["a secret", ""])
def test_credentials_of_a_wrong_type_are_an_error_at_once_that_does_not_show_them(
    auth: str,
) -> None:
    with pytest.raises(TypeError, match="auth must have a method auth_flow") as caught:
        Client("http://localhost/graphql", auth=auth)  # type: ignore[arg-type]
    assert "a secret" not in str(caught.value)


def test_a_misspelt_option_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="no option 'retries'; it has auth, name, version"):
        Client("http://localhost/graphql", retries=3)  # type: ignore[call-arg]


async def test_a_url_is_enough(server: Todos) -> None:
    client = Client(server.url)
    assert client.execute(QUERY) == TODOS
    assert await client.execute_async(QUERY) == TODOS
    client.close()
    await client.close_async()
