"""The playground: GraphiQL on a page of ours, for whoever mounts it; nobody else has it.

    Mount("/playground", Playground("Todo", "/graphql"))

Everything that the page loads comes from this application, and its Content-Security-Policy lets
nothing else in. The assets are built by `tools/build_playground.py`; wheels carry them.
"""

from __future__ import annotations

from urllib.parse import quote, unquote

from trunkline.asgi.messages import Receive, Scope, Send
from trunkline.server.playground import answers
from trunkline.server.playground.answers import Answer
from trunkline.server.playground.files import (
    ASSETS,
    TEMPLATE,
    PlaygroundNotBuiltError,
    read_assets,
)
from trunkline.server.playground.page import content_security_policy, fill

__all__ = ["Playground", "PlaygroundNotBuiltError"]


class Playground:
    """An ASGI application: a page to try a GraphQL endpoint on, and what that page loads.

    `title` names the page. `endpoint` is the URL that queries go to, as the browser sees it:
    a path of this server, or an absolute URL, which the Content-Security-Policy then allows.
    `query` is what the editor shows to a person who has not typed anything yet.

    Every answer is made here, once: a request is looked up in a table and reaches no file.
    """

    def __init__(self, title: str, endpoint: str, *, query: str = "") -> None:
        files = dict(read_assets(ASSETS))
        page = fill(files.pop(TEMPLATE), title=title, endpoint=endpoint, query=query)
        self._policy = content_security_policy(endpoint)
        self._page = answers.page(page, self._policy)
        self._files = {
            f"/{name}": answers.file(name, content, self._policy) for name, content in files.items()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Answer a request for the page or for one of its files."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})  # before it was accepted: a 403
            return
        if scope["type"] != "http":
            raise RuntimeError(f"The playground answers HTTP only, not {scope['type']!r}.")
        answer = self._answer(scope)
        body = b"" if scope["method"] == "HEAD" else answer.body
        await send(
            {"type": "http.response.start", "status": answer.status, "headers": answer.headers}
        )
        await send({"type": "http.response.body", "body": body})

    def _answer(self, scope: Scope) -> Answer:
        answer = self._find(scope)
        if answer is None:
            return answers.not_found(self._policy)
        if scope["method"] not in {"GET", "HEAD"}:
            return answers.method_not_allowed(self._policy)
        return answer

    def _find(self, scope: Scope) -> Answer | None:
        path = _path_below_mount(scope)
        if path not in {"", "/"}:
            return self._files.get(path)
        asked = _path_asked(scope)
        if asked.endswith("/") or not asked:
            return self._page
        return answers.redirect(_with_slash(asked), self._policy)


def _path_below_mount(scope: Scope) -> str:
    """Take the mount's prefix off, unless the framework has done so already.

    ASGI says that `path` includes `root_path`, and Starlette does it so; others cut it off.
    """
    path: str = scope["path"]
    root: str = scope.get("root_path", "").rstrip("/")
    if root and f"{path}/".startswith(f"{root}/"):
        return path[len(root) :]
    return path


def _path_asked(scope: Scope) -> str:
    """Find the path as the browser has it: what the page's relative URLs are relative to."""
    raw: bytes | None = scope.get("raw_path")
    path: str = scope["path"]
    return unquote(raw.decode("ascii", "replace")) if raw else path


def _with_slash(path: str) -> str:
    """Name the same place with a trailing slash.

    Relative, so it holds behind a proxy that adds a prefix; and one quoted segment after `./`,
    so it leads to no other host, whatever was asked for.
    """
    return f"./{quote(path.rpartition('/')[2], safe='')}/"
