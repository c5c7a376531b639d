"""The playground: an application to mount, with a page that shows GraphiQL.

    Mount("/playground", Playground("Todo", "/graphql"))

Everything that the page loads comes from this application, and its Content-Security-Policy allows
nothing else. The assets are built by `tools/build_playground.py`; wheels contain them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from pathlib import Path, PurePath
from types import MappingProxyType
from urllib.parse import urlsplit

from trunkline.asgi.mounting import location_with_slash, path_below_mount
from trunkline.asgi.requests import HTTPProblem, Receive, Scope, check_method
from trunkline.asgi.responses import HTTPApplication, Response, close_unread
from trunkline.errors import PlaygroundNotBuiltError
from trunkline.observe.log import safe_logger

__all__ = ["Playground"]

logger = safe_logger("trunkline.errors")

ASSETS = Path(__file__).parent / "assets"
_TEMPLATE = "index.html"
_TOKEN = "/token"  # noqa: S105  # its path, below the page's
_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")
_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?")

# Own table, because the standard library's depends on the machine: some serve JavaScript as text.
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".ttf": "font/ttf",
}
_FOR_A_YEAR = "public, max-age=31536000, immutable"  # the name of a file contains its digest


class Playground(HTTPApplication):
    """An ASGI application: a page to try a GraphQL endpoint on, and what that page loads.

    ``title`` names the page. ``endpoint`` is the URL that queries are sent to: a path of this
    server (a root path that the server or the application is configured with is put before it); a
    path that is relative to the page, such as ``../graphql``; or an absolute URL, which the
    Content-Security-Policy then allows. ``query`` is what the editor shows before anything was
    typed.

    Where the endpoint wants a token, the page says how to write one under *Headers*.
    ``visitor_token`` returns an access token for everybody who opens the page: a button there asks
    for it. So it is for a developer's own machine, and never for a page that others can reach.

    ``profiling`` is for an endpoint that has ``profiling=``: a box to tick lets requests ask for
    their profile, and a table shows it.

    Files are read here, once: a request is looked up in a table and reads no file.
    """

    def __init__(
        self,
        title: str,
        endpoint: str,
        *,
        query: str = "",
        visitor_token: Callable[[], Awaitable[str]] | None = None,
        profiling: bool = False,
    ) -> None:
        files = dict(read_assets(ASSETS))
        self._template = files.pop(_TEMPLATE)
        self._visitor_token = visitor_token
        token = "." + _TOKEN if visitor_token else ""
        self._texts = {
            "title": title,
            "endpoint": endpoint,
            "query": query,
            "token": token,
            "profiling": "1" if profiling else "",
        }
        self._policy = _content_security_policy(endpoint)
        self._page = self._make_page()
        self._files: dict[str, Response] = {}
        for name, content in files.items():
            media_type = _MEDIA_TYPES.get(PurePath(name).suffix, "application/octet-stream")
            headers = {"content-type": media_type, "cache-control": _FOR_A_YEAR}
            self._files[f"/{name}"] = self._response(200, content, headers)

    def _make_page(self, prefix: str = "") -> Response:
        """Make the page; the prefix is put before an endpoint that is a path of this server."""
        texts = dict(self._texts)
        if texts["endpoint"].startswith("/") and not texts["endpoint"].startswith("//"):
            texts["endpoint"] = prefix.rstrip("/") + texts["endpoint"]
        page = _fill(self._template, **texts)
        return self._response(200, page, {"content-type": "text/html; charset=utf-8"})

    async def respond(self, scope: Scope, receive: Receive) -> Response:  # noqa: ARG002  # ASGI's
        """Return the page or one of its files."""
        path = path_below_mount(scope)
        if path == _TOKEN and self._visitor_token is not None:
            check_method(scope, "POST")  # not to be had by a link
            return await self._give_token(self._visitor_token)
        response = self._page if path in {"", "/"} else self._files.get(path)
        if response is None:
            raise HTTPProblem(404, "Not Found")
        check_method(scope, "GET", "HEAD")
        if response is self._page and (location := location_with_slash(scope)):
            return self._response(307, b"", {"location": location})
        # Starlette's: the root path without what it has been mounted at
        prefix: str = scope.get("app_root_path", "")
        return self._make_page(prefix) if prefix and response is self._page else response

    async def _give_token(self, visitor_token: Callable[[], Awaitable[str]]) -> Response:
        """Return a token, which only pages of this server can read."""
        try:
            token = await visitor_token()
        except Exception as error:
            logger.exception("The playground's visitor_token failed.")
            raise HTTPProblem(502, "There is no token: the server's log says why.") from error
        return self._response(200, token.encode(), {"content-type": "text/plain; charset=utf-8"})

    def explain(self, error: Exception, scope: Scope) -> Response:
        """Return the response to a request for something else than the page and its files."""
        if not isinstance(error, HTTPProblem):
            return super().explain(error, scope)
        all_headers = (*error.headers, *close_unread(scope))
        headers = {name.decode(): value.decode() for name, value in all_headers}
        headers["content-type"] = "text/plain; charset=utf-8"
        return self._response(error.status, error.message.encode(), headers)

    def _response(self, status: int, body: bytes, headers: dict[str, str]) -> Response:
        """Add the safety headers: to files too, because a worker obeys its own script's policy."""
        complete = {
            "cache-control": "no-store",
            "content-security-policy": self._policy,
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            **headers,
        }
        encoded = tuple((name.encode(), value.encode()) for name, value in complete.items())
        return Response(status, body, encoded)


@cache
def read_assets(folder: Path) -> Mapping[str, bytes]:
    """Read all files once per process, except the hidden one (the build's stamp)."""
    if not (folder / _TEMPLATE).is_file():
        raise PlaygroundNotBuiltError(
            "The playground's assets have not been built. Run `make playground` in the checkout, "
            "or install trunkline from a wheel, which contains them."
        )
    return MappingProxyType(
        {path.name: path.read_bytes() for path in folder.iterdir() if path.name[0] != "."}
    )


def _fill(template: bytes, **values: str) -> bytes:
    """Put the values, escaped, where the template names them.

    In one pass: a value that looks like a placeholder stays what it is.
    """
    filled = _PLACEHOLDER.sub(
        lambda found: html.escape(values[found[1]], quote=True), template.decode()
    )
    return filled.encode()


def _content_security_policy(endpoint: str) -> str:
    """Allow what the page needs: this server and the endpoint. Nothing else.

    The exceptions to `'self'` are those without which Chromium reports violations: GraphiQL's
    editor, Monaco, sets style attributes by the hundred and adds style elements for its themes;
    GraphiQL's stylesheet embeds its fonts; Monaco underlines mistakes with an embedded image.

    Raises ``ValueError`` for a URL that would not fit in the header.
    """
    connect = "'self'"
    url = urlsplit(endpoint)
    if url.scheme or url.netloc:
        if url.scheme not in {"", "http", "https"} or not _HOST.fullmatch(url.netloc):
            raise ValueError(
                "The playground's endpoint must be a path or an http(s) URL without a password,"
                f" with a host in ASCII: {endpoint!r}"
            )
        connect += f" {url.scheme}://{url.netloc}" if url.scheme else f" {url.netloc}"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
        " img-src 'self' data:; font-src 'self' data:;"
        f" connect-src {connect}; worker-src 'self';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
