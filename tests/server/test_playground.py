"""What the playground answers, over a folder of assets that needs no Node to be built."""

from __future__ import annotations

import html
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from trunkline.errors import PlaygroundNotBuiltError
from trunkline.server import playground
from trunkline.server.playground import Playground

if TYPE_CHECKING:
    from collections.abc import MutableMapping

TEMPLATE = Path(__file__).parents[2] / "playground" / "index.html"
SCRIPT = b"import './main.js'"
HOSTILE = "\"><script>alert(1)</script>'&{{endpoint}}"


class Response(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


async def ask(
    app: Any,
    path: str,
    *,
    method: str = "GET",
    root_path: str = "",
    raw_path: bytes | None = None,
) -> Response:
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": raw_path,
        "root_path": root_path,
        "query_string": b"",
        "headers": [(b"host", b"here")],
    }
    await app(scope, receive, send)
    start, body = sent
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    assert len(headers) == len(start["headers"])
    return Response(start["status"], headers, body["body"])


@pytest.fixture(autouse=True)
def assets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "assets"
    folder.mkdir()
    (folder / "index.html").write_bytes(TEMPLATE.read_bytes())
    (folder / "index-3f2a.js").write_bytes(SCRIPT)
    (folder / "index-77aa.css").write_bytes(b"body {}")
    (folder / "codicon-1b2c.ttf").write_bytes(b"\0\1")
    (folder / ".built-from").write_text("digest")
    (tmp_path / "secret.txt").write_text("secret")
    monkeypatch.setattr(playground, "ASSETS", folder)
    return folder


@pytest.fixture
def app() -> Playground:
    return Playground("Todo", "/graphql", query="{ todos { title } }")


async def test_the_page_has_what_it_was_given(app: Playground) -> None:
    answer = await ask(app, "/")
    text = answer.body.decode()
    assert answer.status == 200
    assert "<title>Todo</title>" in text
    assert 'data-title="Todo"' in text
    assert 'data-endpoint="/graphql"' in text
    assert 'data-query="{ todos { title } }"' in text
    assert "{{" not in text


async def test_the_page_is_safe_to_show_and_never_stored(app: Playground) -> None:
    headers = (await ask(app, "/")).headers
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"].split("; ") == [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("index-3f2a.js", "text/javascript; charset=utf-8"),
        ("index-77aa.css", "text/css; charset=utf-8"),
        ("codicon-1b2c.ttf", "font/ttf"),
    ],
)
async def test_a_file_is_kept_for_ever(app: Playground, name: str, media_type: str) -> None:
    answer = await ask(app, f"/{name}")
    assert answer.status == 200
    assert answer.headers["content-type"] == media_type
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-length"] == str(len(answer.body))


async def test_a_worker_is_held_to_the_policy_too(app: Playground) -> None:
    script = await ask(app, "/index-3f2a.js")
    assert script.headers["content-security-policy"].startswith("default-src 'none'; ")


@pytest.mark.parametrize("path", ["/", "/index-3f2a.js", "/none"])
async def test_head_is_get_without_the_body(app: Playground, path: str) -> None:
    get, head = await ask(app, path), await ask(app, path, method="HEAD")
    assert head == get._replace(body=b"")
    assert int(head.headers["content-length"]) == len(get.body) > 0


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "QUERY"])
@pytest.mark.parametrize("path", ["", "/", "/index-3f2a.js"])
async def test_it_can_only_be_read(app: Playground, method: str, path: str) -> None:
    answer = await ask(app, path, method=method)
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "path",
    [
        "/none.js",
        "/index.html",
        "/.built-from",
        "//index-3f2a.js",
        "/index-3f2a.js/",
        "/../secret.txt",
        "/..%2fsecret.txt",
        "/..\\secret.txt",
        "/./index-3f2a.js",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "//etc/passwd",
        "/etc/passwd\0.js",
    ],
)
@pytest.mark.parametrize("root_path", ["", "/playground"])
async def test_nothing_else_is_found(app: Playground, path: str, root_path: str) -> None:
    answer = await ask(app, f"{root_path}{path}", root_path=root_path)
    assert answer.status == 404
    assert b"secret" not in answer.body
    assert answer.headers["cache-control"] == "no-store"


async def test_what_it_was_given_cannot_break_out_of_the_page() -> None:
    app = Playground(HOSTILE, f"/graphql?{HOSTILE}", query=HOSTILE)
    text = (await ask(app, "/")).body.decode()
    escaped = html.escape(HOSTILE)
    assert "<script>" not in text
    assert f"<title>{escaped}</title>" in text
    assert f'data-title="{escaped}"' in text
    assert f'data-endpoint="/graphql?{escaped}"' in text
    assert f'data-query="{escaped}"' in text


@pytest.mark.parametrize(
    ("endpoint", "origin"),
    [
        ("https://api.example/graphql", "https://api.example"),
        ("http://127.0.0.1:8000/graphql?a=b", "http://127.0.0.1:8000"),
        ("https://[::1]:8000/graphql", "https://[::1]:8000"),
        ("//api.example/graphql", "api.example"),
    ],
)
async def test_an_endpoint_elsewhere_is_allowed_by_its_origin(endpoint: str, origin: str) -> None:
    policy = (await ask(Playground("Todo", endpoint), "/")).headers["content-security-policy"]
    assert f"connect-src 'self' {origin};" in policy


@pytest.mark.parametrize(
    "endpoint",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://name:password@api.example/graphql",
        "https://api.example; script-src */graphql",
        "https://*/graphql",
        "https:///graphql",
        "https://bücher.example/graphql",
        "https://api.example:port/graphql",
    ],
)
def test_an_endpoint_that_would_loosen_the_policy_is_refused(endpoint: str) -> None:
    with pytest.raises(ValueError, match="endpoint"):
        Playground("Todo", endpoint)


async def test_mounted_in_starlette(app: Playground) -> None:
    outer = Starlette(routes=[Mount("/a", routes=[Mount("/playground", app)])])
    assert (await ask(outer, "/a/playground/")).body == (await ask(app, "/")).body
    assert (await ask(outer, "/a/playground/index-3f2a.js")).body == SCRIPT
    assert (await ask(outer, "/a/playground/a/playground/index-3f2a.js")).status == 404
    assert (await ask(outer, "/a/playground")).headers["location"] == "http://here/a/playground/"


@pytest.mark.parametrize(
    ("endpoint", "asked"),
    [
        ("/graphql", "/pre/graphql"),
        ("../graphql", "../graphql"),
        ("https://api.example/graphql", "https://api.example/graphql"),
        ("//api.example/graphql", "//api.example/graphql"),
    ],
)
async def test_the_servers_root_path_is_put_before_a_path(endpoint: str, asked: str) -> None:
    outer = Starlette(routes=[Mount("/playground", Playground("Todo", endpoint))])
    page = await ask(outer, "/pre/playground/", root_path="/pre")
    assert f'data-endpoint="{asked}"'.encode() in page.body
    page = await ask(outer, "/playground/")
    assert f'data-endpoint="{endpoint}"'.encode() in page.body


async def test_a_root_path_is_escaped(app: Playground) -> None:
    outer = Starlette(routes=[Mount("/playground", app)])
    page = await ask(outer, '/"><script>/playground/', root_path='/"><script>')
    assert b'data-endpoint="/&quot;&gt;&lt;script&gt;/graphql"' in page.body


async def test_mounted_by_a_framework_that_cuts_the_prefix_off(app: Playground) -> None:
    answer = await ask(app, "/index-3f2a.js", root_path="/playground")
    assert answer.body == SCRIPT
    assert (await ask(app, "/", root_path="/playground")).status == 200


async def test_a_root_path_is_a_prefix_only_up_to_a_slash(app: Playground) -> None:
    assert (await ask(app, "/index-3f2a.js", root_path="/index")).body == SCRIPT
    assert (await ask(app, "/p/index-3f2a.js", root_path="/p/")).body == SCRIPT


@pytest.mark.parametrize(
    ("path", "root_path", "raw_path", "location"),
    [
        ("/playground", "/playground", b"/playground", "./playground/"),
        ("/playground", "/playground", None, "./playground/"),
        ("/a/b", "/a/b", b"/proxied/a/b", "./b/"),
        ("", "", b"/playground", "./playground/"),  # the prefix was cut off
        ("/", "", b"/playground", "./playground/"),  # and a slash put in its place
        ("/x:y é", "/x:y é", "/x:y%20é".encode(), "./"),
        ("/a\r\nb", "/a\r\nb", b"/a%0d%0ab", "./a%0D%0Ab/"),
        ("/a/\\evil.example", "/a/\\evil.example", None, "./%5Cevil.example/"),
    ],
)
async def test_without_a_trailing_slash_it_leads_to_where_relative_urls_work(
    app: Playground, path: str, root_path: str, raw_path: bytes | None, location: str
) -> None:
    answer = await ask(app, path, root_path=root_path, raw_path=raw_path)
    assert answer.status == 307
    assert answer.headers["location"].startswith(location)
    assert answer.headers["location"].isascii()
    assert answer.headers["location"].count("/") == 2


async def test_unmounted_at_the_root_of_a_server(app: Playground) -> None:
    assert (await ask(app, "/", raw_path=b"/")).status == 200
    assert (await ask(app, "", raw_path=b"")).status == 200


async def test_websockets_are_turned_away(app: Playground) -> None:
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await app({"type": "websocket", "path": "/"}, receive, send)
    assert sent == [{"type": "websocket.close"}]


def test_without_assets_it_says_how_to_get_them(assets: Path) -> None:
    (assets / "index.html").unlink()
    with pytest.raises(PlaygroundNotBuiltError, match="make playground"):
        Playground("Todo", "/graphql")


async def test_a_token_for_visitors_is_asked_for_and_not_linked_to() -> None:
    async def visitor_token() -> str:
        return "sesame"

    app = Playground("Todo", "/graphql", visitor_token=visitor_token)
    assert b'data-token="./token"' in (await ask(app, "/")).body
    response = await ask(app, "/token", method="POST")
    assert (response.status, response.body) == (200, b"sesame")
    assert response.headers["cache-control"] == "no-store"
    assert not [name for name in response.headers if name.startswith("access-control-")]
    assert (await ask(app, "/token")).status == 405


async def test_why_there_is_no_token_is_for_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def visitor_token() -> str:
        raise ConnectionError("The issuer at 10.0.0.7 is down.")

    app = Playground("Todo", "/graphql", visitor_token=visitor_token)
    response = await ask(app, "/token", method="POST")
    assert response.status == 502
    assert response.body == b"There is no token: the server's log says why."
    assert "10.0.0.7" in caplog.text


async def test_without_tokens_for_visitors_there_is_no_place_to_ask(app: Playground) -> None:
    assert b'data-token=""' in (await ask(app, "/")).body
    assert (await ask(app, "/token", method="POST")).status == 404
